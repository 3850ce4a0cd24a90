"""Drills and plan reviews: logged from columns, corrected, voided, read back."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

import pytest
from builders import refused

from zoneplanner.domain.log.entries import parse_entry, read_drills, read_plan_reviews
from zoneplanner.domain.log.journal import NewEntry

ZONE = "America/Los_Angeles"
NOW = datetime(2026, 11, 16, 20, 0, tzinfo=UTC)
FIRE = {"site": "A", "kind": "fire", "held_at": "2026-11-16T09:30", "minutes": "6"}
ADOPTED = {"site": "A", "stage": "adopted", "on": "2026-11-12"}


def parse(kind: str, columns: Mapping[str, str], uid: str = "e1") -> NewEntry:
    return parse_entry(kind, columns, time_zone=ZONE, now=NOW, uid=uid)


def test_a_drill_is_read_back_as_it_was_logged() -> None:
    (found,) = read_drills(
        [parse("drill", {**FIRE, "officer_present": "yes", "note": "two exits"})]
    )
    assert (found.site, found.kind, found.minutes) == ("A", "fire", 6)
    assert found.held_at == datetime(2026, 11, 16, 17, 30, tzinfo=UTC)
    assert (found.officer_present, found.note) == (True, "two exits")


def test_whether_an_officer_was_present_is_unknown_unless_entered() -> None:
    assert read_drills([parse("drill", FIRE)])[0].officer_present is None
    assert (
        read_drills([parse("drill", {**FIRE, "officer_present": "no"})])[0].officer_present is False
    )


def test_drills_are_recognized_by_other_names() -> None:
    assert read_drills([parse("drill", {**FIRE, "kind": "Earthquake"})])[0].kind == "drop"


def test_a_correction_keeps_the_fields_it_does_not_name() -> None:
    first = parse("drill", FIRE)
    (old,) = read_drills([first])
    fix = parse_entry("drill", {"minutes": "8"}, time_zone=ZONE, now=NOW, uid="e2", corrects=old)
    (found,) = read_drills([first, fix])
    assert (found.uid, found.kind, found.minutes) == ("e1", "fire", 8)


def test_a_voided_review_is_not_read() -> None:
    entries = [parse("review", ADOPTED), parse("review", {"void": "e1", "reason": "typo"}, "e2")]
    assert read_plan_reviews(entries) == ()


def test_a_review_belongs_to_the_school_year_of_its_date_unless_entered() -> None:
    (found,) = read_plan_reviews([parse("review", ADOPTED)])
    assert (found.school_year, found.on) == ("2026-27", date(2026, 11, 12))
    (other,) = read_plan_reviews([parse("review", {**ADOPTED, "school_year": "2027-28"})])
    assert other.school_year == "2027-28"


@pytest.mark.parametrize(
    ("kind", "columns", "template", "facts"),
    [
        ("drill", {**FIRE, "site": ""}, "column_missing.drill_site", {}),
        ("drill", {**FIRE, "kind": "flood"}, "unknown_choice", {"text": "flood"}),
        ("drill", {**FIRE, "held_at": "2026-11-17T09:30"}, "in_the_future", {"name": "held"}),
        ("drill", {**FIRE, "minutes": "-3"}, "not_a_number.drill_minutes", {"minutes": -3}),
        ("drill", {**FIRE, "minutes": "nan"}, "not_a_number.drill_minutes", {"most": 480}),
        ("drill", {**FIRE, "minutes": "six"}, "not_a_number.of_record", {"name": "minutes"}),
        ("drill", {**FIRE, "officer_present": "maybe"}, "not_yes_or_no", {"text": "maybe"}),
        ("drill", {**FIRE, "officer": "Officer A"}, "unknown_column", {"column": "officer"}),
        ("review", {**ADOPTED, "site": ""}, "column_missing.review_site", {}),
        ("review", {**ADOPTED, "stage": "done"}, "unknown_choice", {"text": "done"}),
        ("review", {**ADOPTED, "stage": "consulted"}, "column_missing.who_kind", {}),
        ("review", {**ADOPTED, "on": "2026-11-17"}, "in_the_future.day", {}),
        ("review", {**ADOPTED, "on": "soon"}, "not_a_date", {"text": "soon"}),
        ("review", {**ADOPTED, "school_year": "2026"}, "not_a_school_year", {"text": "2026"}),
    ],
)
def test_an_invalid_entry_is_rejected_with_a_reason(
    kind: str, columns: dict[str, str], template: str, facts: dict[str, object]
) -> None:
    with refused(template, **facts):
        parse(kind, columns)


def test_an_unreadable_date_in_the_journal_is_reported_with_its_entry() -> None:
    broken = NewEntry("v7", "review", "A", None, NOW, {"on": "soon"})
    with refused("journal_unreadable", entry="v7"):
        read_plan_reviews([broken])
