"""Unreadable entries are rejected by the store, the server, the outbox and the tables alike."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from builders import refused
from cluster import Cluster
from entry_attacks import FITTING, PLAIN_ATTACKS, anything
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from storage_samples import AT, LOG, visit, void
from two_homes import Home, OnServer

from zoneplanner import storage
from zoneplanner.domain.log.entries import ENTRY_SHAPES, FREE_TEXT_FIELDS, validate_entry
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.domain.log.record_schema import LONGEST_TEXT
from zoneplanner.errors import UserError
from zoneplanner.storage.hash_chain import encode_json
from zoneplanner.storage.journal.entries import encode_entry
from zoneplanner.storage.postgres.outbox import Outbox

BAD_ENTRIES: dict[str, tuple[str, NewEntry]] = {
    "unknown kind": ("bad_entry.kind", replace(visit("v9"), kind="raid")),
    "no uid": ("bad_entry.name", visit("")),
    "long uid": ("bad_entry.name", visit("v" * 201)),
    "uid with an order to a terminal": ("bad_entry.name", visit("v\x1b[2J")),
    "uid that is turned around": ("bad_entry.name", visit("v\u202e9")),
    "visit without a site": ("bad_entry.name", visit("v9", None)),
    "before 1970": ("bad_entry.time", visit("v9", occurred_at=datetime(1969, 12, 31, tzinfo=UTC))),
    "last day of all": (
        "bad_entry.time",
        visit("v9", occurred_at=datetime(9999, 12, 31, 12, tzinfo=UTC)),
    ),
    "itself": ("bad_entry.self", visit("v9", supersedes="v9")),
    "void of nothing": ("bad_entry.name", replace(void("v9", "v1"), supersedes=None)),
    "unknown field": ("bad_entry.field", visit("v9", payload={"student": "x"})),
    "unknown status": ("bad_entry.value", visit("v9", payload={"status": "banana"})),
    "status that is a list": ("bad_entry.value", visit("v9", payload={"status": ["completed"]})),
    "nothing": ("bad_entry.value", visit("v9", payload={"note": None})),
    "deep": ("bad_entry.value", visit("v9", payload={"note": {"a": {"b": []}}})),
    "time without offset": (
        "bad_entry.value",
        visit("v9", payload={"departed_at": "2026-11-16T16:30:00"}),
    ),
    "time in words": ("bad_entry.value", visit("v9", payload={"departed_at": "infinity"})),
    "30 February": (
        "bad_entry.value",
        visit("v9", payload={"departed_at": "2026-02-30T16:30:00+00:00"}),
    ),
    "long note": ("bad_entry.value", visit("v9", payload={"note": "x" * (LONGEST_TEXT + 1)})),
    "unknown site": ("bad_entry.site", visit("v9", "nowhere")),
    "unknown unit": ("bad_entry.unit", visit("v9", unit="S9")),
}


@pytest.fixture(scope="module")
def rollback_project(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> OnServer:
    """A shared project with one entry; tests do not commit to it."""
    shared = OnServer(cluster, tmp_path_factory.mktemp("gate") / "district.gpkg")
    with shared.open() as store:
        store.append(visit("v1"), **LOG)
    return shared


@pytest.fixture
def store(home: Home) -> Iterator[storage.Store]:
    with home.open("Dispatch D") as opened:
        yield opened


def test_a_store_rejects_unreadable_entries(store: storage.Store) -> None:
    store.append(visit("v1"), **LOG)
    for template, entry in BAD_ENTRIES.values():
        with refused(template):
            store.append(entry, **LOG)
        with refused(template):
            store.append_many([visit("before"), entry], **LOG)
    assert store.head().entries == 1


def test_an_outbox_rejects_unreadable_entries(tmp_path: Path) -> None:
    box = Outbox(tmp_path / "outbox")
    for template, entry in BAD_ENTRIES.values():
        if template not in ("bad_entry.site", "bad_entry.unit"):  # known only to the server
            with refused(template):
                box.put([visit("before"), entry])
    assert box.waiting() == []


def test_reading_an_outbox_does_not_write_to_it(tmp_path: Path) -> None:
    box = Outbox(tmp_path / "outbox")
    box.put([visit("v1"), visit("v2")])
    with closing(sqlite3.connect(tmp_path / "outbox")) as connection, connection:
        connection.execute("UPDATE waiting SET entry = 'torn' WHERE uid = 'v1'")
    assert ([one.uid for one in box.waiting()], box.refusals()) == (["v2"], [])
    box.refuse_unreadable()
    assert ([one.uid for one in box.waiting()], len(box.refusals())) == (["v2"], 1)


def client_entry(**changes: Any) -> dict[str, Any]:
    """Return an entry as a client passes it to the server."""
    at = "2026-11-16T16:30:00+00:00"
    return {"uid": "v9", "kind": "visit", "site": "a", "unit": None, "occurred_at": at,
            "payload": '{"status":"completed"}', "supersedes": None, **changes}  # fmt: skip


def append_by_sql(shared: OnServer, person: str, *entries: Any, desk: str = "d") -> None:
    """Call the server's function as any client can, without committing."""
    with shared.cluster.connect(person) as connection:
        connection.execute(f"SET search_path = {shared.schema}, public")
        text = json.dumps(entries)
        connection.execute("SELECT append_entries(%s::jsonb, %s)", (text, desk))
        connection.rollback()


