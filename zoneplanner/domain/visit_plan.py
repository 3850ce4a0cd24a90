"""The rule of visits: so many a week by level, at any time or in a bell window, with grace."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from zoneplanner.domain.bells import Window
from zoneplanner.errors import UserError

ANY = ""
"""The window of visits that may be made at any time."""

WINDOWS = (Window.ARRIVAL, Window.LUNCH, Window.DISMISSAL, Window.AFTER_SCHOOL)
"""The bell windows that a rule may ask for."""

MOST_A_WEEK, MOST_GRACE_MIN = 25, 240


@dataclass(frozen=True, slots=True)
class VisitRule:
    """How many visits a week a site of a level is to have, by window; see ``asked_of``.

    A visit counts for a window from ``early_min`` before it opens to ``late_min`` after it closes;
    one after it closed is late. A planned visit is missed ``late_min`` after its time.
    """

    by_level: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    early_min: int = 45
    late_min: int = 15

    def __post_init__(self) -> None:
        """Refuse what cannot be kept."""
        for level, asked in self.by_level.items():
            for window, times in asked.items():
                if window != ANY and window not in WINDOWS:
                    known = ", ".join(WINDOWS)
                    raise UserError(f"There is no bell window “{window}”. Choose one of: {known}.")
                most = MOST_A_WEEK if window == ANY else 5
                if not 0 <= times <= most:
                    where = f" in the window {window}" if window else ""
                    raise UserError(f"{level}{where}: 0 to {most} visits a week, not {times}.")
        for minutes in (self.early_min, self.late_min):
            if not 0 <= minutes <= MOST_GRACE_MIN:
                raise UserError(f"Grace is 0 to {MOST_GRACE_MIN} minutes, not {minutes}.")
