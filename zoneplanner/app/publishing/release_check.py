"""Check an edition before it is made: may it be released, and is it finished?"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.domain.plans.plan import Plan, PlanStatus
from zoneplanner.errors import UserError
from zoneplanner.messages import Message, join_names
from zoneplanner.publish.audience import PUBLIC, STAFF, redact_for_audience
from zoneplanner.publish.handout import Handout, format_report_period
from zoneplanner.publish.publications import PUBLICATIONS

_DATA_NOTE = re.compile(r"\b(coordinates?|CDE|enrollment)\b", re.IGNORECASE)
"""Words that show a note to be about our data and not about the school."""
_CARDS, _FAMILIES = "cards", "families"
_COUNTS_ONLY = (PUBLIC, STAFF)
"""The audiences that get only counts; two editions would reveal the records between them."""
_WITH_COUNTS = {"month", "sro-year"}
_WITH_PHONES = {_CARDS, "atlas", "sheets"}
"""The parts that show how to reach each zone's agency."""
_LINKS: dict[str, tuple[str, str, str]] = {
    "breaks_rules": ("place", "checks", "Show the checks"),
    "data_note": ("data", "site", "Open Schools"),
    "no_area_code": ("data", "agency", "Open Agencies"),
    "no_phone": ("data", "agency", "Open Agencies"),
    "no_shift": ("place", "week", "Open Shifts"),
    "no_tip_line": ("data", "term", "Open District’s terms"),
    "unfinished_name": ("data", "plan", "Open Plan names"),
    "unreadable": ("place", "entries", "Open the log"),
    "waiting_language": ("place", "duties", "Open Readiness"),
}
"""Where the window shows what to fix: a kind of place, which place, and the link's text."""
_DIGITS_WITHOUT_AREA_CODE = range(4, 10)
"""Shorter codes, such as 311, are dialed as they are; ten digits have an area code."""


@dataclass(frozen=True, eq=False, slots=True)
class ReleaseWarning:
    """Something that would confuse a reader of the files; ``where`` is what to fix.

    ``formats`` writes the days in its text. ``row`` is the row of a table in Data that its link
    leads to, if any.
    """

    template: str
    where: str
    facts: dict[str, Any]
    formats: LocaleFormats | None = None
    row: str = ""

    @property
    def leads(self) -> tuple[str, str, str] | None:
        """The link to what to fix: a kind of place, which place, and the link's text; or None."""
        return _LINKS.get(self.code)

    @property
    def code(self) -> str:
        """The kind of warning; a ``template`` such as ``data_note.several`` words it another
        way.
        """
        return self.template.partition(".")[0]

    @property
    def text(self) -> str:
        """Describe what is wrong and where to fix it."""
        facts = {**self.facts, "where": self.where}
        return Message(f"release_warning.{self.template}", **facts).say(self.formats)


def is_released_plan(plan: Plan, day: date) -> bool:
    """Return whether a plan is in force on a day or adopted for later."""
    return plan.is_adopted and plan.status(day) is not PlanStatus.RETIRED


def refuse_unreleased_plan(plan: Plan, day: date) -> None:
    """Refuse a plan that is neither in force nor adopted for later."""
    if not is_released_plan(plan, day):
        raise UserError("unreleased_plan", plan=plan.name, status=plan.status(day).value)


def check_release(handout: Handout, parts: Collection[str]) -> list[ReleaseWarning]:
    """Return the warnings about some parts of an edition."""
    shown = redact_for_audience(handout)
    warnings = [
        *_check_plan(shown),
        *(_check_phones(shown) if _WITH_PHONES.intersection(parts) else ()),
        *_check_plan_day(shown, parts),
        *(_check_day(shown) if _CARDS in parts else ()),
        *_check_notes(shown),
    ]
    if shown.audience in _COUNTS_ONLY and _WITH_COUNTS.intersection(parts):
        warnings += _check_days_on_record(shown)
    is_adopted = shown.plan.is_adopted
    if is_adopted and shown.has_problems and any(PUBLICATIONS[part].shows_plan for part in parts):
        warnings.insert(
            0, ReleaseWarning("breaks_rules", shown.plan.name, {"mark": shown.plan_mark})
        )
    if _CARDS in parts and handout.project.shifts:  # not for an office without a roster
        warnings += _check_shifts(shown)
    if _FAMILIES in parts:
        warnings += _check_languages(handout)
        if not handout.project.terms.tip_line.text:
            warnings.append(ReleaseWarning("no_tip_line", handout.project.name, {}, row="tip_line"))
    if handout.unreadable:
        warnings.append(ReleaseWarning("unreadable", str(handout.unreadable), {}))
    return [replace(warning, formats=shown.formats) for warning in warnings]


