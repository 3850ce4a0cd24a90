"""Officers, shifts, open incidents, pages of the handbook and looks, as things to be found."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QAbstractButton, QAbstractScrollArea, QMenu, QScrollArea, QWidget

from zoneplanner.app.geography.map_themes import MAP_THEMES
from zoneplanner.app.help.handbook import HandbookPage
from zoneplanner.app.log.dispatch import LiveIncidents, list_open_incidents
from zoneplanner.app.projects.sharing_status import explain_edit_denied
from zoneplanner.app.session.session import Session
from zoneplanner.domain.log.journal import Incident
from zoneplanner.domain.roster.checker import describe_shift
from zoneplanner.publish.audience import AUDIENCES
from zoneplanner.ui.log.console.incident_rows import format_elapsed
from zoneplanner.ui.widgets.services.search_items import (
    ACTIONS,
    COLORS,
    HANDBOOK,
    INCIDENTS,
    OFFICERS,
    SETTINGS,
    SHIFTS,
    SearchItem,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import WIDE_MARGIN_PX
from zoneplanner.ui.widgets.style.value_text import format_kind

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
        if not shift.is_active or not now < shift.ends_at < now + _SHIFTS_AHEAD:
            continue
        officer = project.officers.get(shift.officer or "")
        who = officer.name if officer else "open"
        text, do = describe_shift(shift, project.time_zone, session.formats), partial(go, shift.uid)
        yield SearchItem(f"shift {shift.uid}", SHIFTS, text, who, "shifts", do, "shift")


def _list_incident_items(
    session: Session, incidents: Iterable[Incident], go: _Go
) -> Iterator[SearchItem]:
    """Return the incidents that are still open."""
    sites, now = session.project.sites, session.clock()
    for one in list_open_incidents(incidents):
        site = sites.get(one.site or "")
        text = f"{one.type.capitalize()} at {site.name if site else 'no site'}"
        beside = f"open for {format_elapsed(one.received_at, now)}"
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
        yield SearchItem(f"color {key}", COLORS, text, "", "palette", do, "theme map color")


_Field = Callable[[Any], QWidget]


@dataclass(frozen=True, slots=True)
class _Destination:
    """A place in a panel. ``field`` finds in the part what takes the focus; ``do`` opens a form.

    ``part`` is a section, a table, a board or what is below the card, as ``workspaces`` names
    them. ``needs`` says what is missing where the field is shut or away. ``also`` lists what else
    people call it. ``edits`` is True where it is of no use to somebody who may change nothing.
    """

    key: str
    text: str
    workspace: str
    part: str
    field: _Field | None = None
    do: Callable[[Any], object] | None = None
    needs: str = ""
    also: tuple[str, ...] = ()
    icon: str = ""
    group: str = ACTIONS
    edits: bool = False


def _button(name: str) -> _Field:
    return lambda card: card.buttons[name]


def _pick_visible(button: QWidget, menu: QWidget) -> QWidget:
    """Return a button, or the menu that has its action where there is no room for it."""
    return menu if button.isHidden() else button


# fmt: off
SEARCH_DESTINATIONS = (
    _Destination("call_out", "Call Out an Officer", "shifts", "shift", _button("sick"),
                needs="Choose the officer’s shift on the board; “Sick” is on its card.",
                also=("sick", "call out", "call in sick", "ill", "absent", "no show"),
                icon="shifts", edits=True),
    _Destination("cover", "Find Who Covers a Shift", "shifts", "shift", _button("cover"),
                needs="Choose an open shift on the board; its card ranks who could cover it.",
                also=("substitute", "relief", "replacement", "open shift", "fill in", "backup"),
                icon="shifts", edits=True),
    _Destination("ask_swap", "Swap a Shift", "shifts", "shift", _button("swap"),
                needs="Choose a shift that has an officer; “Swap…” is on its card.",
                also=("swap", "trade", "switch shifts", "exchange"), icon="shifts", edits=True),
    _Destination("swaps", "Swaps to Answer", "shifts", "swaps",
                also=("approve a swap", "swap requests", "trades"), icon="shifts"),
    _Destination("leave", "Leave or Main Job of an Officer", "shifts", "officers",
                do=lambda panel: panel.ask_time(),
                also=("vacation", "time off", "leave", "day off", "absence", "holiday",
                      "unavailable"), icon="shifts", edits=True),
    _Destination("officers", "Officers", "shifts", "officers", lambda panel: panel.list,
                also=("officer", "staff", "deputies", "people", "employees"), icon="shifts"),
    _Destination("add_officer", "Add an Officer", "shifts", "officers", lambda panel: panel.add,
                also=("new officer", "hire"), icon="add", edits=True),
    _Destination("who_is_where", "Who Is Where Today", "shifts", "today",
                also=("on duty", "today’s units", "who works today"), icon="shifts"),
    _Destination("propose_shifts", "Propose Shifts", "shifts", "roster",
                lambda board: board.propose, needs="Add or import officers first.",
                also=("make a schedule", "fill the shifts", "auto schedule", "roster"),
                icon="propose", edits=True),
    _Destination("sample_officers", "Try with Sample Officers", "shifts", "roster",
                lambda board: board.empty.sample,
                needs="This project has officers already.",
                also=("samples", "demo officers", "example"), icon="shifts", edits=True),
    _Destination("copy_week", "Copy Last Week’s Shifts", "shifts", "roster",
                lambda board: _pick_visible(board.copy, board.more),
                    needs="Add or import officers first.",
                also=("repeat the week", "same as last week"), icon="shifts", edits=True),
    _Destination("make_final", "Make the Week Final", "shifts", "roster",
                lambda board: _pick_visible(board.final, board.more),
                needs="The week on the board has no drafts.",
                also=("post the schedule", "publish shifts", "finalize", "approve the week"),
                icon="check", edits=True),
    _Destination("new_shift", "New Shift or Event", "shifts", "roster",
                do=lambda board: board.ask_shift(),
                also=("add a shift", "game", "event", "extra duty"), icon="add", edits=True),
    _Destination("week", "Week Board", "shifts", "roster", lambda board: board.week,
                needs="The week on the board has no shifts.",
                also=("board", "this week", "shifts of the week", "who works"), icon="shifts"),
    _Destination("shift_calendar", "Export the Calendar of Shifts", "shifts", "roster",
                do=lambda board: board.roster_actions.export("ics"),
                also=("calendar file", "ics", "outlook", "send the schedule"), icon="export"),
    _Destination("roster_rules", "Rules of the Roster", "shifts", "roster",
                do=lambda board: board.ask_rules(),
                also=("settings", "rest hours", "maximum hours", "off-duty rules", "labor rules"),
                icon="rules", group=SETTINGS, edits=True),
    _Destination("hours", "Hours of Officers", "shifts", "hours",
                also=("overtime", "hours worked", "fairness", "payroll", "time sheet"),
                icon="shifts"),
    _Destination("roster_problems", "Problems of the Roster", "shifts", "roster_problems",
                also=("rule violations", "conflicts", "double booked"), icon="shifts"),
    _Destination("entries", "Entries of the Log", "log", "entries", lambda panel: panel.view,
                also=("correct", "void", "wrong entry", "journal", "history", "past visits",
                      "records"), icon="log"),
    _Destination("due", "Visits Due", "log", "due",
                also=("overdue visits", "visits left", "planned visits"), icon="visits"),
    _Destination("response", "Response Actions Under Way", "log", "console",
                lambda panel: panel.response,
                also=("all clear", "end the lockdown", "release"), icon="incident"),
    _Destination("duties", "Readiness: What Is Due", "readiness", "duties",
                also=("overdue", "requirements", "late drills", "checklist"), icon="readiness"),
    _Destination("observed", "Observed Coverage by Zone", "coverage", "observed",
                also=("response times", "figures", "statistics"), icon="coverage"),
    _Destination("expected", "Expected Response by Zone", "coverage", "expected",
                also=("model", "queueing", "simulation", "forecast"), icon="coverage"),
    _Destination("zones", "Table of Zones", "plan", "zones",
                also=("zones", "load", "workload share"), icon="zone"),
    _Destination("sites", "Table of Schools and Sites", "plan", "sites",
                also=("list of schools", "directory", "filter"), icon="site"),
    _Destination("checks", "Checks of the Plan", "plan", "checks",
                also=("problems", "errors", "warnings", "violations"), icon="check"),
    _Destination("history", "History of Changes", "plan", "history",
                also=("history", "versions", "who changed", "steps", "rewind"), icon="history"),
    _Destination("locks", "Locks of the Plan", "plan", "locks",
                also=("locked schools", "unlock"), icon="lock"),
    _Destination("figures", "Figures of the Plan", "plan", "figures",
                also=("compactness", "deviation", "summary"), icon="plan"),
    _Destination("tolerance", "Tolerance of Load", "plan", "optimizer",
                lambda panel: panel.body.form.balance.field,
                needs="A search is running; the tolerance is asked for the next one.",
                also=("balance", "even load", "settings", "deviation", "fair share"),
                icon="settings", group=SETTINGS, edits=True),
    _Destination("layers", "Layers of the Map", "plan", "layers", lambda panel: panel.rows,
                also=("streets", "background", "labels", "tiles", "satellite"), icon="layers"),
)
# fmt: on
"""What has no action of its own; forms are opened, buttons that write are only led to."""

_AUDIENCE_SYNONYMS = {
    "public": ("website", "parents", "community"),
    "staff": ("principal", "principals", "district office", "schools"),
    "law": ("sheriff", "police", "deputies"),
}
"""Whom people mean by an audience."""
PUBLISHED_PARTS = {
    "map": ("Web Map", ("website", "online map", "interactive map")),
    "atlas": ("Atlas", ("map book", "print all zones")),
    "sheets": ("Zone Sheets", ("print a zone", "page of a zone")),
    "cards": ("Day Cards", ("daily sheet", "visor card", "print for officers")),
    "coverage": ("Coverage Report", ("report", "monthly report", "statistics")),
    "comparison": ("Plan Comparison", ("board meeting", "before and after")),
    "readiness": ("Readiness Report", ("report", "compliance report", "drill report")),
    "after-action": ("After-Action Reports", ("report", "debrief", "improvement plan")),
    "roster": ("Week Roster", ("print the schedule", "print shifts")),
    "calendar": ("Shift Calendars", ("ics", "outlook", "google calendar", "calendar of shifts")),
    "data": ("Data Tables", ("spreadsheet", "csv", "open data")),
}
"""The parts of a published set, as they are called when they are looked for."""


class DestinationFinder:
    """Leads to the places of the panels; ``show_part`` turns to a part by workspace and name."""

    def __init__(self, desk: UiContext, show_part: Callable[[str, str], QWidget]) -> None:
        self._desk, self._show_part = desk, show_part
        self._live: LiveIncidents | None = None

    def hits(self) -> Iterator[SearchItem]:
        """Return the places as things that can be found."""
        session = self._desk.session
        why_not = explain_edit_denied(session.store)
        for one in SEARCH_DESTINATIONS:
            where, do = self._desk.actions[f"go_{one.workspace}"].text(), partial(self.go, one)
            shut = why_not if one.edits else ""
            hit = SearchItem(
                one.key, one.group, one.text, f"in {where}", one.icon, do, also=one.also
            )
            yield replace(hit, unavailable_reason=shut)
        yield from self._published()
        yield from list_officer_items(session, self._show_officer)
        yield from list_shift_items(session, self._show_shift)
        self._live = self._live or LiveIncidents(session)
        yield from _list_incident_items(session, self._live.incidents(), self._show_incident)

    def go(self, to: _Destination) -> None:
        """Turn to a place, and open its form or give it the focus; say what is missing there."""
        panel = self._show_part(to.workspace, to.part)
        if to.do is not None:
            to.do(panel)
            return
        field = panel if to.field is None else to.field(panel)
        if not field.isEnabled() or field.isHidden():
            self._desk.notices.show_notice(to.needs)
        _focus_and_reveal(panel if field.isHidden() else field)

    def _published(self) -> Iterator[SearchItem]:
        """Return the audiences and parts of what is published."""
        for key, reader in AUDIENCES.items():
            do = partial(self._choose_audience, key)
            text, also = f"Publish for {reader.title}", _AUDIENCE_SYNONYMS.get(key, ())
            yield SearchItem(
                f"audience {key}", ACTIONS, text, "in Publish", "publish", do, also=also
            )
        for key, (title, also) in PUBLISHED_PARTS.items():
            do, text = partial(self._choose_part, key), f"Publish: {title}"
            yield SearchItem(f"part {key}", ACTIONS, text, "in Publish", "publish", do, also=also)

    def _choose_audience(self, key: str) -> None:
        panel: Any = self._show_part("publish", "publish")
        panel.form.audiences[key].setChecked(True)
        _focus_and_reveal(panel.form.audiences[key])

    def _choose_part(self, key: str) -> None:
        panel: Any = self._show_part("publish", "publish")
        _focus_and_reveal(panel.form.parts[key])

    def _show_officer(self, officer: str) -> None:
        panel: Any = self._show_part("shifts", "officers")
        panel.show_officer(officer)
        _focus_and_reveal(panel.list)

    def _show_shift(self, uid: str) -> None:
        self._show_part("shifts", "shift")
        board: Any = self._show_part("shifts", "roster")
        board.show_shift(uid)

    def _show_incident(self, uid: str) -> None:
        panel: Any = self._show_part("log", "console")
        panel.show_incident(uid)


def _focus_and_reveal(field: QWidget) -> None:
    """Give a field the focus, or the first one in it, and scroll to it once it has its place."""
    stops = [field, *field.findChildren(QWidget)]
    for stop in stops:
        takes = stop.focusPolicy() & Qt.FocusPolicy.TabFocus
        useful = isinstance(stop, QAbstractButton | QAbstractScrollArea) or stop is field
        if takes and useful and stop.isEnabled() and stop.isVisibleTo(field):
            stop.setFocus(Qt.FocusReason.ShortcutFocusReason)
            break
    QTimer.singleShot(0, field, partial(_scroll_to, field))


def _scroll_to(field: QWidget) -> None:
    """Scroll the panel around a field so that the field is seen."""
    area = field.parentWidget()
    while area is not None and not isinstance(area, QScrollArea):
        area = area.parentWidget()
    if area is not None:
        area.ensureWidgetVisible(field, 0, WIDE_MARGIN_PX)
