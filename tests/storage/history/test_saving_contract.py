"""Saving works the same in a file and on a PostgreSQL server."""

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from builders import refused
from shapely.geometry import Point, Polygon, box
from storage_samples import EDIT, move_site, project, site, to_plain, wait_until
from two_homes import Home, InFile

from zoneplanner import storage
from zoneplanner.domain.geography.site import Block
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.messages import Message


@pytest.fixture
def store(home: Home) -> Iterator[storage.Store]:
    with home.open() as opened:
        yield opened


@pytest.fixture
def second(store: storage.Store, home: Home) -> Iterator[storage.Store]:
    """The same project at another desk."""
    with home.open() as opened:
        yield opened


def test_an_edit_stores_only_changed_fields(store: storage.Store, home: Home) -> None:
    before = store.project()
    store.save(before, move_site(before, "a", "S2"), label="Move School a", **EDIT)
    [(label, actor, old, new)] = home.rows(
        "SELECT label, actor, before, after FROM edit WHERE seq = 2"
    )
    assert (label, actor) == ("Move School a", "Officer A")
    assert json.loads(old) == {"assignment": [{"plan": "plan-1", "site": "a", "zone": "S1"}]}
    assert json.loads(new) == {"assignment": [{"plan": "plan-1", "site": "a", "zone": "S2"}]}
    assert home.rows("SELECT sum(row_version) - count(*) FROM assignment") == [(1,)]
    assert home.rows("SELECT sum(row_version) - count(*) FROM site") == [(0,)]


def test_edits_are_listed_in_order_with_author_and_time(store: storage.Store, home: Home) -> None:
    before = store.project()
    store.save(before, move_site(before, "a", "S2"), label="Move School a", **EDIT)
    [edit] = store.edits(after_seq=1)
    assert (edit.seq, edit.label, edit.actor) == (2, "Move School a", EDIT["actor"])
    if isinstance(home, InFile):
        assert edit.at == EDIT["at"]
    else:  # a server has its own clock
        assert abs(edit.at - datetime.now(UTC)) < timedelta(minutes=5)


def test_saving_without_changes_records_no_edit(store: storage.Store) -> None:
    before = store.project()
    store.save(before, replace(before, name=before.name), label="Nothing", **EDIT)
    assert len(store.edits()) == 1


def test_a_row_changed_at_two_desks_is_a_conflict_with_both_values(
    store: storage.Store, second: storage.Store
) -> None:
    here, there = store.project(), second.project()
    second.save(there, there.with_site(site("a", note="gate B")), label="Note", **EDIT)
    row = Message("changed_row", noun="Site", name="School a")
    sides = {"theirs": {"note": "gate B"}, "yours": {"note": "gate C"}}
    with refused("conflict.row_changed", row=row, by="Officer A", **sides):
        store.save(here, here.with_site(site("a", note="gate C")), label="Note", **EDIT)
    assert store.project().sites["a"].note == "gate B"
    assert len(store.edits()) == 2


def test_a_conflict_in_one_row_keeps_the_others_unchanged(
    store: storage.Store, second: storage.Store
) -> None:
    here, there = store.project(), second.project()
    second.save(there, move_site(there, "b", "S1"), label="Move", **EDIT)
    both = move_site(move_site(here, "a", "S2"), "b", "S1")
    row = Message("changed_row", noun="Assignment", name="plan-1 b")
    with refused("conflict.row_changed", row=row):
        store.save(here, replace(both, name="New name"), label="Move both", **EDIT)
    assert to_plain(store.project()) == to_plain(move_site(here, "b", "S1"))


def test_two_desks_can_save_different_rows(store: storage.Store, second: storage.Store) -> None:
    here, there = store.project(), second.project()
    second.save(there, there.with_site(site("a", note="gate B")), label="Note", **EDIT)
    store.save(here, move_site(here, "b", "S1"), label="Move", **EDIT)
    both = store.project()
    assert (both.sites["a"].note, both.plans["plan-1"].assignment["b"]) == ("gate B", "S1")


def test_a_row_deleted_at_another_desk_is_a_conflict(
    store: storage.Store, second: storage.Store
) -> None:
    here, there = store.project(), second.project()
    second.save(there, replace(there, plans={}), label="Delete plan", **EDIT)
    renamed = here.with_plan(replace(here.plans["plan-1"], name="Draft B"))
    with refused("conflict.row_deleted"):
        store.save(here, renamed, label="Rename", **EDIT)


def test_a_row_added_at_two_desks_is_a_conflict(
    store: storage.Store, second: storage.Store
) -> None:
    here, there = store.project(), second.project()
    second.save(there, there.with_site(site("d")), label="Add", **EDIT)
    with refused("conflict.row_added"):
        store.save(here, here.with_site(site("d", note="mine")), label="Add", **EDIT)


def test_another_programs_change_is_a_conflict(store: storage.Store, home: Home) -> None:
    before, seen = store.project(), store.data_version()
    assert store.data_version() == seen
    home.run("UPDATE site SET note = 'QGIS' WHERE id = 'a'")
    assert wait_until(lambda: store.data_version() != seen)
    with refused("conflict.row_changed", by="another program"):
        store.save(before, before.with_site(site("a", note="ours")), label="Note", **EDIT)
    assert store.project().sites["a"].note == before.sites["a"].note
    assert [(one.table, one.key, one.marked) for one in store.external] == [("site", ("a",), True)]


def test_our_own_saves_are_not_external_changes(store: storage.Store) -> None:
    before, seen = store.project(), store.data_version()
    store.save(before, move_site(before, "a", "S2"), label="Move", **EDIT)
    assert store.data_version() == seen


