"""What a unit does without a call: at a meal, out of service, available again."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from zoneplanner.domain.log.declared_kinds import declare_kind
from zoneplanner.domain.log.record_schema import read_records

AVAILABLE = "available"
UNIT_STATUSES = (AVAILABLE, "meal", "report", "court", "training", "out_of_service")


@dataclass(frozen=True, slots=True)
class UnitStatus:
    """From when on a unit is what ``status`` says; the next one of the unit takes its place."""

    uid: str
    unit: str
    status: str
    at: datetime
    sample: bool = False


UNIT_STATUS_RECORD = declare_kind(
    "unit_status", UnitStatus, ("at", "unit", "status"), status=UNIT_STATUSES
)
read_unit_statuses = partial(read_records, UNIT_STATUS_RECORD)
