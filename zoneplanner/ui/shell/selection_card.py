"""The card of the selected site or zone."""

from functools import partial
from itertools import zip_longest

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from zoneplanner.analysis.coverage.log_period import count_days_since_visit, is_undeclared
from zoneplanner.analysis.measures.plan_measures import MEASURES, ZoneMeasures
from zoneplanner.analysis.site_loads import SiteLoad, compute_site_load
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
from zoneplanner.messages import Message, format_count
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
    make_hiding_note,
    make_link_button,
    make_menu_button,
    make_muted_label,
    make_row_layout,
    make_section_label,
)
from zoneplanner.ui.widgets.services.ui_context import Selection, UiContext
from zoneplanner.ui.widgets.style import value_text
from zoneplanner.ui.widgets.style.theme import GRID_PX, make_swatch_icon
from zoneplanner.ui.widgets.style.value_text import format_number
from zoneplanner.ui.widgets.tables.record_actions import RecordActions


class CardStack(QStackedWidget):
    """Shows the card of the selected site or zone."""

    def __init__(
        self, desk: UiContext, *, site: "SelectedSiteCard", zone: "SelectedZoneCard"
    ) -> None:
        super().__init__()
        self._desk = desk
        self.site, self.zone = site, zone
        self._shown: QWidget | None = None
        for card in (site, zone):
            self.addWidget(card)
        desk.bridge.selection_changed.connect(self._show)
        desk.bridge.preview_followed.connect(self._on_preview)
        desk.bridge.logged.connect(self._on_logged)
        self._show(desk.bridge.selection)

    def minimumSizeHint(self) -> QSize:
        """Return the card's height at its width; Qt would overestimate wrapped texts."""
        hint = super().minimumSizeHint()
        height = self.heightForWidth(self.width())
        return QSize(hint.width(), height) if height > 0 else hint

    def heightForWidth(self, width: int) -> int:
        """Return the height of the current card."""
        card = self.currentWidget()
        layout = card.layout() if card is not None else None
        return layout.totalHeightForWidth(width) if layout is not None else -1

    def follow(self, change: SessionChange) -> None:
        """Update the card after a change; the last visit is the same if only zones changed."""
        self._show(self._desk.bridge.selection, last_visit=not change.changes.only_moves)

    def _on_preview(self) -> None:
        """Update what a gesture can change: zones and loads."""
        if self.currentWidget() is self.site:
            self.site.mark_zone()
        elif self.currentWidget() is self.zone:
            self._show(self._desk.bridge.selection)

    def _on_logged(self, entries: tuple[JournalEntry, ...]) -> None:
        """Update the card; for a site, only visits matter."""
        if self.currentWidget() is not self.site:
            self._show(self._desk.bridge.selection)
        elif any(entry.kind in ("visit", "void") for entry in entries):
            self.site.show_visits()

    def _show(self, selection: Selection, *, last_visit: bool = True) -> None:
        plan = self._desk.session.plan
        if selection.site is not None:
            self.site.show_site(selection.site, last_visit=last_visit)
            self._show_card(self.site)
        elif selection.zone is not None and plan is not None:
            self.zone.show_zone(selection.zone)
            self._show_card(self.zone)

    def _show_card(self, card: QWidget) -> None:
        """Show a card; the other one's size does not count."""
        if card is self._shown:
            return
        self._shown = card
        for other in (self.site, self.zone):
            is_shown = other is card
            policy = QSizePolicy.Policy.Preferred if is_shown else QSizePolicy.Policy.Ignored
            other.setSizePolicy(policy, policy)
        self.setCurrentWidget(card)
        self.adjustSize()


_CLOSE_BUTTON_PX = 22
"""What the frame's button, in the corner, takes from the end of a card's first row."""

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
_MAX_VISITS, _MAX_REQUIREMENTS = 4, 3


