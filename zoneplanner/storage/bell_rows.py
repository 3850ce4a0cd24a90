"""Bell times as values of JSON, and back."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import time
from typing import Any

from zoneplanner.domain.bells import Bells, BellTimes

_TABLES = ("by_level", "by_site")


def bells_values(bells: Bells) -> dict[str, Any]:
    """Return bell times as JSON can hold them; clock times are texts like 08:00."""
    return {
        "arrival_min": bells.arrival_min,
        "dismissal_min": bells.dismissal_min,
        "evening": _text(bells.evening),
        **{
            name: {place: _clocks(times) for place, times in getattr(bells, name).items()}
            for name in _TABLES
        },
    }


def bells_from(values: Mapping[str, Any]) -> Bells:
    """Return the bell times of such values."""
    return Bells(
        arrival_min=values["arrival_min"],
        dismissal_min=values["dismissal_min"],
        evening=time.fromisoformat(values["evening"]),
        **{
            name: {
                place: BellTimes(*(time.fromisoformat(clock) for clock in clocks))
                for place, clocks in values[name].items()
            }
            for name in _TABLES
        },
    )


def _clocks(times: BellTimes) -> list[str]:
    return [_text(getattr(times, field.name)) for field in fields(BellTimes)]


def _text(clock: time) -> str:
    return clock.isoformat(timespec="minutes")
