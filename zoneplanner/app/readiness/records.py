"""What the project adds to logged drills, reviews and follow-ups, and what it refuses of them.

Which other record an entry is about: none is kept about what is not in the log.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from zoneplanner.app.readiness.requirements import find_review_start, load_project_rules
from zoneplanner.app.session.identity import new_uid
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.bells import BellWindow, SchoolDayKind, find_bell_window
from zoneplanner.domain.calendar.school_calendar import build_school_year, name_school_year
from zoneplanner.domain.locale_formats import US_FORMATS, WEEKDAY_NAMES, LocaleFormats
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
from zoneplanner.domain.log.office_entries import RELIEF_RECORD, TEXT_REVIEW_RECORD, names_role
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

if TYPE_CHECKING:
    from zoneplanner.storage import Store


@dataclass(frozen=True, slots=True)
class RecordLink:
    """The column that names another record by its uid, of what kind that is, and the refusal."""

    column: str
    kind: str
    read: Callable[[Iterable[NewEntry]], tuple[Any, ...]]
    refusal: str


RECORD_LINKS: Mapping[str, RecordLink] = {
    "after_action": RecordLink(
        *("incident", "incident", read_incidents), "unknown_entry.reviewed_incident"
    ),
    "corrective_action": RecordLink(
        *("review", "after_action", read_after_action_reviews), "unknown_entry.review"
    ),
    "concern_step": RecordLink(
        *("concern", "concern", read_concern_reports), "unknown_entry.concern"
    ),
    "command_entry": RecordLink(
        *("incident", "incident", read_incidents), "unknown_entry.critical_incident"
    ),
}


def find_linked_record(store: "Store", kind: str, text: str) -> Any:
    """Return the record that an entry of a kind names; a concern by its reference, too.

    Raises
    ------
    UserError
        There is none that stands.
    """
    link = RECORD_LINKS[kind]
    found = link.read(store.record(text))
    if not found and link.kind == "concern":
        concerns = read_concern_reports(store.entries(kinds=("concern", "void")))
        found = tuple(one for one in concerns if one.reference.casefold() == text.casefold())
    if len(found) != 1:
        raise UserError(link.refusal, uid=text)
    return found[0]


def check_duty(columns: Mapping[str, str], rules: RulePack) -> None:
    """Refuse the report of a yearly duty that the rules do not name."""
    duty, known = columns.get("duty", "").strip(), [one.key for one in rules.duties]
    if duty and duty not in known:
        raise UserError("unknown_choice.duty", item=duty, known=known)


def check_named_things(
    project: Project, store: "Store", kind: str, columns: Mapping[str, str]
) -> None:
    """Refuse a relief call about no shift or officer of the project, and a page without picture.

    Only what is given is looked at: a correction of something else stays possible once the shift
    is gone.
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
_PRINTED = replace(US_FORMATS, clock_12h=False)
"""How the command line writes a doubt."""


def list_follow_up_records(store: "Store", kind: str) -> tuple[Any, ...]:
    """Return the follow-up records of a kind as they stand after corrections."""
    return read_records(RECORD_KINDS[kind], store.entries(kinds=(kind, "void")))


def fill_record_columns(session: Session, kind: str, columns: Mapping[str, str]) -> dict[str, str]:
    """Return the columns of a new entry with what the record that it names tells filled in.

    Raises
    ------
    UserError
        What it names is not in the journal: an incident, a review, a concern; see
        ``RECORD_LINKS``. Or the rules have no such yearly duty.
    """
    given, store = dict(columns), session.store
    if kind == "drill" and given.get("checklist", "").strip().casefold() in _WHOLE_LIST:
        given["checklist"] = ";".join(load_project_rules(session.saved_project).checklist.items)
    if kind == "review" and given.get("elements", "").strip().casefold() in _WHOLE_LIST:
        given["elements"] = ";".join(list_plan_elements(session, given.get("site", "")))
    if kind == DISTRICT_REPORT:
        check_duty(given, load_project_rules(session.saved_project))
    link = RECORD_LINKS.get(kind)
    named = None
    if link and given.get(link.column, "").strip():
        named = find_linked_record(store, kind, given[link.column].strip())
        given[link.column] = named.uid
    if kind == "after_action" and (call := named) is not None:
        day = call.received_at.astimezone(ZoneInfo(session.saved_project.time_zone)).date()
        given.setdefault("event", call.type)
        given.setdefault("event_on", day.isoformat())
        if call.site:
            given.setdefault("site", call.site)
    if kind == "corrective_action" and named is not None and named.site:
        given.setdefault("site", named.site)
    if given.get("at_site"):
        given["at_site"] = session.saved_project.site(given["at_site"]).id
    if kind == TEXT_REVIEW_RECORD.name and not {"supersedes", "void"} & given.keys():
        _fill_text_review(session, given)
    return given


def _fill_text_review(session: Session, given: dict[str, str]) -> None:
    """Name the text that was read: the present one, unless it was written after that day."""
    # every record is logged through here; what publishes is loaded where it is asked for
    from zoneplanner.publish.web.family_sheets import (
        compute_text_version,
        find_text_day,
        list_translations,
    )

    language = given.get("language", "").strip().casefold()
    known = list_translations()
    if language not in known:
        raise UserError("unknown_language", language=language, known=list(known))
    if (role := given.get("role", "")) and not names_role(role):
        raise UserError("not_a_role", text=role)
    given["language"] = language
    when = LogMoment(session.clock(), session.saved_project.time_zone)
    on = TEXT_REVIEW_RECORD.fields["on"].read(given.get("on") or "today", "on", when)
    if on >= find_text_day(language):
        given.setdefault("version", compute_text_version(language))


