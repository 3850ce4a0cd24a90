"""What follows from what happened: after-action reviews, corrective actions, concern reports.

A concern report is a reference and a clock; neither its text nor a name is ever held here.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from zoneplanner.domain.calendar.school_calendar import SchoolCalendar, SchoolYear
from zoneplanner.domain.log.journal import FreeText, Incident
from zoneplanner.domain.log.office_entries import OutsideEvent
from zoneplanner.domain.log.people_entries import ConcernStep
from zoneplanner.domain.readiness.requirements import DISTRICT_WIDE, Requirement, RequirementStatus
from zoneplanner.domain.readiness.rule_pack import FollowUpRule

AFTER_ACTION, CORRECTIVE_ACTION, CONCERN = "after_action", "corrective_action", "concern"
OUTSIDE_EVENT = "outside_event"
_LONGEST_BREAK_DAYS = 120


@dataclass(frozen=True, slots=True)
class AfterActionReview:
    """A review of an incident, or of an event elsewhere that has no incident here.

    ``overview`` to ``participants`` are the parts of a report in HSEEP's order; the improvement
    plan between them is the review's corrective actions. Participants are roles and agencies.
    """

    uid: str
    site: str | None
    incident: str
    event: FreeText
    event_on: date
    held_on: date
    overview: FreeText = ""
    objectives: FreeText = ""
    strengths: FreeText = ""
    improvements: FreeText = ""
    participants: FreeText = ""
    sample: bool = False


@dataclass(frozen=True, slots=True)
class CorrectiveAction:
    """One step of an improvement plan; ``review`` is the uid of its after-action review."""

    uid: str
    site: str | None
    review: str
    action: FreeText
    owner_role: FreeText
    due_on: date
    done_on: date | None = None
    verified_on: date | None = None
    sample: bool = False

    @property
    def on_time(self) -> bool:
        """Return whether it was done by its day, and verified."""
        return self.verified_on is not None and (self.done_on or date.max) <= self.due_on


@dataclass(frozen=True, slots=True)
class ConcernReport:
    """A concern that was reported: its reference elsewhere, and when what was done."""

    uid: str
    site: str | None
    reference: FreeText
    received_at: datetime
    acknowledged_at: datetime | None = None
    closed_at: datetime | None = None
    sample: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class FollowUpRecords:
    """The records that requirements follow from, as they stand.

    ``history`` names the incidents of which nobody knows here whether they were reviewed, ``past``
    those that a file brought in: without a review on record none is asked of them.
    """

    incidents: tuple[Incident, ...] = ()
    after_actions: tuple[AfterActionReview, ...] = ()
    actions: tuple[CorrectiveAction, ...] = ()
    concerns: tuple[ConcernReport, ...] = ()
    steps: tuple[ConcernStep, ...] = ()
    outside_events: tuple[OutsideEvent, ...] = ()
    history: frozenset[str] = frozenset()
    past: frozenset[str] = frozenset()


def list_follow_up_requirements(
    happened: FollowUpRecords,
    rule: FollowUpRule,
    calendar: SchoolCalendar,
    *,
    year: SchoolYear,
    time_zone: str,
    on: date,
) -> tuple[Requirement, ...]:
    """Return what follows from what happened up to a day: all that is open, and this year's done.

    An incident is reviewed once an after-action review names it.
    """
    zone = ZoneInfo(time_zone)
    steps: dict[str, list[ConcernStep]] = defaultdict(list)
    for step in happened.steps:
        if step.at.astimezone(zone).date() <= on:
            steps[step.concern].append(step)
    found = [
        *_list_review_requirements(happened, rule, zone, on),
        *(_make_action_requirement(one, on) for one in happened.actions),
        *(
            _add_steps(_make_concern_requirement(one, rule, calendar, zone, on), steps[one.uid])
            for one in happened.concerns
        ),
    ]
    return tuple(
        item
        for item in found
        if item is not None
        and (item.is_open or (item.due_on is not None and item.due_on >= year.first))
    )


def select_reviewable_incidents(
    incidents: Iterable[Incident], rule: FollowUpRule
) -> Iterator[Incident]:
    """Yield the incidents that a rule asks a review of."""
    return (one for one in incidents if one.priority <= rule.review_priority)


def add_school_days(calendar: SchoolCalendar, day: date, count: int) -> date:
    """Return the day that lies so many school days later; days of any kind in a long break."""
    end = day + timedelta(days=_LONGEST_BREAK_DAYS)
    for passed, one in enumerate(calendar.school_days(day + timedelta(days=1), end), 1):
        if passed == count:
            return one
    return day + timedelta(days=count)


def _list_review_requirements(
    happened: FollowUpRecords, rule: FollowUpRule, zone: ZoneInfo, on: date
) -> Iterator[Requirement | None]:
    held: Mapping[str, AfterActionReview] = {
        one.incident: one
        for one in reversed(happened.after_actions)
        if one.incident and one.held_on <= on
    }
    plans = _describe_improvement_plans(happened.actions)
    words = f"{rule.citation}: within {rule.review_days} days"
    for call in select_reviewable_incidents(happened.incidents, rule):
        received = call.received_at.astimezone(zone)
        day = received.date()
        if day > on or day < rule.effective_from:
            continue
        review = held.get(call.uid)
        if review is None and call.uid in happened.past:
            continue
        due = day + timedelta(days=rule.review_days)
        status = RequirementStatus.judge(review, due, on)
        if status is RequirementStatus.OVERDUE and call.uid in happened.history:
            status = RequirementStatus.NOT_RECORDED
        said = f"{call.type.capitalize()} on {day} at {received:%H:%M}, priority {call.priority}."
        if review:
            said += f" Reviewed on {review.held_on}. {plans.get(review.uid, _NO_CORRECTIVE_ACTION)}"
        place, uid = call.site or DISTRICT_WIDE, review.uid if review else call.uid
        done = int(bool(review))
        yield Requirement(place, AFTER_ACTION, status, due, done, 1, words, said, uid)
    looked_at = {
        (one.event.casefold(), one.event_on): one
        for one in happened.after_actions
        if one.held_on <= on
    }
    for event in happened.outside_events:
        if event.on <= on:
            due = event.on + timedelta(days=rule.review_days)
            found = looked_at.get((event.event.casefold(), event.on))
            if found is None:
                status = RequirementStatus.judge(done=False, due=due, on=on)
                said = f"{event.event} on {event.on}, elsewhere."
                yield Requirement(
                    *(DISTRICT_WIDE, OUTSIDE_EVENT, status, due, 0, 1, words, said, event.uid)
                )
    reviewed = {call.uid for call in select_reviewable_incidents(happened.incidents, rule)}
    for review in happened.after_actions:
        if review.incident not in reviewed and review.held_on <= on:
            plan = plans.get(review.uid, _NO_CORRECTIVE_ACTION)
            said = f"{review.event} on {review.event_on}. {plan}"
            place, day, status = (
                review.site or DISTRICT_WIDE,
                review.held_on,
                RequirementStatus.DONE,
            )
            yield Requirement(place, AFTER_ACTION, status, day, 1, 1, words, said, review.uid)


_NO_CORRECTIVE_ACTION = "No corrective action."


def _describe_improvement_plans(actions: Iterable[CorrectiveAction]) -> dict[str, str]:
    """Say how far the corrective actions of each review are."""
    by_review: dict[str, list[CorrectiveAction]] = {}
    for action in actions:
        by_review.setdefault(action.review, []).append(action)
    return {
        review: f"{sum(one.verified_on is not None for one in own)} of {len(own)} corrective "
        f"action{'s' if len(own) != 1 else ''} verified."
        for review, own in by_review.items()
    }


def _make_action_requirement(action: CorrectiveAction, on: date) -> Requirement:
    done = action.done_on if action.done_on and action.done_on <= on else None
    verified = action.verified_on if action.verified_on and action.verified_on <= on else None
    to_verify = done is not None and verified is None
    status = RequirementStatus.judge(verified, action.due_on, on)
    status = RequirementStatus.DUE if to_verify else status  # what was done is not overdue
    said = f"{action.action} ({action.owner_role})."
    if done:
        said += f" Done on {done}, "
        said += f"verified on {verified}." if verified else "not verified yet."
    rule = "The improvement plan of its after-action review"
    place, due = action.site or DISTRICT_WIDE, action.due_on
    return Requirement(
        *(place, CORRECTIVE_ACTION, status, due, int(bool(verified)), 1, rule, said, action.uid),
        owner=action.owner_role,
        to_verify=to_verify,
    )


def _make_concern_requirement(
    concern: ConcernReport, rule: FollowUpRule, calendar: SchoolCalendar, zone: ZoneInfo, on: date
) -> Requirement | None:
    received = concern.received_at.astimezone(zone).date()
    if received > on:
        return None
    answered = concern.acknowledged_at and concern.acknowledged_at.astimezone(zone).date()
    closed = concern.closed_at and concern.closed_at.astimezone(zone).date()
    due = received + timedelta(days=rule.close_days)
    is_closed = closed is not None and closed <= on
    said = f"Reference {concern.reference}, received on {received}."
    if is_closed:
        said += f" Closed on {closed}."
    elif answered and answered <= on:
        said += f" Acknowledged on {answered}, not closed yet."
    else:
        due = add_school_days(calendar, received, rule.acknowledge_school_days)
        said += " Not acknowledged yet."
    days = rule.acknowledge_school_days
    step = f"acknowledged within {days} school day{'s' if days != 1 else ''}, closed within "
    words = f"{rule.citation}: {step}{rule.close_days} days"
    status, place = RequirementStatus.judge(is_closed, due, on), concern.site or DISTRICT_WIDE
    return Requirement(place, CONCERN, status, due, int(is_closed), 1, words, said, concern.uid)


def _add_steps(item: Requirement | None, steps: Sequence[ConcernStep]) -> Requirement | None:
    """Add the last step on a concern, and the role of who owns it since then."""
    if item is None or not steps:
        return item
    owner = next((one.owner_role for one in reversed(steps) if one.owner_role), "")
    said = f"{item.detail} Last step: {steps[-1].step.replace('_', ' ')}."
    return replace(item, detail=said, owner=owner)
