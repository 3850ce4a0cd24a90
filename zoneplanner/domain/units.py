"""Agencies, their units, and where a unit may go."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class UnitAccess(StrEnum):
    """What a unit may do in a jurisdiction."""

    PRIMARY = "primary"
    ASSIST = "assist"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Agency:
    """A police authority or the district; ``id`` is its full name."""

    id: str
    short: str
    phone: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class Unit:
    """One patrol resource on duty. ``kind`` is deputy, sro, specialist, liaison or another."""

    id: str
    name: str
    agency: str
    kind: str
    sworn: bool
    access: Mapping[str, UnitAccess] = field(default_factory=dict)
    holds_zone: bool = True
    posts: tuple[str, ...] = ()

    def access_in(self, jurisdiction: str | None) -> UnitAccess:
        """Return what this unit may do in a jurisdiction; what the table leaves out is ``NO``."""
        if jurisdiction is None:
            return UnitAccess.NO
        return self.access.get(jurisdiction, UnitAccess.NO)

    def may_be_primary(self, jurisdiction: str | None) -> bool:
        """True where the unit may be the primary unit of a site."""
        return self.access_in(jurisdiction) is UnitAccess.PRIMARY
