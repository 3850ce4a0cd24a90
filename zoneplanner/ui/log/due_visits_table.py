"""The table of visits due this week, and the dialog that edits the visit rule."""

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
_ORDER = {standing: rank for rank, standing in enumerate(DueVisitStatus)}
_NOT_RECORDED = "? Not recorded yet"
_ANY_TIME = "Any time"


@dataclass(frozen=True, slots=True)
class _DueVisitRow:
    """The required visits of one site in one window, or one planned visit."""

    due: DueVisit
    site_name: str
    zone: str
    zone_color: int | None
    unit: str
    window: str
    next_time: str
    planned_uid: str = ""
    is_recorded: bool = True
    """Whether visits are recorded at all; until then none is missed or late."""

    @property
    def status_text(self) -> str:
        """The status with its sign."""
        standing = self.due.standing
        if not self.is_recorded and standing in (DueVisitStatus.MISSED, DueVisitStatus.LATE):
            return _NOT_RECORDED
        return f"{_SIGNS[standing]} {standing}"

    @property
    def key(self) -> str:
        """The unique key of the row."""
        return self.planned_uid or f"{self.due.site}|{self.due.window}"


def _build_due_visit_rows(session: Session) -> list[_DueVisitRow]:
    """Return a row for each site and window and each planned visit, the most urgent first."""
    project = session.saved_project
    plan = project.current_plan(session.today)
    is_recorded = find_sites_visited_this_week(session) is not None
    colors = {zone.id: zone.color for zone in plan.zones} if plan else {}

    def build(due: DueVisit, unit: str | None, window: str, planned_uid: str = "") -> _DueVisitRow:
        site = project.sites.get(due.site)
        zone = plan.assignment.get(due.site, "") if plan else ""
        return _DueVisitRow(
            due=due,
            site_name=site.name if site else due.site,
            zone=zone or value_text.NO_VALUE,
            zone_color=colors.get(zone),
            unit=unit or value_text.NO_VALUE,
            window=window,
            next_time=_describe_next_time(session, due),
            planned_uid=planned_uid,
            is_recorded=bool(planned_uid) or is_recorded,
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
        build(_convert_planned_visit(session, visit), visit.unit, "Planned", visit.uid)
        for visit in list_planned_visits_of_week(session)
    ]
    return sorted(rows, key=lambda row: (_ORDER[row.due.standing], row.next_time, row.site_name))


def _convert_planned_visit(session: Session, visit: Visit) -> DueVisit:
    """Return a planned visit as a due visit that closes when the rule's grace period ends."""
    rule = session.saved_project.visit_rule
    state = derive_visit_status(visit, session.clock(), rule)
    standing = DueVisitStatus(state) if state in ("late", "missed") else DueVisitStatus.DUE
    until = visit.arrived_at + timedelta(minutes=rule.late_min)
    return DueVisit(visit.site, "", 1, 0, standing, visit.arrived_at, until)


def _describe_next_time(session: Session, due: DueVisit) -> str:
    if due.standing is DueVisitStatus.DONE or due.opens_at is None or due.closes_at is None:
        return ""
    zone = ZoneInfo(session.saved_project.time_zone)
    opens, closes = due.opens_at.astimezone(zone), due.closes_at.astimezone(zone)
    day = "today" if opens.date() == session.today else WEEKDAY_NAMES[opens.weekday()][:3]
    return f"{day} {session.formats.span(opens, closes)}"


_DUE_VISIT_COLUMNS = (
    Column("Site", lambda row: row.site_name),
    Column("When", lambda row: row.window,
           tip="The visit is due in a bell window, at any time of the week, or as planned ahead."),
    Column("Done", lambda row: row.due.done / max(1, row.due.required),
           lambda row: f"{row.due.done} of {row.due.required}",
           "Visits this week that count, out of those required.", figure=True),
    Column("Status", lambda row: _ORDER[row.due.standing],
           lambda row: row.status_text,
           "Missed means that not enough days are left. Late means that only the grace period "
           "is left today."),
    Column("Next", lambda row: row.next_time, whole=True),
    Column("Zone", lambda row: row.zone, zone=lambda row: row.zone_color),
    Column("Unit", lambda row: row.unit),
)  # fmt: skip

_EMPTY = "No visit is due this week. Set how many each level needs in “Visit Rule…”."
_LEAST_FILTER_PX = 96
_COUNTS = ("done", "required")


