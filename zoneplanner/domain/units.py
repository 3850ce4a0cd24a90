"""Agencies, their units and the units' access, and the office's directory of contacts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import count
from typing import TypeVar

from zoneplanner.errors import UserError

_Value = TypeVar("_Value")


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
"""The placeholder for the agency of a new district's units."""


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
        """Return what this unit may do in a jurisdiction; ``NO`` if the table does not list it."""
        if jurisdiction is None:
            return UnitAccess.NO
        return self.access.get(jurisdiction, UnitAccess.NO)

    def may_be_primary(self, jurisdiction: str | None) -> bool:
        """Whether the unit may be the primary unit of sites in a jurisdiction."""
        return self.access_in(jurisdiction) is UnitAccess.PRIMARY


def list_like_units(units: Mapping[str, Unit]) -> tuple[Unit, ...]:
    """Return the zone units that have the same access as the first one."""
    holding = [unit for unit in units.values() if unit.holds_zone]
    return tuple(unit for unit in holding if dict(unit.access) == dict(holding[0].access))


def number_units(units: Mapping[str, Unit], n: int) -> dict[str, Unit]:
    """Return ``n`` numbered units like the first one, with the units of other access unchanged."""
    like = list_like_units(units)
    others = {key: unit for key, unit in units.items() if unit not in like}
    numbered = {unit.id: unit for unit in like[:n]}
    while len(numbered) < n:
        unit = replace(make_next_unit(like[0], {**numbered, **others}), posts=())
        numbered[unit.id] = unit
    return {**numbered, **others}


_PLACEHOLDER = re.compile(r"Unit \d+")


def is_placeholder(unit: Unit) -> bool:
    """Whether a zone unit still has the numbered name that a new district gave it."""
    return unit.holds_zone and _PLACEHOLDER.fullmatch(unit.name) is not None


def make_next_unit(model: Unit, units: Mapping[str, Unit]) -> Unit:
    """Return a copy of a unit under the first free number."""
    id_stem, name_stem = model.id.rstrip("0123456789"), model.name.rstrip("0123456789 ")
    number = next(n for n in count(1) if f"{id_stem}{n}" not in units)
    return replace(model, id=f"{id_stem}{number}", name=f"{name_stem} {number}")


def name_unit_beside(name: str, number: str) -> str:
    """Return a unit's name as it is shown next to a zone's or its own number.

    If the number repeats the name's initials and digits, such as S1 for Sheriff's deputy 1, the
    name is shown without its digits. Otherwise they stay, because they distinguish units.
    """
    match = re.fullmatch(r"([^\W\d_]+)(\d+)", number)
    if match is None:
        return name
    letters, digits = match.groups()
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
    """A contact at a school: ``role`` is one of ``CONTACT_ROLES``."""

    role: str
    name: str
    phone: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class OfficeDirectory:
    """Contacts by site in the order of roles, domain names by agency, sources by assumption."""

    contacts: Mapping[str, tuple[SiteContact, ...]] = field(default_factory=dict)
    domains: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)

    def find(self, site: str, role: str) -> SiteContact | None:
        """Return the contact of a role at a site, or None."""
        contacts = self.contacts.get(site, ())
        return next((contact for contact in contacts if contact.role == role), None)

    def with_contact(self, site: str, contact: SiteContact) -> "OfficeDirectory":
        """Return this directory with a contact added or replaced by role."""
        others = self.without_contact(site, contact.role).contacts.get(site, ())
        contacts = sorted([*others, contact], key=lambda each: CONTACT_ROLES.index(each.role))
        return replace(self, contacts={**self.contacts, site: tuple(contacts)})

    def without_contact(self, site: str, role: str) -> "OfficeDirectory":
        """Return this directory without the contact of a role at a site."""
        left = tuple(contact for contact in self.contacts.get(site, ()) if contact.role != role)
        return replace(self, contacts=_set_or_remove(self.contacts, site, left))

    def with_source(self, figure: str, source: str) -> "OfficeDirectory":
        """Return this directory with the source of a figure; an empty one removes it."""
        return replace(self, sources=_set_or_remove(self.sources, figure, source))

    def with_domain(self, agency: str, domain: str) -> "OfficeDirectory":
        """Return this directory with an agency's domain name; an empty one removes it."""
        name = domain.strip().casefold()
        if name and not _DOMAIN.fullmatch(name):
            raise UserError("not_a_domain", domain=domain)
        return replace(self, domains=_set_or_remove(self.domains, agency, name))


def _set_or_remove(table: Mapping[str, _Value], key: str, value: _Value) -> dict[str, _Value]:
    others = {other: kept for other, kept in table.items() if other != key}
    return {**others, key: value} if value else others


def make_domain(agency: str) -> str:
    """Return a placeholder domain name; ``.invalid`` can never be registered (RFC 2606)."""
    words = re.sub(r"[^a-z0-9]+", "-", agency.casefold().replace("’", "").replace("'", ""))
    return f"{words.strip('-') or 'agency'}.invalid"
