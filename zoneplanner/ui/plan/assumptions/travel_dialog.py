"""The dialog that chooses where driving minutes come from: street grid, road file, or table."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialogButtonBox,
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
    name_road_class,
)
from zoneplanner.errors import UserError
from zoneplanner.messages import format_count, say_all
from zoneplanner.ui.widgets.inputs.file_dialogs import ask_file
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.forms import join_fields
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import (
    DecimalBox,
    make_choice_box,
    make_decimal_box,
)
from zoneplanner.ui.widgets.layout.basic_widgets import (
    PlainTextLabel,
    make_grid_layout,
    make_muted_label,
    make_section_label,
    push_button,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX, WIDE_MARGIN_PX

_PROVIDERS = {
    TravelProvider.GRID: "Along the street grid, at one speed",
    TravelProvider.ROADS: "Along the roads in a file",
    TravelProvider.TABLE: "From your own table of driving minutes",
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
    """Chooses the source of driving minutes; roads are read and measured in a background job."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__("Travel Times", "Apply", self._apply, parent)
        self._desk = desk
        project = desk.session.saved_project
        travel = project.travel
        self.path: Path | None = None
        about, comparison = [describe_travel_source(project)], compare_kept_travel(project)
        if comparison is not None:
            about.append(comparison.message)
        self.set_about(desk.session.rewrite(say_all(about)))
        self.provider = make_choice_box(
            _PROVIDERS, travel.provider if travel else TravelProvider.GRID
        )
        self.file = PlainTextLabel(travel.source if travel else "No file yet")
        self.choose = push_button("Choose…", do=self._ask_file)
        self.choose.setAccessibleName("Choose a file")
        self.form.addRow("M&inutes", self.provider)
        self.form.addRow("File", join_fields((self.file, 1), self.choose))
        self.hint = self.add_field("", make_muted_label())
        self.speeds: dict[str, DecimalBox] = {}
        self.table = self._make_speed_table(dict(travel.speeds_mph) if travel else {})
        self.form.addRow(self.table)
        without_drives = len(list_sites_without_drives(project))
        if without_drives:
            text = (
                f"{format_count(without_drives, 'site')} moved or added: the street grid is used "
                "until drives are computed again."
            )
            self.form.addRow(make_muted_label(text))
        self.restore = self.buttons.addButton("Usual Speeds", QDialogButtonBox.ButtonRole.ResetRole)
        self.restore.clicked.connect(lambda _=False: self._restore_speeds())
        self.provider.currentIndexChanged.connect(lambda _: self._show_provider())
        self._show_provider()

    @property
    def chosen_provider(self) -> TravelProvider:
        """The provider that is chosen in the list."""
        return TravelProvider(self.provider.currentData())

    def set_path(self, path: Path) -> None:
        """Use a file of roads or minutes."""
        self.path = path
        self.file.setText(path.name)

    def chosen_speeds(self) -> dict[str, float]:
        """Return the speeds that differ from the usual ones, in mph by road class."""
        speeds = {kind: field.value() for kind, field in self.speeds.items()}
        return {kind: mph for kind, mph in speeds.items() if mph != DEFAULT_ROAD_SPEEDS_MPH[kind]}

    def _apply(self) -> None:
        desk, session, path = self._desk, self._desk.session, self.path
        provider, travel = self.chosen_provider, session.saved_project.travel
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

        def apply_result(result: TravelResult) -> None:
            desk.attempt(lambda: _use_travel(desk, result))

        desk.jobs.run(
            "Computing drives",
            lambda report: (
                remeasure_road_travel(session, speeds, report=report)
                if path is None
                else measure_road_travel(session, path, speeds_mph=speeds, report=report)
            ),
            on_done=apply_result,
            lost="Driving times were not changed.",
        )

    def _ask_file(self) -> None:
        provider = self.chosen_provider
        project_path = self._desk.session.store.path
        folder = project_path.parent if project_path is not None else None
        chosen = ask_file(self, _PROVIDERS[provider], _FILES[provider], folder=folder)
        if chosen is not None:
            self.set_path(chosen)

    def _show_provider(self) -> None:
        """Show the fields that the chosen provider needs."""
        provider = self.chosen_provider
        for part in (self.file, self.choose):
            part.setEnabled(provider is not TravelProvider.GRID)
        self.table.setVisible(provider is TravelProvider.ROADS)
        self.restore.setVisible(provider is TravelProvider.ROADS)
        self.hint.setText(_FILE_HINTS[provider])

    def _restore_speeds(self) -> None:
        for kind, field in self.speeds.items():
            field.setValue(DEFAULT_ROAD_SPEEDS_MPH[kind])

    def _make_speed_table(self, speeds_mph: dict[str, float]) -> QWidget:
        frame = QWidget()
        grid = make_grid_layout(frame, spacings_px=(WIDE_MARGIN_PX, GRID_PX))
        head = make_section_label("Driving speeds, including lights and turns")
        grid.addWidget(head, 0, 0, 1, 2 * _COLUMNS)
        for index, (kind, usual) in enumerate(DEFAULT_ROAD_SPEEDS_MPH.items()):
            row, column = 1 + index // _COLUMNS, 2 * (index % _COLUMNS)
            name = str(name_road_class(kind))
            field = make_decimal_box(0.0, MAX_SPEED_MPH, speeds_mph.get(kind, usual), suffix=" mph")
            field.setAlignment(Qt.AlignmentFlag.AlignRight)
            field.setAccessibleName(f"Speed on {name}")
            field.setToolTip(f"OpenStreetMap’s class {kind}; usually {usual:g} mph.")
            self.speeds[kind] = field
            grid.addWidget(PlainTextLabel(name.capitalize()), row, column)
            grid.addWidget(field, row, column + 1)
        return frame


def _use_travel(desk: UiContext, result: TravelResult) -> None:
    """Apply new driving minutes as one step, and list the rejected rows."""
    set_project_travel(desk.session, result.travel)
    formats = desk.session.formats
    rejected = [f"Row {row.row}: {row.explain(formats)}" for row in result.refused]
    notes = "\n".join([*(note.say(formats) for note in result.notes), *rejected])
    details = {"Notes": notes} if notes else None
    desk.report_done(result.message.say(formats), details=details, stays=bool(rejected))
