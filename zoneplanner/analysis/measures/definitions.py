"""The declared measures of a plan: what each figure is called, its unit and what it means."""

import tomllib
from dataclasses import dataclass
from typing import Literal

from zoneplanner.bundled import resources_dir

SEEN_CHANGE = 5e-4
"""A smaller change is not seen: shares are shown to a tenth of a percent."""
_BetterDirection = Literal["lower", "higher", "target"] | None


@dataclass(frozen=True, slots=True)
class MeasureDefinition:
    """A figure that can be shown. ``better`` says which way is good, None where neither is.

    A change of less than ``least`` is no direction: what the figure rests on is not that exact.
    """

    key: str
    name: str
    unit: str
    definition: str
    better: _BetterDirection = None
    least: float = SEEN_CHANGE

    @property
    def value_unit(self) -> str:
        """The unit of the value itself: what is shown in percent runs 0 to 1."""
        return "share" if self.unit == "%" else self.unit

    def weigh(self, value: float) -> float:
        """Return what is compared of a value: where zero is best, its size."""
        return abs(value) if self.better == "target" else value

    def is_better(self, before: float, after: float) -> bool | None:
        """True where ``after`` is better; None where they are the same, or neither way is.

        Where zero is best, the nearer one is the better one. The figures are judged as they are
        written at their finest, so that changes that read alike are judged alike.
        """
        digits = _SHARE_DIGITS if self.unit == "%" else _DIGITS
        rise = subtract_as_shown(self.weigh(before), self.weigh(after), digits)
        if self.better is None or abs(rise) < self.least - _ROUNDING:
            return None
        return (rise > 0) if self.better == "higher" else (rise < 0)


def subtract_as_shown(before: float, after: float, digits: int, *, percent: bool = False) -> float:
    """Return the difference of two figures as they are written; that of shares is in points.

    So it adds up with what stands beside it.
    """
    scale = 100 if percent else 1
    return round(round(after * scale, digits) - round(before * scale, digits), digits) + 0.0


_ROUNDING = 1e-9
_DIGITS, _SHARE_DIGITS = 2, 3
"""With how many digits figures are written at most; shares are in percent with one."""

_TABLE = tomllib.loads((resources_dir() / "measures.toml").read_text(encoding="utf-8"))

MEASURES = {
    key: MeasureDefinition(key, **{"unit": "", **declared}) for key, declared in _TABLE.items()
}
"""The measures of a plan and its zones by key, from ``resources/measures.toml``."""
