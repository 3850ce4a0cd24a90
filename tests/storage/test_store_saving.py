"""Saving: only the difference, guarded by versions, with its audit row."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from shapely.geometry import box
from storage_samples import EDIT, another_process, moved, plain, site

from zoneplanner import storage
from zoneplanner.domain.project import Project
from zoneplanner.errors import Conflict, UserError

RUN_SQL = (
    "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()"
)


@pytest.fixture
def second(store: storage.Store, path: Path) -> Iterator[storage.Store]:
    """The same project at another desk."""
    with storage.open(path) as opened:
        yield opened


def table(store: storage.Store, query: str) -> list[Any]:
    """What another program would see."""
    with closing(sqlite3.connect(f"file:{store.path}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()


def test_an_edit_keeps_only_the_changed_fields_before_and_after(store: storage.Store) -> None:
    before = store.project()
    store.save(before, moved(before, "a", "S2"), label="Move School a", **EDIT)
    [(label, actor, old, new)] = table(
        store, "SELECT label, actor, before, after FROM edit WHERE seq = 2"
    )
    assert (label, actor) == ("Move School a", "Officer A")
    assert json.loads(old) == {"assignment": [{"plan": "plan-1", "site": "a", "zone": "S1"}]}
    assert json.loads(new) == {"assignment": [{"plan": "plan-1", "site": "a", "zone": "S2"}]}
    assert table(store, "SELECT sum(row_version) - count(*) FROM assignment") == [(1,)]
    assert table(store, "SELECT sum(row_version) - count(*) FROM site") == [(0,)]


def test_edits_are_listed_in_order_with_who_and_when(store: storage.Store) -> None:
    before = store.project()
    store.save(before, moved(before, "a", "S2"), label="Move School a", **EDIT)
    [edit] = store.edits(after_seq=1)
    assert (edit.seq, edit.label, edit.actor, edit.at) == (2, "Move School a", *EDIT.values())


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
    with pytest.raises(Conflict, match="Assignment “plan-1 b”"):
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
    with pytest.raises(Conflict, match="was deleted"):
        store.save(here, renamed, label="Rename", **EDIT)


def test_a_row_added_at_two_desks_is_a_conflict(
    store: storage.Store, second: storage.Store
) -> None:
    here, there = store.project(), second.project()
    second.save(there, there.with_site(site("d")), label="Add", **EDIT)
    with pytest.raises(Conflict, match="was added"):
        store.save(here, here.with_site(site("d", note="mine")), label="Add", **EDIT)


def test_an_edit_by_another_program_is_noticed_and_is_a_conflict(store: storage.Store) -> None:
    before, seen = store.project(), store.data_version()
    assert store.data_version() == seen
    done = another_process(RUN_SQL, store.path, "UPDATE site SET note = 'QGIS' WHERE id = 'a'")
    assert done.returncode == 0, done.stderr
    assert store.data_version() != seen
    with pytest.raises(Conflict, match="was changed by another program"):
        store.save(before, before.with_site(site("a", note="ours")), label="Note", **EDIT)
    assert store.project().sites["a"].note == "QGIS"


def test_our_own_saves_do_not_look_like_those_of_others(store: storage.Store) -> None:
    before, seen = store.project(), store.data_version()
    store.save(before, moved(before, "a", "S2"), label="Move", **EDIT)
    assert store.data_version() == seen


def test_a_plan_that_names_an_unknown_site_is_refused(store: storage.Store) -> None:
    before = store.project()
    with pytest.raises(UserError, match="names a site, block, zone, plan or entry"):
        store.save(before, moved(before, "nowhere", "S1"), label="Move", **EDIT)
    assert plain(store.project()) == plain(before)


def test_a_store_open_for_reading_refuses_to_save(store: storage.Store, path: Path) -> None:
    with storage.open(path, read_only=True) as reader:
        before = reader.project()
        with pytest.raises(UserError, match="reading only"):
            reader.save(before, moved(before, "a", "S2"), label="Move", **EDIT)


def outlines(store: storage.Store) -> dict[str, tuple[Any, ...]]:
    rows = table(
        store, "SELECT zone, sites, load_min, deviation, colour, shown, zone_name FROM zone_area"
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


def test_outlines_and_figures_are_written_for_other_programs(store: storage.Store) -> None:
    with_outlines(store)
    assert outlines(store) == {
        "S1": [0, 90.5, -0.5, 0, 1, "Zone 1"],
        "S2": [3, 200.0, 0.25, 1, 1, "Zone 2"],
    }


def test_an_outline_that_is_given_again_replaces_the_old_one(store: storage.Store) -> None:
    after = with_outlines(store)
    store.save(
        after,
        moved(after, "a", "S1"),
        label="Move back",
        **EDIT,
        outlines={("plan-1", "S1"): box(0, 0, 5, 5)},
    )
    assert [(zone, row[0]) for zone, row in outlines(store).items()] == [("S2", 2), ("S1", 1)]


def test_outlines_that_no_longer_hold_are_dropped_rather_than_left_wrong(
    store: storage.Store,
) -> None:
    after = with_outlines(store)
    store.save(after, moved(after, "b", "S1"), label="Move", **EDIT)
    assert outlines(store) == {}


def test_an_edit_elsewhere_leaves_the_outlines_alone(store: storage.Store) -> None:
    after = with_outlines(store)
    store.save(after, after.with_site(site("a", note="gate B")), label="Note", **EDIT)
    assert outlines(store).keys() == {"S1", "S2"}


def test_only_the_plan_saved_last_is_marked_as_shown(store: storage.Store) -> None:
    after = with_outlines(store)
    plan = replace(after.plans["plan-1"], uid="plan-2", name="Draft B")
    store.save(
        after,
        after.with_plan(plan),
        label="Copy",
        **EDIT,
        outlines={("plan-2", "S1"): box(0, 0, 1, 1)},
    )
    assert table(store, "SELECT plan, zone, shown FROM zone_area ORDER BY plan, zone") == [
        ("plan-1", "S1", 0),
        ("plan-1", "S2", 0),
        ("plan-2", "S1", 1),
    ]


def test_outlines_of_a_deleted_plan_go_with_it(store: storage.Store) -> None:
    after = with_outlines(store)
    store.save(after, replace(after, plans={}), label="Delete", **EDIT)
    assert outlines(store) == {}


def test_outlines_are_never_read_back(store: storage.Store) -> None:
    after = with_outlines(store)
    another_process(RUN_SQL, store.path, "DELETE FROM zone_area")
    assert plain(store.project()) == plain(after)


def test_a_layer_knows_how_far_it_reaches_after_a_site_moved(store: storage.Store) -> None:
    before = store.project()
    store.save(before, before.with_site(site("a", x_m=700_000.0)), label="Move", **EDIT)
    assert table(
        store, "SELECT max_x, last_change FROM gpkg_contents WHERE table_name = 'site'"
    ) == [(700_000.0, "2026-11-16T16:35:00.000Z")]
