"""Observed by officer and by type of call: what a record names takes the place of the unit."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from rosters import MONDAY, officer, roster

from zoneplanner.app.coverage.observed_coverage import (
    compute_observed_coverage,
    find_source_records,
)
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.session.session import Session
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.shift import RosterDecision
from zoneplanner.domain.roster.shift_edits import assign_shift, make_open_shifts
from zoneplanner.messages import Message

DAY = date(2026, 11, 16)


@pytest.fixture
def session(open_session: Callable[[Project], Session]) -> Session:
    """A is on the shift of unit A until 16:00; one visit names B."""
    project = replace(roster(officer("A", "A", "B"), officer("B", "B")), shifts={})
    project = make_open_shifts(project, DAY, DAY)
    made = open_session(project)
    now = made.clock()
    made.apply("A", lambda one: assign_shift(one, f"A-day-{DAY}", "A", RosterDecision(now)))
    return made


def test_visits_and_calls_count_for_the_named_officer_or_the_one_on_shift(session: Session) -> None:
    log_record(session, "visit", {"site": "r1c1", "unit": "A", "arrived_at": f"{DAY}T07:40"})
    log_record(
        session,
        "visit",
        {"site": "r1c2", "unit": "A", "officer": "B", "arrived_at": f"{DAY}T07:50"},
    )
    log_record(
        session,
        "incident",
        {"uid": "i", "site": "r1c1", "type": "fight", "units": "A",
         "received_at": f"{DAY}T07:41", "onscene_at": f"{DAY}T07:45"},
    )  # fmt: skip
    log_record(
        session,
        "incident",
        {"uid": "j", "site": "r1c1", "type": "trespass", "received_at": f"{DAY}T07:42"},
    )
    rows = {row.key: row for row in compute_observed_coverage(session, by="officer")}
    assert rows["A"].name == "Officer A" and rows["B"].name == "Officer B"
    assert (rows["A"].figures["visits"].value, rows["B"].figures["visits"].value) == (1, 1)
    assert rows[""].name == Message("coverage_row.no_officer")
    assert rows["A"].figures["stamps_complete_share"].n == 1
    assert rows["A"].figures["out_of_zone_share"].value is None
    types = {row.key: row for row in compute_observed_coverage(session, by="type")}
    assert set(types) == {"fight", "trespass"}
    assert types["fight"].figures["visits"].why == Message("visits_have_no_type")
    assert types["fight"].figures["stamps_complete_share"].n == 1
    visits, calls = find_source_records(session, by="officer", key="A")
    assert [one.site for one in visits] == ["r1c1"] and [one.uid for one in calls] == ["i"]
    _, fights = find_source_records(session, by="type", key="fight", first=DAY, last=DAY)
    assert [one.uid for one in fights] == ["i"] and fights[0].units == ("A",)
    assert find_source_records(session, by="type", key="fight", last=MONDAY) == ((), ())
