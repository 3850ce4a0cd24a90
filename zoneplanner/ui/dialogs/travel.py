"""Where driving minutes come from: street axes, roads of a file, or a table of one's own."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QGridLayout,
    QPushButton,
    QWidget,
)

from zoneplanner.analysis.drives import provenance, strangers
from zoneplanner.app.drives import Drives, driven_anew, minutes_from, roads_from, use_drives
from zoneplanner.domain.travel import MOST_MPH, ROAD_SPEEDS_MPH, Provider, read_speeds, words_of
from zoneplanner.errors import UserError
from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.file_dialogs import ask_file
from zoneplanner.ui.kit.forms import Form, beside
from zoneplanner.ui.kit.inputs import ChoiceBox, DecimalBox
from zoneplanner.ui.kit.theme import GRID, WIDE
from zoneplanner.ui.kit.widgets import Label, muted, section, with_arrows
from zoneplanner.ui.kit.words import count

_PROVIDERS = {
    Provider.GRID: "Along street axes, at one speed",
    Provider.ROADS: "Over the roads of a file",
    Provider.TABLE: "By a table of minutes of your own",
}
_FILES = {
    Provider.ROADS: "Roads (*.osm.pbf *.pbf *.zip *.shp *.graphml);;All files (*)",
    Provider.TABLE: "Tables (*.csv);;All files (*)",
}
_WANTED = {
    Provider.ROADS: "An OpenStreetMap extract (.osm.pbf), TIGER/Line roads (.zip) or an OSMnx "
    ".graphml. Nothing is fetched: download the file once and choose it here.",
    Provider.TABLE: "A CSV with the columns from, to, minutes: ids or names of sites, every pair "
    "of patrolled sites.",
    Provider.GRID: "Speed, street factor and turn-out are among the assumptions.",
}
_COLUMNS = 2


class TravelDialog(Form):
    """Chooses the provider; roads are read and driven as a job, and the change is one step."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__("Travel Times", "Use these", self._keep, parent)
        self._desk = desk
        project = desk.session.reading.kept
        travel = project.travel
        self.path: Path | None = None
        self.say(desk.session.rewrite(provenance(project)))
        self.provider = ChoiceBox()
        for key, text in _PROVIDERS.items():
            self.provider.addItem(text, key)
        self.provider.setCurrentIndex(
            self.provider.findData(travel.provider if travel else Provider.GRID)
        )
        self.form.addRow("&Minutes", self.provider)
        self.file = Label(travel.source if travel else "No file yet")
        self.choose = QPushButton("Choose…")
        self.choose.setAutoDefault(False)
        self.choose.setAccessibleName("Choose a file")
        self.choose.clicked.connect(self._ask_file)
        self.form.addRow("File", beside(self.file, self.choose))
        self.wanted = muted()
        self.form.addRow("", self.wanted)
        self.speeds: dict[str, DecimalBox] = {}
        self.table = self._speeds(dict(travel.speeds_mph) if travel else {})
        self.form.addRow(self.table)
        away = len(strangers(project))
        if away:
            self.form.addRow(
                muted(
                    f"{count(away, 'site')} moved or new: driven to by the street "
                    "grid until the roads are driven anew."
                )
            )
        self.restore = self.buttons.addButton("Usual Speeds", QDialogButtonBox.ButtonRole.ResetRole)
        self.restore.clicked.connect(lambda _=False: self._put_usual())
        self.provider.currentIndexChanged.connect(lambda _: self._follow())
        self._follow()

    @property
    def wish(self) -> Provider:
        """The provider that is chosen."""
        return Provider(self.provider.currentData())

    def take(self, path: Path) -> None:
        """Take a file, as a person chose it."""
        self.path = path
        self.file.setText(path.name)

    def chosen_speeds(self) -> dict[str, float]:
        """Return the speeds that differ from the usual ones, in mph by class."""
        found = {kind: field.value() for kind, field in self.speeds.items()}
        return {kind: mph for kind, mph in found.items() if mph != ROAD_SPEEDS_MPH[kind]}

    def _keep(self) -> None:
        desk, session, path = self._desk, self._desk.session, self.path
        provider, travel = self.wish, session.reading.kept.travel
        if provider is Provider.GRID:
            use_drives(session, None)
            return
        if path is None and (travel is None or travel.provider is not provider):
            raise UserError("Choose a file first.")
        if provider is Provider.TABLE:
            if path is not None:
                found = minutes_from(session, path)
                use_drives(session, found.travel)
                _tell(desk, found)
            return
        speeds = self.chosen_speeds()
        read_speeds(speeds)
        desk.jobs.run(
            "Driving the roads",
            lambda report: (
                driven_anew(session, speeds, report=report)
                if path is None
                else roads_from(session, path, speeds_mph=speeds, report=report)
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
        filed = provider is not Provider.GRID
        for row in (self.file, self.choose):
            row.setEnabled(filed)
        self.table.setVisible(provider is Provider.ROADS)
        self.restore.setVisible(provider is Provider.ROADS)
        self.wanted.setText(_WANTED[provider])

    def _put_usual(self) -> None:
        for kind, field in self.speeds.items():
            field.setValue(ROAD_SPEEDS_MPH[kind])

    def _speeds(self, own: dict[str, float]) -> QWidget:
        frame = QWidget()
        grid = QGridLayout(frame)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(WIDE)
        grid.setVerticalSpacing(GRID)
        head = section("Speeds that are driven, lights and turns included")
        grid.addWidget(head, 0, 0, 1, 2 * _COLUMNS)
        for at, (kind, usual) in enumerate(ROAD_SPEEDS_MPH.items()):
            row, column = 1 + at // _COLUMNS, 2 * (at % _COLUMNS)
            field = DecimalBox()
            field.setRange(0.0, MOST_MPH)
            field.setDecimals(0)
            field.setSuffix(" mph")
            field.setAlignment(Qt.AlignmentFlag.AlignRight)
            field.setValue(own.get(kind, usual))
            field.setAccessibleName(f"Speed on {words_of(kind)}")
            field.setToolTip(f"OpenStreetMap’s class {kind}; usually {usual:g} mph.")
            with_arrows(field)
            self.speeds[kind] = field
            grid.addWidget(Label(words_of(kind).removesuffix(" roads").capitalize()), row, column)
            grid.addWidget(field, row, column + 1)
        return frame


def _use(desk: Desk, found: Drives) -> None:
    if desk.attempt(lambda: use_drives(desk.session, found.travel)):
        _tell(desk, found)


def _tell(desk: Desk, found: Drives) -> None:
    rows = [f"Row {own.row}: {own.reason}" for own in found.refused]
    desk.notices.tell(
        found.text,
        sign="done",
        offer="Undo",
        on_offer=desk.undo_latest(),
        details={"Notes": "\n".join([*found.notes, *rows])} if found.notes or rows else None,
        stays=bool(rows),
    )


def _failed(desk: Desk, error: Exception) -> None:
    if isinstance(error, UserError):
        desk.notices.problem(error)
    else:
        desk.jobs.failed.emit(error)
