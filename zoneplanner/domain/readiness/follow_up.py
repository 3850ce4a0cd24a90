"""Requirements that follow from events: after-action reviews, corrective actions, concern reports.

A concern report is only a reference and its deadlines; its text and names are never stored.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from zoneplanner.domain.calendar.school_calendar import SchoolCalendar, SchoolYear
from zoneplanner.domain.grouping import group_pairs
from zoneplanner.domain.log.journal import FreeText, Incident
from zoneplanner.domain.log.office_entries import OutsideEvent
from zoneplanner.domain.log.people_entries import ConcernStep
from zoneplanner.domain.readiness.requirements import DISTRICT_WIDE, Requirement, RequirementStatus
from zoneplanner.domain.readiness.rule_pack import FollowUpRule
from zoneplanner.messages import Message

AFTER_ACTION, CORRECTIVE_ACTION, CONCERN = "after_action", "corrective_action", "concern"
OUTSIDE_EVENT = "outside_event"
_LONGEST_BREAK_DAYS = 120


@dataclass(frozen=True, slots=True)
class AfterActionReview:
    """A review of an incident, or of an event elsewhere without an incident here.

    ``overview`` to ``participants`` are the parts of a report in HSEEP's order. The improvement
    plan among them is the review's corrective actions. Participants are roles and agencies.
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

    def is_verified(self, on: date) -> bool:
        """Return whether the action was verified by a day."""
        return self.verified_on is not None and self.verified_on <= on

    def is_on_time(self, on: date) -> bool:
        """Return whether the action was done by its due day and verified by the day ``on``."""
        return self.is_verified(on) and (self.done_on or date.max) <= self.due_on


@dataclass(frozen=True, slots=True)
class ConcernReport:
    """A reported concern: its reference in another system, and the times of its handling."""

    uid: str
    site: str | None
    reference: FreeText
    received_at: datetime
    acknowledged_at: datetime | None = None
    closed_at: datetime | None = None
    sample: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class FollowUpRecords:
    """The current records from which requirements follow.

    ``history`` are the uids of incidents that may have been reviewed before our records began.
    ``past`` are the uids of imported incidents, for which no review is required.
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
    """Return the requirements that follow from events up to a day: all open ones, and this year's.

    An incident counts as reviewed once an after-action review refers to it.
    """
    zone = ZoneInfo(time_zone)
    steps = group_pairs(
        (step.concern, step) for step in happened.steps if step.at.astimezone(zone).date() <= on
    )
    requirements = [
        *_list_review_requirements(happened, rule, zone, on),
        *(_make_action_requirement(action, on) for action in happened.actions),
        *(
            _add_steps(
                _make_concern_requirement(one, rule, calendar, zone, on), steps.get(one.uid, ())
            )
            for one in happened.concerns
            if one.received_at.astimezone(zone).date() <= on
        ),
    ]
    return tuple(
        item
        for item in requirements
        if item.is_open or (item.due_on is not None and item.due_on >= year.first)
    )


def select_reviewable_incidents(
    incidents: Iterable[Incident], rule: FollowUpRule
) -> Iterator[Incident]:
    """Yield the incidents for which a rule requires a review."""
    return (incident for incident in incidents if incident.priority <= rule.review_priority)


def add_school_days(calendar: SchoolCalendar, day: date, count: int) -> date:
    """Return the day ``count`` school days later, or calendar days if school is out too long."""
    end = day + timedelta(days=_LONGEST_BREAK_DAYS)
    following = calendar.school_days(day + timedelta(days=1), end)
    return next(islice(following, count - 1, None), day + timedelta(days=count))


def _list_review_requirements(
    happened: FollowUpRecords, rule: FollowUpRule, zone: ZoneInfo, on: date
) -> Iterator[Requirement]:
    held = [review for review in happened.after_actions if review.held_on <= on]
    review_of = {review.incident: review for review in reversed(held) if review.incident}
    plans = _describe_improvement_plans(happened.actions, on)
    message = Message("requirement_rule.review", citation=rule.citation, days=rule.review_days)
    for call in select_reviewable_incidents(happened.incidents, rule):
        received = call.received_at.astimezone(zone)
        day = received.date()
        if day > on or day < rule.effective_from:
            continue
        review = review_of.get(call.uid)
        if review is None and call.uid in happened.past:
            continue
        due = day + timedelta(days=rule.review_days)
        status = RequirementStatus.judge(review, due, on)
        if status is RequirementStatus.OVERDUE and call.uid in happened.history:
            status = RequirementStatus.NOT_RECORDED
        type_ = call.type.capitalize()
        detail = [
            Message("requirement.incident", type=type_, on=day, at=received, priority=call.priority)
        ]
        if review:
            detail.append(Message("requirement.incident_reviewed", on=review.held_on))
            detail.append(plans.get(review.uid, _NO_CORRECTIVE_ACTION))
        place, uid = call.site or DISTRICT_WIDE, review.uid if review else call.uid
        done = int(bool(review))
        yield Requirement(place, AFTER_ACTION, status, due, done, 1, message, tuple(detail), uid)
    reviewed_events = {(review.event.casefold(), review.event_on) for review in held}
    for event in happened.outside_events:
        if event.on <= on and (event.event.casefold(), event.on) not in reviewed_events:
            due = event.on + timedelta(days=rule.review_days)
            status = RequirementStatus.judge(done=False, due=due, on=on)
            text = Message("requirement.outside_event", event=event.event, on=event.on)
            yield Requirement(
                DISTRICT_WIDE, OUTSIDE_EVENT, status, due, 0, 1, message, (text,), event.uid
            )
    reviewable = {call.uid for call in select_reviewable_incidents(happened.incidents, rule)}
    for review in held:
        if review.incident not in reviewable:
            event_text = Message(
                "requirement.event_reviewed", event=review.event, on=review.event_on
            )
            texts = (event_text, plans.get(review.uid, _NO_CORRECTIVE_ACTION))
            place, status = review.site or DISTRICT_WIDE, RequirementStatus.DONE
            yield Requirement(
                place, AFTER_ACTION, status, review.held_on, 1, 1, message, texts, review.uid
            )


_NO_CORRECTIVE_ACTION = Message("requirement.no_actions")


def _describe_improvement_plans(
    actions: Iterable[CorrectiveAction], on: date
) -> dict[str, Message]:
    """Return the progress of each review's corrective actions until a day."""
    by_review = group_pairs((action.review, action) for action in actions)
    return {
        review: Message(
            "requirement.actions_verified",
            verified=sum(action.is_verified(on) for action in plan),
            actions=len(plan),
        )
        for review, plan in by_review.items()
    }


