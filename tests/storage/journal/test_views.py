"""The log's views match its current records, in a file and on a server."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pyogrio
import pytest
from builders import create_store, refused, run_behind_guards
from storage_samples import AT, EDIT, LOG, move_site, project, visit, void
from two_homes import Home, InFile, OnServer

from zoneplanner import storage
from zoneplanner.api.project import ZoneProject
from zoneplanner.app.projects.open_project import open_session
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.entries import RECORD_KINDS, read_incidents
from zoneplanner.domain.log.journal import INCIDENT_STAMPS, NewEntry
from zoneplanner.domain.log.record_schema import RecordKind, ValueType, read_records
from zoneplanner.messages import Message
from zoneplanner.storage.schema import views
from zoneplanner.storage.schema.views import build_views

SAMPLES = Path(__file__).parents[1] / "samples"
_VALUES = {
    ValueType.TEXT: "S2",
    ValueType.FREE_TEXT: "“façade”; it's open",
    ValueType.TIME: "2026-11-16T16:00:00+00:00",
    ValueType.DAY: "2026-11-15",
    ValueType.TEXTS: ["S1", "L1"],
    ValueType.NUMBER: 7.5,
    ValueType.INTEGER: 2,
    ValueType.BOOLEAN: True,
}


def whole_entry(kind: RecordKind[Any], uid: str, **changes: Any) -> NewEntry:
    """Build an entry with a value in every field of its kind."""
    shape = kind.shape
    payload = {name: _VALUES[shape.payload[name]] for name in kind.fields if name in shape.payload}
    payload |= {name: words[0] for name, words in kind.choices.items()}
    if kind.name == "incident":
        payload["priority"] = 1
    payload |= {"sample": True, "time_zone": "America/Los_Angeles"}
    values = {"site": "a", "unit": "S1", "occurred_at": AT, "payload": payload, **changes}
    return NewEntry(uid, kind.name, **values)


def bare_entry(kind: RecordKind[Any], uid: str, **changes: Any) -> NewEntry:
    """Build an entry with only the required fields."""
    entry = whole_entry(kind, uid, **changes)
    kept = {name: entry.payload[name] for name in kind.shape.required}
    return NewEntry(uid, kind.name, entry.site, entry.unit, entry.occurred_at, kept)


def as_cell(value: Any) -> Any:
    """Convert a record's value to a view's cell: lists joined, empty values as None."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ";".join(value) or None
    return None if value == "" else value


_BY_TYPE: dict[str, Callable[[Any], Any]] = {
    "DATETIME": datetime.fromisoformat,
    "DATE": date.fromisoformat,
    "BOOLEAN": bool,
}


def read_view(home: Home, name: str) -> list[dict[str, Any]]:
    """Read a view as another program does, with a file's columns by their types."""
    if isinstance(home, InFile):
        query = f"SELECT name, type FROM pragma_table_info('{name}')"
    else:
        query = (
            "SELECT column_name, '' FROM information_schema.columns WHERE table_schema ="
            f" current_schema() AND table_name = '{name}' ORDER BY ordinal_position"
        )
    columns = [(column, _BY_TYPE.get(kind)) for column, kind in home.rows(query)]
    rows = home.rows(f'SELECT * FROM "{name}" ORDER BY fid')
    return [
        {
            column: read(value) if read and value is not None else value
            for (column, read), value in zip(columns, row, strict=True)
        }
        for row in rows
    ]


def expected_rows(kind: RecordKind[Any], entries: Iterable[NewEntry]) -> list[dict[str, Any]]:
    """Build the expected rows of a kind in the order of first entries."""
    journal = list(entries)
    records = read_incidents(journal) if kind.name == "incident" else read_records(kind, journal)
    order = [entry.uid for entry in journal]
    return [
        {name: as_cell(getattr(one, name)) for name in ("uid", *kind.fields, "sample")}
        for one in sorted(records, key=lambda one: order.index(one.uid))
    ]