@pytest.mark.parametrize("attack", PLAIN_ATTACKS)
def test_the_server_rejects_unreadable_entries_by_plain_sql(
    rollback_project: OnServer, attack: str
) -> None:
    append_by_sql(rollback_project, "Dispatch D", client_entry())
    with pytest.raises(psycopg.Error) as caught:
        append_by_sql(rollback_project, "Dispatch D", client_entry(**PLAIN_ATTACKS[attack]))
    assert caught.value.sqlstate == "ZP003"


def test_two_entries_cannot_correct_each_other(rollback_project: OnServer) -> None:
    pair = (client_entry(supersedes="v10"), client_entry(uid="v10", supersedes="v9"))
    with pytest.raises(psycopg.Error, match="unknown_entry"):
        append_by_sql(rollback_project, "Dispatch D", *pair)


def test_malformed_entries_are_rejected_by_the_server(rollback_project: OnServer) -> None:
    for nothing in (None, 7, "v9", [], {}):
        with pytest.raises(psycopg.Error, match="bad_entry"):
            append_by_sql(rollback_project, "Dispatch D", nothing)
    with pytest.raises(psycopg.Error, match="bad_entry"):
        append_by_sql(rollback_project, "Dispatch D", client_entry(), desk="\x1b[2J")


@pytest.mark.parametrize("person", ["Viewer V", "Nobody N"])
def test_a_person_without_the_right_to_log_is_refused_first(
    rollback_project: OnServer, person: str
) -> None:
    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedFunction)):
        append_by_sql(rollback_project, person, client_entry())


@pytest.mark.parametrize("does", ["RETURN NULL", "NEW.actor := session_user || 1; RETURN NEW"])
def test_an_entry_changed_by_a_foreign_trigger_is_not_reported_as_logged(
    shared: OnServer, does: str
) -> None:
    shared.run(
        f"CREATE FUNCTION z() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN {does}; END';"
        "CREATE TRIGGER zz BEFORE INSERT ON journal_entry FOR EACH ROW EXECUTE FUNCTION z()"
    )
    with shared.open("Dispatch D") as store:
        with refused("not_appended"):
            store.append(visit("v1"), **LOG)
        assert store.head().entries == 0


@st.composite
def entries(draw: st.DrawFn) -> NewEntry:
    """Draw entries of any kind, most with payloads of the right types."""
    kind = draw(st.sampled_from([*ENTRY_SHAPES]))
    shape, payload = ENTRY_SHAPES[kind], {}
    for name in draw(st.lists(st.sampled_from([*shape.payload]), max_size=4, unique=True)):
        choices = shape.choices.get(name)
        right = st.sampled_from([*choices]) if choices else FITTING[shape.payload[name]]
        payload[name] = draw(anything if draw(st.integers(0, 9)) == 0 else right)
    at = AT + timedelta(days=draw(st.integers(-25_000, 2_900_000)))
    corrects = draw(st.sampled_from(["v1", "v1", None]))
    return NewEntry("new", kind, draw(st.sampled_from("ab")), "S1", at, payload, corrects)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(entries())
def test_desk_and_server_accept_the_same_entries(
    rollback_project: OnServer, entry: NewEntry
) -> None:
    """The server accepts what a desk accepts, and nothing more by plain SQL."""
    free = FREE_TEXT_FIELDS[entry.kind] & entry.payload.keys()
    facts = {name: value for name, value in entry.payload.items() if name not in free}
    texts = {name: entry.payload[name] for name in free}
    raw = {
        **client_entry(uid=entry.uid, kind=entry.kind, site=entry.site, unit=entry.unit),
        "occurred_at": entry.occurred_at.isoformat(),
        "payload": write_json(facts),
        "supersedes": entry.supersedes,
        **({"text": write_json(texts)} if texts else {}),
    }
    try:
        sent = encode_entry(validate_entry(entry))
    except UserError:
        sent = None
    if sent is not None:
        append_by_sql(rollback_project, "owner", sent)
    if sent is None or sent != raw:
        with pytest.raises(psycopg.Error, match="bad_entry"):
            append_by_sql(rollback_project, "owner", raw)


def write_json(value: object) -> str:
    """Write possibly invalid JSON, as by hand, with Infinity."""
    try:
        return encode_json(value)
    except ValueError:
        return json.dumps(value)


def test_a_valid_entry_is_accepted_however_it_was_built() -> None:
    """Entries are checked once, so no way of building one may bypass the check."""
    valid = validate_entry(visit("v"))
    assert validate_entry(valid) is valid
    for change in ({"uid": ""}, {"site": None}, {"payload": {"no": 1}}, {"kind": "no"}):
        with pytest.raises(UserError):
            replace(valid, **change)
    with pytest.raises(UserError):
        validate_entry(visit("v"), uid="two\nlines")
