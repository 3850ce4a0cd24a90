"""Hours in a file and on a server: who may confirm and who may approve."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from builders import refused
from two_homes import Home, OnServer

from zoneplanner import storage
from zoneplanner.app.roster.hours import (
    HoursQuery,
    approve_hours,
    confirm_hours,
    list_hours_lines,
)
from zoneplanner.app.session.session import Session
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.hours import HoursStatus
from zoneplanner.domain.roster.hours_rules import HoursRules, PayRate
from zoneplanner.domain.roster.shift import Officer, Shift, ShiftStatus

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)
BEGIN = datetime(2026, 11, 16, 15, 30, tzinfo=UTC)
WEEK = HoursQuery(BEGIN.date(), NOW.date())


def opened(store: storage.Store, who: str) -> Session:
    return Session(store, actor=who, desk=f"desk of {who}", clock=lambda: NOW)


def post_a_week(one: Project) -> Project:
    """Post five shifts of one officer."""
    unit = next(iter(one.units.values()))
    officer = Officer("o", "Able Baker", unit.agency, unit.kind)
    days = [BEGIN + timedelta(days=n) for n in range(5)]
    shifts = {
        f"s{n}": Shift(f"s{n}", unit.id, "o", at, at + timedelta(hours=8.5), ShiftStatus.FINAL)
        for n, at in enumerate(days)
    }
    rules = HoursRules().with_rate(PayRate(unit.agency, BEGIN.date(), 92.5))
    return replace(one, officers={"o": officer}, shifts=shifts, hours_rules=rules)


def test_rates_are_stored_and_a_week_is_confirmed_and_approved(home: Home) -> None:
    with home.open() as store:
        session = opened(store, "Officer A")
        session.apply("A week", post_a_week)
        confirm_hours(session, list_hours_lines(session, WEEK))
        approve_hours(session, list_hours_lines(session, WEEK))
    with home.open("Officer B") as store:
        other = opened(store, "Officer B")
        found = list_hours_lines(other, WEEK)
        assert [(line.status, line.amount) for line in found] == [
            (HoursStatus.APPROVED, 786.25)
        ] * 5
        assert {line.approved_by for line in found} == {"Officer A"}
        assert store.verify().ok


def test_a_dispatcher_can_confirm_but_not_approve(shared: OnServer) -> None:
    with shared.open() as store:
        opened(store, "Officer A").apply("A week", post_a_week)
    with shared.open("Dispatch D") as store:
        session = opened(store, "Dispatch D")
        confirm_hours(session, list_hours_lines(session, WEEK))
        with refused("may_not_approve", role="dispatcher"):
            approve_hours(session, list_hours_lines(session, WEEK))
    assert len(shared.rows("SELECT 1 FROM journal_entry WHERE kind = 'hours'")) == 5
    assert shared.rows("SELECT 1 FROM journal_entry WHERE kind = 'approval'") == []