def test_each_record_kind_has_a_view_that_applies_corrections_and_voids(home: Home) -> None:
    entries: list[NewEntry] = []
    for name, kind in RECORD_KINDS.items():
        corrected = whole_entry(kind, f"{name}-4", site="b", supersedes=f"{name}-2")
        again = whole_entry(kind, f"{name}-6", unit="S2", supersedes=f"{name}-4")
        brought_back = bare_entry(kind, f"{name}-9")
        entries += [
            *(whole_entry(kind, f"{name}-1"), whole_entry(kind, f"{name}-2")),
            *(whole_entry(kind, f"{name}-3"), corrected, void(f"{name}-5", f"{name}-3"), again),
            *(whole_entry(kind, f"{name}-7"), void(f"{name}-8", f"{name}-7")),
            NewEntry(*(getattr(brought_back, one) for one in NewEntry.__slots__[:-1]), f"{name}-7"),
            bare_entry(kind, f"{name}-10"),
        ]
    with home.open("owner") as store:
        store.append_many(entries, **LOG)
        assert store.verify().ok
    for kind in RECORD_KINDS.values():
        expected = expected_rows(kind, entries)
        assert len(expected) == 4
        found = read_view(home, kind.table)
        assert len({row.pop("fid") for row in found}) == 4
        pop_labels(kind, found)
        assert found == expected, kind.name
        assert all(isinstance(row["sample"], bool) for row in found)


def pop_labels(kind: RecordKind[Any], rows: Iterable[dict[str, Any]]) -> None:
    """Remove and check the label columns that a view adds to its fields."""
    for row in rows:
        if "site" in kind.fields:
            assert row.pop("site_name") == f"School {row['site']}"
        if "officer" in kind.fields:
            assert row.pop("officer_name") is None  # S2 is not an officer
        if kind.name in ("visit", "incident"):
            assert row.pop("zone") == {"a": "S1", "b": "S2"}[row["site"]]


def test_geopandas_reads_times_dates_and_booleans_with_their_types(tmp_path: Path) -> None:
    path = tmp_path / "district.gpkg"
    create_store(path, project(), actor="Officer A", at=AT).close()
    of_type = {
        "visits": {"arrived_at": "datetime64[ms]", "departed_at": "datetime64[ms]"},
        "incident_units": dict.fromkeys(INCIDENT_STAMPS[1:], "datetime64[ms]"),
        "shifts": {"starts_at": "datetime64[ms]"},
        "reviews": {"on": "datetime64[D]", "sample": "bool"},
        "site_by_zone": {"last_visit": "datetime64[ms]", "patrolled": "bool"},
        "zones_by_plan": {"effective_on": "datetime64[D]", "shown": "bool", "sites": "int64"},
    }
    for view, types in of_type.items():
        info = pyogrio.read_info(path, layer=view)
        assert dict(zip(info["fields"], info["dtypes"], strict=True)).items() >= types.items()


def test_the_visits_view_names_officer_school_and_zone_of_the_day(home: Home) -> None:
    last_day = datetime(2026, 8, 16, 19, tzinfo=UTC)  # the same day in California and UTC
    with home.open("owner") as store:
        before = store.project()
        (plan,) = before.plans.values()
        earlier = replace(
            plan, uid="plan-0", name="Before", parent=None, what_if={}, locks={}, pins={},
            assignment={**plan.assignment, "a": "S2"}, proof=None,
            effective_on=date(2026, 6, 1), expires_on=plan.effective_on,
        )  # fmt: skip
        after = replace(before, plans={"plan-0": earlier, **before.plans})
        store.save(before, after, label="The plan before", **EDIT)
        said = {"officer": "A", "status": "completed"}
        times = (last_day, last_day + timedelta(days=1), last_day - timedelta(days=200))
        store.append_many(
            [visit(f"v{n}", occurred_at=at, payload=said) for n, at in enumerate(times)], **LOG
        )
    rows = read_view(home, "visits")
    assert {(row["site_name"], row["officer_name"]) for row in rows} == {("School a", "Officer A")}
    assert {row["uid"]: row["zone"] for row in rows} == {"v0": "S2", "v1": "S1", "v2": "S1"}


