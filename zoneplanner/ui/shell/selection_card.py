"""The card of what is selected: a site or a zone.

The card of a site: what it is, who serves it, and the two things one does with it.

The card of a zone: its unit, what it carries, how far it reaches, and its sites.
"""

from functools import partial
from itertools import zip_longest

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from zoneplanner.analysis.coverage.log_period import count_days_since_visit, is_undeclared
from zoneplanner.analysis.measures.plan_measures import MEASURES, ZoneMeasures
from zoneplanner.analysis.planning_basis import SiteLoad, compute_site_load
from zoneplanner.app.help.action_specs import MAX_DIGIT_ZONES
from zoneplanner.app.log.due_visits import find_sites_visited_this_week
from zoneplanner.app.log.logbook import list_last_visits
from zoneplanner.app.plans.manual_assignment import list_eligible_zones, reassign_site
from zoneplanner.app.plans.what_if import PLANNED_KIND, describe_opening, find_actual_enrollment
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import SessionChange
from zoneplanner.domain.geography.site import Site, format_level
from zoneplanner.domain.log.days_on_record import VISIT_RECORDS
from zoneplanner.domain.log.journal import JournalEntry, Visit
from zoneplanner.domain.plans.edits import find_site_lock, find_zone_lock, find_zone_refusal
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.messages import format_count
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_choice_box
from zoneplanner.ui.widgets.layout.basic_widgets import (
    ActionButton,
    FactRows,
    WrappedLabel,
    clear_layout,
    escape_tooltip,
    make_action_tool_button,
    make_column_layout,
    make_heading_label,
    make_link_button,
    make_muted_label,
    make_row_layout,
    make_section_label,
)
from zoneplanner.ui.widgets.services.ui_context import Selection, UiContext
from zoneplanner.ui.widgets.style import value_text
from zoneplanner.ui.widgets.style.theme import GRID_PX, make_swatch_icon
from zoneplanner.ui.widgets.style.value_text import format_number
from zoneplanner.ui.widgets.tables.record_actions import RecordActions

_PREFERRED, _IGNORED = QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored


class CardStack(QStackedWidget):
    """Shows the site's card or the zone's."""

    def __init__(self, desk: UiContext, *, site: QWidget, zone: QWidget) -> None:
        super().__init__()
        self._desk = desk
        self.site, self.zone = site, zone
        self._turned_to: QWidget | None = None
        for card in (site, zone):
            self.addWidget(card)
        desk.bridge.selection_changed.connect(self._show)
        desk.bridge.preview_followed.connect(self._preview)
        desk.bridge.logged.connect(self._logged)
        self._show(desk.bridge.selection)

    def minimumSizeHint(self) -> QSize:
        """Ask for the height that the card needs at its width: wrapped text guesses too much."""
        least = super().minimumSizeHint()
        high = self.heightForWidth(self.width())
        return QSize(least.width(), high) if high > 0 else least

    def heightForWidth(self, width: int) -> int:
        """Return the height of the card that is shown."""
        card = self.currentWidget()
        layout = card.layout() if card is not None else None
        return layout.totalHeightForWidth(width) if layout is not None else -1

    def _refresh(self) -> None:
        self._show(self._desk.bridge.selection)

    def follow(self, change: SessionChange) -> None:
        """Fill the card anew; where only zones changed, the last visit is as long ago as before."""
        self._show(self._desk.bridge.selection, last_visit=not change.changes.only_moves)

    def _preview(self) -> None:
        """In the middle of a gesture only zones and loads change."""
        if self.currentWidget() is self.site:
            self.site.mark_zone()  # type: ignore[attr-defined]
        elif self.currentWidget() is self.zone:
            self._refresh()

    def _logged(self, entries: tuple[JournalEntry, ...]) -> None:
        """Of a site the log changes the visits alone; a stamp fills no card anew."""
        if self.currentWidget() is not self.site:
            self._refresh()
        elif any(one.kind in ("visit", "void") for one in entries):
            self.site.show_visits()  # type: ignore[attr-defined]

    def _show(self, selection: Selection, *, last_visit: bool = True) -> None:
        plan = self._desk.session.plan
        if selection.site is not None:
            self.site.show_site(selection.site, last_visit=last_visit)  # type: ignore[attr-defined]
            self._turn_to(self.site)
        elif selection.zone is not None and plan is not None:
            self.zone.show_zone(selection.zone)  # type: ignore[attr-defined]
            self._turn_to(self.zone)

    def _turn_to(self, card: QWidget) -> None:
        """Show a card; the hidden ones take no room."""
        if card is self._turned_to:
            return
        self._turned_to = card
        for other in (self.site, self.zone):
            room = _PREFERRED if other is card else _IGNORED
            other.setSizePolicy(room, room)
        self.setCurrentWidget(card)
        self.adjustSize()


