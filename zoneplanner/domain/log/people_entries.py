"""Journal entries about people's work: training, partners, steps on a concern, violent incidents.

They record only that something was done, without names, texts of cases or results of inquiries.
"""

from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from zoneplanner.domain.log.journal import FreeText
from zoneplanner.domain.log.office_entries import MOST_PEOPLE, check_agreement_days, declare_kind
from zoneplanner.domain.log.record_schema import LogMoment, RecordKind, read_records
from zoneplanner.errors import UserError

COURSES = (
    "active_shooter",
    "threat_assessment",
    "first_aid",
    "cpr_aed",
    "opioid_response",
    "armed_assailant_drills",
    "workplace_violence",
    "abuse_prevention",
    "de_escalation",
    "emergency_response",
    "other",
)
TRAINEES = ("staff", "monitors", "officers", "dispatchers", "families")
PARTNER_LEVELS = ("local", "county", "state", "federal", "community")
PARTNER_RECORDS = ("contact", "meeting", "agreement")
CONCERN_STEPS = (
    "triaged",
    "police_told",
    "interview",
    "home_visit",
    "school_history_review",
    "safety_check",
    "team_met",
    "measures_in_force",
    "outcome",
    "reviewed",
)
CONCERN_SOURCES = ("tell_someone", "student", "family", "staff", "community", "agency")
CONCERN_OUTCOMES = ("law_enforcement", "discipline", "mental_health_support", "unfounded")
VIOLENCE_TYPES = ("1", "2", "3", "4")
"""Labor Code 6401.9, by the attacker: a person without business there, a person served, a coworker,
a person with a personal relationship to an employee."""
VIOLENCE_BY = (
    "stranger",
    "student",
    "family",
    "visitor",
    "coworker",
    "former_coworker",
    "supervisor",
    "personal_relation",
    "animal",
    "unknown",
)
VIOLENCE_CIRCUMSTANCES = (
    "usual_work",
    "poorly_lit",
    "rushed",
    "low_staffing",
    "isolated",
    "no_help_near",
    "unfamiliar_place",
    "community_setting",
    "other",
)
VIOLENCE_PLACES = ("workplace", "parking", "outside", "other")
VIOLENCE_KINDS = (
    "attack_without_weapon",
    "attack_with_weapon",
    "attack_with_object",
    "threat",
    "sexual_assault",
    "animal_attack",
    "other",
)


@dataclass(frozen=True, slots=True)
class Training:
    """A session of a course, with the number of employees at a site who were trained.

    Without a site the session is the district's. ``expires_on`` is the last day on which the
    certificate is valid; it is only for ``officer`` if one is given by id.
    """

    uid: str
    site: str | None
    course: str
    held_on: date
    who_kind: str = ""
    officer: str = ""
    trained: float | None = None
    employed: float | None = None
    expires_on: date | None = None
    note: FreeText = ""
    sample: bool = False


@dataclass(frozen=True, slots=True)
class PartnerRecord:
    """A contact by role at a partner agency, a meeting, or an agreement and its next review."""

    uid: str
    agency: FreeText
    level: str
    kind: str
    on: date
    role: FreeText = ""
    review_on: date | None = None
    note: FreeText = ""
    sample: bool = False


@dataclass(frozen=True, slots=True)
class ConcernStep:
    """A step taken on the concern report with the uid ``concern``, without its result.

    ``agency`` was told, ``outcome`` is the kind of outcome, ``source`` the kind of reporter.
    """

    uid: str
    site: str | None
    concern: str
    step: str
    at: datetime
    owner_role: FreeText = ""
    source: str = ""
    agency: FreeText = ""
    outcome: str = ""
    sample: bool = False


@dataclass(frozen=True, slots=True)
class ViolentIncident:
    """An entry of the violent-incident log under Labor Code 6401.9; it identifies nobody.

    ``consequences`` say whether police or security came and what protects people from now on.
    ``completed_by`` is the role of the person who filled it in.
    """

    uid: str
    site: str
    occurred_at: datetime
    type: str
    committed_by: str = ""
    circumstances: str = ""
    place: str = ""
    violence: str = ""
    description: FreeText = ""
    consequences: FreeText = ""
    completed_by: FreeText = ""
    sample: bool = False


def _check_training(training: Training, _: LogMoment) -> Training:
    if training.expires_on is not None and training.expires_on < training.held_on:
        raise UserError(
            "days_out_of_order.training", first=training.held_on, last=training.expires_on
        )
    if (training.trained or 0) > (training.employed or MOST_PEOPLE):
        raise UserError(
            "out_of_range.trained", trained=training.trained, employed=training.employed
        )
    return training


def _check_partner(partner: PartnerRecord, _: LogMoment) -> PartnerRecord:
    check_agreement_days(partner.on, partner.review_on)
    return partner


def _check_step(step: ConcernStep, _: LogMoment) -> ConcernStep:
    if (step.step == "outcome") != bool(step.outcome):
        raise UserError("column_missing.concern_outcome", known=list(CONCERN_OUTCOMES))
    if step.step == "police_told" and not step.agency:
        raise UserError("column_missing.concern_agency")
    return step


TRAINING_RECORD = declare_kind(
    "training",
    Training,
    ("held_on", "course"),
    _check_training,
    course=COURSES,
    who_kind=TRAINEES,
)
PARTNER_RECORD = declare_kind(
    "partner",
    PartnerRecord,
    ("on", "agency", "level", "kind"),
    _check_partner,
    level=PARTNER_LEVELS,
    kind=PARTNER_RECORDS,
)
CONCERN_STEP_RECORD = declare_kind(
    "concern_step",
    ConcernStep,
    ("at", "concern", "step"),
    _check_step,
    step=CONCERN_STEPS,
    source=CONCERN_SOURCES,
    outcome=CONCERN_OUTCOMES,
)
VIOLENT_INCIDENT_RECORD = declare_kind(
    "violent_incident",
    ViolentIncident,
    ("occurred_at", "site", "type"),
    type=VIOLENCE_TYPES,
    committed_by=VIOLENCE_BY,
    circumstances=VIOLENCE_CIRCUMSTANCES,
    place=VIOLENCE_PLACES,
    violence=VIOLENCE_KINDS,
)
PEOPLE_RECORDS: tuple[RecordKind[Any], ...] = (
    TRAINING_RECORD,
    PARTNER_RECORD,
    CONCERN_STEP_RECORD,
    VIOLENT_INCIDENT_RECORD,
)

read_trainings = partial(read_records, TRAINING_RECORD)
read_partner_records = partial(read_records, PARTNER_RECORD)
read_concern_steps = partial(read_records, CONCERN_STEP_RECORD)
