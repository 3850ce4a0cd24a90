"""Only the planner can change a posted shift or a plan in force, in a file and on a server."""

import subprocess
from dataclasses import replace

import psycopg
import pytest
from storage_samples import EDIT
from two_homes import Home

from zoneplanner.domain.roster.shift import ShiftStatus

ATTEMPTS = [
    "UPDATE shift SET note = 'forged' WHERE uid = 'shift-1'",
    "UPDATE shift SET status = 'draft' WHERE uid = 'shift-1'",
    "UPDATE shift SET status = 'final' WHERE uid = 'shift-2'",
    "DELETE FROM shift WHERE uid = 'shift-1'",
    "UPDATE plan SET note = 'forged'",
    "UPDATE plan SET effective_on = NULL",
    "UPDATE zone SET name = 'forged' WHERE id = 'S1'",
    "UPDATE assignment SET zone = 'S2' WHERE site = 'a'",
    "DELETE FROM assignment WHERE site = 'a'",
]
IN_FORCE = [
    "SELECT uid, note, effective_on FROM plan ORDER BY uid",
    "SELECT plan, id, name FROM zone ORDER BY plan, id",
    "SELECT plan, site, zone FROM assignment ORDER BY plan, site",
]


def test_other_programs_cannot_change_posted_shifts_or_plans_in_force(home: Home) -> None:
    with home.open() as store:
        before = store.project()
        final = replace(before.shifts["shift-1"], status=ShiftStatus.FINAL)
        draft = replace(before.shifts["shift-2"], status=ShiftStatus.DRAFT)
        shifts = {"shift-1": final, "shift-2": draft}
        store.save(before, replace(before, shifts=shifts), label="Finalize", **EDIT)
    in_force = [home.rows(query) for query in IN_FORCE]
    for attempt in ATTEMPTS:
        with pytest.raises((subprocess.CalledProcessError, psycopg.DatabaseError)) as caught:
            home.run(attempt)
        if isinstance(caught.value, psycopg.DatabaseError):
            assert caught.value.sqlstate == "ZP001"
    home.run("UPDATE shift SET note = 'north gate' WHERE uid = 'shift-2'")
    assert [home.rows(query) for query in IN_FORCE] == in_force
    query = "SELECT uid, status, note FROM shift ORDER BY uid"
    assert home.rows(query) == [
        ("shift-1", "final", final.note),
        ("shift-2", "draft", "north gate"),
    ]
    with home.open() as store:
        here = store.project()
        noted = replace(here.shifts["shift-1"], note="gate 3")
        changed = replace(here, shifts={**here.shifts, "shift-1": noted})
        store.save(here, changed, label="Note", **EDIT)
        assert store.project().shifts["shift-1"].note == "gate 3"
