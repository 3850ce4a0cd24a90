"""Known heads of a project reveal truncated, older and rewritten histories."""

import json
import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from builders import project_from, run_behind_guards
from pypdf import PdfReader

from zoneplanner import cli, storage
from zoneplanner.app.projects.open_project import open_session, write_new_project
from zoneplanner.app.projects.row_repair import check_whole_project, describe_findings
from zoneplanner.app.session.identity import get_utc_now
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.messages import Message
from zoneplanner.storage.hash_chain import hash_edit


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that this desk opened twice."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    place = tmp_path / "p.gpkg"
    write_new_project(place, project_from("AAB"), get_utc_now).close()
    session = open_session(place)
    shutil.copy(place, tmp_path / "older.gpkg")
    session.apply("Rename", lambda project: replace(project, name="Hill"))
    session.log(NewEntry("v1", "visit", "r1c1", "A", get_utc_now(), {"status": "completed"}))
    session.close()
    return place


def read_notices(path: Path) -> list[Message]:
    session = open_session(path)
    session.close()
    return list(session.store.notices)


def assert_heads_lost(path: Path) -> None:
    (notice,) = read_notices(path)
    facts = {name: notice.facts[name] for name in ("edits", "entries")}
    assert (notice.template, facts) == ("heads_lost", {"edits": 2, "entries": 1})


def test_a_project_with_the_known_heads_opens_without_a_notice(path: Path) -> None:
    assert read_notices(path) == []


def test_an_older_copy_in_its_place_is_reported_once(path: Path) -> None:
    shutil.copy(path.with_name("older.gpkg"), path)
    assert_heads_lost(path)
    assert read_notices(path) == []


def test_a_copy_is_compared_only_with_its_own_history(path: Path) -> None:
    copy = path.with_name("try.gpkg")
    shutil.copy(path, copy)
    session = open_session(copy)
    session.apply("Rename", lambda project: replace(project, name="Dale"))
    session.close()
    assert (read_notices(path), read_notices(copy)) == ([], [])
    shutil.copy(path.with_name("older.gpkg"), path)
    assert_heads_lost(path)


def test_an_older_copy_elsewhere_is_reported_if_the_file_is_gone(path: Path) -> None:
    older = path.with_name("older.gpkg")
    path.unlink()
    assert_heads_lost(older)


CUTS = [
    ["DELETE FROM journal_entry"],
    [
        "DELETE FROM edit WHERE seq = 2",
        "UPDATE app_meta SET value = 'Letters' WHERE value = 'Hill'",
    ],
]


@pytest.mark.parametrize("statements", CUTS)
def test_a_truncated_history_is_reported(path: Path, statements: list[str]) -> None:
    run_behind_guards(path, *statements)
    assert read_notices(path)[-1].code == "heads_lost"


def test_a_rewritten_edit_is_reported_by_number(path: Path, tmp_path: Path) -> None:
    run_behind_guards(path, "UPDATE edit SET actor = 'somebody else' WHERE seq = 1")
    with storage.open(path, read_only=True) as store:
        check = check_whole_project(store, lambda share, text: None)
        (finding,) = check.found.findings
        assert finding == Message("edits.changed", seq=1)
        assert describe_findings(check) == Message("damage_found", first=finding, more=0)


def test_verify_takes_the_head_of_either_chain(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with storage.open(path, read_only=True) as store:
        heads = [head.hash for head in store.heads()]
    for head in heads:
        assert cli.main(["verify", str(path), "--against", head[:16]]) == 0
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM edit").fetchone() == (2,)
    shutil.copy(path.with_name("older.gpkg"), path)
    for head in heads:
        capsys.readouterr()
        assert cli.main(["verify", str(path), "--against", head[:16], "--json"]) == 1
        printed = json.loads(capsys.readouterr().out)
        assert (printed["printed_seq"], printed["printed_edit"]) == (None, None)


def print_heads(path: Path, audience: str, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """Publish reports and return the heads printed on each page, by chain."""
    asked = ["publish", str(path), "--to", str(path.parent / "out"), "--audience", audience]
    only = "atlas,coverage,readiness" if audience == "own" else "atlas"
    cli.main([*asked, "--allow-draft", "--only", only, "--json"])
    files = [Path(name) for name in json.loads(capsys.readouterr().out)["files"]]
    pages = [
        page.extract_text()
        for file in files
        if file.suffix == ".pdf"
        for page in PdfReader(file).pages
    ]
    chains = {
        tuple(re.findall(r"(Journal|History): [\d,]+ \w+, hash (\w+)", text)) for text in pages
    }
    assert pages and len(chains) == 1
    return dict(chains.pop())


def forge_last_edit(path: Path) -> str:
    """Return SQL that gives the last edit another author with a matching hash."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        row = dict(connection.execute("SELECT * FROM edit WHERE seq = 2").fetchone())
    own = hash_edit(row["prev_hash"], {**row, "actor": "somebody else"})
    return f"UPDATE edit SET actor = 'somebody else', hash = '{own}' WHERE seq = 2"


def test_heads_printed_on_reports_reveal_rewritten_or_truncated_history(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def verify(place: Path, head: str) -> tuple[int, bool, object, object]:
        capsys.readouterr()
        code = cli.main(["verify", str(place), "--against", head, "--json"])
        found = json.loads(capsys.readouterr().out)
        return code, found["ok"], found["printed_seq"], found["printed_edit"]

    printed = print_heads(path, "own", capsys)
    assert {chain: verify(path, head) for chain, head in printed.items()} == {
        "Journal": (0, True, 1, None),
        "History": (0, True, None, 2),
    }
    lost = path.with_name("lost.gpkg")
    for statement, chain in (
        (forge_last_edit(path), "History"),
        ("DELETE FROM journal_entry", "Journal"),
    ):
        shutil.copy(path, lost)
        run_behind_guards(lost, statement)
        assert verify(lost, printed[chain]) == (1, True, None, None)
    shutil.copy(path.with_name("older.gpkg"), lost)
    for head in printed.values():
        assert verify(lost, head) == (1, True, None, None)


@pytest.mark.parametrize(("audience", "chains"), [("staff", []), ("law-enforcement", ["Journal"])])
def test_only_internal_editions_show_the_length_of_the_history(
    path: Path, audience: str, chains: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert list(print_heads(path, audience, capsys)) == chains
