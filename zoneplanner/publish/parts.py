"""The parts of a published set: what each is, whom it is for, and the files that it makes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from zoneplanner.publish.audience import EVERYBODY, INSIDE, LAW
from zoneplanner.publish.content import Handout

if TYPE_CHECKING:
    from zoneplanner.publish.paper import Booklet

_Files = Mapping[str, bytes]
_Booklets = Mapping[str, "Booklet"]


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that can be published.

    ``make`` gets what ``released`` leaves and returns files by name, ``booklets`` printed ones (the
    data folder is made where the formats of `export` are known);
    ``missing`` says why there is nothing to make of a handout, or is empty. ``usual`` parts are
    made where none are named.
    """

    key: str
    title: str
    words: str
    audiences: tuple[str, ...]
    make: Callable[[Handout], _Files] = lambda _handout: {}
    booklets: Callable[[Handout], _Booklets] = lambda _handout: {}
    missing: Callable[[Handout], str] = lambda _handout: ""
    usual: bool = True

    def files(self, handout: Handout) -> _Files:
        """Return all files of the part by name; the same handout gives the same bytes."""
        printed = self.booklets(handout)
        if not printed:
            return self.make(handout)
        from zoneplanner.publish.paper import document

        return {name: document(booklet) for name, booklet in printed.items()}


def _map(handout: Handout) -> _Files:
    from zoneplanner.publish.webmap import web_map

    return {"map.html": web_map(handout)}


def _atlas(handout: Handout) -> _Booklets:
    from zoneplanner.publish.atlas import atlas

    return {"atlas.pdf": atlas(handout)}


def _sheets(handout: Handout) -> _Booklets:
    from zoneplanner.publish.sheets import zone_sheets

    return {"zone-sheets.pdf": zone_sheets(handout)}


def _cards(handout: Handout) -> _Booklets:
    from zoneplanner.publish.day_cards import day_cards
    from zoneplanner.publish.visor_cards import visor_cards

    return {"day-cards.pdf": day_cards(handout), "visor-cards.pdf": visor_cards(handout)}


def _coverage(handout: Handout) -> _Booklets:
    from zoneplanner.publish.coverage_report import coverage_report

    return {"coverage.pdf": coverage_report(handout)}


def _readiness(handout: Handout) -> _Booklets:
    from zoneplanner.publish.readiness_report import readiness_report

    return {"readiness.pdf": readiness_report(handout)}


def _after_action(handout: Handout) -> _Booklets:
    from zoneplanner.publish.after_action_report import after_action_reports

    return {"after-action.pdf": after_action_reports(handout)}


def _roster(handout: Handout) -> _Booklets:
    from zoneplanner.publish.roster_page import week_roster

    return {"week-roster.pdf": week_roster(handout)}


def _calendar(handout: Handout) -> _Files:
    from zoneplanner.publish.shift_calendar import shift_calendar

    project = replace(handout.project, shifts=handout.final_shifts, officers=handout.officers)
    units = {shift.unit for shift in handout.final_shifts.values()}
    return {
        "calendars/all.ics": shift_calendar(project),
        **{
            f"calendars/unit-{unit}.ics": shift_calendar(project, unit=unit)
            for unit in project.units
            if unit in units and unit.isalnum()
        },
    }


def _comparison(handout: Handout) -> _Booklets:
    from zoneplanner.publish.board import board

    beside = handout.compared
    assert beside is not None
    return {"comparison.pdf": board(beside.before, handout, beside.found)}


PARTS: dict[str, Part] = {
    part.key: part
    for part in (
        Part(
            "map",
            "Web map",
            "One file that opens in any browser, without a network.",
            EVERYBODY,
            _map,
        ),
        Part(
            "atlas",
            "Atlas",
            "PDF: overview, a page for each zone, directory of schools, index.",
            EVERYBODY,
            booklets=_atlas,
        ),
        Part(
            "sheets",
            "Zone sheets",
            "PDF: the atlas' zone pages alone, to hand out one by one.",
            EVERYBODY,
            booklets=_sheets,
            usual=False,
        ),
        Part(
            "cards",
            "Day cards",
            "PDF: a page for each unit, and visor cards to cut; visiting order, open items, "
            "numbers to call.",
            INSIDE,
            booklets=_cards,
        ),
        Part(
            "coverage",
            "Coverage report",
            "PDF: visits and response of a period with charts, n and definitions.",
            INSIDE,
            booklets=_coverage,
            missing=lambda handout: "" if handout.coverage else "the log was not read.",
        ),
        Part(
            "comparison",
            "Plan comparison",
            "PDF: this plan beside the one in force, on one page for a board.",
            EVERYBODY,
            booklets=_comparison,
            missing=lambda handout: (
                "" if handout.compared else "there is no other plan to compare with."
            ),
        ),
        Part(
            "readiness",
            "Readiness report",
            "PDF: drills and plan reviews of every school, what is due first, the rules.",
            INSIDE,
            booklets=_readiness,
        ),
        Part(
            "after-action",
            "After-action reports",
            "PDF: reviews with their improvement plans, in HSEEP's order.",
            (LAW,),
            booklets=_after_action,
            missing=lambda handout: "" if handout.after_actions else "no review was logged yet.",
        ),
        Part(
            "roster",
            "Week roster",
            "PDF: units by day of the week, who serves when, what is open.",
            INSIDE,
            booklets=_roster,
            missing=lambda handout: "" if handout.duties else "the week has no shifts.",
        ),
        Part(
            "calendar",
            "Calendars",
            "iCalendar files of final shifts: one for all, one for each unit.",
            INSIDE,
            _calendar,
            missing=lambda handout: "" if handout.final_shifts else "no shift is final yet.",
        ),
        Part(
            "data",
            "Data",
            "Tables and shapes for spreadsheets and GIS, with a README that says what each is.",
            EVERYBODY,
        ),
    )
}
