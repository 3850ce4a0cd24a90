"""Fill in and check logged drills, reviews and follow-ups against the project and its log.

An entry about another record, such as an incident's review, is logged only if the log has that
record.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from zoneplanner.analysis.geometry.crs import from_lonlat
from zoneplanner.app.readiness.requirements import find_review_start, load_project_rules
from zoneplanner.app.session.identity import new_uid
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.bells import BellWindow, SchoolDayKind, find_bell_window
from zoneplanner.domain.calendar.school_calendar import build_school_year, name_school_year
from zoneplanner.domain.locale_formats import WEEKDAY_NAMES
from zoneplanner.domain.log.entries import (
    RECORD_KINDS,
    parse_entry,
    read_incidents,
    read_plan_reviews,
)
from zoneplanner.domain.log.follow_up_entries import (
    read_after_action_reviews,
    read_concern_reports,
)
from zoneplanner.domain.log.journal import Incident, JournalEntry, NewEntry
from zoneplanner.domain.log.office_entries import (
    RELIEF_RECORD,
    TEXT_REVIEW_RECORD,
    names_role,
    parse_position,
)
from zoneplanner.domain.log.record_schema import LogMoment, read_records
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness.follow_up import select_reviewable_incidents
from zoneplanner.domain.readiness.office_requirements import CAMPUS_PAGE
from zoneplanner.domain.readiness.plan_review import Confirmation, list_confirmations
from zoneplanner.domain.readiness.requirements import DISTRICT_REPORT, REVIEW
from zoneplanner.domain.readiness.rule_pack import DrillChecklist, RulePack, list_unchecked_items
from zoneplanner.domain.roster.officer_edits import get_officer
from zoneplanner.domain.roster.shift_edits import get_shift
from zoneplanner.errors import UserError
from zoneplanner.messages import Message

if TYPE_CHECKING:
    from zoneplanner.storage import Store


@dataclass(frozen=True, slots=True)
class RecordLink:
    """The column that names another record by its uid, that record's kind, and the error code."""

    column: str
    kind: str
    read: Callable[[Iterable[NewEntry]], tuple[Any, ...]]
    refusal: str


RECORD_LINKS: Mapping[str, RecordLink] = {
    "after_action": RecordLink(
        "incident", "incident", read_incidents, "unknown_entry.reviewed_incident"
    ),
    "corrective_action": RecordLink(
        "review", "after_action", read_after_action_reviews, "unknown_entry.review"
    ),
    "concern_step": RecordLink("concern", "concern", read_concern_reports, "unknown_entry.concern"),
    "command_entry": RecordLink(
        "incident", "incident", read_incidents, "unknown_entry.critical_incident"
    ),
}


def find_linked_record(store: "Store", kind: str, text: str) -> Any:
    """Return the record that an entry of a kind names by its uid; a concern also by its reference.

    Raises
    ------
    UserError
        There is no such valid record.
    """
    link = RECORD_LINKS[kind]
    matches = link.read(store.record(text))
    if not matches and link.kind == "concern":
        concerns = read_concern_reports(store.entries(kinds=("concern", "void")))
        matches = tuple(each for each in concerns if each.reference.casefold() == text.casefold())
    if len(matches) != 1:
        raise UserError(link.refusal, uid=text)
    return matches[0]


def check_duty(columns: Mapping[str, str], rules: RulePack) -> None:
    """Raise a UserError if a report is about a yearly requirement that is not in the rules."""
    duty, known = columns.get("duty", "").strip(), [rule.key for rule in rules.duties]
    if duty and duty not in known:
        raise UserError("unknown_choice.duty", item=duty, known=known)


def check_named_things(
    project: Project, store: "Store", kind: str, columns: Mapping[str, str]
) -> None:
    """Raise a UserError if a relief call's shift or officer, or a page's picture, is unknown.

    Only columns that are present are checked, so other columns can be corrected even after the
    shift is deleted.
    """
    if kind == RELIEF_RECORD.name:
        if shift := columns.get("shift", "").strip():
            get_shift(project, shift)
        if (officer := columns.get("officer", "").strip()) and not project.officers:
            get_officer(project, officer)
    picture = columns.get("picture", "").strip()
    if kind == CAMPUS_PAGE and picture and store.attachment(picture) is None:
        raise UserError("no_campus_page.not_attached", picture=picture)


_WHOLE_LIST = ("complete", "all")
_FAR_M = 160_000.0
"""Farther than any school bus drives: 100 miles."""