def test_a_plan_with_an_unknown_site_is_rejected(store: storage.Store) -> None:
    before = store.project()
    with refused("unknown_reference"):
        store.save(before, move_site(before, "nowhere", "S1"), label="Move", **EDIT)
    assert to_plain(store.project()) == to_plain(before)


def test_a_store_open_for_reading_refuses_to_save(home: Home) -> None:
    with home.open(read_only=True) as reader:
        before = reader.project()
        with refused("read_only"):
            reader.save(before, move_site(before, "a", "S2"), label="Move", **EDIT)


def read_outlines(home: Home) -> dict[str, tuple[Any, ...]]:
    rows = home.rows(
        "SELECT zone, sites, load_min, deviation, colour, shown, zone_name"
        " FROM zone_area ORDER BY fid"
    )
    return {zone: rest for zone, *rest in rows}


def save_with_outlines(store: storage.Store) -> Project:
    """Save a move with outlines and a figure for both zones."""
    before = store.project()
    after = move_site(before, "a", "S2")
    store.save(
        before,
        after,
        label="Move",
        **EDIT,
        outlines={("plan-1", "S1"): box(0, 0, 1, 1), ("plan-1", "S2"): box(1, 0, 2, 1)},
        figures={
            ("plan-1", "S1"): {"load_min": 90.5, "deviation": -0.5},
            ("plan-1", "S2"): {"load_min": 200.0, "deviation": 0.25},
        },
    )
    return after


def test_outlines_and_figures_are_stored_for_other_programs(
    store: storage.Store, home: Home
) -> None:
    save_with_outlines(store)
    assert read_outlines(home) == {
        "S1": [0, 90.5, -0.5, 0, 1, "Zone 1"],
        "S2": [3, 200.0, 0.25, 1, 1, "Zone 2"],
    }


def test_a_new_outline_replaces_the_old_one(store: storage.Store, home: Home) -> None:
    after = save_with_outlines(store)
    store.save(
        after,
        move_site(after, "a", "S1"),
        label="Move back",
        **EDIT,
        outlines={("plan-1", "S1"): box(0, 0, 5, 5)},
    )
    assert [(zone, row[0]) for zone, row in read_outlines(home).items()] == [("S2", 2), ("S1", 1)]


def test_outdated_outlines_are_deleted(
    store: storage.Store,
    home: Home,
) -> None:
    after = save_with_outlines(store)
    store.save(after, move_site(after, "b", "S1"), label="Move", **EDIT)
    assert read_outlines(home) == {}


def test_an_unrelated_edit_keeps_the_outlines(store: storage.Store, home: Home) -> None:
    after = save_with_outlines(store)
    store.save(after, after.with_site(site("a", note="gate B")), label="Note", **EDIT)
    assert read_outlines(home).keys() == {"S1", "S2"}


def test_only_the_last_saved_plan_is_marked_as_shown(store: storage.Store, home: Home) -> None:
    after = save_with_outlines(store)
    plan = replace(after.plans["plan-1"], uid="plan-2", name="Draft B")
    store.save(
        after,
        after.with_plan(plan),
        label="Copy",
        **EDIT,
        outlines={("plan-2", "S1"): box(0, 0, 1, 1)},
    )
    assert home.rows("SELECT plan, zone, shown FROM zone_area ORDER BY plan, zone") == [
        ("plan-1", "S1", 0),
        ("plan-1", "S2", 0),
        ("plan-2", "S1", 1),
    ]


def test_outlines_are_deleted_with_their_plan(store: storage.Store, home: Home) -> None:
    after = save_with_outlines(store)
    store.save(after, replace(after, plans={}), label="Delete", **EDIT)
    assert read_outlines(home) == {}


def test_outlines_are_never_read_back(store: storage.Store, home: Home) -> None:
    after = save_with_outlines(store)
    home.run("DELETE FROM zone_area")
    assert to_plain(store.project()) == to_plain(after)


def test_a_project_with_a_value_in_every_field_round_trips(store: storage.Store) -> None:
    for field in dataclasses.fields(Project):
        assert getattr(project(), field.name), f"the sample project leaves out {field.name}"
    (plan,) = project().plans.values()
    for part in dataclasses.fields(Plan):
        assert getattr(plan, part.name), f"the sample plan leaves out {part.name}"
    assert to_plain(store.project()) == to_plain(project())


def test_saving_the_old_value_undoes_an_edit(store: storage.Store, home: Home) -> None:
    before = store.project()
    after = move_site(before, "a", "S2").with_site(site("d"))
    store.save(before, after, label="Move", **EDIT)
    store.save(after, before, label="Undo Move", **EDIT)
    with home.open() as again:
        assert to_plain(again.project()) == to_plain(before)


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        (Polygon([(0, 0), (9, 9), (9, 0), (0, 9)]), "not_valid"),
        (Polygon(), "empty"),
        (Point(1, 2), "other_kind"),
        (Polygon([(0, 0, 1), (9, 0, 1), (9, 9, 1)]), "heights"),
    ],
)
def test_an_invalid_shape_is_rejected_by_name(
    store: storage.Store, shape: Any, reason: str
) -> None:
    before = store.project()
    block = Block("block-1", "county", shape)
    after = dataclasses.replace(before, blocks={**before.blocks, "block-1": block})
    place = Message("changed_row", noun="Block", name="block-1")
    with refused(f"unstorable_shape.{reason}", place=place):
        store.save(before, after, label="Redraw", **EDIT)
    assert [edit.seq for edit in store.edits()] == [1]
    assert to_plain(store.project()) == to_plain(before)


def test_plan_dates_round_trip(store: storage.Store) -> None:
    assert store.project().plans["plan-1"].effective_on == date(2026, 8, 17)
