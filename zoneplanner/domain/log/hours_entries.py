"""Journal entries for the hours that officers worked and for their approval."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeVar

from zoneplanner.domain.log.journal import FreeText, check_log_day, check_stamp_order
from zoneplanner.domain.log.record_schema import (
    LogMoment,
    RecordKind,
    parse_choice,
)
from zoneplanner.domain.roles import ProjectRole
from zoneplanner.errors import UserError

PAY_CODES = ("regular", "overtime", "call_back", "standby")
PAY_CODE_ALIASES = {"reg": "regular", "ot": "overtime", "callback": "call_back", "cb": "call_back"}
MAX_WORKED_H = 24
LARGEST_RATE = 10_000


@dataclass(frozen=True, slots=True)
class WorkedHours:
    """The time that an officer actually worked, on a shift or without one.

    ``shift`` is the uid of the shift, or "" for unscheduled work. An ``absent`` officer worked none
    of it, and the times are the shift's. Without a ``fund``, the rules' fund applies.
    """

    uid: str
    officer: str
    unit: str | None
    shift: str
    began_at: datetime
    ended_at: datetime
    break_min: float | None = None
    pay_code: str = ""
    fund: str = ""
    absent: bool | None = None
    note: FreeText = ""
    sample: bool = False


@dataclass(frozen=True, slots=True)
class HoursApproval:
    """An approved record of hours as it was at the time; ``worked`` is the record's uid.

    The journal entry itself says who approved it and when.
    """

    uid: str
    on: date
    worked: str
    officer: str
    agency: str
    hours: float | None
    rate: float | None = None
    pay_code: str = ""
    fund: str = ""
    sample: bool = False


def _check_hours(worked: WorkedHours, when: LogMoment) -> WorkedHours:
    check_stamp_order({"began_at": worked.began_at, "ended_at": worked.ended_at}, when.now)
    length_h = (worked.ended_at - worked.began_at).total_seconds() / 3600
    if not 0 < length_h <= MAX_WORKED_H:
        raise UserError("out_of_range.worked", hours=length_h, most=MAX_WORKED_H)
    break_min = worked.break_min or 0
    if not 0 <= break_min < length_h * 60:
        raise UserError("out_of_range.break", minutes=break_min, hours=length_h)
    return _with_pay_code(worked)


def _check_approval(approval: HoursApproval, when: LogMoment) -> HoursApproval:
    check_log_day(approval.on, when.today)
    if approval.hours is None or not 0 <= approval.hours <= MAX_WORKED_H:
        raise UserError("out_of_range.approved", hours=approval.hours, most=MAX_WORKED_H)
    if not 0 <= (approval.rate or 0) <= LARGEST_RATE:
        raise UserError("out_of_range.rate", rate=approval.rate, most=LARGEST_RATE)
    return _with_pay_code(approval)


_Paid = TypeVar("_Paid", WorkedHours, HoursApproval)


def _with_pay_code(record: _Paid) -> _Paid:
    text = record.pay_code or PAY_CODES[0]
    code = parse_choice(text, PAY_CODES, "pay code", PAY_CODE_ALIASES)
    return replace(record, pay_code=code)


HOURS_RECORD = RecordKind(
    "hours",
    WorkedHours,
    required=("began_at", "ended_at", "officer"),
    validate=_check_hours,
    choices={"pay_code": PAY_CODES},
    # an entry without an end cannot be read
    restorers={"ended_at": lambda stored: datetime.fromisoformat(str(stored))},
)
APPROVAL_RECORD = RecordKind(
    "approval",
    HoursApproval,
    required=("on", "worked", "officer"),
    validate=_check_approval,
    choices={"pay_code": PAY_CODES},
    least_role=ProjectRole.PLANNER,
)
