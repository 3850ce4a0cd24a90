"""Where driving minutes come from: street axes, roads of a file, or a table of one's own."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QGridLayout,
    QWidget,
)

from zoneplanner.analysis.travel.travel_model import (
    describe_travel_source,
    list_sites_without_drives,
)
from zoneplanner.app.geography.travel_times import (
    TravelResult,
    compare_kept_travel,
    import_travel_table,
    measure_road_travel,
    remeasure_road_travel,
    set_project_travel,
)
from zoneplanner.domain.geography.travel_times import (
    DEFAULT_ROAD_SPEEDS_MPH,
    MAX_SPEED_MPH,
    TravelProvider,
    complete_road_speeds,
    describe_road_class,
)
from zoneplanner.errors import UserError
from zoneplanner.messages import format_count
from zoneplanner.ui.widgets.inputs.file_dialogs import ask_file
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.forms import place_beside
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import (
    DecimalBox,
    make_choice_box,
    make_decimal_box,
)
from zoneplanner.ui.widgets.layout.basic_widgets import (
    PlainTextLabel,
    make_muted_label,
    make_section_label,
    push_button,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX, WIDE_MARGIN_PX

_PROVIDERS = {
    TravelProvider.GRID: "Along the street grid, at one speed",
    TravelProvider.ROADS: "Over the roads of a file",
    TravelProvider.TABLE: "By your own table of driving minutes",
}
_FILES = {
    TravelProvider.ROADS: "Roads (*.osm.pbf *.pbf *.zip *.shp *.graphml);;All files (*)",
    TravelProvider.TABLE: "Tables (*.csv);;All files (*)",
}
_FILE_HINTS = {
    TravelProvider.ROADS: "An OpenStreetMap extract (.osm.pbf), TIGER/Line roads (.zip) or an "
    "OSMnx .graphml. Nothing is downloaded: get the file once and choose "
    "it here.",
    TravelProvider.TABLE: "A CSV file with the columns from, to and minutes: site IDs or names, "
    "with every pair of patrolled sites.",
    TravelProvider.GRID: "Speed, street factor and turnout are set in Assumptions.",
}
_COLUMNS = 2


class TravelDialog(FormDialog):
    """Chooses the provider; roads are read and driven as a job, and the change is one step."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__("Travel Times", "Apply", self._keep, parent)
        self._desk = desk
        project = desk.session.state.saved_project
        travel = project.travel
        self.path: Path | None = None
        compared = compare_kept_travel(project)
        told = [describe_travel_source(project), *([compared.text] if compared else [])]
        self.set_about(desk.session.rewrite(" ".join(told)))
        self.provider = make_choice_box(
            _PROVIDERS, travel.provider if travel else TravelProvider.GRID
        )
        self.file = PlainTextLabel(travel.source if travel else "No file yet")
        self.choose = push_button("Choose…", do=self._ask_file)
        self.choose.setAccessibleName("Choose a file")
        self.wanted = make_muted_label()
        self.add_rows(
            ("M&inutes", self.provider),
            ("File", place_beside(self.file, self.choose)),
            ("", self.wanted),
        )
        self.speeds: dict[str, DecimalBox] = {}
        self.table = self._speeds(dict(travel.speeds_mph) if travel else {})
        self.form.addRow(self.table)
        away = len(list_sites_without_drives(project))
        if away:
            sites = format_count(away, "site")
            text = (
                f"{sites} moved or added: the street grid is used until drives are computed again."
            )
            self.form.addRow(make_muted_label(text))
        self.restore = self.buttons.addButton("Usual Speeds", QDialogButtonBox.ButtonRole.ResetRole)
        self.restore.clicked.connect(lambda _=False: self._put_usual())
        self.provider.currentIndexChanged.connect(lambda _: self._follow())
        self._follow()

    @property
    def wish(self) -> TravelProvider:
        """The provider that is chosen."""
        return TravelProvider(self.provider.currentData())

    def take(self, path: Path) -> None:
        """Use a file, as a person chose it."""
        self.path = path
        self.file.setText(path.name)

    def chosen_speeds(self) -> dict[str, float]:
        """Return the speeds that differ from the usual ones, in mph by class."""
        found = {kind: field.value() for kind, field in self.speeds.items()}
        return {kind: mph for kind, mph in found.items() if mph != DEFAULT_ROAD_SPEEDS_MPH[kind]}

    def _keep(self) -> None:
        desk, session, path = self._desk, self._desk.session, self.path
        provider, travel = self.wish, session.state.saved_project.travel
        if provider is TravelProvider.GRID:
            set_project_travel(session, None)
            return
        if path is None and (travel is None or travel.provider is not provider):
            raise UserError("field_empty.travel_file")
        if provider is TravelProvider.TABLE:
            if path is not None:
                _use_travel(desk, import_travel_table(session, path))
            return
        speeds = self.chosen_speeds()
        complete_road_speeds(speeds)
        desk.jobs.run(
            "Computing drives",
            lambda report: (
                remeasure_road_travel(session, speeds, report=report)
                if path is None
                else measure_road_travel(session, path, speeds_mph=speeds, report=report)
            ),
            on_done=lambda travel: _use_measured(desk, travel),
            lost="Driving times were not changed.",
        )

    def _ask_file(self) -> None:
        provider = self.wish
        own = self._desk.session.store.path
        folder = own.parent if own is not None else None
        chosen = ask_file(self, _PROVIDERS[provider], _FILES[provider], folder=folder)
        if chosen is not None:
            self.take(chosen)

    def _follow(self) -> None:
        """Show what the provider needs."""
        provider = self.wish
        filed = provider is not TravelProvider.GRID
        for row in (self.file, self.choose):
            row.setEnabled(filed)
        self.table.setVisible(provider is TravelProvider.ROADS)
        self.restore.setVisible(provider is TravelProvider.ROADS)
        self.wanted.setText(_FILE_HINTS[provider])

    def _put_usual(self) -> None:
        for kind, field in self.speeds.items():
            field.setValue(DEFAULT_ROAD_SPEEDS_MPH[kind])

    def _speeds(self, own: dict[str, float]) -> QWidget:
        frame = QWidget()
        grid = QGridLayout(frame)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(WIDE_MARGIN_PX)
        grid.setVerticalSpacing(GRID_PX)
        head = make_section_label("Driving speeds, including lights and turns")
        grid.addWidget(head, 0, 0, 1, 2 * _COLUMNS)
        for at, (kind, usual) in enumerate(DEFAULT_ROAD_SPEEDS_MPH.items()):
            row, column = 1 + at // _COLUMNS, 2 * (at % _COLUMNS)
            name = describe_road_class(kind)
            field = make_decimal_box(0.0, MAX_SPEED_MPH, own.get(kind, usual), suffix=" mph")
            field.setAlignment(Qt.AlignmentFlag.AlignRight)
            field.setAccessibleName(f"Speed on {name}")
            field.setToolTip(f"OpenStreetMap’s class {kind}; usually {usual:g} mph.")
            self.speeds[kind] = field
            grid.addWidget(PlainTextLabel(name.removesuffix(" roads").capitalize()), row, column)
            grid.addWidget(field, row, column + 1)
        return frame


def _use_travel(desk: UiContext, result: TravelResult) -> None:
    """Take new driving minutes as one step, and list the rows that were left out."""
    set_project_travel(desk.session, result.travel)
    rows = [f"Row {one.row}: {one.reason}" for one in result.refused]
    notes = "\n".join([*result.notes, *rows])
    desk.report_done(result.text, details={"Notes": notes} if notes else None, stays=bool(rows))


def _use_measured(desk: UiContext, result: TravelResult) -> None:
    desk.attempt(lambda: _use_travel(desk, result))
