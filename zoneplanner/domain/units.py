"""Agencies, their units, and where a unit may go.

What an office notes beside its data: contacts of schools, names of agencies, sources.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import count

from zoneplanner.errors import UserError


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


UNNAMED_AGENCY = "Agency not named yet"
"""Stands in for the agency of a new district's units until the office names it."""


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


_PLACEHOLDER = re.compile(r"Unit \d+")


def is_placeholder(unit: Unit) -> bool:
    """True where a unit has the name still that a new district's units are numbered with."""
    return unit.holds_zone and _PLACEHOLDER.fullmatch(unit.name) is not None


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


PRINCIPAL = "principal"
CONTACT_ROLES = (
    PRINCIPAL, "assistant_principal", "office_manager", "campus_monitor", "after_hours", "other",
)  # fmt: skip
_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")


@dataclass(frozen=True, slots=True)
class SiteContact:
    """A person of a school: ``role`` is one of ``CONTACT_ROLES``."""

    role: str
    name: str
    phone: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class OfficeDirectory:
    """Contacts by site, in the order of roles, domain names by agency, sources by assumption."""

    contacts: Mapping[str, tuple[SiteContact, ...]] = field(default_factory=dict)
    domains: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)

    def find(self, site: str, role: str) -> SiteContact | None:
        """Return the contact of a role at a site, None where there is none."""
        return next((own for own in self.contacts.get(site, ()) if own.role == role), None)

    def with_contact(self, site: str, contact: SiteContact) -> "OfficeDirectory":
        """Return this with a contact in place of the one of the same role."""
        others = [own for own in self.contacts.get(site, ()) if own.role != contact.role]
        own = sorted([*others, contact], key=lambda one: CONTACT_ROLES.index(one.role))
        return replace(self, contacts={**self.contacts, site: tuple(own)})

    def without_contact(self, site: str, role: str) -> "OfficeDirectory":
        """Return this without the contact of a role."""
        left = tuple(own for own in self.contacts.get(site, ()) if own.role != role)
        others = {key: own for key, own in self.contacts.items() if key != site}
        return replace(self, contacts={**others, site: left} if left else others)

    def with_source(self, figure: str, source: str) -> "OfficeDirectory":
        """Return this with where a figure is from; an empty text takes it away."""
        others = {key: own for key, own in self.sources.items() if key != figure}
        return replace(self, sources={**others, figure: source} if source else others)

    def with_domain(self, agency: str, domain: str) -> "OfficeDirectory":
        """Return this with an agency's domain name; an empty one takes it away."""
        others = {key: own for key, own in self.domains.items() if key != agency}
        name = domain.strip().casefold()
        if name and not _DOMAIN.fullmatch(name):
            raise UserError("not_a_domain", domain=domain)
        return replace(self, domains={**others, agency: name} if name else others)


def make_domain(agency: str) -> str:
    """Return a domain name of an agency that told none; ``.invalid`` is no one's (RFC 2606)."""
    words = re.sub(r"[^a-z0-9]+", "-", agency.casefold().replace("’", "").replace("'", ""))
    return f"{words.strip('-') or 'agency'}.invalid"
