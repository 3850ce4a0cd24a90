"""An unreadable entry from an earlier version is left out, counted and reported."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from builders import create_store, project_from, refused
from entry_attacks import FITTING, PLAIN_ATTACKS, anything
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from storage_samples import AT, LOG, visit
from two_homes import OnServer
from unchecked_entries import append_unchecked, chain_entries

from zoneplanner import cli, storage
from zoneplanner.analysis.log.log_arrays import build_log_arrays
from zoneplanner.app.log.logbook import RECORD_READERS
from zoneplanner.domain.log.entries import ENTRY_SHAPES, read_incidents, read_visits
from zoneplanner.storage.hash_chain import encode_json
from zoneplanner.storage.journal.entries import decode_entries

Capture = pytest.CaptureFixture[str]
SOUND = {"uid": "v1", "site": "r1c1", "unit": "A", "payload": '{"status":"completed"}'}
WORST: dict[str, dict[str, Any]] = {
    **{
        name: attack
        for name, attack in PLAIN_ATTACKS.items()
        if all(isinstance(value, str) for value in attack.values()) and name != "30 MB"
    },
    "payload that is no text": {"payload": {"hex": "ff00"}},
    "payload that is no UTF-8": {"payload": {"text": "c328"}},
    "uid that is no text": {"uid": {"hex": "ff00"}},
    "site that is no text": {"site": {"hex": "c328"}},
    "unknown site": {"site": "nowhere"},
    "unknown unit": {"unit": "S9"},
    "departure in words": {"payload": '{"departed_at":"infinity"}'},
    "departure without offset": {"payload": '{"departed_at":"2026-11-16T16:30:00"}'},
    "far ahead": {"occurred_at": "9999-12-29T12:00:00+00:00"},
    "units that are a number": {"kind": "incident", "payload": '{"type":"x","units":5}'},
    "a stamp of nothing": {"kind": "stamp", "payload": '{"name":7}'},
    "a drill on no day": {"kind": "drill", "payload": '{"kind":"fire","minutes":"x"}'},
    "a drill of an unknown kind": {"kind": "drill", "payload": '{"kind":"flood"}'},
    "a review without a day": {"kind": "review", "payload": '{"stage":"adopted"}'},
    "an action that nobody knows": {"kind": "action", "payload": '{"action":"duck"}'},
    "a due day that is none": {"kind": "corrective_action", "payload": '{"due_on":"soon"}'},
    "a concern without a time": {"kind": "concern", "payload": "{}"},
}
COMMANDS = ("coverage", "readiness", "verify", "info", "check")


@pytest.fixture
def project_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    file = tmp_path / "p.gpkg"
    create_store(file, project_from("AABB / aabb"), actor="test", at=AT).close()
    return file


def run_command(capsys: Capture, *args: object, most: int = 1) -> dict[str, Any]:
    status = cli.main([*map(str, args), "--json"])
    shown = capsys.readouterr()
    assert status <= most, (args, shown.err)
    found: dict[str, Any] = json.loads(shown.out)
    return found


def test_an_unreadable_entry_stops_no_command(project_file: Path, capsys: Capture) -> None:
    bad = [
        {"uid": f"v{at}", "site": "r1c1", "unit": "A", **attack, "supersedes": named}
        for at, attack in enumerate(WORST.values(), start=2)
        for named in [attack.get("supersedes") and f"v{at - (attack['supersedes'] != 'v9')}"]
    ]
    append_unchecked(project_file, (0, ""), SOUND, *bad, {**SOUND, "uid": "last"})
    for command in ("coverage", "readiness", "verify", "info", "check"):
        run_command(capsys, command, project_file)
    assert (
        run_command(capsys, "log", project_file, "visit", "site=r1c1", "uid=new", most=0)["seq"]
        > 40
    )
    run_command(capsys, "log", project_file, "history", "uid=v1", most=0)
    published = ("--to", project_file.parent / "out", "--audience", "staff")
    found = run_command(capsys, "publish", project_file, *published, "--allow-draft")
    assert "unreadable" in {one["code"] for one in found["warnings"]}
    with storage.open(project_file) as store:
        assert {"v1", "last", "new"} <= {entry.uid for entry in store.entries()}


def test_an_unreadable_entry_is_left_out_counted_and_listed(
    project_file: Path, capsys: Capture
) -> None:
    append_unchecked(project_file, (0, ""), SOUND, {"uid": "v9", "occurred_at": "infinity"})
    with storage.open(project_file, read_only=True) as store:
        assert [entry.uid for entry in store.entries()] == ["v1"]
        assert store.unreadable_entries() == ((2, "v9", "visit", "occurred_at", False),)
        assert store.record("v1")[0].uid == "v1"
        assert {item.code for item in store.verify().findings} >= {"unreadable"}
    for command in ("coverage", "readiness"):
        assert run_command(capsys, command, project_file)["unreadable"] == 1
        assert cli.main([command, str(project_file)]) <= 1
        assert "1 journal entry can’t be read" in capsys.readouterr().out
    found = run_command(capsys, "verify", project_file)["unreadable"]
    assert found == [
        {"seq": 2, "uid": "v9", "kind": "visit", "field": "occurred_at", "quarantined": False}
    ]


def test_an_owner_can_quarantine_an_unreadable_entry(project_file: Path, capsys: Capture) -> None:
    append_unchecked(project_file, (0, ""), SOUND, {"uid": "v9", "occurred_at": "infinity"})
    run_command(capsys, "verify", project_file, "--rebuild")
    args = ("verify", project_file, "--quarantine", 2, "--reason", "written by hand before 0.4")
    found = run_command(capsys, *args, most=0)
    assert found["ok"] and found["unreadable"][0]["quarantined"]
    with storage.open(project_file) as store:
        noted = store.entries(kinds=("quarantine",))[-1]
        assert noted.payload["reason"] == "written by hand before 0.4"
        assert noted.payload["seq"] == 2
    assert run_command(capsys, *args, most=2)["code"] == "not_unreadable"
    assert (
        run_command(capsys, "verify", project_file, "--quarantine", 1, most=2)["code"]
        == "not_unreadable"
    )


def test_only_the_owner_of_a_shared_project_can_quarantine(shared: OnServer) -> None:
    with shared.open() as store:
        store.append(visit("v1"), **LOG)
    entry = {"uid": "q", "kind": "quarantine", "site": None, "unit": None, "supersedes": None,
             "occurred_at": "2026-11-16T16:30:00+00:00",
             "payload": encode_json({"seq": 1}), "text": encode_json({"reason": "x"})}  # fmt: skip
    text = json.dumps([entry]).replace("'", "''")
    for person in ("Officer A", "Dispatch D"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            shared.run(f"SELECT append_entries('{text}', 'd')", person)
    shared.run(f"SELECT append_entries('{text}', 'd')", "owner")


@pytest.fixture
def spoiled_project(shared: OnServer) -> Iterator[OnServer]:
    """A shared project of version 0.3.2 with an unreadable entry."""
    rows = chain_entries((0, ""), {"uid": "v1", "site": "a"}, {"uid": "v9", "occurred_at": "now"})
    with shared.cluster.connect("postgres") as connection:
        connection.execute(f"SET search_path = {shared.schema}, public")
        connection.execute("SET session_replication_role = replica")
        for row in rows:
            names, places = ", ".join(row), ", ".join(["%s"] * len(row))
            connection.execute(
                f"INSERT INTO journal_entry ({names}) VALUES ({places})", [*row.values()]
            )
    yield shared


def test_a_shared_project_works_despite_an_unreadable_entry(spoiled_project: OnServer) -> None:
    with spoiled_project.open() as store:
        assert [entry.uid for entry in store.entries()] == ["v1"]
        assert [one.seq for one in store.unreadable_entries()] == [2]
        store.append(visit("v3"), **LOG)
        store.log()
        assert "unreadable" in {item.code for item in store.verify().findings}
        with refused("unknown_entry.superseded", uid="v0"):
            store.append(visit("v4", supersedes="v0"), **LOG)


@st.composite
def stored(draw: st.DrawFn) -> dict[str, Any]:
    """Draw journal rows of every kind, most with values of the right types."""
    kind = draw(st.sampled_from([*ENTRY_SHAPES]))
    shape, payload = ENTRY_SHAPES[kind], {}
    for name in draw(st.lists(st.sampled_from([*shape.payload]), max_size=5, unique=True)):
        right = FITTING[shape.payload[name]]
        payload[name] = draw(anything if draw(st.integers(0, 4)) == 0 else right)
    at = draw(st.sampled_from([AT.isoformat(), AT.isoformat(), "infinity", "2026-11-16T16:30:00"]))
    named = draw(st.sampled_from([None, "u1", "u2", "u3"]))
    where = draw(st.sampled_from(["a", "b", None, ""]))
    return {"kind": kind, "site": where, "unit": draw(st.sampled_from(["S1", None])),
            "occurred_at": at, "payload": json.dumps(payload), "supersedes": named}  # fmt: skip


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(stored(), min_size=1, max_size=5))
def test_every_reader_reads_the_readable_part_of_any_journal(rows: list[dict[str, Any]]) -> None:
    chained = chain_entries((0, ""), *rows)
    entries = list(decode_entries([tuple(row.values()) for row in chained]))
    for read in RECORD_READERS.values():
        read(entries)
    visits, calls = read_visits(entries), read_incidents(entries)
    build_log_arrays(visits, calls, time_zone="America/Los_Angeles")