def test_views_with_a_geometry_have_a_unique_rowid(home: Home) -> None:
    """Datasette requests the rowid of each row with binary data (its issue 2601)."""
    for view, rows in (("site_by_zone", 3), ("zones_by_plan", 2)):
        numbers = [number for (number,) in home.rows(f'SELECT rowid FROM "{view}"')]
        assert len(set(numbers)) == rows and None not in numbers


def stamp(uid: str, call: str, name: str, minutes: int, unit: str, **more: Any) -> NewEntry:
    at = AT + timedelta(minutes=minutes)
    payload = {"incident": call, "unit": unit, "name": name, "at": at.isoformat()}
    return NewEntry(uid, "stamp", None, unit, at, payload, **more)


def call(uid: str, **payload: Any) -> NewEntry:
    return NewEntry(uid, "incident", "a", "S1", AT, {"type": "fight", **payload})


def minute(number: int) -> datetime:
    return AT + timedelta(minutes=number)


def test_the_calls_view_includes_live_stamps_and_each_unit_has_a_row(home: Home) -> None:
    stamped = {"dispatched_at": minute(1), "onscene_at": minute(5), "cleared_at": minute(9)}
    own = {name: at.isoformat() for name, at in stamped.items()}
    entries = [
        call("i1", units=["S1", "S2"]),
        stamp("s1", "i1", "dispatched_at", 2, "S2"),
        stamp("s2", "i1", "dispatched_at", 1, "S1"),
        stamp("s3", "i1", "onscene_at", 6, "S1"),
        stamp("s4", "i1", "onscene_at", 5, "S1", supersedes="s3"),
        stamp("s5", "i1", "cleared_at", 20, "S1"),
        stamp("s6", "i1", "onscene_at", 9, "L1"),
        stamp("s7", "i1", "cleared_at", 30, "L1"),
        void("s8", "s7"),
        call("i2", units=["S1", "S2"], **own),
        stamp("s9", "i2", "onscene_at", 7, "S2"),
        call("i3"),
        NewEntry("i4", "incident", "b", "S1", AT, {"type": "fight"}, "i3"),
        stamp("s10", "i4", "cleared_at", 3, "S1"),
        call("i6", units=["S1", "S2"], **own),
        stamp("s11", "i6", "onscene_at", 5, "S2"),
        call("i7", units=["S1"], other_units=["CHP41"], **own),
    ]
    with home.open("owner") as store:
        store.append_many(entries, **LOG)
    found = read_view(home, "incidents")
    for row in found:
        del row["fid"]
    pop_labels(RECORD_KINDS["incident"], found)
    assert found == expected_rows(RECORD_KINDS["incident"], entries)
    rows = [
        (row["incident"], row["unit"], *(row[name] for name in INCIDENT_STAMPS[1:]))
        for row in read_view(home, "incident_units")
    ]
    assert rows == [
        ("i1", "S1", minute(1), None, minute(5), minute(20)),
        ("i1", "S2", minute(2), None, None, None),
        ("i1", "L1", None, None, minute(9), None),
        ("i2", "S1", minute(1), None, minute(5), minute(9)),
        ("i2", "S2", minute(1), None, minute(7), minute(9)),
        ("i3", "S1", None, None, None, minute(3)),
        ("i6", "S1", minute(1), None, None, minute(9)),
        ("i6", "S2", minute(1), None, minute(5), minute(9)),
        ("i7", "S1", None, None, None, None),
    ]
    store = home.open(read_only=True)
    session = Session(store, actor="Officer A", desk="desk 1", clock=lambda: minute(60))
    with ZoneProject(session) as district:
        units = district.incident_units().drop(columns=["site", "site_name"])
    told = units.astype(object).where(units.notna(), None).to_numpy().tolist()
    assert [tuple(row) for row in told] == rows