def _check_plan(shown: Handout) -> Iterator[ReleaseWarning]:
    others = [shown.compared.other.plan] if shown.compared else []
    for plan in (shown.plan, *others):
        if plan.is_adopted and plan.has_working_name:
            yield ReleaseWarning("unfinished_name", plan.name, {}, row=plan.uid)


def _check_phones(shown: Handout) -> Iterator[ReleaseWarning]:
    units = [shown.project.units.get(zone.unit) for zone in shown.plan.zones]
    for key in dict.fromkeys(unit.agency for unit in units if unit):
        agency = shown.project.agencies.get(key)
        if agency is None or not agency.phone:
            yield ReleaseWarning("no_phone", key, {}, row=key)
        elif sum(map(str.isdigit, agency.phone)) in _DIGITS_WITHOUT_AREA_CODE:
            yield ReleaseWarning("no_area_code", key, {"phone": agency.phone}, row=key)


def _check_plan_day(shown: Handout, parts: Collection[str]) -> Iterator[ReleaseWarning]:
    """Warn if the plan is not in effect on the cards' day, or on the chosen day."""
    shows_plan = any(PUBLICATIONS[part].shows_plan for part in parts)
    if _CARDS not in parts and (shown.day is None or not shows_plan or not shown.plan.is_adopted):
        return
    if shown.plan.status(shown.card_day) is not PlanStatus.IN_FORCE:
        code = "not_in_force" if _CARDS in parts else "not_in_force.set"
        yield ReleaseWarning(code, shown.plan.name, {"day": shown.card_day})


def _check_day(shown: Handout) -> Iterator[ReleaseWarning]:
    if shown.is_card_day_off:
        yield ReleaseWarning("no_school_day", shown.card_day.isoformat(), {"day": shown.card_day})


def _check_days_on_record(shown: Handout) -> Iterator[ReleaseWarning]:
    """Warn if records of the last month are still missing for some days."""
    if shown.month is None:
        return
    days, month = shown.month.days[0], shown.month.periods[0]
    if days.partly:
        kinds = [Message("on_record_days", kind=kind, n=n) for kind, n in days.partly.items()]
        facts = {"kinds": kinds, "days": days.school_days}
        yield ReleaseWarning("on_record_in_part", format_report_period(shown.formats, month), facts)


def _check_shifts(shown: Handout) -> Iterator[ReleaseWarning]:
    units = [zone.unit for zone in shown.plan.zones if not shown.list_card_duties(zone.unit)]
    if units and not shown.is_card_day_off:
        yield ReleaseWarning("no_shift", join_names(units), {"units": units, "day": shown.card_day})


def _check_languages(handout: Handout) -> Iterator[ReleaseWarning]:
    from zoneplanner.publish.web.family_sheets import list_waiting_languages

    waiting = list_waiting_languages(handout)
    if waiting:
        yield ReleaseWarning("waiting_language", join_names(waiting), {"languages": waiting})


def _check_notes(shown: Handout) -> Iterator[ReleaseWarning]:
    sites = [site for site in shown.project.sites.values() if _DATA_NOTE.search(site.note)]
    if sites:
        names = [site.name for site in sites]
        code = "data_note" if len(sites) == 1 else "data_note.several"
        facts = {"names": names, "note": sites[0].note}
        yield ReleaseWarning(code, join_names(names), facts, row=sites[0].id)
