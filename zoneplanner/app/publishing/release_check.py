"""What is looked at before anything is made for an audience: may it leave, and is it finished?"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.domain.plans.plan import Plan, PlanStatus
from zoneplanner.errors import UserError
from zoneplanner.messages import join_names, render_message
from zoneplanner.publish.audience import PUBLIC, STAFF, redact_for_audience
from zoneplanner.publish.handout import Handout, format_report_period
from zoneplanner.publish.publications import PUBLICATIONS

_DATA_NOTE = re.compile(r"\b(coordinates?|CDE|enrollment)\b", re.IGNORECASE)
"""Words by which a note is about our data and not about the school."""
_CARDS, _FAMILIES = "cards", "families"
_COUNTS_ONLY = (PUBLIC, STAFF)
"""Who gets counts and no records: two papers of the same days would tell what came between."""
_WITH_COUNTS = {"month", "sro-year"}
_WITH_PHONES = {_CARDS, "atlas", "sheets"}
"""The parts that say how each zone's agency is reached."""
_LEADS: dict[str, tuple[str, str, str]] = {
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
"""Where the window has what is to be fixed: a kind of place and which, and what its link says."""
_DIGITS_WITHOUT_AREA_CODE = range(4, 10)
"""A short code, such as 311, is dialed as it is; ten digits have an area code."""


@dataclass(frozen=True, eq=False, slots=True)
class ReleaseWarning:
    """Something that a reader of the files would stumble over; ``where`` is what to fix.

    Days in its text are written by ``formats``; ``row`` is the row of the table of Data that it
    leads to, if it is one.
    """

    template: str
    where: str
    facts: dict[str, Any]
    formats: LocaleFormats | None = None
    row: str = ""

    @property
    def leads(self) -> tuple[str, str, str] | None:
        """Where the window has it: a kind of place, which one, and what a link says; or None."""
        return _LEADS.get(self.code)

    @property
    def code(self) -> str:
        """What it is; a ``template`` such as ``data_note.several`` says it in another way."""
        return self.template.partition(".")[0]

    @property
    def text(self) -> str:
        """Say what it is and where to fix it."""
        facts = {**self.facts, "where": self.where}
        return render_message(f"release_warning.{self.template}", facts, self.formats)


def is_released_plan(plan: Plan, day: date) -> bool:
    """Return whether a plan is in force on a day or adopted to come."""
    return plan.is_adopted and plan.status(day) is not PlanStatus.RETIRED


def refuse_unreleased_plan(plan: Plan, day: date) -> None:
    """Refuse a plan that is neither in force nor adopted to come."""
    if not is_released_plan(plan, day):
        raise UserError("unreleased_plan", plan=plan.name, status=plan.status(day).value)


def check_release(handout: Handout, parts: Collection[str]) -> list[ReleaseWarning]:
    """Return what readers would stumble over in some parts of an edition."""
    shown = redact_for_audience(handout)
    found = [
        *_check_plan(shown),
        *(_check_phones(shown) if _WITH_PHONES.intersection(parts) else ()),
        *_check_plan_day(shown, parts),
        *(_check_day(shown) if _CARDS in parts else ()),
        *_check_notes(shown),
    ]
    if shown.audience in _COUNTS_ONLY and _WITH_COUNTS.intersection(parts):
        found += _check_days_on_record(shown)
    adopted = shown.plan.is_adopted
    if adopted and shown.has_problems and any(PUBLICATIONS[part].shows_plan for part in parts):
        found.insert(0, ReleaseWarning("breaks_rules", shown.plan.name, {"mark": shown.plan_mark}))
    if _CARDS in parts and handout.project.shifts:  # an office without a roster has none to miss
        found += _check_shifts(shown)
    if _FAMILIES in parts:
        found += _check_languages(handout)
        if not handout.project.terms.tip_line.text:
            found.append(ReleaseWarning("no_tip_line", handout.project.name, {}, row="tip_line"))
    if handout.unreadable:
        found.append(ReleaseWarning("unreadable", str(handout.unreadable), {}))
    return [replace(one, formats=shown.formats) for one in found]


def _check_plan(shown: Handout) -> Iterator[ReleaseWarning]:
    beside = [shown.compared.other.plan] if shown.compared else []
    for plan in (shown.plan, *beside):
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
    """Warn of a plan that is not in effect on the day of the cards, or on the one chosen."""
    shows = any(PUBLICATIONS[part].shows_plan for part in parts)
    if _CARDS not in parts and (shown.day is None or not shows or not shown.plan.is_adopted):
        return
    if shown.plan.status(shown.card_day) is not PlanStatus.IN_FORCE:
        code = "not_in_force" if _CARDS in parts else "not_in_force.set"
        yield ReleaseWarning(code, shown.plan.name, {"day": shown.card_day})


def _check_day(shown: Handout) -> Iterator[ReleaseWarning]:
    if shown.is_card_day_off:
        yield ReleaseWarning("no_school_day", shown.card_day.isoformat(), {"day": shown.card_day})


def _check_days_on_record(shown: Handout) -> Iterator[ReleaseWarning]:
    """Warn of days of the last month whose records are still to come."""
    if shown.month is None:
        return
    days, month = shown.month.days[0], shown.month.periods[0]
    if days.partly:
        kinds = [f"{kind} on {n}" for kind, n in days.partly.items()]
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
    found = [one for one in shown.project.sites.values() if _DATA_NOTE.search(one.note)]
    if found:
        names, note = [site.name for site in found], found[0].note
        code = "data_note" if len(found) == 1 else "data_note.several"
        facts = {"names": names, "note": note}
        yield ReleaseWarning(code, join_names(names), facts, row=found[0].id)