class DueVisitsPanel(TablePanel):
    """One row per school and window; Enter starts a visit, and Enter again ends it."""

    def __init__(self, desk: UiContext) -> None:
        super().__init__(
            desk,
            _DUE_VISIT_COLUMNS,
            lambda row: row.key,
            name="Visits due this week",
            empty=_EMPTY,
            filter_name="Filter visits due",
        )
        self.view.chosen.connect(
            lambda key: desk.bridge.select(site=self.table.find_row(key).due.site)
        )
        self.view.opened.connect(self._log)
        self.filter.setMinimumWidth(_LEAST_FILTER_PX)
        self.all = QCheckBox("Done too")
        self.all.toggled.connect(self.mark_stale)
        buttons = [ActionButton(desk.actions[name]) for name in ("visit_now", "visit_rule")]
        self.lay_out((self.filter, 2), self.all, *buttons, None, self.counted)
        self.refresh_on(desk.bridge.logged, desk.bridge.changed)

    def refresh(self) -> None:
        """Show the visits due now."""
        first = not self.table.rowCount()
        rows = _build_due_visit_rows(self._desk.session)
        by_rule = [row for row in rows if not row.planned_uid]
        done, required = (sum(getattr(row.due, name) for row in by_rule) for name in _COUNTS)
        missed = sum(row.due.standing is DueVisitStatus.MISSED for row in by_rule)
        with_done = self.all.isChecked()
        shown = [row for row in rows if with_done or row.due.standing is not DueVisitStatus.DONE]
        self.table.show(shown)
        has_missed = missed and any(row.is_recorded for row in by_rule)
        self.counted.setText(f"{done} of {required}{f', {missed} missed' if has_missed else ''}")
        if first and shown:
            self.view.sortByColumn(3, Qt.SortOrder.AscendingOrder)
            self.view.fit_columns()

    def _log(self, key: str) -> None:
        row = self.table.find_row(key)
        if row.planned_uid:
            ask_to_log_planned_visit(self._desk, row.planned_uid, self.window())
        else:
            ask_to_log_visit(self._desk, row.due.site, self.window())


_ABOUT = (
    "How many visits a school at each level needs per week, at any time or within "
    "a bell window (each on a different day). Until you change a level, the number "
    "from Assumptions applies."
)
_TITLES = {str(window): window.replace(" ", "\n").capitalize() for window in VISIT_WINDOWS}
_COLUMNS: dict[str, str] = {ANY_TIME: "Any\ntime", **_TITLES}


class VisitRuleDialog(FormDialog):
    """Edits the project's visit rule, which is an edit that can be undone."""

    def __init__(self, desk: UiContext, *, parent: QWidget | None = None) -> None:
        super().__init__("Visit Rule", "Apply", self._apply, parent)
        self._desk = desk
        self.set_about(_ABOUT)
        project = desk.session.project
        levels = {site.level for site in project.patrolled}
        self.fields: dict[tuple[str, str], QSpinBox] = {}
        self._initial = {
            level: dict(get_required_visits(project.visit_rule, project.assumptions, level))
            for level in SCHOOL_LEVELS
            if level in levels
        }
        self.form.addRow(self._make_grid())
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
        """Return the rule in the fields, without levels that still follow the assumptions."""
        by_level: dict[str, dict[str, int]] = {level: {} for level in self._initial}
        for (level, window), field in self.fields.items():
            if field.value():
                by_level[level][window] = field.value()
        set_before = self._desk.session.project.visit_rule.by_level
        changed = {
            level: visits
            for level, visits in by_level.items()
            if level in set_before or visits != self._initial[level]
        }
        return VisitRule(changed, self.early.value(), self.late.value())

    def _apply(self) -> None:
        change_visit_rule(self._desk.session, self.rule())

    def _make_grid(self) -> QWidget:
        frame, grid = make_level_grid(dict.fromkeys(_COLUMNS.values(), ""))
        names: list[QLabel] = []
        for row, (level, visits) in enumerate(self._initial.items(), start=1):
            name = QLabel(format_level(level))
            names.append(name)
            grid.addWidget(name, row, 0)
            for column, (window, title) in enumerate(_COLUMNS.items(), start=1):
                most = MAX_VISITS_A_WEEK if window == ANY_TIME else 5
                field = make_number_box(0, most, visits.get(window, 0), least_text="–")
                field.setAlignment(Qt.AlignmentFlag.AlignRight)
                field.setAccessibleName(f"{format_level(level)}, {title.replace(chr(10), ' ')}")
                self.fields[level, window] = field
                grid.addWidget(field, row, column)
        grid.setColumnMinimumWidth(0, max((name.sizeHint().width() for name in names), default=0))
        grid.setColumnStretch(0, 1)
        return frame