def test_the_views_of_schools_and_zones_include_figures(home: Home) -> None:
    with home.open("Officer A") as store:
        before = store.project()
        store.save(before, move_site(before, "a", "S2"), label="Move", **EDIT)
        later = AT - timedelta(days=1)
        store.append_many(
            [
                *(visit("v1"), visit("v2", "b", occurred_at=later)),
                visit("v3", "b", status="scheduled"),
                *(visit("v4", "c"), void("v5", "v4")),
            ],
            **LOG,
        )
        last = store.last_visits()
        assert store.verify().ok
    rows = {row["id"]: row for row in read_view(home, "site_by_zone")}
    assert {key: row["zone"] for key, row in rows.items()} == {"a": "S2", "b": "S2", "c": "S2"}
    assert {key: row["last_visit"] for key, row in rows.items() if row["last_visit"]} == last
    assert rows["c"]["jurisdiction"] == "city"  # by decision
    assert rows["b"]["load_min_per_day"] is None  # supposed unpatrolled in the plan
    zones = {row["zone"]: row for row in read_view(home, "zones_by_plan")}
    whole = rows["a"]["load_min_per_day"] + rows["c"]["load_min_per_day"]
    assert (zones["S1"]["sites"], zones["S1"]["load_min_per_day"]) == (0, 0.0)
    assert (zones["S2"]["sites"], zones["S2"]["load_min_per_day"]) == (2, pytest.approx(whole))
    assert (zones["S1"]["students_known"], zones["S2"]["students_known"]) == (None, 2400)
    assert zones["S1"]["deviation"] == -1.0 and zones["S2"]["shown"] is True


def test_removed_texts_are_in_no_view(home: Home) -> None:
    with home.open("owner") as store:
        store.append(visit("v1", payload={"note": "Jane Roe", "status": "completed"}), **LOG)
        said: dict[str, Any] = {"kind": "redaction", "uid": "r1", "basis": "Ed. Code 49076"}
        store.remove_texts({"v1": ["note"]}, **said, **LOG)
    (row,) = read_view(home, "visits")
    assert (row["uid"], row["status"], row["note"]) == ("v1", "completed", None)


def test_an_entry_with_invalid_json_breaks_no_view(home: Home) -> None:
    with home.open("owner") as store:
        store.append_many([visit("v1"), visit("v2"), visit("v3", supersedes="v1")], **LOG)
    broken = "UPDATE journal_entry SET payload = '{{' WHERE uid IN ('v2', 'v3')"
    if isinstance(home, InFile):
        run_behind_guards(home.place, broken)
    else:
        off = "ALTER TABLE journal_entry DISABLE TRIGGER USER;"
        home.run(f"{off} {broken}; {off.replace('DISABLE', 'ENABLE')}")
    assert [row["uid"] for row in read_view(home, "visits")] == ["v1"]
    assert read_view(home, "site_by_zone")


def test_changed_figures_are_found_and_rebuilt(home: Home) -> None:
    home.run("UPDATE site_figure SET load_min = 1 WHERE site = 'a'")
    home.run("DELETE FROM zone_figure")
    with home.open("owner") as store:
        (finding,) = store.verify().findings
        assert finding.code == "aggregates"
        store.rebuild_aggregates()
        assert store.verify().ok


def read_figures(home: Home) -> list[tuple[Any, ...]]:
    return [
        *sorted(home.rows("SELECT plan, site, jurisdiction, load_min FROM site_figure")),
        *sorted(home.rows("SELECT plan, zone, sites, load_min, share_min FROM zone_figure")),
    ]


def test_zone_figures_follow_a_moved_school(home: Home) -> None:
    with home.open("owner") as store:
        before = store.project()
        after = move_site(before, "a", "S2")
        was = read_figures(home)
        store.save(before, after, label="Move a", **EDIT)
        assert read_figures(home) != was
        assert store.verify().findings == ()
        store.save(after, before, label="Move a back", **EDIT)
    assert read_figures(home) == was


