"""The parts of an edition: what each contains, whom it is for, and the files that it makes."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from zoneplanner.domain.project import Project
from zoneplanner.messages import Message
from zoneplanner.publish.audience import (
    ALL_AUDIENCES,
    DUTY_AUDIENCES,
    OWN,
    PUBLIC,
    STAFF,
    STAFF_AUDIENCES,
)
from zoneplanner.publish.data.calendars import encode_shift_calendar
from zoneplanner.publish.handout import Handout

if TYPE_CHECKING:
    from zoneplanner.publish.pdf.page import Booklet

_Files = Mapping[str, bytes]
_Booklets = Mapping[str, "Booklet"]
_FILE_NAME = re.compile(r"[A-Za-z0-9_-]+")
"""Ids that are valid file names on every system."""


@dataclass(frozen=True, slots=True)
class Publication:
    """One kind of document or data that can be published.

    ``make`` returns files by name and ``booklets`` printed files by name, both from a redacted
    handout. (The data folder is made in `app`, where the formats of `export` are known.)
    ``explain_missing`` says why there is nothing to make, if so. Default parts are made if
    none are named. A part that ``shows_plan`` waits until a plan is adopted; one that
    ``needs_plan`` cannot be made before there is a plan.
    """

    key: str
    title: str
    audiences: tuple[str, ...]
    make: Callable[[Handout], _Files] = lambda _handout: {}
    booklets: Callable[[Handout], _Booklets] = lambda _handout: {}
    explain_missing: Callable[[Handout], Message | None] = lambda _handout: None
    is_default: bool = True
    shows_plan: bool = True
    needs_plan: bool = True

    @property
    def words(self) -> str:
        """A sentence about the part."""
        return str(Message(f"publication.{self.key.replace('-', '_')}"))

    def files(
        self, handout: Handout, report: Callable[[float], None] = lambda _fraction: None
    ) -> _Files:
        """Return all files of the part by name; the same handout gives the same bytes.

        ``report`` gets the share that is done before each printed file, and may raise to stop.
        """
        files, printed = dict(self.make(handout)), self.build_booklets(handout)
        if not printed:
            return files
        from zoneplanner.publish.pdf.page import render_pdf

        for number, (name, booklet) in enumerate(printed.items()):
            report(number / len(printed))
            files[name] = render_pdf(booklet)
        return files

    def build_booklets(self, handout: Handout) -> _Booklets:
        """Return the printed files by name; only a part that shows the plan names it."""
        return self.booklets(handout if self.shows_plan else handout.without_plan)


def _map(handout: Handout) -> _Files:
    from zoneplanner.publish.web.web_map import render_web_map

    return {"map.html": render_web_map(handout)}


def _atlas(handout: Handout) -> _Booklets:
    from zoneplanner.publish.documents.atlas import build_atlas

    return {"atlas.pdf": build_atlas(handout)}


def _sheets(handout: Handout) -> _Booklets:
    from zoneplanner.publish.documents.zone_sheets import build_zone_sheets

    return {"zone-sheets.pdf": build_zone_sheets(handout)}


def _cards(handout: Handout) -> _Booklets:
    from zoneplanner.publish.documents.cards.day_cards import build_day_cards
    from zoneplanner.publish.documents.cards.night_cards import build_night_cards
    from zoneplanner.publish.documents.cards.visor_cards import build_visor_cards

    return {
        "day-cards.pdf": build_day_cards(handout),
        "night-cards.pdf": build_night_cards(handout),
        "visor-cards.pdf": build_visor_cards(handout),
    }


def _coverage(handout: Handout) -> _Booklets:
    from zoneplanner.publish.documents.coverage_report import build_coverage_report

    return {"coverage.pdf": build_coverage_report(handout)}


def _readiness(handout: Handout) -> _Booklets:
    from zoneplanner.publish.documents.readiness_report import build_readiness_report

    return {"readiness.pdf": build_readiness_report(handout)}


def _after_action(handout: Handout) -> _Booklets:
    from zoneplanner.publish.documents.after_action_report import build_after_action_reports

    return {"after-action.pdf": build_after_action_reports(handout)}


def _reunification(handout: Handout) -> _Booklets:
    from zoneplanner.publish.documents.reunification import build_reunification_list

    return {"reunification.pdf": build_reunification_list(handout)}


def _campus_pages(handout: Handout) -> _Booklets:
    from zoneplanner.publish.documents.campus_pages import build_campus_pages

    return {"campus-pages.pdf": build_campus_pages(handout)}


def _roster(handout: Handout) -> _Booklets:
    from zoneplanner.publish.documents.week_roster import build_week_roster

    return {"week-roster.pdf": build_week_roster(handout)}


def _calendar(handout: Handout) -> _Files:
    project = replace(handout.project, shifts=handout.final_shifts, officers=handout.officers)
    units = {shift.unit for shift in handout.final_shifts.values()}
    return {
        "calendars/all.ics": encode_shift_calendar(project),
        **{
            f"calendars/unit-{unit}.ics": encode_shift_calendar(project, unit=unit)
            for unit in project.units
            if unit in units and _FILE_NAME.fullmatch(unit)
        },
        **_officer_calendars(handout, project),
    }


def _officer_calendars(handout: Handout, project: Project) -> dict[str, bytes]:
    """Return a calendar for each officer, which the office sends to that officer only."""
    if handout.audience != OWN:
        return {}
    serving = {shift.officer for shift in handout.final_shifts.values()}
    return {
        f"calendars/officer-{key}.ics": encode_shift_calendar(project, officer=key)
        for key in project.officers
        if key in serving and _FILE_NAME.fullmatch(key)
    }


def _month(handout: Handout) -> _Booklets:
    assert handout.month is not None
    period = handout.month.periods[0]
    when = f"{period.first:%Y-%m}" if period.is_month else f"{period.first}-to-{period.last}"
    if handout.audience == OWN:
        from zoneplanner.publish.documents.month_report import build_month_report

        return {f"month-{when}-office.pdf": build_month_report(handout)}
    if handout.audience == PUBLIC:
        from zoneplanner.publish.documents.board_report import build_board_report

        return {f"month-{when}-board.pdf": build_board_report(handout)}
    from zoneplanner.publish.documents.principal_pages import build_principal_pages

    pages = build_principal_pages(handout)
    return {f"month-{when}-principals/{name}.pdf": booklet for name, booklet in pages.items()}


def _year(handout: Handout) -> _Booklets:
    from zoneplanner.publish.documents.sro_year import build_sro_report

    assert handout.year is not None
    return {f"sro-year-{handout.year.school_year}.pdf": build_sro_report(handout)}


def _year_table(handout: Handout) -> _Files:
    from zoneplanner.publish.documents.sro_year import encode_sro_csv

    assert handout.year is not None
    return {f"sro-year-{handout.year.school_year}.csv": encode_sro_csv(handout)}


def _families(handout: Handout) -> _Files:
    from zoneplanner.publish.web.family_sheets import build_family_sheets

    return build_family_sheets(handout)


def _returns(handout: Handout) -> _Files:
    from zoneplanner.publish.data.school_returns import build_school_returns

    assert handout.month is not None
    when = f"{handout.month.periods[0].first:%Y-%m}"
    books = build_school_returns(handout)
    return {f"returns-{when}/{name}.xlsx": book for name, book in books.items()}


def _comparison(handout: Handout) -> _Booklets:
    from zoneplanner.publish.documents.plan_comparison import build_plan_comparison

    return {"comparison.pdf": build_plan_comparison(handout)}


def _explain_no_month(handout: Handout) -> Message | None:
    """Explain why there is no monthly report.

    The public gets whole months only: the difference between a part and the whole would reveal
    counts of the days between.
    """
    if handout.month is None:
        return _NO_LOG
    period = handout.month.periods[0]
    if handout.audience != PUBLIC or (period.is_month and period.last < handout.today):
        return None
    if not period.is_month:
        return Message("nothing_published.not_a_month")
    return Message("nothing_published.month_not_ended", day=handout.today)


def _explain_no_shifts(handout: Handout) -> Message:
    monday = handout.card_day - timedelta(days=handout.card_day.weekday())
    return Message("nothing_published.no_shift", monday=monday)


def explain_no_comparison(audience: str) -> Message:
    """Explain to an audience why there is no comparison."""
    code = "nothing_published.no_plan" if audience == OWN else "nothing_published.no_released_plan"
    return Message(code)


_NO_LOG = Message("nothing_published.log_not_read")

PUBLICATIONS: dict[str, Publication] = {
    part.key: part
    for part in (
        Publication(
            "map",
            "Web map",
            ALL_AUDIENCES,
            _map,
        ),
        Publication(
            "atlas",
            "Atlas",
            ALL_AUDIENCES,
            booklets=_atlas,
        ),
        Publication(
            "sheets",
            "Zone sheets",
            ALL_AUDIENCES,
            booklets=_sheets,
            is_default=False,
        ),
        Publication(
            "cards",
            "Day cards",
            DUTY_AUDIENCES,
            booklets=_cards,
        ),
        Publication(
            "coverage",
            "Coverage report",
            DUTY_AUDIENCES,
            booklets=_coverage,
            explain_missing=lambda handout: None if handout.coverage else _NO_LOG,
        ),
        Publication(
            "month",
            "Monthly report",
            (PUBLIC, STAFF, OWN),
            booklets=_month,
            explain_missing=_explain_no_month,
            is_default=False,
        ),
        Publication(
            "return",
            "Monthly returns",
            (STAFF, OWN),
            _returns,
            explain_missing=lambda handout: None if handout.month else _NO_LOG,
            is_default=False,
            shows_plan=False,
            needs_plan=False,
        ),
        Publication(
            "sro-year",
            "Yearly report on school resource officers",
            ALL_AUDIENCES,
            _year_table,
            _year,
            explain_missing=lambda handout: None if handout.year else _NO_LOG,
            is_default=False,
            shows_plan=False,
            needs_plan=False,
        ),
        Publication(
            "families",
            "Sheet for families",
            ALL_AUDIENCES,
            _families,
            is_default=False,
            shows_plan=False,
            needs_plan=False,
        ),
        Publication(
            "comparison",
            "Plan comparison",
            ALL_AUDIENCES,
            booklets=_comparison,
            explain_missing=lambda handout: (
                None if handout.compared else explain_no_comparison(handout.audience)
            ),
        ),
        Publication(
            "readiness",
            "Readiness report",
            STAFF_AUDIENCES,
            booklets=_readiness,
            needs_plan=False,
        ),
        Publication(
            "after-action",
            "After-action reports",
            DUTY_AUDIENCES,
            booklets=_after_action,
            explain_missing=lambda handout: (
                None if handout.after_actions else Message("nothing_published.no_review")
            ),
            shows_plan=False,
            needs_plan=False,
        ),
        Publication(
            "reunification",
            "Reunification sites",
            DUTY_AUDIENCES,
            booklets=_reunification,
            explain_missing=lambda handout: (
                None
                if handout.reunification or handout.reunification_lacks
                else Message("nothing_published.no_reunification")
            ),
            shows_plan=False,
            needs_plan=False,
        ),
        Publication(
            "campus-pages",
            "Campus response pages",
            DUTY_AUDIENCES,
            booklets=_campus_pages,
            explain_missing=lambda handout: (
                None if handout.campus_pages else Message("nothing_published.no_campus_page")
            ),
            is_default=False,
            shows_plan=False,
            needs_plan=False,
        ),
        Publication(
            "roster",
            "Week roster",
            DUTY_AUDIENCES,
            booklets=_roster,
            explain_missing=lambda handout: None if handout.duties else _explain_no_shifts(handout),
        ),
        Publication(
            "calendar",
            "Calendars",
            DUTY_AUDIENCES,
            _calendar,
            explain_missing=lambda handout: (
                None if handout.final_shifts else Message("nothing_published.no_posted_shift")
            ),
        ),
        Publication(
            "data",
            "Data",
            ALL_AUDIENCES,
        ),
    )
}
