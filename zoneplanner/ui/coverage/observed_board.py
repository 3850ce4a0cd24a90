"""Coverage by question: key figures, zones and charts of a period, each with its count."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QLabel, QWidget

from zoneplanner.analysis.coverage.figures import LEAST_N
from zoneplanner.app.coverage.observed_coverage import (
    CoverageBoard,
    compute_coverage_board,
    compute_observed_coverage,
    write_figures_csv,
)
from zoneplanner.app.exports.atomic_files import write_file_atomically
from zoneplanner.messages import format_count
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
from zoneplanner.ui.widgets.style.theme import GRID_PX, Theme, make_strong_font
from zoneplanner.ui.widgets.tables.table_model import Column, TableModel
from zoneplanner.ui.widgets.tables.table_view import FittedTableView

NOTHING_LOGGED = "Nothing has been logged yet. Log the first visit with Ctrl+L."
_EMPTY = "Nothing is logged in this period. Choose a longer one, or log a visit (Ctrl+L)."
_LONGEST_BACK = timedelta(days=36_500)
_LEAST_TARGET_MIN, _MOST_TARGET_MIN = 1, 120


class ObservedBoard(LazyPanel):
    """What the log shows of a period; what a model expects stands elsewhere."""

    def __init__(
        self, desk: UiContext, theme: Theme, period: PeriodSelection, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._desk, self.period = desk, period
        self.question = TabBar()
        self.question.setAccessibleName("Question")
        self.question.setDrawBase(False)
        self.question.setExpanding(True)
        for title in QUESTIONS.values():
            self.question.addTab(title)
        self.tiles = [_TileBox() for _ in KEY_FIGURES]
        self.weeks = BarPlot("Visits by week", theme, self._keep, heading=("Week", "Visits"))
        self.response = BarPlot(
            "Response in minutes", theme, self._keep, heading=("Minutes", "Responses")
        )
        self.heat = HeatPlot("Arrivals by hour", theme, self._keep, unit="arrival")
        self.note = make_muted_label()
        self.declare = make_action_tool_button(desk.actions["office_setup"])
        self._make_fields()
        self.zones = TableModel(_ZONE_COLUMNS[VISITS_ASKED], lambda row: row.zone, self)
        self.ranking = FittedTableView("Zones, worst first", desk.icons)
        self.ranking.setModel(self.zones)
        self.ranking.setSortingEnabled(False)
        self.ranking.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.ranking.horizontalHeader().setStretchLastSection(False)
        self.ranking.chosen.connect(lambda zone: desk.bridge.select(zone=zone))
        self.not_visited = _TileBox()
        shown = self._figures = QWidget()
        boxes = (self.not_visited, *self.tiles)
        make_column_layout(shown, *boxes, margin_px=0, spacing_px=GRID_PX)
        self._pages = {
            VISITS_ASKED: (self.not_visited, self.ranking, self.weeks, self.heat),
            RESPONSE_ASKED: (self.ranking, self.response),
            MODEL_ASKED: (),
        }
        plots = (self.weeks, self.response, self.heat)
        below = (*plots, self.note, self.declare)
        make_column_layout(self, self.question, self.asked, shown, self.ranking, *below)
        self.question.currentChanged.connect(lambda at: period.ask(list(QUESTIONS)[at]))
        period.asked.connect(self._turn)
        period.changed.connect(self._take_period)
        self.refresh_on(desk.bridge.logged, desk.bridge.changed)
        self._turn(period.question)
        self._take_period()

    def set_theme(self, theme: Theme) -> None:
        """Draw the charts in other colors."""
        for plot in (self.weeks, self.response, self.heat):
            plot.set_theme(theme)

    def refresh(self) -> None:
        """Read the log of the period anew."""
        choice, today = self.period.choice, self._desk.session.today
        first, last = choice.days(today, self._desk.session.project.calendar)
        compute = partial(compute_coverage_board, first=first, last=last)

        def show() -> None:
            self._show(compute(self._desk.session, target_min=choice.target_min), choice)

        self._desk.attempt(show)

    def _turn(self, question: str) -> None:
        """Show what answers a question."""
        self.question.setCurrentIndex(list(QUESTIONS).index(question))
        shown = self._pages[question]
        for part in (self.not_visited, self.ranking, self.weeks, self.response, self.heat):
            part.setVisible(part in shown)
        for at, tile in enumerate(self.tiles):
            tile.setVisible(at in KEY_FIGURES_OF[question])
        self.asked.setRowVisible(self.target, question != VISITS_ASKED)
        self.note.setVisible(question != MODEL_ASKED)
        self.mark_stale()

    def _rank_zones(self, choice: PeriodChoice, undeclared: Collection[str]) -> None:
        """List the zones of the plan on screen, the worst first."""
        session, question = self._desk.session, self.period.question
        first, last = choice.days(session.today, session.project.calendar)
        by = "zone" if question == RESPONSE_ASKED else "site"
        rows = compute_observed_coverage(
            session, by=by, first=first, last=last, target_min=choice.target_min
        )
        plan = session.plan
        colors = {zone.id: zone.color for zone in plan.zones} if plan else {}
        if question == RESPONSE_ASKED:
            ranked = rank_zones_by_response(rows, colors)
        else:
            ranked = rank_zones_by_visits(rows, plan.assignment if plan else {}, colors, undeclared)
            self.not_visited.show_tile(
                build_unvisited_figure(rows, session.saved_project, undeclared)
            )
        self.zones = TableModel(_ZONE_COLUMNS[question], lambda row: row.zone, self)
        self.zones.show(ranked)
        self.ranking.setModel(self.zones)
        self.ranking.setVisible(bool(ranked))
        self.ranking.make_room(first=1)

    def _show(self, found: CoverageBoard, choice: PeriodChoice) -> None:
        if self.period.question != MODEL_ASKED:
            self._rank_zones(choice, found.series.undeclared)
        series = found.series
        recorded = bool(self._desk.session.store.head().entries)
        shown = build_key_figures(found.figures, recorded=recorded)
        for box, tile in zip(self.tiles, shown, strict=True):
            box.show_tile(tile)
        _align_tiles([box for box in (self.not_visited, *self.tiles) if not box.isHidden()])
        bars = [Bar(*one) for one in build_week_bars(series, self._desk.session.formats)]
        said = (
            describe_purposes(series.purposes),
            describe_part_weeks(series, self._desk.session.formats),
        )
        self.weeks.note.setText(" · ".join(filter(None, said)))
        self.weeks.show_bars(bars, told=f"{len(bars)} weeks. {self.weeks.note.text()}")
        self.response.note.setText(describe_responses(series))
        bars = [Bar(*one) for one in build_response_bars(series)]
        limit = (choice.target_min, f"target {choice.target_min:g}") if bars else None
        self.response.show_bars(bars, told=self.response.note.text(), limit=limit, bounds=True)
        cells, rows, columns = build_arrival_grid(series)
        told = describe_busiest_hour(cells, rows, columns)
        self.heat.note.setText(format_count(int(cells.sum()), "arrival"))
        self.heat.show_grid(cells, rows, columns, told=told)
        nothing = not series.calls and not cells.any()
        sample = " Some are sample entries." if series.sample else ""
        formats = self._desk.session.formats
        days = formats.days(series.first, series.last)
        for day in (self.first, self.last):
            day.setDisplayFormat(formats.field_pattern)
        bare = nothing and not recorded  # one sentence says it, not each figure
        asked = self._pages[self.period.question]
        for part in (self._figures, *asked):
            part.setVisible(not bare)
        ranked = self.ranking in asked and bool(self.zones.rowCount())
        self.ranking.setVisible(ranked and not bare)
        empty = _EMPTY if recorded else NOTHING_LOGGED
        notes = "".join(f" {self._desk.session.rewrite(note)}" for note in series.notes)
        tells = not bare or bool(self._desk.session.project.patrolled)  # else the map tells it
        self.note.setVisible(tells and self.period.question != MODEL_ASKED)
        self.declare.setVisible(bool(series.undeclared) and not self.note.isHidden())
        self.note.setText(f"{empty}{notes}" if nothing else f"{days}.{sample}{notes}")

    def _keep(self, path: Path, content: FigureTable | bytes) -> None:
        if self._desk.attempt(lambda: self._write(path, content)):
            self._desk.notices.show_notice(f"“{path.name}” was saved.", sign="done")

    def _write(self, path: Path, content: FigureTable | bytes) -> None:
        self._desk.session.store.check_target(path)
        if isinstance(content, bytes):
            write_file_atomically(path, content)
        else:
            write_figures_csv(path, content)

    def _make_fields(self) -> None:
        self.periods = make_choice_box(REPORT_PERIODS, name="Period")
        self.periods.currentIndexChanged.connect(lambda _: self._choose())
        session = self._desk.session
        self.first, self.last = (DayField(session.formats, session.today) for _ in range(2))
        self.first.setAccessibleName("First day")
        self.last.setAccessibleName("Last day")
        self.target = make_decimal_box(
            _LEAST_TARGET_MIN, _MOST_TARGET_MIN, self.period.choice.target_min, suffix=" min"
        )
        self.target.setToolTip("The district's own response target.")
        for changed in (self.first.dateChanged, self.last.dateChanged, self.target.valueChanged):
            changed.connect(lambda _: self._choose())
        self.own_days = make_row_layout((self.first, 1), (self.last, 1))
        self.asked = FormRows()
        self.asked.addRow("&Period", self.periods)
        self.asked.addRow(self.own_days)
        self.asked.addRow("&Target", self.target)
        report = make_action_tool_button(self._desk.actions["month_report"])
        self.asked.addRow("", make_row_layout(report, None))

    def _choose(self) -> None:
        """Take what the fields say; own days are shown where they are asked for."""
        key = self.periods.currentData()
        choice = replace(self.period.choice, period=key, target_min=self.target.value())
        if key == "own":
            first, last = self.first.day(), self.last.day()
            if first > last:  # the day that was not moved follows
                first, last = (first, first) if first != choice.first else (last, last)
            choice = replace(choice, first=first, last=last)
        self.period.choose(choice)

    def _take_period(self) -> None:
        """Follow the choice, wherever it was made."""
        choice = self.period.choice
        today = self._desk.session.today
        fields: tuple[QWidget, ...] = (self.periods, self.first, self.last, self.target)
        for field in fields:
            field.blockSignals(True)
        self.periods.setCurrentIndex(self.periods.findData(choice.period))
        first, last = choice.days(today, self._desk.session.project.calendar)
        for day in (self.first, self.last):
            day.limit(today - _LONGEST_BACK, today)
        self.first.put(first or today - timedelta(days=29))
        self.last.put(last or today)
        self.target.setValue(choice.target_min)
        for field in fields:
            field.blockSignals(False)
        self.asked.setRowVisible(self.own_days, choice.period == "own")
        self.period.follow(self._desk.bridge)
        self.mark_stale()


_SHARE_TIP = f"Share of the zone's schools that were visited; shown for at least {LEAST_N} schools."
_ZONE_COLUMNS = {
    VISITS_ASKED: (
        Column("Zone", lambda row: row.zone or "No zone", zone=lambda row: row.place),
        Column("Visited", lambda row: row.text, tip="Schools in the zone that were visited.",
               figure=True),
        Column("%", lambda row: row.beside, figure=True, tip=_SHARE_TIP,
               cell_tip=lambda row: _SHARE_TIP),
    ),
    RESPONSE_ASKED: (
        Column("Zone", lambda row: row.zone or "No zone", zone=lambda row: row.place),
        Column("Median, min (n)", lambda row: row.text, figure=True,
               tip="From the call to the first unit on scene, with the number of responses."),
        Column("In target", lambda row: row.beside, figure=True),
    ),
}  # fmt: skip


def _align_tiles(shown: Sequence["_TileBox"]) -> None:
    """Let the values end in one column, and what they are of begin in the next one."""
    wide = max((box.n.sizeHint().width() for box in shown), default=0)
    for box in shown:
        box.n.setFixedWidth(wide)


class _TileBox(QWidget):
    """A key figure as it is shown: its title, its value, and on how many records it rests."""

    def __init__(self) -> None:
        super().__init__()
        self.title, self.value, self.n = QLabel(), QLabel(), make_muted_label()
        self.value.setFont(make_strong_font())
        self.n.setWordWrap(False)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID_PX)
        row.addWidget(self.title, 1)
        row.addWidget(self.value)
        row.addWidget(self.n)

    def show_tile(self, tile: KeyFigure) -> None:
        """Show a figure."""
        self.title.setText(tile.title)
        self.value.setText(tile.value)
        self.n.setText(tile.n)
        self.setToolTip(tile.tip)
        self.setAccessibleName(f"{tile.title}: {', '.join(filter(None, (tile.value, tile.n)))}")
        self.setAccessibleDescription(tile.tip)
