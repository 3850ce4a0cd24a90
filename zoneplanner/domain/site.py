"""A school or other place served, and the decision about its jurisdiction."""

from dataclasses import dataclass, replace
from datetime import datetime
from math import isfinite

from shapely.geometry import Point


@dataclass(frozen=True, slots=True)
class JurisdictionDecision:
    """A person's word on which jurisdiction a site lies in; it outranks its position."""

    jurisdiction: str
    by: str
    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Site:
    """One place served. ``x_m`` and ``y_m`` are in the project's CRS; ``id`` is the CDS code."""

    id: str
    name: str
    level: str
    grades: str
    street: str
    city: str
    zip: str
    phone: str
    x_m: float
    y_m: float
    enrollment: int | None
    patrolled: bool
    kind: str = "school"
    charter: bool = False
    enrollment_note: str = ""
    note: str = ""
    decision: JurisdictionDecision | None = None

    @property
    def position(self) -> tuple[float, float]:
        """Easting and northing in metres."""
        return (self.x_m, self.y_m)

    @property
    def placed(self) -> bool:
        """True where a position is known."""
        return isfinite(self.x_m) and isfinite(self.y_m)

    @property
    def point(self) -> Point:
        """The position as a shapely point."""
        return Point(self.x_m, self.y_m)

    @property
    def address(self) -> str:
        """Street, postal city and ZIP code on one line; empty where none is known."""
        return ", ".join(filter(None, (self.street, f"{self.city} {self.zip}".strip())))

    def decided(self, decision: JurisdictionDecision | None) -> "Site":
        """Return this site with a person's decision about its jurisdiction (None takes it back)."""
        return replace(self, decision=decision)
