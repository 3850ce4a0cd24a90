"""An after-action review and its improvement plan, logged together: all of it or nothing."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from zoneplanner.app.project import new_uid
from zoneplanner.app.readiness import looking_back
from zoneplanner.app.readiness_log import filled
from zoneplanner.app.session import Session
from zoneplanner.domain.columns import entry_from_columns
from zoneplanner.domain.follow_up import reviewable
from zoneplanner.domain.follow_up_entries import after_actions
from zoneplanner.domain.journal import Entry, Incident
from zoneplanner.domain.records import incidents
from zoneplanner.domain.rules import Rules
from zoneplanner.domain.school_year import school_year
from zoneplanner.errors import UserError


def log_after_action(
    session: Session, columns: Mapping[str, str], actions: Sequence[Mapping[str, str]]
) -> Sequence[Entry]:
    """Log a review given as columns of text with its corrective actions; each takes its site.

    Raises
    ------
    UserError
        A column of the review or of an action makes no sense; nothing was logged.
    """
    zone, now = session.project.time_zone, session.clock()
    given = filled(session.store, "after_action", columns, zone)
    uid = given.setdefault("uid", new_uid())
    entries = [entry_from_columns("after_action", given, time_zone=zone, now=now, uid=uid)]
    for number, action in enumerate(actions, 1):
        own = {"site": given.get("site", ""), **action, "review": uid}
        try:
            entry = entry_from_columns(
                "corrective_action", own, time_zone=zone, now=now, uid=new_uid()
            )
        except UserError as error:
            raise UserError(
                f"Action {number}: {error.message}", error.details, code=error.code
            ) from error
        entries.append(entry)
    return session.log_many(entries)


def to_review(session: Session, rules: Rules) -> tuple[Incident, ...]:
    """Return the incidents that the rules ask a review of and that have none, the latest first."""
    entries = session.store.entries(kinds=("after_action", "void"))
    done = {review.incident for review in after_actions(entries)}
    project = session.project
    since = looking_back(school_year(project.calendar, session.today), project.time_zone)
    calls = incidents(session.store.entries(kinds=("incident", "void"), since=since))
    found = [one for one in reviewable(calls, rules.follow_up) if one.uid not in done]
    return tuple(sorted(found, key=lambda one: one.received_at, reverse=True))


def actions_due(given: Iterable[tuple[str, str, date]]) -> list[dict[str, str]]:
    """Return corrective actions as columns: what is to be done, by which role, by when."""
    return [
        {"action": text, "owner_role": role, "due_on": due.isoformat()} for text, role, due in given
    ]
