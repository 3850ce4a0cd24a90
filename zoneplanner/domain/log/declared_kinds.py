"""Kinds of record that their fields declare: what is checked of each follows from its type."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from types import MappingProxyType
from typing import TypeVar

from zoneplanner.domain.log.journal import check_log_day, check_stamp_order
from zoneplanner.domain.log.record_schema import (
    LogMoment,
    LogRecord,
    RecordKind,
    declare_fields,
    parse_choice,
)
from zoneplanner.errors import UserError

MOST_PEOPLE = 100_000
_ALIASES = {"mou": "agreement", "9_1_1": "nine_one_one", "911": "nine_one_one"}
_ALIASES |= {f"type_{one}": str(one) for one in range(1, 5)}
_ALIASES |= {"lunch": "meal", "in_service": "available", "oos": "out_of_service"}
_R = TypeVar("_R", bound=LogRecord)


def declare_kind(
    name: str,
    record: type[_R],
    required: tuple[str, ...],
    check: Callable[[_R, LogMoment], _R] = lambda record, _: record,
    list_choices: Mapping[str, Sequence[str]] = MappingProxyType({}),
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
        validate=lambda one, when: check(
            _check_lists(_check_fields(one, required[0], choices, when), list_choices), when
        ),
        choices=choices,
        list_choices=list_choices,
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


def _check_lists(record: _R, choices: Mapping[str, Sequence[str]]) -> _R:
    """Write each list in the words that it is made of, each once."""
    lists = {
        name: tuple(
            dict.fromkeys(
                parse_choice(said, known, name.replace("_", " "), _ALIASES) for said in own
            )
        )
        for name, known in choices.items()
        if (own := getattr(record, name))
    }
    return replace(record, **lists)


def _check_count(name: str, count: float) -> None:
    if not (0 <= count <= MOST_PEOPLE and count == int(count)):
        raise UserError("out_of_range.people", name=name, count=count, most=MOST_PEOPLE)
