"""Journal entries about people's work: training, partners, steps on a concern, violent incidents.

None has a name, a text of a case or a result of an inquiry: they record that something was done.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from functools import partial
from typing import TypeVar

from zoneplanner.domain.log.journal import FreeText, check_log_day, check_stamp_order
from zoneplanner.domain.log.record_schema import (
    LogMoment,
    LogRecord,
    RecordKind,
    declare_fields,
    parse_choice,
    read_records,
)
from zoneplanner.errors import UserError

COURSES = (
    *("active_shooter", "threat_assessment", "first_aid", "cpr_aed", "opioid_response"),
    *("armed_assailant_drills", "workplace_violence", "abuse_prevention", "de_escalation"),
    *("emergency_response", "other"),
)
TRAINEES = ("staff", "monitors", "officers", "dispatchers", "families")
PARTNER_LEVELS = ("local", "county", "state", "federal", "community")
PARTNER_RECORDS = ("contact", "meeting", "agreement")
CONCERN_STEPS = (
    *("triaged", "police_told", "interview", "home_visit", "school_history_review"),
    *("safety_check", "team_met", "measures_in_force", "outcome", "reviewed"),
)
CONCERN_SOURCES = ("tell_someone", "student", "family", "staff", "community", "agency")
CONCERN_OUTCOMES = ("law_enforcement", "discipline", "mental_health_support", "unfounded")
VIOLENCE_TYPES = ("1", "2", "3", "4")
"""Labor Code 6401.9: by a person without business there, by one who is served, between those who
work there, by one with a personal relation to a person who works there."""
VIOLENCE_BY = (
    *("stranger", "student", "family", "visitor", "coworker", "former_coworker", "supervisor"),
    *("personal_relation", "animal", "unknown"),
)
VIOLENCE_CIRCUMSTANCES = (
    *("usual_work", "poorly_lit", "rushed", "low_staffing", "isolated", "no_help_near"),
    *("unfamiliar_place", "community_setting", "other"),
)
VIOLENCE_PLACES = ("workplace", "parking", "outside", "other")
VIOLENCE_KINDS = (
    *("attack_without_weapon", "attack_with_weapon", "attack_with_object", "threat"),
    *("sexual_assault", "animal_attack", "other"),
)
_MOST_PEOPLE = 100_000
_R = TypeVar("_R", bound=LogRecord)


@dataclass(frozen=True, slots=True)
class Training:
    """A session of a course, counted: how many of those employed at a site were trained.

    Without a site it is the district's; ``expires_on`` is the last day of what it certifies, for
    ``officer`` alone where one is named by its id.
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
    """A contact by role at a partner's, a meeting, or an agreement and when it is looked at again.

    ``agency`` is the partner's name.
    """

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
    """A step on a concern report, ``concern`` being its uid: that it was done, never its result.

    ``agency`` says who was told, ``outcome`` the kind of end, ``source`` the kind of reporter.
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
    """An entry of the violent-incident log of Labor Code 6401.9; it identifies nobody.

    ``consequences`` are whether police or security came, and what protects people from now on;
    ``completed_by`` is the role of who filled it in.
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


_ALIASES = {"mou": "agreement", **{f"type_{one}": one for one in VIOLENCE_TYPES}}


def _check_training(training: Training, _: LogMoment) -> Training:
    if training.expires_on is not None and training.expires_on < training.held_on:
        raise UserError(
            "days_out_of_order.training", first=training.held_on, last=training.expires_on
        )
    if (training.trained or 0) > (training.employed or _MOST_PEOPLE):
        raise UserError(
            "out_of_range.trained", trained=training.trained, employed=training.employed
        )
    return training


def _check_partner(partner: PartnerRecord, _: LogMoment) -> PartnerRecord:
    if partner.review_on is not None and partner.review_on < partner.on:
        raise UserError("days_out_of_order.agreement", first=partner.on, last=partner.review_on)
    return partner


def _check_step(step: ConcernStep, _: LogMoment) -> ConcernStep:
    if (step.step == "outcome") != bool(step.outcome):
        raise UserError("column_missing.concern_outcome", known=list(CONCERN_OUTCOMES))
    if step.step == "police_told" and not step.agency:
        raise UserError("column_missing.concern_agency")
    return step


def _declare_kind(
    name: str,
    record: type[_R],
    required: tuple[str, ...],
    check: Callable[[_R, LogMoment], _R] = lambda record, _: record,
    **choices: Sequence[str],
) -> RecordKind[_R]:
    """Declare a kind in order of the first that it needs, its day or its time.

    What follows from the fields is checked for all: words, days and times of the past, counts.
    """
    return RecordKind(
        name,
        record,
        declare_fields(record),
        order_field=required[0],
        required=required,
        validate=lambda one, when: check(_check_fields(one, required[0], choices, when), when),
        choices=choices,
    )


def _check_fields(
    record: _R, order_field: str, choices: Mapping[str, Sequence[str]], when: LogMoment
) -> _R:
    at = getattr(record, order_field)
    if isinstance(at, datetime):
        check_stamp_order({order_field: at}, when.now)
    else:
        check_log_day(at, when.today)
    for one in fields(record):
        count = getattr(record, one.name)
        if isinstance(count, int | float) and not isinstance(count, bool):
            _check_count(one.name, count)
    words = {
        name: parse_choice(said, known, name.replace("_", " "), _ALIASES)
        for name, known in choices.items()
        if (said := getattr(record, name))
    }
    return replace(record, **words)


def _check_count(name: str, count: float) -> None:
    if not (0 <= count <= _MOST_PEOPLE and count == int(count)):
        raise UserError("out_of_range.people", name=name, count=count, most=_MOST_PEOPLE)


TRAINING_RECORD = _declare_kind(
    *("training", Training, ("held_on", "course"), _check_training),
    course=COURSES,
    who_kind=TRAINEES,
)
PARTNER_RECORD = _declare_kind(
    *("partner", PartnerRecord, ("on", "agency", "level", "kind"), _check_partner),
    level=PARTNER_LEVELS,
    kind=PARTNER_RECORDS,
)
CONCERN_STEP_RECORD = _declare_kind(
    *("concern_step", ConcernStep, ("at", "concern", "step"), _check_step),
    step=CONCERN_STEPS,
    source=CONCERN_SOURCES,
    outcome=CONCERN_OUTCOMES,
)
VIOLENT_INCIDENT_RECORD = _declare_kind(
    *("violent_incident", ViolentIncident, ("occurred_at", "site", "type")),
    type=VIOLENCE_TYPES,
    committed_by=VIOLENCE_BY,
    circumstances=VIOLENCE_CIRCUMSTANCES,
    place=VIOLENCE_PLACES,
    violence=VIOLENCE_KINDS,
)
PEOPLE_RECORDS = (TRAINING_RECORD, PARTNER_RECORD, CONCERN_STEP_RECORD, VIOLENT_INCIDENT_RECORD)

read_trainings = partial(read_records, TRAINING_RECORD)
read_partner_records = partial(read_records, PARTNER_RECORD)
read_concern_steps = partial(read_records, CONCERN_STEP_RECORD)
read_violent_incidents = partial(read_records, VIOLENT_INCIDENT_RECORD)