def _make_action_requirement(action: CorrectiveAction, on: date) -> Requirement:
    done = action.done_on if action.done_on and action.done_on <= on else None
    verified = action.verified_on if action.is_verified(on) else None
    to_verify = done is not None and verified is None
    status = RequirementStatus.judge(verified, action.due_on, on)
    status = RequirementStatus.DUE if to_verify else status  # an action that is done is not overdue
    messages = [Message("requirement.action", action=action.action, owner=action.owner_role)]
    if done:
        messages.append(
            Message("requirement.action_verified", on=done, verified_on=verified)
            if verified
            else Message("requirement.action_to_verify", on=done)
        )
    place, due = action.site or DISTRICT_WIDE, action.due_on
    return Requirement(
        place,
        CORRECTIVE_ACTION,
        status,
        due,
        int(bool(verified)),
        1,
        Message("requirement_rule.action"),
        tuple(messages),
        action.uid,
        owner=action.owner_role,
        to_verify=to_verify,
    )


def _make_concern_requirement(
    concern: ConcernReport, rule: FollowUpRule, calendar: SchoolCalendar, zone: ZoneInfo, on: date
) -> Requirement:
    received = concern.received_at.astimezone(zone).date()
    acknowledged = concern.acknowledged_at and concern.acknowledged_at.astimezone(zone).date()
    closed = concern.closed_at and concern.closed_at.astimezone(zone).date()
    due = received + timedelta(days=rule.close_days)
    is_closed = closed is not None and closed <= on
    if is_closed:
        progress = Message("requirement.concern_closed", on=closed)
    elif acknowledged and acknowledged <= on:
        progress = Message("requirement.concern_acknowledged", on=acknowledged)
    else:
        due = add_school_days(calendar, received, rule.acknowledge_school_days)
        progress = Message("requirement.concern_open")
    message = Message(
        "requirement_rule.concern",
        citation=rule.citation,
        acknowledge_days=rule.acknowledge_school_days,
        close_days=rule.close_days,
    )
    reference = Message("requirement.concern", reference=concern.reference, on=received)
    status, place = RequirementStatus.judge(is_closed, due, on), concern.site or DISTRICT_WIDE
    return Requirement(
        place,
        CONCERN,
        status,
        due,
        int(is_closed),
        1,
        message,
        (reference, progress),
        concern.uid,
    )


def _add_steps(item: Requirement, steps: Sequence[ConcernStep]) -> Requirement:
    """Add the last step on a concern, and the role of its latest owner."""
    if not steps:
        return item
    owner = next((step.owner_role for step in reversed(steps) if step.owner_role), "")
    last = Message("requirement.concern_step", step=steps[-1].step.replace("_", " "))
    return replace(item, messages=(*item.messages, last), owner=owner)
