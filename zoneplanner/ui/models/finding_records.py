"""Officers, shifts, open incidents, pages of the handbook and looks, as things to be found."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from functools import partial

from PySide6.QtWidgets import QMenu

from zoneplanner.app.dispatch import list_open_incidents
from zoneplanner.app.handbook import HandbookPage
from zoneplanner.app.session import Session
from zoneplanner.app.themes import MAP_THEMES
from zoneplanner.domain.journal import Incident
from zoneplanner.domain.roster_check import describe_shift
from zoneplanner.ui.kit.words import format_kind
from zoneplanner.ui.models.finding import (
    COLORS,
    HANDBOOK,
    INCIDENTS,
    OFFICERS,
    SETTINGS,
    SHIFTS,
    SearchItem,
)
from zoneplanner.ui.models.open_incidents import format_incident_age

_DATES = "date format time 12-hour 24-hour clock miles kilometers metric units locale settings"
_SHIFTS_AHEAD = timedelta(days=14)
_APPEARANCES = {
    "As the desktop": ("theme", "system theme", "appearance", "settings"),
    "Light": ("theme", "bright", "light mode", "day mode"),
    "Dark": ("theme", "dark mode", "night mode", "black"),
    "High contrast": ("theme", "accessibility", "large contrast", "readable", "low vision"),
}
"""What else people call each look of the program."""
_Go = Callable[[str], object]


def list_officer_items(session: Session, go: _Go) -> Iterator[SearchItem]:
    """Return every officer, with how to reach them."""
    for officer in session.project.officers.values():
        kind, do = format_kind(officer.kind), partial(go, officer.id)
        words = " ".join((officer.id, *officer.units, "phone contact"))
        if officer.contact:
            kind = f"{kind} · {officer.contact}"
        yield SearchItem(f"officer {officer.id}", OFFICERS, officer.name, kind, "unit", do, words)


def list_shift_items(session: Session, go: _Go) -> Iterator[SearchItem]:
    """Return the shifts of today and the two weeks after it."""
    project, now = session.project, session.clock()
    for shift in sorted(project.shifts.values(), key=lambda one: (one.starts_at, one.unit)):
        if not shift.on or not now < shift.ends_at < now + _SHIFTS_AHEAD:
            continue
        officer = project.officers.get(shift.officer or "")
        who = officer.name if officer else "open"
        text, do = describe_shift(shift, project.time_zone, session.formats), partial(go, shift.uid)
        yield SearchItem(f"shift {shift.uid}", SHIFTS, text, who, "shifts", do, "shift")


def list_incident_items(
    session: Session, incidents: Iterable[Incident], go: _Go
) -> Iterator[SearchItem]:
    """Return the incidents that are still open."""
    sites, now = session.project.sites, session.clock()
    for one in list_open_incidents(incidents):
        site = sites.get(one.site or "")
        text = f"{one.type.capitalize()} at {site.name if site else 'no site'}"
        beside = f"open for {format_incident_age(one, now)}"
        do = partial(go, one.uid)
        words = f"incident call {' '.join(one.units)}"
        yield SearchItem(f"incident {one.uid}", INCIDENTS, text, beside, "incident", do, words)


def list_handbook_items(pages: Mapping[str, HandbookPage], go: _Go) -> Iterator[SearchItem]:
    """Return the pages of the handbook."""
    for page in pages.values():
        do, words = partial(go, page.key), f"handbook {page.key} {page.group}"
        key, also = f"page {page.key}", page.also
        yield SearchItem(key, HANDBOOK, page.title, "Handbook", "handbook", do, words, also=also)


def list_appearance_items(menu: QMenu) -> Iterator[SearchItem]:
    """Return the looks that the menu offers, then the ways to write dates and units."""
    title, words = "Appearance", "theme color"
    for action in menu.actions():
        name = action.text()
        if action.isSeparator():
            title, words = name, _DATES
            continue
        also = (name, *_APPEARANCES.get(name, ()))
        yield SearchItem(
            f"{title.lower()} {name}",
            SETTINGS,
            f"{title}: {name}",
            "",
            "appearance",
            action.trigger,
            words,
            on=True if action.isChecked() else None,
            also=also,
        )


def list_coloring_items(go: _Go) -> Iterator[SearchItem]:
    """Return what the sites of the map may be colored by."""
    for key, subject in MAP_THEMES.items():
        text = f"Color Sites By: {subject.name}"
        do = partial(go, key)
        yield SearchItem(f"color {key}", COLORS, text, "", "palette", do, "theme map colour")
