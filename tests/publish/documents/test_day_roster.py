import io
from dataclasses import replace

from pypdf import PdfReader
from rosters import MONDAY, NOW, officer, roster
from sentences import says

from zoneplanner.domain.project import Project
from zoneplanner.domain.roster import shift_edits
from zoneplanner.domain.roster.shift import RosterDecision
from zoneplanner.publish.documents.day_roster import render_day_roster
from zoneplanner.publish.handout import PublishedStop


def print_day(project: Project, **more: object) -> str:
    plan = project.plans["plan"]
    page = render_day_roster(project, plan, MONDAY, printed_at=NOW, **more)  # type: ignore[arg-type]
    (only,) = PdfReader(io.BytesIO(page)).pages
    return only.extract_text()


def test_a_day_roster_is_one_page_with_officers_contacts_and_stops() -> None:
    project = roster(officer("A", "A", contact="(916) 555-0101"), officer("B", "A"))
    uid = f"A-day-{MONDAY}"
    project = shift_edits.assign_shift(project, uid, "B", RosterDecision(NOW))
    project = shift_edits.finalize_shifts(project, MONDAY, MONDAY, now=NOW)
    project = shift_edits.assign_shift(project, uid, "A", RosterDecision(NOW, reason="sick"))
    stops = [PublishedStop("r2c1", NOW), PublishedStop("r1c1")]
    text = print_day(project, stops={"A": stops})
    assert "Monday, September 14, 2026" in text
    assert "Officer A" in text
    assert "(916) 555-0101" in text
    assert says(text, "day_roster.instead", officers="Officer B")
    words = " ".join(text.split())
    assert words.index("1 8:00 AM School r2c1") < words.index("2 School r1c1")
    assert text.count("OPEN: nobody") == 2
    assert project.name in text and says(text, "not_public")


def test_a_day_roster_prints_long_school_names_and_marks_sample_shifts() -> None:
    project = roster(officer("A", "A"))
    long = "Thomas Edison Language Institute K-8"
    project = project.with_site(replace(project.sites["r1c1"], name=long))
    stops = {"A": [PublishedStop("r1c1", NOW.replace(hour=19))] * 13}
    text = " ".join(print_day(project, stops=stops).split())
    assert text.count(long) == 13 and "…" not in text and "SAMPLE" not in text
    shifts = {
        uid: replace(shift, officer="sample-A") if shift.unit == "A" else shift
        for uid, shift in project.shifts.items()
    }
    made_up = officer("sample-A", "A")
    project = replace(project, shifts=shifts, officers={**project.officers, "sample-A": made_up})
    assert says(print_day(project), "sample_data.some", kinds="shifts")


def test_long_names_wrap_over_several_lines() -> None:
    name = "Deputy Maximiliana Featherstonehaugh-Villanueva de la Cruz"
    school = "Sacramento Academic and Vocational Academy at the Orangevale Community Center"
    project = roster(officer("A", "A", name=name, contact="(916) 555-0101"))
    project = project.with_site(replace(project.sites["r1c1"], name=school))
    project = shift_edits.assign_shift(project, f"A-day-{MONDAY}", "A", RosterDecision(NOW))
    stops = {"A": [PublishedStop("r1c1", NOW)] * 5}
    text = " ".join(print_day(project, stops=stops).split())
    assert "…" not in text
    assert text.count("Community Center") == 5 and "de la Cruz" in text
    assert "(916) 555-0101" in text


def test_a_day_without_shifts_is_labeled_as_empty() -> None:
    assert says(print_day(replace(roster(), shifts={})), "day_roster.no_shift")
