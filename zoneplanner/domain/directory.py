"""What an office notes beside its data: contacts of schools, names of agencies, sources."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from zoneplanner.errors import UserError

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
