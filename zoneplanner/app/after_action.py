"""An after-action review and its improvement plan, logged together: all of it or nothing."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from zoneplanner.app.project import new_uid
from zoneplanner.app.readiness import find_review_start
from zoneplanner.app.readiness_log import fill_record_columns
from zoneplanner.app.session import Session
from zoneplanner.domain.columns import parse_entry
from zoneplanner.domain.follow_up import select_reviewable_incidents
from zoneplanner.domain.follow_up_entries import read_after_action_reviews
from zoneplanner.domain.journal import Incident, JournalEntry
from zoneplanner.domain.records import read_incidents
from zoneplanner.domain.rules import RulePack
from zoneplanner.domain.school_year import build_school_year
from zoneplanner.errors import UserError


def log_after_action(
    session: Session, columns: Mapping[str, str], actions: Sequence[Mapping[str, str]]
) -> Sequence[JournalEntry]:
    """Log a review given as columns of text with its corrective actions; each takes its site.

    Raises
    ------
    UserError
        A column of the review or of an action makes no sense; nothing was logged.
    """
    zone, now = session.project.time_zone, session.clock()
    given = fill_record_columns(session.store, "after_action", columns, zone)
    uid = given.setdefault("uid", new_uid())
    entries = [parse_entry("after_action", given, time_zone=zone, now=now, uid=uid)]
    for number, action in enumerate(actions, 1):
        own = {"site": given.get("site", ""), **action, "review": uid}
        try:
            entry = parse_entry("corrective_action", own, time_zone=zone, now=now, uid=new_uid())
        except UserError as error:
            raise UserError(
                f"Action {number}: {error.message}", error.details, code=error.code
            ) from error
        entries.append(entry)
    return session.log_many(entries)


def list_incidents_to_review(session: Session, rules: RulePack) -> tuple[Incident, ...]:
    """Return the incidents that the rules ask a review of and that have none, the latest first."""
    entries = session.store.entries(kinds=("after_action", "void"))
    done = {review.incident for review in read_after_action_reviews(entries)}
    project = session.project
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