def list_follow_up_records(store: "Store", kind: str) -> tuple[Any, ...]:
    """Return the follow-up records of a kind after corrections."""
    return read_records(RECORD_KINDS[kind], store.entries(kinds=(kind, "void")))


def fill_record_columns(session: Session, kind: str, columns: Mapping[str, str]) -> dict[str, str]:
    """Return the columns of a new entry, completed from the record that it names.

    Raises
    ------
    UserError
        The incident, review or concern that it names is not in the journal, see
        ``RECORD_LINKS``; or the rules have no such yearly requirement.
    """
    values, store = dict(columns), session.store
    if kind == "drill" and values.get("checklist", "").strip().casefold() in _WHOLE_LIST:
        values["checklist"] = ";".join(load_project_rules(session.saved_project).checklist.items)
    if kind == "review" and values.get("elements", "").strip().casefold() in _WHOLE_LIST:
        values["elements"] = ";".join(list_plan_elements(session, values.get("site", "")))
    if kind == DISTRICT_REPORT:
        check_duty(values, load_project_rules(session.saved_project))
    link = RECORD_LINKS.get(kind)
    named = None
    if link and values.get(link.column, "").strip():
        named = find_linked_record(store, kind, values[link.column].strip())
        values[link.column] = named.uid
    if kind == "after_action" and (call := named) is not None:
        day = call.received_at.astimezone(ZoneInfo(session.saved_project.time_zone)).date()
        values.setdefault("event", call.type)
        values.setdefault("event_on", day.isoformat())
        if call.site:
            values.setdefault("site", call.site)
    if kind == "corrective_action" and named is not None and named.site:
        values.setdefault("site", named.site)
    if values.get("at_site"):
        values["at_site"] = session.saved_project.site(values["at_site"]).id
    if values.get("position", "").strip() and not values.get("at_site"):
        _check_near_project(session.saved_project, values["position"])
    if kind == TEXT_REVIEW_RECORD.name and not {"supersedes", "void"} & values.keys():
        _fill_text_review(session, values)
    return values


def _check_near_project(project: Project, text: str) -> None:
    """Raise a UserError if a position is far from all sites, as if a sign is missing."""
    latitude, longitude = parse_position(text)
    xs, ys = from_lonlat(project.crs, [longitude], [latitude])
    sites = [site.position for site in project.sites.values()]
    if sites and not any(math.dist(site, (xs[0], ys[0])) <= _FAR_M for site in sites):
        raise UserError("not_a_position.far_away", text=text)


def _fill_text_review(session: Session, values: dict[str, str]) -> None:
    """Fill in the version of the reviewed text: the current one, unless the review is older."""
    # deferred: every record is logged through here, and most need no publishing module
    from zoneplanner.publish.web.family_sheets import (
        compute_text_version,
        find_text_day,
        list_translations,
    )

    language = values.get("language", "").strip().casefold()
    known = list_translations()
    if not language:
        raise UserError("unknown_language.missing", known=list(known))
    if language not in known:
        raise UserError("unknown_language", language=language, known=list(known))
    if (role := values.get("role", "")) and not names_role(role):
        raise UserError("not_a_role", text=role)
    values["language"] = language
    when = LogMoment(session.clock(), session.saved_project.time_zone)
    on = TEXT_REVIEW_RECORD.fields["on"].read(values.get("on") or "today", "on", when)
    if on >= find_text_day(language):
        values.setdefault("version", compute_text_version(language))


def list_plan_elements(
    session: Session, site_id: str, on: date | None = None
) -> dict[str, Confirmation]:
    """Return the elements that a site's plan must have on a day, by default today, by key.

    Each has its last confirmation in that school year, if any.
    """
    project, day = session.saved_project, on or session.today
    site, rules = project.site(site_id), load_project_rules(project)
    year = name_school_year(day)
    reviews = read_plan_reviews(session.store.entries(kinds=(REVIEW, "void")))
    own = [
        review
        for review in reviews
        if review.site == site.id and review.school_year == year and review.on <= day
    ]
    return {each.element.key: each for each in list_confirmations(site, rules, own, day)}


def check_elements(entry: NewEntry, rules: RulePack) -> None:
    """Raise a UserError if a confirmed element is not in the rules."""
    known = [element.key for element in rules.elements]
    for key in entry.payload.get("elements", ()):
        if key not in known:
            raise UserError("unknown_choice.element", item=key, known=known)


