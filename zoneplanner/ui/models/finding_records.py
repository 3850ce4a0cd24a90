"""Officers, shifts, open incidents, pages of the handbook and looks, as things to be found."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from functools import partial

from PySide6.QtWidgets import QMenu

from zoneplanner.app.dispatch import open_incidents
from zoneplanner.app.handbook import Page
from zoneplanner.app.session import Session
from zoneplanner.app.themes import SUBJECTS
from zoneplanner.domain.journal import Incident
from zoneplanner.domain.roster_check import shift_words
from zoneplanner.ui.kit.words import kind_words
from zoneplanner.ui.models.finding import (
    COLORS,
    HANDBOOK,
    INCIDENTS,
    OFFICERS,
    SETTINGS,
    SHIFTS,
    Hit,
)
from zoneplanner.ui.models.open_incidents import clock_words

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


def officer_hits(session: Session, go: _Go) -> Iterator[Hit]:
    """Return every officer, with how to reach them."""
    for officer in session.project.officers.values():
        kind, do = kind_words(officer.kind), partial(go, officer.id)
        words = " ".join((officer.id, *officer.units, "phone contact"))
        if officer.contact:
            kind = f"{kind} · {officer.contact}"
        yield Hit(f"officer {officer.id}", OFFICERS, officer.name, kind, "unit", do, words)


def shift_hits(session: Session, go: _Go) -> Iterator[Hit]:
    """Return the shifts of today and the two weeks after it."""
    project, now = session.project, session.clock()
    for shift in sorted(project.shifts.values(), key=lambda one: (one.starts_at, one.unit)):
        if not shift.on or not now < shift.ends_at < now + _SHIFTS_AHEAD:
            continue
        officer = project.officers.get(shift.officer or "")
        who = officer.name if officer else "open"
        text, do = shift_words(shift, project.time_zone, session.formats), partial(go, shift.uid)
        yield Hit(f"shift {shift.uid}", SHIFTS, text, who, "shifts", do, "shift")


def incident_hits(session: Session, incidents: Iterable[Incident], go: _Go) -> Iterator[Hit]:
    """Return the incidents that are still open."""
    sites, now = session.project.sites, session.clock()
    for one in open_incidents(incidents):
        site = sites.get(one.site or "")
        text = f"{one.type.capitalize()} at {site.name if site else 'no site'}"
        beside = f"open for {clock_words(one, now)}"
        do = partial(go, one.uid)
        words = f"incident call {' '.join(one.units)}"
        yield Hit(f"incident {one.uid}", INCIDENTS, text, beside, "incident", do, words)


def page_hits(pages: Mapping[str, Page], go: _Go) -> Iterator[Hit]:
    """Return the pages of the handbook."""
    for page in pages.values():
        do, words = partial(go, page.key), f"handbook {page.key} {page.group}"
        key, also = f"page {page.key}", page.also
        yield Hit(key, HANDBOOK, page.title, "Handbook", "handbook", do, words, also=also)


def appearance_hits(menu: QMenu) -> Iterator[Hit]:
    """Return the looks that the menu offers, then the ways to write dates and units."""
    title, words = "Appearance", "theme color"
    for action in menu.actions():
        name = action.text()
        if action.isSeparator():
            title, words = name, _DATES
            continue
        also = (name, *_APPEARANCES.get(name, ()))
        yield Hit(
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


def colour_hits(go: _Go) -> Iterator[Hit]:
    """Return what the sites of the map may be colored by."""
    for key, subject in SUBJECTS.items():
        text = f"Color Sites By: {subject.name}"
        do = partial(go, key)
        yield Hit(f"color {key}", COLORS, text, "", "palette", do, "theme map colour")
