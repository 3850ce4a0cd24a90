"""What every home of a project does alike: a file and a PostgreSQL server."""

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from builders import refused
from shapely.geometry import Point, Polygon, box
from storage_samples import EDIT, moved, plain, project, site, until
from two_homes import Home, InFile

from zoneplanner import storage
from zoneplanner.domain.geography.site import Block
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.errors import Conflict, UserError


@pytest.fixture
def store(home: Home) -> Iterator[storage.Store]:
    with home.open() as opened:
        yield opened


@pytest.fixture
def second(store: storage.Store, home: Home) -> Iterator[storage.Store]:
    """The same project at another desk."""
    with home.open() as opened:
        yield opened


def test_an_edit_keeps_only_the_changed_fields_before_and_after(
    store: storage.Store, home: Home
) -> None:
    before = store.project()
    store.save(before, moved(before, "a", "S2"), label="Move School a", **EDIT)
    [(label, actor, old, new)] = home.rows(
        "SELECT label, actor, before, after FROM edit WHERE seq = 2"
    )
    assert (label, actor) == ("Move School a", "Officer A")
    assert json.loads(old) == {"assignment": [{"plan": "plan-1", "site": "a", "zone": "S1"}]}
    assert json.loads(new) == {"assignment": [{"plan": "plan-1", "site": "a", "zone": "S2"}]}
    assert home.rows("SELECT sum(row_version) - count(*) FROM assignment") == [(1,)]
    assert home.rows("SELECT sum(row_version) - count(*) FROM site") == [(0,)]


def test_edits_are_listed_in_order_with_who_and_when(store: storage.Store, home: Home) -> None:
    before = store.project()
    store.save(before, moved(before, "a", "S2"), label="Move School a", **EDIT)
    [edit] = store.edits(after_seq=1)
    assert (edit.seq, edit.label, edit.actor) == (2, "Move School a", EDIT["actor"])
    if isinstance(home, InFile):
        assert edit.at == EDIT["at"]
    else:  # a server has a clock of its own
        assert abs(edit.at - datetime.now(UTC)) < timedelta(minutes=5)


def test_saving_without_a_difference_records_no_edit(store: storage.Store) -> None:
    before = store.project()
    store.save(before, replace(before, name=before.name), label="Nothing", **EDIT)
    assert len(store.edits()) == 1


def test_a_row_changed_at_another_desk_is_a_conflict_that_shows_both(
    store: storage.Store, second: storage.Store
) -> None:
    here, there = store.project(), second.project()
    second.save(there, there.with_site(site("a", note="gate B")), label="Note", **EDIT)
    with pytest.raises(Conflict, match="Site “School a” was changed by Officer A") as caught:
        store.save(here, here.with_site(site("a", note="gate C")), label="Note", **EDIT)
    assert caught.value.details["theirs"] == {"note": "gate B"}
    assert caught.value.details["yours"] == {"note": "gate C"}
    assert store.project().sites["a"].note == "gate B"
    assert len(store.edits()) == 2


def test_a_conflict_in_one_row_keeps_the_others_unchanged(
    store: storage.Store, second: storage.Store
) -> None:
    here, there = store.project(), second.project()
    second.save(there, moved(there, "b", "S1"), label="Move", **EDIT)
    both = moved(moved(here, "a", "S2"), "b", "S1")
    with refused("conflict.row_changed", row="Assignment “plan-1 b”"):
        store.save(here, replace(both, name="New name"), label="Move both", **EDIT)
    assert plain(store.project()) == plain(moved(here, "b", "S1"))


def test_different_rows_may_be_saved_at_two_desks(
    store: storage.Store, second: storage.Store
) -> None:
    here, there = store.project(), second.project()
    second.save(there, there.with_site(site("a", note="gate B")), label="Note", **EDIT)
    store.save(here, moved(here, "b", "S1"), label="Move", **EDIT)
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


def test_an_edit_by_another_program_is_noticed_and_is_a_conflict(
    store: storage.Store, home: Home
) -> None:
    before, seen = store.project(), store.data_version()
    assert store.data_version() == seen
    home.run("UPDATE site SET note = 'QGIS' WHERE id = 'a'")
    assert until(lambda: store.data_version() != seen)
    with refused("conflict.row_changed", by="another program"):
        store.save(before, before.with_site(site("a", note="ours")), label="Note", **EDIT)
    assert store.project().sites["a"].note == before.sites["a"].note
    assert [(one.table, one.key, one.marked) for one in store.external] == [("site", ("a",), True)]


def test_our_own_saves_do_not_look_like_those_of_others(store: storage.Store) -> None:
    before, seen = store.project(), store.data_version()
    store.save(before, moved(before, "a", "S2"), label="Move", **EDIT)
    assert store.data_version() == seen


