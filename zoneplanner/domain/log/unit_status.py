"""What a unit does without a call: at a meal, out of service, available again."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from zoneplanner.domain.log.journal import check_stamp_order
from zoneplanner.domain.log.record_schema import (
    LogMoment,
    RecordKind,
    declare_fields,
    parse_choice,
    read_records,
)

AVAILABLE = "available"
UNIT_STATUSES = (AVAILABLE, "meal", "report", "court", "training", "out_of_service")
_ALIASES = {
    **dict.fromkeys(("in_service", "clear", "on_duty"), AVAILABLE),
    **dict.fromkeys(("lunch", "break"), "meal"),
    **dict.fromkeys(("out", "oos", "off_duty"), "out_of_service"),
    "report_writing": "report",
}


@dataclass(frozen=True, slots=True)
class UnitStatus:
    """From when on a unit is what ``status`` says; the next one of the unit takes its place."""

    uid: str
    unit: str
    status: str
    at: datetime
    sample: bool = False


def _check_status(one: UnitStatus, when: LogMoment) -> UnitStatus:
    check_stamp_order({"at": one.at}, when.now)
    return replace(one, status=parse_choice(one.status, UNIT_STATUSES, "unit status", _ALIASES))


UNIT_STATUS_RECORD = RecordKind(
    "unit_status",
    UnitStatus,
    declare_fields(UnitStatus),
    order_field="at",
    required=("at", "unit", "status"),
    validate=_check_status,
    choices={"status": UNIT_STATUSES},
)
read_unit_statuses = partial(read_records, UNIT_STATUS_RECORD)