class SelectedSiteCard(QWidget):
    """Shows a site, with actions such as assigning, locking and logging a visit."""

    def __init__(self, desk: UiContext, records: RecordActions) -> None:
        super().__init__()
        self._desk, self._records = desk, records
        self._site: str | None = None
        self.name = make_heading_label()
        self.kind, self.keys = make_muted_label(), make_muted_label()
        self.keys.setAccessibleName("Keys that assign this site to a zone")
        self.why = ActionButton(desk.actions["why_here"])
        self.facts, self.lock_note = FactRows(_ROWS, _TIPS), make_hiding_note()
        self.beside, self.visits = QVBoxLayout(), QVBoxLayout()
        for rows in (self.beside, self.visits):
            rows.setSpacing(GRID_PX)
        self.visits_title = make_section_label("Last visits")
        self._visit_rows = [_VisitRow(desk, records) for _ in range(_MAX_VISITS)]
        for part in (self.visits_title, *self._visit_rows):
            part.hide()
            self.visits.addWidget(part)
        log_buttons = [self._make_button(name) for name in ("log_visit", "log_incident")]
        make_column_layout(
            self,
            make_row_layout((self.name, 1), _CLOSE_BUTTON_PX),
            self.kind,
            self._make_zone_row(),
            self.keys,
            make_row_layout(*log_buttons, None),
            make_row_layout(self.why, self._make_what_if_button(), None),
            make_row_layout(self._make_button("call_sheet"), None),
            self.facts,
            self.lock_note,
            self.beside,
            self.visits,
            None,
        )
        desk.readiness.was_read.connect(self._show_readiness)
        desk.actions["give_1"].changed.connect(self._show_keys)

    def show_site(self, site_id: str, *, last_visit: bool = True) -> None:
        """Show a site; without ``last_visit``, only a plan changed, and that fact is the same."""
        project = self._desk.session.project
        site = project.site(site_id)
        is_new = site_id != self._site
        self._site = site.id
        self.name.setText(site.name)
        grades = f"Grades {site.grades}" if site.grades else ""
        charter = "Charter" if site.charter else ""
        planned = "Planned only" if site.kind == PLANNED_KIND else ""
        opening = describe_opening(self._desk.session.state, site.id)
        alone = Message("opens_on.alone", **opening.facts) if opening else None
        opens = alone.say(self._desk.session.formats) if alone else ""
        kind = (format_level(site.level), grades, charter, planned, opens)
        self.kind.setText(" · ".join(part for part in kind if part))
        self._fill_facts(site, project)
        self._fill_zones(site)
        self._list_stacked_sites(site)
        if is_new:
            self.show_visits()
        elif last_visit:
            self._show_last_visit()

    def mark_zone(self) -> None:
        """Show the site's zone during a gesture."""
        plan = self._desk.session.plan
        if plan is not None and self._site is not None:
            self.zones.setCurrentIndex(self.zones.findData(plan.assignment.get(self._site)))

    def show_visits(self) -> None:
        """Read and show the site's last visits."""
        visits = list_last_visits(self._desk.session, self._site or "", _MAX_VISITS)
        self._show_last_visit()
        self.visits_title.setVisible(bool(visits))
        for row, visit in zip_longest(self._visit_rows, visits):
            row.put(visit)

    def _make_zone_row(self) -> QHBoxLayout:
        label = QLabel("&Zone")
        self.zones = make_choice_box({}, name="Zone of this site", least_letters=12)
        self.zones.activated.connect(self._assign)
        label.setBuddy(self.zones)
        self.lock = make_action_tool_button(self._desk.actions["lock"])
        margins_px = (0, GRID_PX, 0, 0)
        return make_row_layout(label, (self.zones, 1), self.lock, margins_px=margins_px)

    def _make_button(self, name: str) -> ActionButton:
        """Return the button of an action, which selects this site on purpose when it is pressed."""
        button = ActionButton(self._desk.actions[name])
        button.pressed.connect(lambda: self._desk.bridge.select(site=self._site))
        return button

    def _make_what_if_button(self) -> QToolButton:
        tip = "What if this site were closed, or had a different enrollment?"
        button = self.what_if = make_menu_button("", "What if", tip)
        self._desk.actions["enrollment"].changed.connect(self._update_icon)
        self._update_icon()
        actions = [self._desk.actions[name] for name in ("close_site", "enrollment")]
        button.menu().addActions(actions)
        if self._desk.session.explain_denied_edit():
            button.hide()
        return button

    def _update_icon(self) -> None:
        """Copy the icon of the action, which follows the theme."""
        self.what_if.setIcon(self._desk.actions["enrollment"].icon())

    def _fill_facts(self, site: Site, project: Project) -> None:
        placement = self._desk.session.state.basis.placements[site.id]
        place = value_text.describe_jurisdiction(self._desk.session, placement)
        if site.decision is not None:
            decision = site.decision
            day = self._desk.session.formats.day(decision.at)
            place += f" by {decision.by} on {day}: {decision.why}"
        assumed = project.assumptions.missing_enrollment
        actual = find_actual_enrollment(self._desk.session.state.saved_project, site)
        students = value_text.describe_enrollment(site, assumed)
        if actual is not None:
            students = f"{format_number(site.enrollment)} ({format_number(actual)} on file)"
        self.facts.set_values(
            address=f"{site.street}\n{site.city} {site.zip}".strip(),
            phone=site.phone,
            place=place,
            enrollment=students,
            load=self._describe_load(site),
        )
        self._show_readiness()

    def _describe_load(self, site: Site) -> str:
        session = self._desk.session
        if site.patrolled:
            project = session.project
            return _format_load(compute_site_load(site, project.assumptions, project.demand.in_use))
        saved = session.state.saved_project.sites.get(site.id)
        return "Closed in this what-if" if saved and saved.patrolled else "Not patrolled"

    def _show_last_visit(self) -> None:
        session = self._desk.session
        if self._site is None:
            return
        last = session.last_visits.get(self._site)
        log, project = session.store.visit_log(), session.project
        since = count_days_since_visit(log, project=project, now=session.clock()).get(self._site)
        when = value_text.format_moment(last, session) if last else "None logged yet"
        ago = f" ({format_count(since, 'school day')} ago)" if since else ""
        undeclared = is_undeclared(session.saved_project, VISIT_RECORDS, log.visits)
        reason = f". {value_text.VISITS_UNDECLARED}" if last is None and undeclared else ""
        self.facts.set_value("last", f"{when}{ago}{reason}")

    def _show_readiness(self) -> None:
        """Show what is due at the site, if a workspace has read readiness."""
        readiness = self._desk.readiness.readiness
        if readiness is None or self._site is None:
            self.facts.set_value("open", "")
            return
        from zoneplanner.ui.readiness.requirement_rows import describe_open_requirements

        formats = self._desk.session.formats
        text = describe_open_requirements(readiness, self._site, formats, most=_MAX_REQUIREMENTS)
        self.facts.set_value("open", text)

    def _fill_zones(self, site: Site) -> None:
        session = self._desk.session
        plan, project = session.plan, session.project
        self.zones.clear()
        may_edit = not session.explain_denied_edit()
        self.zones.setEnabled(may_edit and plan is not None and plan.is_draft and site.patrolled)
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
        keys = "   ".join(f"{digit} {zone.id}" for digit, zone in digits)
        self.keys.setText(f"Keys: {keys}")
        self._show_keys()
        self._show_lock_note(site, plan)

    def _show_keys(self) -> None:
        """Show the digits only where they assign the site; in Log they stamp calls."""
        plan, can_assign = self._desk.session.plan, self._desk.actions["give_1"].isEnabled()
        is_draft = plan is not None and plan.is_draft
        self.keys.setVisible(can_assign and is_draft and self.keys.text() != "")

    def _show_lock_note(self, site: Site, plan: Plan) -> None:
        """Show why the site's zone cannot be changed, if so."""
        reason = ""
        lock = find_site_lock(self._desk.session.project, plan, site.id)
        if lock is not None:
            code = "site_locked_in.reason" if lock.reason else "site_locked_in"
            zone = plan.assignment.get(site.id)
            reason = str(Message(code, zone=zone, reason=lock.reason))
        elif not plan.is_draft:
            status = "adopted" if plan.is_adopted else "proposed"
            reason = str(Message("plan_copied_to_change", plan=plan.name, status=status))
        self.lock_note.setText(reason)

    def _list_stacked_sites(self, site: Site) -> None:
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

    def _assign(self, row: int) -> None:
        zone_id = self.zones.itemData(row)
        session = self._desk.session
        plan, site_id = session.plan, self._site
        if plan is None or site_id is None or zone_id in (None, plan.assignment.get(site_id)):
            return
        if not self._desk.attempt(partial(reassign_site, session, site_id, zone_id)):
            self.show_site(site_id)


