"""The table of visits that are due this week: what is missed or late first.

The rule of visits in one dialog: how many a week by level and bell window, and grace.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QLabel, QSpinBox, QWidget

from zoneplanner.app.log.due_visits import (
    change_visit_rule,
    find_sites_visited_this_week,
    list_due_visits_of_week,
    list_planned_visits_of_week,
)
from zoneplanner.app.log.logbook import find_usual_unit
from zoneplanner.app.session.session import Session
from zoneplanner.domain.geography.site import SCHOOL_LEVELS, format_level
from zoneplanner.domain.locale_formats import WEEKDAY_NAMES
from zoneplanner.domain.log.due_visits import (
    DueVisit,
    DueVisitStatus,
    derive_visit_status,
    get_required_visits,
)
from zoneplanner.domain.log.journal import Visit
from zoneplanner.domain.log.visit_rule import (
    ANY_TIME,
    MAX_GRACE_MIN,
    MAX_VISITS_A_WEEK,
    VISIT_WINDOWS,
    VisitRule,
)
from zoneplanner.ui.log.visit_form import ask_to_log_planned_visit, ask_to_log_visit
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_number_box
from zoneplanner.ui.widgets.layout.basic_widgets import ActionButton
from zoneplanner.ui.widgets.layout.layouts import make_level_grid
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style import value_text
from zoneplanner.ui.widgets.tables.table_model import Column
from zoneplanner.ui.widgets.tables.table_panel import TablePanel

_SIGNS = {
    DueVisitStatus.MISSED: "!",
    DueVisitStatus.LATE: "!",
    DueVisitStatus.DUE: "○",
    DueVisitStatus.DONE: "✓",
}
_ORDER = {standing: place for place, standing in enumerate(DueVisitStatus)}
_NOT_RECORDED = "? Not recorded yet"
_ANY_TIME = "Any time"


@dataclass(frozen=True, slots=True)
class _DueVisitRow:
    """What is asked of one site in one window, or a visit ``planned`` ahead, by its uid."""

    due: DueVisit
    site: str
    site_name: str
    zone: str
    zone_place: int | None
    unit: str
    window: str
    then: str
    planned: str = ""
    recorded: bool = True
    """Whether any visit was ever logged; before that nothing is missed or late."""

    @property
    def standing_text(self) -> str:
        """Say how it stands, with its sign."""
        standing = self.due.standing
        if not self.recorded and standing in (DueVisitStatus.MISSED, DueVisitStatus.LATE):
            return _NOT_RECORDED
        return f"{_SIGNS[standing]} {standing}"

    @property
    def key(self) -> str:
        """What names the row."""
        return self.planned or f"{self.site}|{self.due.window}"


def _build_due_visit_rows(session: Session, planned_visits: Iterable[Visit]) -> list[_DueVisitRow]:
    """Return a row for each site and window and planned visit, what needs attention first."""
    project = session.saved_project
    plan = project.current_plan(session.today)
    recorded = find_sites_visited_this_week(session) is not None
    places = {zone.id: zone.color for zone in plan.zones} if plan else {}

    def build(due: DueVisit, unit: str | None, window: str, planned: str = "") -> _DueVisitRow:
        site = project.sites.get(due.site)
        zone = plan.assignment.get(due.site, "") if plan else ""
        return _DueVisitRow(
            due=due,
            site=due.site,
            site_name=site.name if site else due.site,
            zone=zone or value_text.NO_VALUE,
            zone_place=places.get(zone),
            unit=unit or value_text.NO_VALUE,
            window=window,
            then=_then(session, due),
            planned=planned,
            recorded=bool(planned) or recorded,
        )

    rows = [
        build(
            due,
            find_usual_unit(project, due.site, session.today),
            due.window.capitalize() or _ANY_TIME,
        )
        for due in list_due_visits_of_week(session)
    ]
    rows += [
        build(_due(session, visit), visit.unit, "Planned", visit.uid) for visit in planned_visits
    ]
    return sorted(rows, key=lambda row: (_ORDER[row.due.standing], row.then, row.site_name))


def _due(session: Session, visit: Visit) -> DueVisit:
    """Return where a planned visit stands: it is due until the rule's grace is over."""
    rule = session.saved_project.visit_rule
    state = derive_visit_status(visit, session.clock(), rule)
    standing = DueVisitStatus(state) if state in ("late", "missed") else DueVisitStatus.DUE
    until = visit.arrived_at + timedelta(minutes=rule.late_min)
    return DueVisit(visit.site, "", 1, 0, standing, visit.arrived_at, until)


def _then(session: Session, due: DueVisit) -> str:
    if due.standing is DueVisitStatus.DONE or due.opens_at is None or due.closes_at is None:
        return ""
    zone = ZoneInfo(session.saved_project.time_zone)
    opens, closes = due.opens_at.astimezone(zone), due.closes_at.astimezone(zone)
    day = "today" if opens.date() == session.today else WEEKDAY_NAMES[opens.weekday()][:3]
    return f"{day} {session.formats.span(opens, closes)}"


_DUE_VISIT_COLUMNS = (
    Column("Site", lambda row: row.site_name),
    Column("When", lambda row: row.window,
           tip="The bell window that the rule requires, any time of the week, or planned ahead."),
    Column("Done", lambda row: row.due.done / max(1, row.due.required),
           lambda row: f"{row.due.done} of {row.due.required}",
           "Visits this week that count, out of those required.", figure=True),
    Column("Status", lambda row: _ORDER[row.due.standing],
           lambda row: row.standing_text,
           "Missed means that not enough days are left. Late means that only the grace period "
           "is left today."),
    Column("Next", lambda row: row.then, whole=True),
    Column("Zone", lambda row: row.zone, zone=lambda row: row.zone_place),
    Column("Unit", lambda row: row.unit),
)  # fmt: skip

