"""Bell times as values of JSON, and back."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import time
from typing import Any

from zoneplanner.domain.bells import BellSchedule, BellTimes

_BELL_GROUPS = ("by_level", "by_site")


def encode_bells(bells: BellSchedule) -> dict[str, Any]:
    """Return bell times as JSON can hold them; clock times are texts like 08:00."""
    return {
        "arrival_min": bells.arrival_min,
        "dismissal_min": bells.dismissal_min,
        "evening": _format_bell_clock(bells.evening),
        **{
            name: {
                place: _encode_bell_times(times) for place, times in getattr(bells, name).items()
            }
            for name in _BELL_GROUPS
        },
    }


def decode_bells(values: Mapping[str, Any]) -> BellSchedule:
    """Return the bell times of such values."""
    return BellSchedule(
        arrival_min=values["arrival_min"],
        dismissal_min=values["dismissal_min"],
        evening=time.fromisoformat(values["evening"]),
        **{
            name: {
                place: BellTimes(*(time.fromisoformat(clock) for clock in clocks))
                for place, clocks in values[name].items()
            }
            for name in _BELL_GROUPS
        },
    )


def _encode_bell_times(times: BellTimes) -> list[str]:
    return [_format_bell_clock(getattr(times, field.name)) for field in fields(BellTimes)]


def _format_bell_clock(clock: time) -> str:
    return clock.isoformat(timespec="minutes")