def list_plan_elements(
    session: Session, site_id: str, on: date | None = None
) -> dict[str, Confirmation]:
    """Return the elements that the plan of a site is to have on a day, today where none is given.

    They are by key, each with who confirmed it last in that school year, and when.
    """
    project, day = session.saved_project, on or session.today
    site, rules = project.site(site_id), load_project_rules(project)
    year = name_school_year(day)
    reviews = read_plan_reviews(session.store.entries(kinds=(REVIEW, "void")))
    own = [
        one for one in reviews if one.site == site.id and one.school_year == year and one.on <= day
    ]
    return {one.element.key: one for one in list_confirmations(site, rules, own, day)}


def check_elements(entry: NewEntry, rules: RulePack) -> None:
    """Refuse the confirmation of an element that no rule names."""
    known = [one.key for one in rules.elements]
    for key in entry.payload.get("elements", ()):
        if key not in known:
            raise UserError("unknown_choice.element", item=key, known=known)


def load_drill_checklist(project: Project) -> DrillChecklist:
    """Return the checklist of a project's rules."""
    return load_project_rules(project).checklist


def check_drill_checklist(entry: NewEntry, checklist: DrillChecklist, time_zone: str) -> None:
    """Refuse a drill that does not count before its whole checklist holds.

    Raises
    ------
    UserError
        A point of the checklist is open, or one is ticked that it does not have.
    """
    ticked = tuple(entry.payload.get("checklist", ()))
    _check_known(checklist, ticked)
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


def explain_drill_doubt(
    project: Project, site_id: str, held_at: datetime, formats: LocaleFormats = _PRINTED
) -> str:
    """Say what speaks against a drill at a time: no school that day, or not at that hour.

    An empty text where nothing does. A drill may be held then all the same.
    """
    site = project.sites.get(site_id)
    if site is None or not project.calendar.terms:
        return ""
    local = held_at.astimezone(ZoneInfo(project.time_zone))
    day = local.date()
    named = f"{WEEKDAY_NAMES[day.weekday()]}, {formats.day(day)}"
    calendar = project.calendar
    if not calendar.is_school_day(day):
        holiday = next((span.name for span in calendar.holidays if span.contains(day)), "")
        return f"{named}, is not a school day{f' ({holiday})' if holiday else ''}."
    spans = calendar.bell_windows(site, day, time_zone=project.time_zone)
    if find_bell_window(spans, held_at) in (None, BellWindow.AFTER_SCHOOL):
        times = calendar.bells.find_bell_times(site.id, site.level)
        first, last = times.starts, times.last_bell(calendar.day_kind(day) or SchoolDayKind.REGULAR)
        return (
            f"{formats.clock(local)} is outside the school hours of {site.name}, "
            f"{formats.clock(first)} to {formats.clock(last)} on {named}."
        )
    return ""


def _check_known(checklist: DrillChecklist, ticked: Iterable[str]) -> None:
    for key in ticked:
        if key not in checklist.items:
            raise UserError("unknown_choice.checklist", item=key, known=list(checklist.items))


def log_after_action(
    session: Session, columns: Mapping[str, str], actions: Sequence[Mapping[str, str]]
) -> Sequence[JournalEntry]:
    """Log a review given as columns of text with its corrective actions; each takes its site.

    Raises
    ------
    UserError
        A column of the review or of an action makes no sense; nothing was logged.
    """
    zone, now = session.saved_project.time_zone, session.clock()
    given = fill_record_columns(session, "after_action", columns)
    uid = given.setdefault("uid", new_uid())
    entries = [parse_entry("after_action", given, time_zone=zone, now=now, uid=uid)]
    for number, action in enumerate(actions, 1):
        own = {"site": given.get("site", ""), **action, "review": uid}
        try:
            entry = parse_entry("corrective_action", own, time_zone=zone, now=now, uid=new_uid())
        except UserError as error:
            raise UserError(
                "in_action", error.details, number=number, problem=error.message, code=error.code
            ) from error
        entries.append(entry)
    return session.log_many(entries)


def list_incidents_to_review(session: Session, rules: RulePack) -> tuple[Incident, ...]:
    """Return the incidents that the rules ask a review of and that have none, the latest first."""
    entries = session.store.entries(kinds=("after_action", "void"))
    done = {review.incident for review in read_after_action_reviews(entries)}
    project = session.saved_project
    since = find_review_start(build_school_year(project.calendar, session.today), project.time_zone)
    calls = read_incidents(session.store.entries(kinds=("incident", "void"), since=since))
    found = [
        one for one in select_reviewable_incidents(calls, rules.follow_up) if one.uid not in done
    ]
    return tuple(sorted(found, key=lambda one: one.received_at, reverse=True))


def build_action_columns(given: Iterable[tuple[str, str, date]]) -> list[dict[str, str]]:
    """Return corrective actions as columns: what is to be done, by which role, by when."""
    return [
        {"action": text, "owner_role": role, "due_on": due.isoformat()} for text, role, due in given
    ]
