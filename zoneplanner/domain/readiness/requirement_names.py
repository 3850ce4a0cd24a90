"""The displayed names of requirements."""

from zoneplanner.domain.readiness.drill_requirements import format_drill_name
from zoneplanner.domain.readiness.follow_up import (
    AFTER_ACTION,
    CONCERN,
    CORRECTIVE_ACTION,
    OUTSIDE_EVENT,
)
from zoneplanner.domain.readiness.office_requirements import (
    CAMPUS_PAGE,
    LEGAL_NOTICE,
    MONTHLY_RETURN,
    PARTNER,
    REUNIFICATION,
    TRAINING,
)
from zoneplanner.domain.readiness.requirements import DISTRICT_REPORT, DUTY_PREFIX, PLAN_REVIEW

_NAMES = {
    PLAN_REVIEW: "Plan review",
    DISTRICT_REPORT: "Report to the state",
    AFTER_ACTION: "After-action review",
    CORRECTIVE_ACTION: "Corrective action",
    CONCERN: "Concern report",
    TRAINING: "Training to renew",
    PARTNER: "Agreement to review",
    REUNIFICATION: "Reunification agreement",
    CAMPUS_PAGE: "Campus page to verify",
    MONTHLY_RETURN: "Monthly returns",
    OUTSIDE_EVENT: "Review of an event elsewhere",
    LEGAL_NOTICE: "Duty to notify",
}


def name_requirement(kind: str) -> str:
    """Return the displayed name of a kind of requirement: Plan review, Fire drill."""
    if kind.startswith(DUTY_PREFIX):
        return kind.removeprefix(DUTY_PREFIX).replace("_", " ").capitalize()
    return _NAMES.get(kind) or format_drill_name(kind)
