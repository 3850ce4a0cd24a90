"""The visit rule: required visits per week by level, at any time or in a bell window."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from zoneplanner.domain.calendar.bells import BellWindow
from zoneplanner.errors import UserError

ANY_TIME = ""
"""The window of visits that can be made at any time."""

VISIT_WINDOWS = (
    BellWindow.ARRIVAL,
    BellWindow.LUNCH,
    BellWindow.DISMISSAL,
    BellWindow.AFTER_SCHOOL,
)
"""The bell windows that a rule may ask for."""

MAX_VISITS_A_WEEK, MAX_GRACE_MIN = 25, 240


@dataclass(frozen=True, slots=True)
class VisitRule:
    """The required visits per week of a site, by level and window.

    A visit counts for a window from ``early_min`` before it opens to ``late_min`` after it closes;
    after the window closes it is late. A planned visit is missed ``late_min`` after its time.
    """

    by_level: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    early_min: int = 45
    late_min: int = 15

    def __post_init__(self) -> None:
        """Refuse unknown windows and numbers out of range."""
        for level, required in self.by_level.items():
            for window, visits in required.items():
                if window != ANY_TIME and window not in VISIT_WINDOWS:
                    known = list(map(str, VISIT_WINDOWS))
                    raise UserError("unknown_choice.window", text=window, known=known)
                most = MAX_VISITS_A_WEEK if window == ANY_TIME else 5
                if not 0 <= visits <= most:
                    raise UserError(
                        "out_of_range.visits_in_window" if window else "out_of_range.visits",
                        level=level,
                        window=window,
                        visits=visits,
                        most=most,
                    )
        for minutes in (self.early_min, self.late_min):
            if not 0 <= minutes <= MAX_GRACE_MIN:
                raise UserError("out_of_range.grace", minutes=minutes, most=MAX_GRACE_MIN)
