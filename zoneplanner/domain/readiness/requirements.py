"""The requirements of the readiness rules on a day: done, due, overdue, or without a record.

This is a planning aid, not legal advice.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from zoneplanner.domain.grouping import group_pairs
from zoneplanner.domain.readiness.plan_review import OpenPoint, count_open_points
from zoneplanner.domain.readiness.rule_pack import CitedRule
from zoneplanner.messages import Message

PLAN_REVIEW, DISTRICT_REPORT = "plan_review", "district_report"
DRILL, REVIEW = "drill", "review"
DUTY_PREFIX = "duty_"
"""The prefix of the kind of a yearly duty of the district."""
_RECORD_BY_REQUIREMENT = {
    PLAN_REVIEW: REVIEW,
    DISTRICT_REPORT: DISTRICT_REPORT,
    **dict.fromkeys(("after_action", "corrective_action", "concern", "training", "partner"), ""),
    **dict.fromkeys(("monthly_return", "legal_notice", "reunification_site", "outside_event"), ""),
    "campus_page": "",
}
"""The kind of record that fulfills a requirement, "" if it follows from a record; else a drill."""
DISTRICT_WIDE = ""
"""The site of a requirement for the whole district."""


class RequirementStatus(StrEnum):
    """The status of a requirement on a day.

    Work may have been done without a record on days that are not on record, or if no record of its
    kind was ever made; see ``mark_requirements_without_record``.
    """

    OVERDUE = "overdue"
    DUE = "due"
    NOT_RECORDED = "no record on file"
    DONE = "done"
    NOT_REQUIRED = "not required"

    @classmethod
    def judge(cls, done: object, due: date, on: date) -> "RequirementStatus":
        """Return the status on a day ``on`` of a requirement that is due by another day."""
        return cls.DONE if done else cls.DUE if on <= due else cls.OVERDUE


WORST_FIRST = (
    RequirementStatus.OVERDUE,
    RequirementStatus.NOT_RECORDED,
    RequirementStatus.DUE,
    RequirementStatus.DONE,
    RequirementStatus.NOT_REQUIRED,
)
"""The order in which one status represents many: a past gap in the records outranks future work."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement on a day.

    Attributes
    ----------
    site
        ``DISTRICT_WIDE`` for a requirement of the whole district.
    kind
        A kind of drill, or another requirement.
    due_on
        The due day of the first missing item, or else of the next one.
    done, required
        Items done on time, and items required so far, including the current period.
    rule, messages
        The rule in short, and the progress in one or more sentences, the most important one first.
    uid
        The record that the requirement follows from, if any.
    ended, missed
        Items in past periods that are completely on record, and the number of these not done.
    made_up
        Items done in a later period, which do not count as done.
    unrecorded
        Items in past periods that are not completely on record.
    lacking, newer_rules
        The open points, and the keys of rules in force since the plan was last adopted.
    owner
        The role of the person in charge.
    school_year
        The year of a plan review or a yearly duty.
    to_verify
        Whether the work is done but not yet verified, for which there is no due day.
    """

    site: str
    kind: str
    status: RequirementStatus
    due_on: date | None
    done: int
    required: int
    rule: Message
    messages: tuple[Message, ...]
    uid: str = ""
    ended: int = 0
    missed: int = 0
    made_up: int = 0
    unrecorded: int = 0
    lacking: tuple[OpenPoint, ...] = ()
    newer_rules: tuple[str, ...] = ()
    owner: str = ""
    school_year: str = ""
    to_verify: bool = False

    @property
    def standing(self) -> str:
        """The status in words."""
        return "done, not verified" if self.to_verify else self.status.value

    @property
    def is_open(self) -> bool:
        """Whether the requirement still has to be met."""
        return self.status not in (RequirementStatus.DONE, RequirementStatus.NOT_REQUIRED)

    @property
    def open_points(self) -> tuple[str, ...]:
        """The keys of the open points."""
        return tuple(point.key for point in self.lacking)

    @property
    def record_kind(self) -> str:
        """The kind of record that fulfills the requirement."""
        if self.kind.startswith(DUTY_PREFIX):
            return self.kind
        return _RECORD_BY_REQUIREMENT.get(self.kind, DRILL)


def describe_due_rule(rule: CitedRule, text: str, due: date) -> Message:
    """Describe a rule by its citation, what it requires, and by which day of each year."""
    return Message("requirement_rule.by_day", citation=rule.citation, text=text, due=due)


def is_due_soon(item: Requirement, on: date, horizon_days: int) -> bool:
    """Return whether a requirement is due within the district's planning horizon."""
    if item.status is not RequirementStatus.DUE or item.due_on is None or item.to_verify:
        return False
    return (item.due_on - on).days <= horizon_days


def mark_requirements_without_record(
    items: Iterable[Requirement], recorded: Collection[tuple[str, str]]
) -> tuple[Requirement, ...]:
    """Mark requirements that are overdue or incompletely recorded at sites without any record.

    Before a site's records begin, nobody knows what was done there. ``recorded`` are the sites and
    kinds of record with at least one record, or that were declared complete. A requirement that
    follows from a record, such as the review of an incident, is never marked.
    """
    return tuple(
        replace(item, status=RequirementStatus.NOT_RECORDED)
        if (item.status is RequirementStatus.OVERDUE or (item.is_open and item.unrecorded))
        and item.record_kind
        and (item.site, item.record_kind) not in recorded
        else item
        for item in items
    )


def find_worst_status(items: Iterable[Requirement]) -> RequirementStatus:
    """Return the status that needs the most attention; NOT_REQUIRED without items."""
    statuses = (item.status for item in items)
    return min(statuses, key=WORST_FIRST.index, default=RequirementStatus.NOT_REQUIRED)


@dataclass(frozen=True, slots=True)
class PlanStanding:
    """The status of a site's plan review with its open points, including the previous year's."""

    site: str
    status: RequirementStatus
    due_on: date | None
    points: tuple[OpenPoint, ...]

    @property
    def steps(self) -> int:
        """The number of open steps."""
        return count_open_points(self.points)[0]

    @property
    def elements(self) -> int:
        """The number of unconfirmed elements."""
        return count_open_points(self.points)[1]

    @property
    def out_of_order(self) -> int:
        """The number of points that were done but do not count."""
        return sum(point.why is not None for point in self.points)


def list_plan_standings(items: Iterable[Requirement]) -> tuple[PlanStanding, ...]:
    """Return the status of each site's plan review, the most open points first."""
    by_site = group_pairs((item.site, item) for item in items if item.kind == PLAN_REVIEW)
    standings = [
        PlanStanding(
            site,
            find_worst_status(reviews),
            min((review.due_on for review in reviews if review.due_on), default=None),
            tuple(point for review in reviews for point in review.lacking),
        )
        for site, reviews in by_site.items()
    ]
    return tuple(sorted(standings, key=lambda standing: -len(standing.points)))
