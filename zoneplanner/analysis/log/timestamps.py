"""Moments and the texts that name them, very many at once."""

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from zoneplanner.analysis.arrays import BoolArray, IntArray
from zoneplanner.analysis.log.log_arrays import DAY_S, EPOCH_ORDINAL, NO_TIMESTAMP
from zoneplanner.domain.calendar.local_time import LocalTimeParser

_FORMATS = ("0000-00-00T00:00", "0000-00-00T00:00:00", "0000-00-00T00:00:00+00:00")
"""How plain times are written: 0 stands for any digit, T also for a blank, + also for -."""
_FIELD_SLICES = ((0, 4), (5, 7), (8, 10), (11, 13), (14, 16), (17, 19))
"""Where year, month, day, hour, minute and second stand in them."""
_CLOCK_CHANGES = NO_TIMESTAMP

_Digits = NDArray[np.uint8]


class TimestampParser:
    """Reads many times at once as ``times`` reads each."""

    def __init__(self, times: LocalTimeParser) -> None:
        self._times = times
        self._ahead: dict[int, int] = {}

    def read(self, texts: Sequence[str]) -> IntArray:
        """Return seconds since 1970 in UTC, ``NO_TIMESTAMP`` for what is not plain.

        The shape is (texts,).

        Plain is a time from 1970 on in one of ``_FORMATS``; a local one, on a day without a change
        of the clocks.
        """
        found = np.full(len(texts), NO_TIMESTAMP)
        if self._times.forms:
            return found
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        for form in _FORMATS:
            places = np.flatnonzero(lengths == len(form))
            if len(places):
                text = "".join([texts[at] for at in places.tolist()]).encode("ascii", "replace")
                signs = np.frombuffer(text, np.uint8).reshape(-1, len(form))
                found[places] = self._read(signs, form)
        return found

    def _read(self, signs: _Digits, form: str) -> IntArray:
        digits = signs - ord("0")
        year, month, day, hour, minute, second = (
            _read_number(digits, *ends) for ends in _FIELD_SLICES
        )
        months = ((year - 1970) * 12 + month - 1).astype("M8[M]")
        days = months.astype("M8[D]") + (day - 1)
        seconds = days.astype(np.int64) * DAY_S + hour * 3600 + minute * 60 + second
        good = (
            _matches_format(signs, form)
            & (year >= 1970)
            & (month >= 1)
            & (month <= 12)
            & (day >= 1)
        )
        good &= (days.astype("M8[M]") == months) & (hour < 24) & (minute < 60) & (second < 60)
        if "+" in form:
            hours, minutes = _read_number(digits, 20, 22), _read_number(digits, 23, 25)
            ahead = np.where(signs[:, 19] == ord("-"), -1, 1) * (hours * 3600 + minutes * 60)
            good &= (hours < 24) & (minutes < 60)
        else:
            ahead = self._local(days.astype(np.int64), good)
            good &= ahead != _CLOCK_CHANGES
        return np.where(good, seconds - ahead, NO_TIMESTAMP)

    def _local(self, days: IntArray, good: BoolArray) -> IntArray:
        """Return the seconds that local time is ahead of UTC on each day that is good."""
        found = np.full(len(days), _CLOCK_CHANGES)
        distinct, place = np.unique(days[good], return_inverse=True)
        for day in set(distinct.tolist()) - self._ahead.keys():
            offset = self._times.offset(date.fromordinal(day + EPOCH_ORDINAL))
            self._ahead[day] = _CLOCK_CHANGES if offset is None else int(offset.total_seconds())
        ahead = [self._ahead[day] for day in distinct.tolist()]
        found[good] = np.array(ahead, np.int64)[place]
        return found


def format_timestamps(at_s: IntArray) -> list[str]:
    """Return moments from 1970 on as ISO 8601 text in UTC, as ``datetime.isoformat`` does.

    ``at_s`` is in seconds since 1970 in UTC, shape (n,).
    """
    moments = np.asarray(at_s, np.int64).astype("M8[s]")
    return [f"{text}+00:00" for text in np.datetime_as_string(moments).tolist()]


def _matches_format(signs: _Digits, form: str) -> BoolArray:
    good = np.ones(len(signs), bool)
    for at, sign in enumerate(form):
        column = signs[:, at]
        if sign == "0":
            good &= column - ord("0") < 10  # unsigned: what is below 0 is far above 9
        else:
            others = {"T": " ", "+": "-"}.get(sign, sign)
            good &= (column == ord(sign)) | (column == ord(others))
    return good


def _read_number(digits: _Digits, start: int, end: int) -> IntArray:
    """Return the number that stands between two places, 0 where the text ends before."""
    found = np.zeros(len(digits), np.int64)
    for column in digits.T[start:end]:
        found = found * 10 + column
    return found
