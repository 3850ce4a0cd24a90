"""Entries recorded with a wrong clock are flagged, in a file and on a server."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from builders import create_store
from storage_samples import AT, project, visit

from zoneplanner import cli, storage


def test_verify_flags_entries_recorded_out_of_order_or_in_the_future(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    times = (AT, AT + timedelta(days=30_000), AT + timedelta(minutes=1), AT - timedelta(hours=2))
    with create_store(path, project(), actor="Officer A", at=AT) as store:
        for number, now in enumerate(times, 1):
            store.append(visit(f"v{number}"), actor="Officer A", desk="desk 1", now=now)
        store.append(visit("v5"), actor="Officer A", desk="desk 1", now=times[-1])
        found = store.clock_problems(AT + timedelta(days=1))
    assert [(one.template, one.facts["seq"]) for one in found] == [
        ("clock.in_future", 2),
        ("clock.before_last", 3),
        ("clock.before_last", 4),
    ]
    assert cli.main(["verify", str(path), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["ok"]
    assert answer["clock"] == list(map(str, found))


def test_small_clock_differences_are_ignored(store: storage.Store) -> None:
    for number, seconds in enumerate((0, 100, 0, 100)):
        now = AT + timedelta(seconds=seconds)
        store.append(visit(f"v{number}"), actor="Officer A", desk="desk 1", now=now)
    assert store.clock_problems(AT + timedelta(days=1)) == []
