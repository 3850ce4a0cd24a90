"""Coverage by question: key figures, zones and charts of a period, each with its count."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
from PySide6.QtWidgets import QHeaderView, QLabel, QWidget

from zoneplanner.analysis.coverage.chart_series import CoverageSeries
from zoneplanner.analysis.coverage.figures import LEAST_N
from zoneplanner.app.coverage.observed_coverage import (
    CoverageBoard,
    compute_coverage_board,
    compute_observed_coverage,
    write_figures_csv,
)
from zoneplanner.app.exports.atomic_files import write_file_atomically
from zoneplanner.messages import Message, format_count
from zoneplanner.ui.coverage.observed_figures import (
    KEY_FIGURES,
    KEY_FIGURES_OF,
    MODEL_ASKED,
    QUESTIONS,
    REPORT_PERIODS,
    RESPONSE_ASKED,
    VISITS_ASKED,
    KeyFigure,
    PeriodChoice,
    PeriodSelection,
    ZoneStanding,
    build_arrival_grid,
    build_key_figures,
    build_response_bars,
    build_unvisited_figure,
    build_week_bars,
    describe_busiest_hour,
    describe_part_weeks,
    describe_purposes,
    describe_responses,
    rank_zones_by_response,
    rank_zones_by_visits,
)
from zoneplanner.ui.widgets.charts.plots import Bar, BarPlot, FigureTable, HeatPlot
from zoneplanner.ui.widgets.inputs.forms import DayField, FormRows
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import (
    TabBar,
    make_choice_box,
    make_decimal_box,
)
from zoneplanner.ui.widgets.layout.basic_widgets import (
    LazyPanel,
    make_action_tool_button,
    make_column_layout,
    make_muted_label,
    make_row_layout,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX, make_strong_font
from zoneplanner.ui.widgets.tables.table_model import Column
from zoneplanner.ui.widgets.tables.table_view import FittedTableView

NOTHING_LOGGED = "Nothing has been logged yet. Log the first visit with Ctrl+L."
_NOTHING_IN_PERIOD = (
    "Nothing is logged in this period. Choose a longer one, or log a visit (Ctrl+L)."
)
_MAX_AGE = timedelta(days=36_500)
_MIN_TARGET_MIN, _MAX_TARGET_MIN = 1, 120


class ObservedBoard(LazyPanel):
    """What the log shows for a period; what the model expects is on its own page."""

    def __init__(self, desk: UiContext, period: PeriodSelection) -> None:
        super().__init__()
        self._desk, self.period, theme = desk, period, desk.icons.theme
        self.question = TabBar()
        self.question.setAccessibleName("Question")
        self.question.setDrawBase(False)
        self.question.setExpanding(True)
        for title in QUESTIONS.values():
            self.question.addTab(title)
        self.key_figures = [_KeyFigureRow() for _ in KEY_FIGURES]
        self.weeks = BarPlot("Visits by week", theme, self._save_chart, heading=("Week", "Visits"))
        self.response = BarPlot(
            "Response in minutes", theme, self._save_chart, heading=("Minutes", "Responses")
        )
        self.heat = HeatPlot("Arrivals by hour", theme, self._save_chart, unit="arrival")
        self.note = make_muted_label()
        self.declare = make_action_tool_button(desk.actions["office_setup"])
        self._build_fields()
        self.ranking = FittedTableView("Zones, worst first", desk.icons)
        self._show_zones(VISITS_ASKED, ())
        self.ranking.setSortingEnabled(False)
        self.ranking.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.ranking.horizontalHeader().setStretchLastSection(False)
        self.ranking.chosen.connect(lambda zone: desk.bridge.select(zone=zone))
        self.not_visited = _KeyFigureRow()
        self._key_figure_rows = QWidget()
        rows = (self.not_visited, *self.key_figures)
        make_column_layout(self._key_figure_rows, *rows, margin_px=0, spacing_px=GRID_PX)
        self._pages = {
            VISITS_ASKED: (self.not_visited, self.ranking, self.weeks, self.heat),
            RESPONSE_ASKED: (self.ranking, self.response),
            MODEL_ASKED: (),
        }
        self._plots = (self.weeks, self.response, self.heat)
        make_column_layout(
            self,
            self.question,
            self.form,
            self._key_figure_rows,
            self.ranking,
            *self._plots,
            self.note,
            self.declare,
        )
        self.question.currentChanged.connect(lambda index: period.ask(list(QUESTIONS)[index]))
        period.asked.connect(self._show_question)
        period.changed.connect(self._follow_period)
        self.refresh_on(desk.bridge.logged, desk.bridge.changed)
        self._show_question(period.question)
        self._follow_period()

    def follow_theme(self) -> None:
        """Change the colors of the charts."""
        for plot in self._plots:
            plot.set_theme(self._desk.icons.theme)

    def refresh(self) -> None:
        """Compute the figures of the period again."""
        session, choice = self._desk.session, self.period.choice
        first, last = choice.days(session.today, session.project.calendar)
        target_min = choice.target_min

        def show() -> None:
            board = compute_coverage_board(session, first=first, last=last, target_min=target_min)
            self._show(board, choice)

        self._desk.attempt(show)

    def _show_question(self, question: str) -> None:
        """Show the widgets that answer a question."""
        self.question.setCurrentIndex(list(QUESTIONS).index(question))
        for widget in (self.not_visited, self.ranking, *self._plots):
            widget.setVisible(widget in self._pages[question])
        for index, row in enumerate(self.key_figures):
            row.setVisible(index in KEY_FIGURES_OF[question])
        self.form.setRowVisible(self.target, question != VISITS_ASKED)
        self.note.setVisible(question != MODEL_ASKED)
        self.mark_stale()

    def _rank_zones(self, choice: PeriodChoice, undeclared: Collection[str]) -> None:
        """List the zones of the plan on screen, worst first."""
        session, question = self._desk.session, self.period.question
        first, last = choice.days(session.today, session.project.calendar)
        by = "zone" if question == RESPONSE_ASKED else "site"
        rows = compute_observed_coverage(
            session, by=by, first=first, last=last, target_min=choice.target_min
        )
        plan = session.plan
        colors = {zone.id: zone.color for zone in plan.zones} if plan else {}
        if question == RESPONSE_ASKED:
            standings = rank_zones_by_response(rows, colors)
        else:
            assignment = plan.assignment if plan else {}
            standings = rank_zones_by_visits(rows, assignment, colors, undeclared)
            unvisited = build_unvisited_figure(rows, session.saved_project, undeclared)
            self.not_visited.show_figure(unvisited)
        self._show_zones(question, standings)
        self.ranking.make_room(first=1)

    def _show_zones(self, question: str, standings: Sequence[ZoneStanding]) -> None:
        self.ranking.show_columns(_ZONE_COLUMNS[question], lambda row: row.zone)
        self.zones = self.ranking.table
        self.zones.show(standings)

    def _show(self, board: CoverageBoard, choice: PeriodChoice) -> None:
        series, question = board.series, self.period.question
        if question != MODEL_ASKED:
            self._rank_zones(choice, series.undeclared)
        has_entries = bool(self._desk.session.store.head().entries)
        say = self._desk.session.rewrite
        key_figures = build_key_figures(board.figures, say=say, recorded=has_entries)
        for row, figure in zip(self.key_figures, key_figures, strict=True):
            row.show_figure(figure)
        _align_rows([row for row in (self.not_visited, *self.key_figures) if not row.isHidden()])
        cells = self._draw_charts(series, choice.target_min)
        is_empty = not series.calls and not cells.any()
        is_new = is_empty and not has_entries  # one sentence shows it instead of each figure
        for widget in (self._key_figure_rows, *self._pages[question]):
            widget.setVisible(not is_new)
        if not self.zones.rowCount():
            self.ranking.hide()
        self._show_note(series, is_empty=is_empty, has_entries=has_entries)

    def _draw_charts(self, series: CoverageSeries, target_min: float) -> np.ndarray:
        """Draw the charts, and return the arrivals, shape (days, hours)."""
        formats = self._desk.session.formats
        bars = [Bar(*bar) for bar in build_week_bars(series, formats)]
        notes = describe_purposes(series.purposes), describe_part_weeks(series, formats)
        self.weeks.note.setText(" · ".join(filter(None, notes)))
        self.weeks.show_bars(bars, description=f"{len(bars)} weeks. {self.weeks.note.text()}")
        self.response.note.setText(describe_responses(series))
        bars = [Bar(*bar) for bar in build_response_bars(series)]
        limit = (target_min, f"target {target_min:g}") if bars else None
        self.response.show_bars(
            bars, description=self.response.note.text(), limit=limit, bounds=True
        )
        cells, rows, columns = build_arrival_grid(series)
        self.heat.note.setText(format_count(int(cells.sum()), "arrival"))
        self.heat.show_grid(
            cells, rows, columns, description=describe_busiest_hour(cells, rows, columns)
        )
        return cells

    def _show_note(self, series: CoverageSeries, *, is_empty: bool, has_entries: bool) -> None:
        """Show the days of the figures, or that nothing is logged, and remarks on the log."""
        session = self._desk.session
        for field in (self.first, self.last):
            field.setDisplayFormat(session.formats.field_pattern)
        text = _NOTHING_IN_PERIOD if has_entries else NOTHING_LOGGED
        if not is_empty:
            sample = " Some are sample entries." if series.sample else ""
            text = f"{session.formats.days(series.first, series.last)}.{sample}"
        self.note.setText(" ".join(filter(None, (text, session.rewrite(*series.notes)))))
        # without patrolled schools and entries, the map shows what to do first
        is_needed = has_entries or not is_empty or bool(session.project.patrolled)
        self.note.setVisible(is_needed and self.period.question != MODEL_ASKED)
        self.declare.setVisible(bool(series.undeclared) and not self.note.isHidden())

    def _save_chart(self, path: Path, content: FigureTable | bytes) -> None:
        if self._desk.attempt(lambda: self._write_chart(path, content)):
            self._desk.notices.show_notice(Message("file_saved", file=path.name), sign="done")

    def _write_chart(self, path: Path, content: FigureTable | bytes) -> None:
        self._desk.session.store.check_target(path)
        if isinstance(content, bytes):
            write_file_atomically(path, content)
        else:
            write_figures_csv(path, content)

    def _build_fields(self) -> None:
        self.periods = make_choice_box(REPORT_PERIODS, name="Period")
        self.periods.currentIndexChanged.connect(lambda _: self._read_fields())
        session = self._desk.session
        self.first, self.last = (DayField(session.formats, session.today) for _ in range(2))
        self.first.setAccessibleName("First day")
        self.last.setAccessibleName("Last day")
        self.target = make_decimal_box(
            _MIN_TARGET_MIN, _MAX_TARGET_MIN, self.period.choice.target_min, suffix=" min"
        )
        self.target.setToolTip("The district’s own response target.")
        for changed in (self.first.dateChanged, self.last.dateChanged, self.target.valueChanged):
            changed.connect(lambda _: self._read_fields())
        self.own_days = make_row_layout((self.first, 1), (self.last, 1))
        self.form = FormRows()
        self.form.addRow("&Period", self.periods)
        self.form.addRow(self.own_days)
        self.form.addRow("&Target", self.target)
        report = make_action_tool_button(self._desk.actions["month_report"])
        self.form.addRow("", make_row_layout(report, None))

    def _read_fields(self) -> None:
        """Select the period and target that the fields contain."""
        key = self.periods.currentData()
        choice = replace(self.period.choice, period=key, target_min=self.target.value())
        if key == "own":
            first, last = self.first.day(), self.last.day()
            if first > last:  # the field that was not changed follows the other
                first, last = (first, first) if first != choice.first else (last, last)
            choice = replace(choice, first=first, last=last)
        self.period.choose(choice)

    def _follow_period(self) -> None:
        """Show the selected period in the fields, wherever it was selected."""
        choice = self.period.choice
        today = self._desk.session.today
        fields: tuple[QWidget, ...] = (self.periods, self.first, self.last, self.target)
        for field in fields:
            field.blockSignals(True)
        self.periods.setCurrentIndex(self.periods.findData(choice.period))
        first, last = choice.days(today, self._desk.session.project.calendar)
        for day in (self.first, self.last):
            day.limit(today - _MAX_AGE, today)
        self.first.put(first or today - timedelta(days=29))
        self.last.put(last or today)
        self.target.setValue(choice.target_min)
        for field in fields:
            field.blockSignals(False)
        self.form.setRowVisible(self.own_days, choice.period == "own")
        self.period.follow(self._desk.bridge)
        self.mark_stale()


_SHARE_TIP = (
    "Share of the zone’s schools that were visited; shown only for zones with at least "
    f"{LEAST_N} schools."
)
_ZONE_COLUMN = Column("Zone", lambda row: row.zone or "No zone", zone=lambda row: row.color)
_ZONE_COLUMNS = {
    VISITS_ASKED: (
        _ZONE_COLUMN,
        Column("Visited", lambda row: row.text, tip="Schools in the zone that were visited.",
               figure=True),
        Column("%", lambda row: row.share, figure=True, tip=_SHARE_TIP,
               cell_tip=lambda row: _SHARE_TIP),
    ),
    RESPONSE_ASKED: (
        _ZONE_COLUMN,
        Column("Median, min (n)", lambda row: row.text, figure=True,
               tip="From the call to the first unit on scene, with the number of responses."),
        Column("In target", lambda row: row.share, figure=True),
    ),
}  # fmt: skip


def _align_rows(rows: Sequence["_KeyFigureRow"]) -> None:
    """Align the values to the right, and the counts to the left of the next column."""
    width = max((row.n.sizeHint().width() for row in rows), default=0)
    for row in rows:
        row.n.setFixedWidth(width)


class _KeyFigureRow(QWidget):
    """A row with a key figure's title, its value, and the number of records it is based on."""

    def __init__(self) -> None:
        super().__init__()
        self.title, self.value, self.n = QLabel(), QLabel(), make_muted_label()
        self.value.setFont(make_strong_font())
        self.n.setWordWrap(False)
        make_row_layout((self.title, 1), self.value, self.n, parent=self, spacing_px=GRID_PX)

    def show_figure(self, figure: KeyFigure) -> None:
        """Show a figure."""
        self.title.setText(figure.title)
        self.value.setText(figure.value)
        self.n.setText(figure.n)
        self.setToolTip(figure.tip)
        texts = ", ".join(filter(None, (figure.value, figure.n)))
        self.setAccessibleName(f"{figure.title}: {texts}")
        self.setAccessibleDescription(figure.tip)