def test_a_move_restores_deleted_figures(home: Home) -> None:
    home.run("DELETE FROM site_figure WHERE site = 'b'")
    with home.open("owner") as store:
        before = store.project()
        store.save(before, move_site(before, "a", "S2"), label="Move a", **EDIT)
        assert store.verify().findings == ()


def test_figures_follow_from_the_edits_of_every_desk(home: Home) -> None:
    """Two desks each move a school before seeing the other's move."""
    with home.open("owner") as one, home.open("owner") as other:
        before, also = one.project(), other.project()
        one.save(before, move_site(before, "a", "S2"), label="Move a", **EDIT)
        other.save(also, move_site(also, "b", "S1"), label="Move b", **EDIT)
    with home.open("owner") as store:
        assert store.verify().findings == ()


def test_viewers_can_read_the_views_and_nobody_can_write_them(shared: OnServer) -> None:
    with shared.open("Officer A") as store:
        store.append(visit("v1"), **LOG)
    assert shared.rows("SELECT uid FROM visits", "Viewer V") == [("v1",)]
    with pytest.raises(psycopg.errors.UndefinedTable):
        shared.rows("SELECT uid FROM visits", "Nobody N")
    for person in ("Viewer V", "Officer A"):
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
            shared.run("DELETE FROM visits", person)


def test_the_current_views_are_on_record() -> None:
    """If it fails, run ``python tests/storage/write_views.py``: a file of today must open later."""
    assert views.read_view_marks()[-1] == views.compute_view_mark(build_views("sqlite"))


def test_views_of_an_earlier_version_are_rebuilt_when_a_file_is_opened_in_a_window(
    tmp_path: Path,
) -> None:
    with closing(sqlite3.connect(SAMPLES / "version_8.gpkg")) as sample:
        earlier = sample.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'view'")
        texts = dict(earlier.fetchall())
    path = tmp_path / "earlier.gpkg"
    create_store(path, project(), actor="Officer A", at=AT).close()
    with closing(sqlite3.connect(path)) as file:
        for name in build_views("sqlite"):
            file.execute(f'DROP VIEW "{name}"')
        for text in texts.values():
            file.execute(text)
        gone = build_views("sqlite").keys() - texts.keys()
        file.executemany("DELETE FROM gpkg_contents WHERE table_name = ?", [(n,) for n in gone])
        file.commit()
    with storage.open(path, read_only=True) as store:
        assert store.verify().ok
    open_session(path).close()
    assert read_views(path) == texts, "a command leaves a file that it changes nothing in"
    open_session(path, stays=True).close()
    assert views.compute_view_mark(read_views(path)) == views.read_view_marks()[-1]
    with closing(sqlite3.connect(path)) as file:
        told = {name for (name,) in file.execute("SELECT table_name FROM gpkg_contents")}
    assert told >= build_views("sqlite").keys() - set(views.HELPER_VIEWS)


@pytest.mark.parametrize(
    ("statement", "difference"),
    [
        ("DROP VIEW shifts", Message("altered.missing", kind="view", name="shifts")),
        ("CREATE VIEW other AS SELECT 1", Message("altered.foreign", kind="view", name="other")),
        (
            "DROP VIEW shifts; CREATE VIEW shifts AS SELECT 1",
            Message("altered.changed", kind="view", name="shifts"),
        ),
    ],
)
def test_foreign_views_are_reported(tmp_path: Path, statement: str, difference: Message) -> None:
    path = tmp_path / "altered.gpkg"
    create_store(path, project(), actor="Officer A", at=AT).close()
    with closing(sqlite3.connect(path)) as file:
        file.executescript(statement)
    with refused("structure_altered", difference=difference):
        storage.open(path)


def read_views(path: Path) -> dict[str, str]:
    """Return the SQL of a file's views by name."""
    with closing(sqlite3.connect(path)) as file:
        return dict(file.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'view'"))
