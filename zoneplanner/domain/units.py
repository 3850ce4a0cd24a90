"""Agencies, their units, and where a unit may go."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import count


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


def list_like_units(units: Mapping[str, Unit]) -> tuple[Unit, ...]:
    """Return the units that hold zones where the first one of them does."""
    holding = [unit for unit in units.values() if unit.holds_zone]
    return tuple(unit for unit in holding if dict(unit.access) == dict(holding[0].access))


def number_units(units: Mapping[str, Unit], n: int) -> dict[str, Unit]:
    """Return so many units like the first, numbered; those that go elsewhere stay."""
    like = list_like_units(units)
    kept = {key: unit for key, unit in units.items() if unit not in like}
    found = {unit.id: unit for unit in like[:n]}
    while len(found) < n:
        unit = replace(make_next_unit(like[0], {**found, **kept}), posts=())
        found[unit.id] = unit
    return {**found, **kept}


def make_next_unit(model: Unit, units: Mapping[str, Unit]) -> Unit:
    """Return a unit like another under the first number that is free."""
    stem, called = model.id.rstrip("0123456789"), model.name.rstrip("0123456789 ")
    at = next(n for n in count(1) if f"{stem}{n}" not in units)
    return replace(model, id=f"{stem}{at}", name=f"{called} {at}")


def name_unit_beside(name: str, number: str) -> str:
    """Return a unit's name as it stands beside a zone's or its own number.

    A number that is the name's own initials, such as S1 beside Sheriff's deputy 1, names the unit,
    so the name ends without its digits. Beside any other the digits stay: they tell units apart.
    """
    called = re.fullmatch(r"([^\W\d_]+)(\d+)", number)
    if called is None:
        return name
    letters, digits = called.groups()
    stem = re.sub(rf"[ #]+{digits}$", "", name)
    initials = "".join(word[0] for word in re.findall(r"[^\W\d_][\w'’]*", stem))
    return stem if stem and initials.casefold().startswith(letters.casefold()) else name