_ROWS = {
    "address": "Address",
    "phone": "Phone",
    "place": "Jurisdiction",
    "enrollment": "Students",
    "load": "Load",
    "last": "Last visit",
    "open": "Due",
}
_TIPS = {
    "place": (
        "Set by the site’s position within the official boundary, or by a person’s decision; "
        "never by its postal city."
    ),
    "load": "Planned visits × minutes on site + expected calls × time on a call, per school day.",
    "last": "School days by the school calendar, which is assumed until you import one.",
    "open": "Drills, plan review, after-action reviews, corrective actions and concerns that are "
    "overdue or due.",
}
_VISITS_SHOWN, _DUTIES_SHOWN = 4, 3


class SelectedSiteCard(QWidget):
    """Shows one site; gives it to a zone, locks it, logs a visit."""

    def __init__(
        self, desk: UiContext, records: RecordActions, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._desk, self._records = desk, records
        self._site: str | None = None
        self.name, self.kind, self.keys = (
            make_heading_label(),
            make_muted_label(),
            make_muted_label(),
        )
        self.keys.setAccessibleName("Keys that assign this site to a zone")
        self.why = ActionButton(desk.actions["why_here"])
        self.facts, self.lock_note = FactRows(_ROWS, _TIPS), make_muted_label()
        self.beside, self.visits = QVBoxLayout(), QVBoxLayout()
        for listed in (self.beside, self.visits):
            listed.setSpacing(GRID_PX)
        self.visits_title = make_section_label("Last visits")
        self._visit_rows = [_VisitRow(desk, records) for _ in range(_VISITS_SHOWN)]
        for part in (self.visits_title, *self._visit_rows):
            part.hide()
            self.visits.addWidget(part)
        zone_row, buttons = self._zone_row(), self._buttons()
        above = (self.name, self.kind, zone_row, self.keys, buttons)
        why = make_row_layout(self.why, self._what_if(), None)
        below = (self.facts, self.lock_note, self.beside, self.visits, None)
        asked = make_row_layout(self._make_button("call_sheet"), None)
        make_column_layout(self, *above, why, asked, *below)
        desk.readiness.was_read.connect(self._put_readiness)
        desk.actions["give_1"].changed.connect(self._show_keys)

    def show_site(self, site_id: str, *, last_visit: bool = True) -> None:
        """Fill the card with a site's data as they are now.

        Without ``last_visit`` only a plan changed, and the last visit is as long ago as before.
        """
        project = self._desk.session.project
        site = project.site(site_id)
        renewed = site_id != self._site
        self._site = site.id
        self.name.setText(site.name)
        grades = f"Grades {site.grades}" if site.grades else ""
        charter = "Charter" if site.charter else ""
        planned = "Planned only" if site.kind == PLANNED_KIND else ""
        opens = describe_opening(self._desk.session.state, site.id, self._desk.session.formats)
        kind = (format_level(site.level), grades, charter, planned, opens and f"O{opens[1:]}")
        self.kind.setText(" · ".join(part for part in kind if part))
        self._fill_facts(site, project)
        self._fill_zones(site)
        self._fill_stack(site)
        if renewed:
            self.show_visits()
        elif last_visit:
            self._put_last()

    def mark_zone(self) -> None:
        """Show the zone that the site has at this moment of a gesture."""
        plan = self._desk.session.plan
        if plan is not None and self._site is not None:
            self.zones.setCurrentIndex(self.zones.findData(plan.assignment.get(self._site)))

    def show_visits(self) -> None:
        """Read the site's last visits from the log; the rows stay, whatever site they are of."""
        own = list_last_visits(self._desk.session, self._site or "", _VISITS_SHOWN)
        self._put_last()
        self.visits_title.setVisible(bool(own))
        for row, visit in zip_longest(self._visit_rows, own):
            row.put(visit)

    def _zone_row(self) -> QHBoxLayout:
        label = QLabel("&Zone")
        self.zones = make_choice_box({}, name="Zone of this site", least_letters=12)
        self.zones.activated.connect(self._give)
        label.setBuddy(self.zones)
        self.lock = make_action_tool_button(self._desk.actions["lock"])
        margins_px = (0, GRID_PX, 0, 0)
        return make_row_layout(label, (self.zones, 1), self.lock, margins_px=margins_px)

    def _buttons(self) -> QHBoxLayout:
        log = [self._make_button(name) for name in ("log_visit", "log_incident")]
        return make_row_layout(*log, None)

    def _make_button(self, name: str) -> ActionButton:
        """Return the button of an action; whoever presses it means this school, however it came."""
        button = ActionButton(self._desk.actions[name])
        button.pressed.connect(lambda: self._desk.bridge.select(site=self._site))
        return button

    def _what_if(self) -> QToolButton:
        button = self.what_if = QToolButton()
        button.setAccessibleName("What if")
        self._desk.actions["enrollment"].changed.connect(self._follow_icon)
        self._follow_icon()
        button.setToolTip("What if this site were closed, or had a different enrollment?")
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(button)
        menu.addActions([self._desk.actions[name] for name in ("close_site", "enrollment")])
        button.setMenu(menu)
        if self._desk.session.explain_denied_edit():
            button.hide()  # shown without a parent it would be a window that takes the keys
        return button

    def _follow_icon(self) -> None:
        """Take the icon of the action, which follows the theme."""
        self.what_if.setIcon(self._desk.actions["enrollment"].icon())

    def _fill_facts(self, site: Site, project: Project) -> None:
        placement = self._desk.session.state.basis.placements[site.id]
        place = value_text.describe_jurisdiction(self._desk.session, placement)
        if site.decision is not None:
            by = site.decision
            place += f" by {by.by} on {self._desk.session.formats.day(by.at)}: {by.why}"
        assumed = project.assumptions.missing_enrollment
        fact = find_actual_enrollment(self._desk.session.state.saved_project, site)
        students = value_text.describe_enrollment(site, assumed)
        if fact is not None:
            supposed = value_text.format_number(site.enrollment)
            students = f"{supposed} ({value_text.format_number(fact)} on file)"
        self.facts.set_values(
            address=f"{site.street}\n{site.city} {site.zip}".strip(),
            phone=site.phone,
            place=place,
            enrollment=students,
            load=self._load(site),
        )
        self._put_readiness()

    def _load(self, site: Site) -> str:
        session = self._desk.session
        if site.patrolled:
            project = session.project
            load = compute_site_load(site, project.assumptions, project.demand.in_use)
            return _load_words(load)
        fact = session.state.saved_project.sites.get(site.id)
        return "Closed in this what-if" if fact and fact.patrolled else "Not patrolled"

    def _put_last(self) -> None:
        session = self._desk.session
        if self._site is None:
            return
        last = session.last_visits.get(self._site)
        log, project = session.store.visit_log(), session.project
        since = count_days_since_visit(log, project=project, now=session.clock()).get(self._site)
        when = value_text.format_moment(last, session) if last else "None logged yet"
        ago = f" ({format_count(since, 'school day')} ago)" if since else ""
        unknown = last is None and is_undeclared(session.saved_project, VISIT_RECORDS, log.visits)
        why = f". {value_text.VISITS_UNDECLARED}" if unknown else ""
        self.facts.set_value("last", f"{when}{ago}{why}")

    def _put_readiness(self) -> None:
        """Tell what is due here, as far as a workspace had it read."""
        found = self._desk.readiness.readiness
        if found is None or self._site is None:
            self.facts.set_value("open", "")
            return
        from zoneplanner.ui.readiness.requirement_rows import describe_open_requirements

        formats = self._desk.session.formats
        text = describe_open_requirements(found, self._site, formats, most=_DUTIES_SHOWN)
        self.facts.set_value("open", text)

    def _fill_zones(self, site: Site) -> None:
        session = self._desk.session
        plan, project = session.plan, session.project
        self.zones.clear()
        may = not session.explain_denied_edit()
        self.zones.setEnabled(may and plan is not None and plan.is_draft and site.patrolled)
        self.lock_note.hide()
        self.keys.hide()
        if plan is None:
            self.zones.addItem("No plan yet")
            return
        current = plan.assignment.get(site.id)
        if current is None:
            self.zones.addItem("No zone" if site.patrolled else "Not patrolled", None)
        for zone in plan.zones:
            unit = value_text.describe_unit(project, zone.unit)
            name = project.units[zone.unit].name
            self.zones.addItem(make_swatch_icon(zone.color), f"{zone.id} · {name}", zone.id)
            reason = None if zone.id == current else find_zone_refusal(project, plan, site, zone.id)
            model = self.zones.model()
            assert isinstance(model, QStandardItemModel)
            item = model.item(self.zones.count() - 1)
            item.setEnabled(reason is None)
            item.setToolTip(reason.message if reason else f"{zone.id}: {unit}")
        self.zones.setCurrentIndex(max(0, self.zones.findData(current)))
        digits = enumerate(list_eligible_zones(session, site.id)[:MAX_DIGIT_ZONES], start=1)
        words_of_keys = "   ".join(f"{number} {zone.id}" for number, zone in digits)
        self.keys.setText(f"Keys: {words_of_keys}")
        self._show_keys()
        self._explain_shut(site)

    def _show_keys(self) -> None:
        """Show the digits where they give the site to a zone; in Log they stamp incidents."""
        plan, gives = self._desk.session.plan, self._desk.actions["give_1"].isEnabled()
        draft = plan is not None and plan.is_draft
        self.keys.setVisible(gives and draft and self.keys.text() != "")

    def _explain_shut(self, site: Site) -> None:
        plan = self._desk.session.plan
        if plan is None:
            return
        reason = ""
        lock = find_site_lock(self._desk.session.project, plan, site.id)
        if lock is not None:
            why = f": {lock.reason}" if lock.reason else "."
            reason = f"Locked in {plan.assignment.get(site.id)}{why}"
        elif not plan.is_draft:
            status = "adopted" if plan.is_adopted else "proposed"
            reason = f"“{plan.name}” is {status}; copy it to change it."
        self.lock_note.setText(reason)
        self.lock_note.setVisible(bool(reason))

    def _fill_stack(self, site: Site) -> None:
        clear_layout(self.beside)
        session = self._desk.session
        stacked = session.state.basis.list_stacked_sites(site.id)
        others = [other for other in stacked if other != site.id]
        if not others:
            return
        self.beside.addWidget(make_section_label("At the same position, moved together"))
        for other in others:
            name = session.project.sites[other].name
            select = partial(self._desk.bridge.select, site=other)
            self.beside.addWidget(make_link_button(name, select))

    def _give(self, row: int) -> None:
        zone_id = self.zones.itemData(row)
        session = self._desk.session
        plan, site_id = session.plan, self._site
        if plan is None or site_id is None or zone_id in (None, plan.assignment.get(site_id)):
            return
        if not self._desk.attempt(partial(reassign_site, session, site_id, zone_id)):
            self.show_site(site_id)


class _VisitRow(QWidget):
    """A visit, and the ways to correct it and to void it."""

    def __init__(self, desk: UiContext, records: RecordActions) -> None:
        super().__init__()
        self._desk, self._visit = desk, ""
        self.text = WrappedLabel()
        self._links = (
            make_link_button("Correct", lambda: records.correct("visit", self._visit)),
            make_link_button("Void", lambda: records.void(self._visit)),
        )
        make_row_layout((self.text, 1), *self._links, parent=self, spacing_px=GRID_PX)

    def put(self, visit: Visit | None) -> None:
        """Show a visit, or nothing."""
        self.setVisible(visit is not None)
        if visit is None:
            return
        self._visit = visit.uid
        session = self._desk.session
        line, denied = _visit_line(visit, session), session.explain_denied_log()
        self.text.setText(line)
        self.text.setToolTip(escape_tooltip(visit.note))
        for link in self._links:
            link.setHidden(bool(denied))
            link.setAccessibleName(f"{link.text()} the visit: {line}")


def _load_words(load: SiteLoad) -> str:
    minutes = value_text.format_number(load.minutes, 1)
    visits = f"{load.visits:g} × {load.visit_min:g} min visit"
    return f"{minutes} min/day = {visits} + {load.calls:.2f} × {load.call_min:g} min call"


def _visit_line(visit: Visit, session: Session) -> str:
    when = value_text.format_moment(visit.arrived_at, session)
    parts = [
        when,
        visit.unit or "no unit",
        value_text.format_purpose(visit.purpose) or visit.status.replace("_", " "),
    ]
    if visit.sample:
        parts.append("sample")
    return "\u00a0· ".join(parts)  # no line begins with the dot


_ZONE_ROWS = {
    "load": "Load",
    "deviation": "Deviation",
    "drive": "Drive",
    "farthest": "Farthest",
    "post": "Post",
    "students": "Students",
    "visits": "This week",
    "pieces": "Outline",
}
_ZONE_TIPS = {
    "load": MEASURES["load_min"].definition,
    "deviation": MEASURES["deviation"].definition,
    "drive": MEASURES["drive_min_per_day"].definition,
    "farthest": MEASURES["worst_drive_min"].definition,
    "post": "The site from which the zone is served with the least driving.",
    "students": MEASURES["students"].definition,
    "visits": "Sites with a visit this week (from Monday).",
    "pieces": MEASURES["pieces"].definition,
}
_SITE = Qt.ItemDataRole.UserRole


class SelectedZoneCard(QWidget):
    """Shows one zone of the plan on screen."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.sign, self.name = QLabel(), make_heading_label()
        self.lock = make_action_tool_button(desk.actions["lock"])
        self.unit, self.lock_note = make_muted_label(), make_muted_label()
        self.facts, self.sites_title = FactRows(_ZONE_ROWS, _ZONE_TIPS), make_section_label("")
        self.sites = QListWidget()
        self.sites.setAccessibleName("Sites in this zone")
        self.sites.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.sites.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.sites.itemClicked.connect(self._go)
        self.sites.itemActivated.connect(self._go)
        make_column_layout(
            self,
            make_row_layout(self.sign, (self.name, 1), self.lock),
            self.unit,
            self.lock_note,
            self.facts,
            self.sites_title,
            (self.sites, 1),
        )

    def show_zone(self, zone_id: str) -> None:
        """Fill the card with a zone's data as they are now."""
        session = self._desk.session
        plan, figures = session.plan, session.state.figures
        if plan is None or figures is None or zone_id not in figures.zones:
            return
        zone, own = plan.zone(zone_id), figures.zones[zone_id]
        self.sign.setPixmap(make_swatch_icon(zone.color).pixmap(16, 16))
        self.name.setText(f"Zone {zone.id}")
        self.unit.setText(value_text.describe_unit(session.project, zone.unit))
        kept = find_zone_lock(session.project, plan, zone_id)
        why = f": {kept.reason}" if kept and kept.reason else "."
        whose = f"with all zones of the {kept.target}" if kept and kept.target != zone_id else ""
        self.lock_note.setText(f"Locked {whose}".rstrip() + why if kept else "")
        self.lock_note.setVisible(kept is not None)
        self._fill(plan, own)
        self._list(plan, zone_id)

    def _fill(self, plan: Plan, own: ZoneMeasures) -> None:
        session = self._desk.session
        over = abs(own.deviation) > plan.tolerance + 1e-9
        allowed = f"±{plan.tolerance * 100:g}%"
        outside = f", outside {allowed}" if over else f" ({allowed} allowed)"
        post = session.project.sites.get(own.post or "")
        sites = plan.sites_of(own.zone)
        seen = find_sites_visited_this_week(session)
        counted = f"{len(seen.intersection(sites))} of " if seen is not None else ""
        one = "One piece" if own.pieces == 1 else format_count(own.pieces, "piece")
        self.facts.set_values(
            load=f"{format_number(own.load_min)} of {format_number(own.target_min)} min/day",
            deviation=value_text.format_share(own.deviation, signed=True) + outside,
            drive=f"{format_number(own.drive_min_per_day)} min/day",
            farthest=f"{format_number(own.worst_drive_min, 1)} min from the post",
            post=post.name if post else value_text.NO_VALUE,
            students=format_number(own.students),
            visits=f"{counted}{format_count(len(sites), 'site')} visited"
            if counted
            else "No day this week is on record",
            pieces=f"{one}, compactness {own.polsby_popper:.2f}",
        )

    def _list(self, plan: Plan, zone_id: str) -> None:
        project = self._desk.session.project
        members = plan.sites_of(zone_id)
        self.sites_title.setText(format_count(len(members), "site"))
        self.sites.clear()
        for site_id in sorted(members, key=lambda site: project.sites[site].name):
            item = QListWidgetItem(project.sites[site_id].name)
            item.setData(_SITE, site_id)
            self.sites.addItem(item)

    def _go(self, item: QListWidgetItem) -> None:
        self._desk.bridge.select(site=item.data(_SITE))