class _VisitRow(QWidget):
    """A visit, with links to correct and void it."""

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
        """Show a visit, or hide the row."""
        self.setVisible(visit is not None)
        if visit is None:
            return
        self._visit = visit.uid
        session = self._desk.session
        line = _format_visit(visit, session)
        self.text.setText(line)
        self.text.setToolTip(escape_tooltip(visit.note))
        for link in self._links:
            link.setHidden(bool(session.explain_denied_log()))
            link.setAccessibleName(f"{link.text()} the visit: {line}")


def _format_load(load: SiteLoad) -> str:
    minutes = format_number(load.minutes, 1)
    visits = f"{load.visits:g} × {load.visit_min:g} min visit"
    return f"{minutes} min/day = {visits} + {load.calls:.2f} × {load.call_min:g} min call"


def _format_visit(visit: Visit, session: Session) -> str:
    parts = [
        value_text.format_moment(visit.arrived_at, session),
        visit.unit or "no unit",
        value_text.format_purpose(visit.purpose) or visit.status.replace("_", " "),
    ]
    if visit.sample:
        parts.append("sample")
    return "\u00a0· ".join(parts)  # keeps the dot off the beginning of a line


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
_SITE_ROLE = Qt.ItemDataRole.UserRole


class SelectedZoneCard(QWidget):
    """Shows a zone of the current plan."""

    def __init__(self, desk: UiContext) -> None:
        super().__init__()
        self._desk = desk
        self.sign, self.name = QLabel(), make_heading_label()
        self.lock = make_action_tool_button(desk.actions["lock"])
        self.unit, self.lock_note = make_muted_label(), make_hiding_note()
        self.facts, self.sites_title = FactRows(_ZONE_ROWS, _ZONE_TIPS), make_section_label("")
        self.sites = QListWidget()
        self.sites.setAccessibleName("Sites in this zone")
        self.sites.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.sites.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.sites.itemClicked.connect(self._select_site)
        self.sites.itemActivated.connect(self._select_site)
        make_column_layout(
            self,
            make_row_layout(self.sign, (self.name, 1), self.lock, _CLOSE_BUTTON_PX),
            self.unit,
            self.lock_note,
            self.facts,
            self.sites_title,
            (self.sites, 1),
        )

    def show_zone(self, zone_id: str) -> None:
        """Show a zone."""
        session = self._desk.session
        plan, figures = session.plan, session.state.figures
        if plan is None or figures is None or zone_id not in figures.zones:
            return
        zone = plan.zone(zone_id)
        self.sign.setPixmap(make_swatch_icon(zone.color).pixmap(16, 16))
        self.name.setText(f"Zone {zone.id}")
        self.unit.setText(value_text.describe_unit(session.project, zone.unit))
        lock = find_zone_lock(session.project, plan, zone_id)
        reason = f": {lock.reason}" if lock and lock.reason else "."
        scope = f" with all zones of the {lock.target}" if lock and lock.target != zone_id else ""
        self.lock_note.setText(f"Locked{scope}{reason}" if lock else "")
        self._show_facts(plan, figures.zones[zone_id])
        self._list_sites(plan, zone_id)

    def _show_facts(self, plan: Plan, measures: ZoneMeasures) -> None:
        session = self._desk.session
        is_outside = abs(measures.deviation) > plan.tolerance + 1e-9
        allowed = f"±{plan.tolerance * 100:g}%"
        limit = f", outside {allowed}" if is_outside else f" ({allowed} allowed)"
        post = session.project.sites.get(measures.post or "")
        sites = plan.sites_of(measures.zone)
        visited = find_sites_visited_this_week(session)
        visits = "No day this week is on record"
        if visited is not None:
            count = len(visited.intersection(sites))
            visits = f"{count} of {format_count(len(sites), 'site')} visited"
        load, target = format_number(measures.load_min), format_number(measures.target_min)
        pieces = "One piece" if measures.pieces == 1 else format_count(measures.pieces, "piece")
        self.facts.set_values(
            load=f"{load} of {target} min/day",
            deviation=value_text.format_share(measures.deviation, signed=True) + limit,
            drive=f"{format_number(measures.drive_min_per_day)} min/day",
            farthest=f"{format_number(measures.worst_drive_min, 1)} min from the post",
            post=post.name if post else value_text.NO_VALUE,
            students=format_number(measures.students),
            visits=visits,
            pieces=f"{pieces}, compactness {measures.polsby_popper:.2f}",
        )

    def _list_sites(self, plan: Plan, zone_id: str) -> None:
        project = self._desk.session.project
        members = plan.sites_of(zone_id)
        self.sites_title.setText(format_count(len(members), "site"))
        self.sites.clear()
        for site_id in sorted(members, key=lambda site: project.sites[site].name):
            item = QListWidgetItem(project.sites[site_id].name)
            item.setData(_SITE_ROLE, site_id)
            self.sites.addItem(item)

    def _select_site(self, item: QListWidgetItem) -> None:
        self._desk.bridge.select(site=item.data(_SITE_ROLE))
