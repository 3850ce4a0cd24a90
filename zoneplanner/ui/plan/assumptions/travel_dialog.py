"""Where driving minutes come from: street axes, roads of a file, or a table of one's own."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QGridLayout,
    QPushButton,
    QWidget,
)

from zoneplanner.analysis.travel.drive_table import (
    describe_travel_source,
    list_sites_without_drives,
)
from zoneplanner.app.geography.travel_times import (
    TravelResult,
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
from zoneplanner.ui.widgets.inputs.file_dialogs import ask_file
from zoneplanner.ui.widgets.inputs.forms import FormDialog, place_beside
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import ChoiceBox, DecimalBox
from zoneplanner.ui.widgets.layout.basic_widgets import (
    PlainTextLabel,
    add_spin_arrows,
    make_muted_label,
    make_section_label,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX, WIDE_MARGIN_PX
from zoneplanner.ui.widgets.style.value_text import format_count

_PROVIDERS = {
    TravelProvider.GRID: "Along street axes, at one speed",
    TravelProvider.ROADS: "Over the roads of a file",
    TravelProvider.TABLE: "By a table of minutes of your own",
}
_FILES = {
    TravelProvider.ROADS: "Roads (*.osm.pbf *.pbf *.zip *.shp *.graphml);;All files (*)",
    TravelProvider.TABLE: "Tables (*.csv);;All files (*)",
}
_FILE_HINTS = {
    TravelProvider.ROADS: "An OpenStreetMap extract (.osm.pbf), TIGER/Line roads (.zip) or an "
    "OSMnx "
    ".graphml. Nothing is fetched: download the file once and choose it here.",
    TravelProvider.TABLE: "A CSV with the columns from, to, minutes: ids or names of sites, every "
    "pair "
    "of patrolled sites.",
    TravelProvider.GRID: "Speed, street factor and turn-out are among the assumptions.",
}
_COLUMNS = 2


class TravelDialog(FormDialog):
    """Chooses the provider; roads are read and driven as a job, and the change is one step."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__("Travel Times", "Use these", self._keep, parent)
        self._desk = desk
        project = desk.session.state.saved_project
        travel = project.travel
        self.path: Path | None = None
        self.set_about(desk.session.rewrite(describe_travel_source(project)))
        self.provider = ChoiceBox()
        for key, text in _PROVIDERS.items():
            self.provider.addItem(text, key)
        self.provider.setCurrentIndex(
            self.provider.findData(travel.provider if travel else TravelProvider.GRID)
        )
        self.form.addRow("&Minutes", self.provider)
        self.file = PlainTextLabel(travel.source if travel else "No file yet")
        self.choose = QPushButton("Choose…")
        self.choose.setAutoDefault(False)
        self.choose.setAccessibleName("Choose a file")
        self.choose.clicked.connect(self._ask_file)
        self.form.addRow("File", place_beside(self.file, self.choose))
        self.wanted = make_muted_label()
        self.form.addRow("", self.wanted)
        self.speeds: dict[str, DecimalBox] = {}
        self.table = self._speeds(dict(travel.speeds_mph) if travel else {})
        self.form.addRow(self.table)
        away = len(list_sites_without_drives(project))
        if away:
            self.form.addRow(
                make_muted_label(
                    f"{format_count(away, 'site')} moved or new: driven to by the street "
                    "grid until the roads are driven anew."
                )
            )
        self.restore = self.buttons.addButton("Usual Speeds", QDialogButtonBox.ButtonRole.ResetRole)
        self.restore.clicked.connect(lambda _=False: self._put_usual())
        self.provider.currentIndexChanged.connect(lambda _: self._follow())
        self._follow()

    @property
    def wish(self) -> TravelProvider:
        """The provider that is chosen."""
        return TravelProvider(self.provider.currentData())

    def take(self, path: Path) -> None:
        """Take a file, as a person chose it."""
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
            raise UserError("Choose a file first.")
        if provider is TravelProvider.TABLE:
            if path is not None:
                found = import_travel_table(session, path)
                set_project_travel(session, found.travel)
                _tell(desk, found)
            return
        speeds = self.chosen_speeds()
        complete_road_speeds(speeds)
        desk.jobs.run(
            "Driving the roads",
            lambda report: (
                remeasure_road_travel(session, speeds, report=report)
                if path is None
                else measure_road_travel(session, path, speeds_mph=speeds, report=report)
            ),
            on_done=lambda found: _use(desk, found),
            on_failed=lambda error: _failed(desk, error),
            lost="Driving times stay as they were.",
        )

    def _ask_file(self) -> None:
        provider = self.wish
        file = self._desk.session.store.path
        folder = file.parent if file is not None else None
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
        head = make_section_label("Speeds that are driven, lights and turns included")
        grid.addWidget(head, 0, 0, 1, 2 * _COLUMNS)
        for at, (kind, usual) in enumerate(DEFAULT_ROAD_SPEEDS_MPH.items()):
            row, column = 1 + at // _COLUMNS, 2 * (at % _COLUMNS)
            field = DecimalBox()
            field.setRange(0.0, MAX_SPEED_MPH)
            field.setDecimals(0)
            field.setSuffix(" mph")
            field.setAlignment(Qt.AlignmentFlag.AlignRight)
            field.setValue(own.get(kind, usual))
            field.setAccessibleName(f"Speed on {describe_road_class(kind)}")
            field.setToolTip(f"OpenStreetMap’s class {kind}; usually {usual:g} mph.")
            add_spin_arrows(field)
            self.speeds[kind] = field
            grid.addWidget(
                PlainTextLabel(describe_road_class(kind).removesuffix(" roads").capitalize()),
                row,
                column,
            )
            grid.addWidget(field, row, column + 1)
        return frame


def _use(desk: UiContext, found: TravelResult) -> None:
    if desk.attempt(lambda: set_project_travel(desk.session, found.travel)):
        _tell(desk, found)


def _tell(desk: UiContext, found: TravelResult) -> None:
    rows = [f"Row {own.row}: {own.reason}" for own in found.refused]
    desk.notices.show_notice(
        found.text,
        sign="done",
        offer="Undo",
        on_offer=desk.make_undo_of_latest(),
        details={"Notes": "\n".join([*found.notes, *rows])} if found.notes or rows else None,
        stays=bool(rows),
    )


def _failed(desk: UiContext, error: Exception) -> None:
    if isinstance(error, UserError):
        desk.notices.show_problem(error)
    else:
        desk.jobs.failed.emit(error)