def test_a_plan_that_names_an_unknown_site_is_refused(store: storage.Store) -> None:
    before = store.project()
    with refused("unknown_reference"):
        store.save(before, moved(before, "nowhere", "S1"), label="Move", **EDIT)
    assert plain(store.project()) == plain(before)


def test_a_store_open_for_reading_refuses_to_save(home: Home) -> None:
    with home.open(read_only=True) as reader:
        before = reader.project()
        with refused("read_only"):
            reader.save(before, moved(before, "a", "S2"), label="Move", **EDIT)


def outlines(home: Home) -> dict[str, tuple[Any, ...]]:
    rows = home.rows(
        "SELECT zone, sites, load_min, deviation, colour, shown, zone_name"
        " FROM zone_area ORDER BY fid"
    )
    return {zone: rest for zone, *rest in rows}


def with_outlines(store: storage.Store) -> Project:
    """Save a move with the outlines of both zones and a figure for each."""
    before = store.project()
    after = moved(before, "a", "S2")
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


def test_outlines_and_figures_are_written_for_other_programs(
    store: storage.Store, home: Home
) -> None:
    with_outlines(store)
    assert outlines(home) == {
        "S1": [0, 90.5, -0.5, 0, 1, "Zone 1"],
        "S2": [3, 200.0, 0.25, 1, 1, "Zone 2"],
    }


def test_an_outline_that_is_given_again_replaces_the_old_one(
    store: storage.Store, home: Home
) -> None:
    after = with_outlines(store)
    store.save(
        after,
        moved(after, "a", "S1"),
        label="Move back",
        **EDIT,
        outlines={("plan-1", "S1"): box(0, 0, 5, 5)},
    )
    assert [(zone, row[0]) for zone, row in outlines(home).items()] == [("S2", 2), ("S1", 1)]


def test_outlines_that_no_longer_hold_are_dropped_rather_than_left_wrong(
    store: storage.Store,
    home: Home,
) -> None:
    after = with_outlines(store)
    store.save(after, moved(after, "b", "S1"), label="Move", **EDIT)
    assert outlines(home) == {}


def test_an_edit_elsewhere_leaves_the_outlines_alone(store: storage.Store, home: Home) -> None:
    after = with_outlines(store)
    store.save(after, after.with_site(site("a", note="gate B")), label="Note", **EDIT)
    assert outlines(home).keys() == {"S1", "S2"}


def test_only_the_plan_saved_last_is_marked_as_shown(store: storage.Store, home: Home) -> None:
    after = with_outlines(store)
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


def test_outlines_of_a_deleted_plan_go_with_it(store: storage.Store, home: Home) -> None:
    after = with_outlines(store)
    store.save(after, replace(after, plans={}), label="Delete", **EDIT)
    assert outlines(home) == {}


def test_outlines_are_never_read_back(store: storage.Store, home: Home) -> None:
    after = with_outlines(store)
    home.run("DELETE FROM zone_area")
    assert plain(store.project()) == plain(after)


def test_a_project_with_something_in_every_field_comes_back_whole(store: storage.Store) -> None:
    for field in dataclasses.fields(Project):
        assert getattr(project(), field.name), f"the sample project leaves out {field.name}"
    (plan,) = project().plans.values()
    for part in dataclasses.fields(Plan):
        assert getattr(plan, part.name), f"the sample plan leaves out {part.name}"
    assert plain(store.project()) == plain(project())


def test_saving_the_old_value_again_undoes_an_edit(store: storage.Store, home: Home) -> None:
    before = store.project()
    after = moved(before, "a", "S2").with_site(site("d"))
    store.save(before, after, label="Move", **EDIT)
    store.save(after, before, label="Undo Move", **EDIT)
    with home.open() as again:
        assert plain(again.project()) == plain(before)


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        (Polygon([(0, 0), (9, 9), (9, 0), (0, 9)]), "not valid"),
        (Polygon(), "empty"),
        (Point(1, 2), "its shape is a Point, but must be a Polygon"),
        (Polygon([(0, 0, 1), (9, 0, 1), (9, 9, 1)]), "heights"),
    ],
)
def test_a_shape_that_may_not_be_kept_is_refused_by_name(
    store: storage.Store, shape: Any, reason: str
) -> None:
    before = store.project()
    block = Block("block-1", "county", shape)
    after = dataclasses.replace(before, blocks={**before.blocks, "block-1": block})
    with pytest.raises(UserError, match=f"Block “block-1” cannot be saved: .*{reason}"):
        store.save(before, after, label="Redraw", **EDIT)
    assert [edit.seq for edit in store.edits()] == [1]
    assert plain(store.project()) == plain(before)


def test_dates_of_a_plan_keep_their_day(store: storage.Store) -> None:
    assert store.project().plans["plan-1"].effective_on == date(2026, 8, 17)