def load_drill_checklist(project: Project) -> DrillChecklist:
    """Return the checklist of a project's rules."""
    return load_project_rules(project).checklist


def check_drill_checklist(entry: NewEntry, checklist: DrillChecklist, time_zone: str) -> None:
    """Check that a drill's whole checklist is ticked if the drill requires it.

    Raises
    ------
    UserError
        An item of the checklist is not ticked, or a ticked item is not on it.
    """
    ticked = tuple(entry.payload.get("checklist", ()))
    for key in ticked:
        if key not in checklist.items:
            raise UserError("unknown_choice.checklist", item=key, known=list(checklist.items))
    day = entry.occurred_at.astimezone(ZoneInfo(time_zone)).date()
    kind = str(entry.payload.get("kind", ""))
    missing = list_unchecked_items(checklist, kind, day, ticked)
    if missing:
        raise UserError(
            "checklist_incomplete",
            missing=missing,
            drill=kind.replace("_", "-"),
            citation=checklist.citation,
            points=" ".join(missing),
        )


def explain_drill_doubt(project: Project, site_id: str, held_at: datetime) -> Message | None:
    """Explain why a drill's time is doubtful: no school that day, or not at that hour.

    None if it is not. The drill can be logged anyway.
    """
    site = project.sites.get(site_id)
    if site is None or not project.calendar.terms:
        return None
    calendar, local = project.calendar, held_at.astimezone(ZoneInfo(project.time_zone))
    day = local.date()
    facts = {"weekday": WEEKDAY_NAMES[day.weekday()], "day": day}
    if not calendar.is_school_day(day):
        holiday = next((span.name for span in calendar.holidays if span.contains(day)), "")
        if holiday:
            return Message("drill_doubt.holiday", holiday=holiday, **facts)
        return Message("drill_doubt.no_school", **facts)
    spans = calendar.bell_windows(site, day, time_zone=project.time_zone)
    if find_bell_window(spans, held_at) in (None, BellWindow.AFTER_SCHOOL):
        times = calendar.bells.find_bell_times(site.id, site.level)
        first, last = times.starts, times.last_bell(calendar.day_kind(day) or SchoolDayKind.REGULAR)
        hours = {"first": first, "last": last}
        return Message("drill_doubt.hours", at=local, site=site.name, **hours, **facts)
    return None


def log_after_action(
    session: Session, columns: Mapping[str, str], actions: Sequence[Mapping[str, str]]
) -> Sequence[JournalEntry]:
    """Log a review, as columns of strings, with its corrective actions; each action gets its site.

    Raises
    ------
    UserError
        A column of the review or of an action is not valid; nothing was logged.
    """
    zone, now = session.saved_project.time_zone, session.clock()
    values = fill_record_columns(session, "after_action", columns)
    uid = values.setdefault("uid", new_uid())
    entries = [parse_entry("after_action", values, time_zone=zone, now=now, uid=uid)]
    for number, action in enumerate(actions, 1):
        own = {"site": values.get("site", ""), **action, "review": uid}
        try:
            entry = parse_entry("corrective_action", own, time_zone=zone, now=now, uid=new_uid())
        except UserError as error:
            raise UserError(
                "in_action",
                error.details,
                number=number,
                problem=error.to_message(),
                code=error.code,
            ) from error
        entries.append(entry)
    return session.log_many(entries)


def list_incidents_to_review(session: Session, rules: RulePack) -> tuple[Incident, ...]:
    """Return the incidents without the review that the rules require, the latest first."""
    entries = session.store.entries(kinds=("after_action", "void"))
    reviewed = {review.incident for review in read_after_action_reviews(entries)}
    project = session.saved_project
    since = find_review_start(build_school_year(project.calendar, session.today), project.time_zone)
    calls = read_incidents(session.store.entries(kinds=("incident", "void"), since=since))
    open_calls = [
        call
        for call in select_reviewable_incidents(calls, rules.follow_up)
        if call.uid not in reviewed
    ]
    return tuple(sorted(open_calls, key=lambda call: call.received_at, reverse=True))


def build_action_columns(actions: Iterable[tuple[str, str, date]]) -> list[dict[str, str]]:
    """Return corrective actions as columns, from each one's text, responsible role and due day."""
    return [
        {"action": text, "owner_role": role, "due_on": due.isoformat()}
        for text, role, due in actions
    ]
