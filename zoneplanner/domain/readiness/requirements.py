"""What the rules of readiness ask, on a day: done, due, overdue, or without a record on file.

A planning aid, not legal advice.

Where the plan reviews of schools stand beside each other: how many points each has open.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from zoneplanner.domain.readiness.plan_review import OpenPoint, count_open_points

PLAN_REVIEW, DISTRICT_REPORT = "plan_review", "district_report"
DRILL, REVIEW = "drill", "review"
DUTY_PREFIX = "duty_"
"""What the kind of a requirement begins with that is one of the district's yearly duties."""
_RECORD_BY_REQUIREMENT = {
    PLAN_REVIEW: REVIEW,
    DISTRICT_REPORT: DISTRICT_REPORT,
    **dict.fromkeys(("after_action", "corrective_action", "concern", "training", "partner"), ""),
    **dict.fromkeys(("monthly_return", "legal_notice", "reunification_site", "outside_event"), ""),
    "campus_page": "",
}
"""The kind of record that fulfils a requirement; others are drills, "" follows from a record."""
DISTRICT_WIDE = ""
"""The site of a requirement that is the district's and no single site's."""


class RequirementStatus(StrEnum):
    """Where a requirement stands on a day.

    What is missing on days that are not on record, or where no record of its kind was ever made, is
    shown as such; see ``mark_requirements_without_record``.
    """

    OVERDUE = "overdue"
    DUE = "due"
    NOT_RECORDED = "no record on file"
    DONE = "done"
    NOT_REQUIRED = "not required"

    @classmethod
    def judge(cls, done: object, due: date, on: date) -> "RequirementStatus":
        """Return where what is due by a day stands on another one."""
        return cls.DONE if done else cls.DUE if on <= due else cls.OVERDUE


WORST_FIRST = (
    RequirementStatus.OVERDUE,
    RequirementStatus.NOT_RECORDED,
    RequirementStatus.DUE,
    RequirementStatus.DONE,
    RequirementStatus.NOT_REQUIRED,
)
"""What one status stands for many: what is past without a record hides behind nothing due later."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement on a day; ``site`` is ``DISTRICT_WIDE`` where it is the district's.

    ``kind`` is a kind of drill or names another requirement; ``required`` counts what was to be
    done up to now, the present period included, and ``ended`` those of periods that have ended and
    of whose days all are on record, of which ``missed`` were not done; those ``made_up`` for were
    done in a later period and are not among those ``done``; ``unrecorded`` counts those of periods
    that have ended and are not all on record; ``due_on`` is the day of the first that
    is missing, else of the next. ``lacking`` is what is still open of it, point by point,
    ``newer_rules`` those of what came into force since the plan was last adopted.
    What waits ``to_verify`` was done and is to be looked at, which has no day of its own.
    ``uid`` names the record that it follows from, where there is one, ``owner`` the role of who
    has to see to it, ``school_year`` the year of a plan review or a yearly duty.
    """

    site: str
    kind: str
    status: RequirementStatus
    due_on: date | None
    done: int
    required: int
    rule: str
    detail: str
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
        """Where it stands in words."""
        return "done, not verified" if self.to_verify else self.status.value

    @property
    def is_open(self) -> bool:
        """Return whether it is still to be done."""
        return self.status not in (RequirementStatus.DONE, RequirementStatus.NOT_REQUIRED)

    @property
    def open_points(self) -> tuple[str, ...]:
        """The keys of what is still open of it."""
        return tuple(one.key for one in self.lacking)

    @property
    def record_kind(self) -> str:
        """The kind of record that fulfils it."""
        if self.kind.startswith(DUTY_PREFIX):
            return self.kind
        return _RECORD_BY_REQUIREMENT.get(self.kind, DRILL)


def is_due_soon(item: Requirement, on: date, horizon_days: int) -> bool:
    """Return whether something is due within the days that the district looks ahead."""
    if item.status is not RequirementStatus.DUE or item.due_on is None or item.to_verify:
        return False
    return (item.due_on - on).days <= horizon_days


def mark_requirements_without_record(
    items: Iterable[Requirement], recorded: Collection[tuple[str, str]]
) -> tuple[Requirement, ...]:
    """Say of what is overdue, or not all on record, that there is no record, where a site has none.

    Before a site's records are kept, nobody knows what was done there; ``recorded`` names the sites
    and the kinds of which there is at least one, or which were declared complete. What follows from
    a record, such as the review of an incident, is never marked.
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
    """Return the status that needs attention most; without items nothing is required."""
    found = {item.status for item in items}
    return next(
        (status for status in WORST_FIRST if status in found), RequirementStatus.NOT_REQUIRED
    )


@dataclass(frozen=True, slots=True)
class PlanStanding:
    """The plan review of a site with all that is open of it, the year before's rest included."""

    site: str
    status: RequirementStatus
    due_on: date | None
    points: tuple[OpenPoint, ...]

    @property
    def steps(self) -> int:
        """How many steps are open."""
        return count_open_points(self.points)[0]

    @property
    def elements(self) -> int:
        """How many elements nobody confirmed."""
        return count_open_points(self.points)[1]

    @property
    def out_of_order(self) -> int:
        """How many points were done and do not count."""
        return sum(one.why is not None for one in self.points)


def list_plan_standings(items: Iterable[Requirement]) -> tuple[PlanStanding, ...]:
    """Return where each plan review stands, those with the most open points first."""
    by_site: dict[str, list[Requirement]] = defaultdict(list)
    for item in items:
        if item.kind == PLAN_REVIEW:
            by_site[item.site].append(item)
    found = [
        PlanStanding(
            site,
            find_worst_status(own),
            min((one.due_on for one in own if one.due_on), default=None),
            tuple(point for one in own for point in one.lacking),
        )
        for site, own in by_site.items()
    ]
    return tuple(sorted(found, key=lambda one: -len(one.points)))