_EMPTY = "No visit is due this week. Set how many each level needs in “Visit Rule…”."


_LEAST_FILTER_PX = 96


class DueVisitsPanel(TablePanel):
    """A row a school and window; Enter prepares the visit that begins, and once more its end."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(
            desk,
            _DUE_VISIT_COLUMNS,
            lambda row: row.key,
            name="Visits due this week",
            empty=_EMPTY,
            filter_name="Filter visits due",
            parent=parent,
        )
        self.view.chosen.connect(lambda key: desk.bridge.select(site=self.row_of(key).site))
        self.view.opened.connect(self._log)
        self.filter.setMinimumWidth(_LEAST_FILTER_PX)
        self.all = QCheckBox("Done too")
        self.all.toggled.connect(self.mark_stale)
        buttons = [ActionButton(desk.actions[name]) for name in ("visit_now", "visit_rule")]
        self.lay_out((self.filter, 2), self.all, *buttons, None, self.counted)
        self.refresh_on(desk.bridge.logged, desk.bridge.changed)

    def refresh(self) -> None:
        """Read anew what is due."""
        first = not self.table.rowCount()
        rows = _build_due_visit_rows(
            self._desk.session, list_planned_visits_of_week(self._desk.session)
        )
        of_rule = [row.due for row in rows if not row.planned]
        done, required = (
            sum(getattr(due, name) for due in of_rule) for name in ("done", "required")
        )
        missed = sum(due.standing is DueVisitStatus.MISSED for due in of_rule)
        every = self.all.isChecked()
        shown = [row for row in rows if every or row.due.standing is not DueVisitStatus.DONE]
        self.table.show(shown)
        recorded = any(row.recorded for row in rows if not row.planned)
        late = f", {missed} missed" if missed and recorded else ""
        self.counted.setText(f"{done} of {required}{late}")
        if first and shown:
            self.view.sortByColumn(3, Qt.SortOrder.AscendingOrder)
            self.view.fit_columns()

    def _log(self, key: str) -> None:
        row = self.row_of(key)
        if row.planned:
            ask_to_log_planned_visit(self._desk, row.planned, self.window())
        else:
            ask_to_log_visit(self._desk, row.site, self.window())


_ABOUT = (
    "How many visits a school at each level needs per week, at any time or within "
    "a bell window (each on a different day). Until you change a level, the number "
    "from Assumptions applies."
)
_TITLES = {str(window): window.replace(" ", "\n").capitalize() for window in VISIT_WINDOWS}
_COLUMNS: dict[str, str] = {ANY_TIME: "Any\ntime", **_TITLES}


class VisitRuleDialog(FormDialog):
    """Edits the project's rule of visits; what is due follows at once, and Undo takes it back."""

    def __init__(self, desk: UiContext, *, parent: QWidget | None = None) -> None:
        super().__init__("Visit Rule", "Apply", self._keep, parent)
        self._desk = desk
        self.set_about(_ABOUT)
        project = desk.session.project
        there = {site.level for site in project.patrolled}
        levels = [level for level in SCHOOL_LEVELS if level in there]
        self.fields: dict[tuple[str, str], QSpinBox] = {}
        self._usual = {
            level: dict(get_required_visits(project.visit_rule, project.assumptions, level))
            for level in levels
        }
        self.form.addRow(self._table())
        rule = project.visit_rule
        self.early, self.late = (
            make_number_box(0, MAX_GRACE_MIN, minutes, suffix=suffix)
            for minutes, suffix in (
                (rule.early_min, " min before it opens"),
                (rule.late_min, " min after it closes"),
            )
        )
        self.add_rows(("Counts &from", self.early), ("Counts &to", self.late))
        next(iter(self.fields.values()), self.early).setFocus()

    def rule(self) -> VisitRule:
        """Return what the fields say; a level that is asked for the usual keeps no word of it."""
        known = self._desk.session.project.visit_rule.by_level
        by_level: dict[str, dict[str, int]] = {}
        for (level, window), field in self.fields.items():
            by_level.setdefault(level, {})[window] = field.value()
        said = {
            level: {window: times for window, times in asked.items() if times}
            for level, asked in by_level.items()
        }
        kept = {
            level: asked
            for level, asked in said.items()
            if level in known or asked != self._usual[level]
        }
        return VisitRule(kept, self.early.value(), self.late.value())

    def _keep(self) -> None:
        change_visit_rule(self._desk.session, self.rule())

    def _table(self) -> QWidget:
        frame, grid = make_level_grid(dict.fromkeys(_COLUMNS.values(), ""))
        names: list[QLabel] = []
        for row, (level, asked) in enumerate(self._usual.items(), start=1):
            name = QLabel(format_level(level))
            names.append(name)
            grid.addWidget(name, row, 0)
            for column, (window, title) in enumerate(_COLUMNS.items(), start=1):
                most = MAX_VISITS_A_WEEK if window == ANY_TIME else 5
                field = make_number_box(0, most, asked.get(window, 0), least_text="–")
                field.setAlignment(Qt.AlignmentFlag.AlignRight)
                field.setAccessibleName(f"{format_level(level)}, {title.replace(chr(10), ' ')}")
                self.fields[level, window] = field
                grid.addWidget(field, row, column)
        grid.setColumnMinimumWidth(0, max((name.sizeHint().width() for name in names), default=0))
        grid.setColumnStretch(0, 1)
        return frame
