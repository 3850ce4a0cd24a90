"""A question that a layer file leaves open: which of its layers, or which coordinates."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from zoneplanner.app.imports.file_kinds import IMPORT_KIND_TITLES, LAYER_KIND, is_map_kind
from zoneplanner.app.imports.map_features import ImportOptions, list_import_profiles
from zoneplanner.app.imports.results import MATCH_BY_LIKENESS
from zoneplanner.domain.calendar.local_time import DoubtfulTimePolicy
from zoneplanner.errors import UserError
from zoneplanner.exchange.mapping.column_matching import TARGET_COLUMNS
from zoneplanner.exchange.vector.layers import LAYER_SUFFIXES, ForeignRows
from zoneplanner.ui.data.imports.column_mapping import LOG_TABLE_KINDS
from zoneplanner.ui.widgets.inputs.file_dialogs import FileDropFilter, ask_file, ask_folder
from zoneplanner.ui.widgets.inputs.forms import FormDialog
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import ChoiceBox
from zoneplanner.ui.widgets.layout.basic_widgets import (
    PlainTextLabel,
    make_link_button,
    make_wrapped_label,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import SPACING_PX
from zoneplanner.ui.widgets.style.value_text import format_count


class LayerChoiceDialog(FormDialog):
    """Asks for one of some choices; with ``free`` another one may be typed that begins so."""

    def __init__(
        self,
        title: str,
        about: str,
        choices: Mapping[str, str],
        do: Callable[[str], object],
        parent: QWidget | None = None,
        *,
        free: str = "",
    ) -> None:
        super().__init__(title, "Read", self._read, parent)
        self._take, self._free = do, free
        self.set_about(about)
        self.choice = ChoiceBox()
        self.choice.setAccessibleName(title)
        self.choice.setEditable(bool(free))
        for key, text in choices.items():
            self.choice.addItem(text, key)
        self.form.addRow("Coordinates" if free else "Layer", self.choice)
        self.choice.setFocus()

    def _read(self) -> None:
        text = self.choice.currentText().strip()
        known = self.choice.findText(text)
        if known < 0 and not text.upper().startswith(self._free):
            raise UserError(f"Choose one, or type a number like {self._free}26910.")
        self._take(str(self.choice.itemData(known)) if known >= 0 else text.upper())


def list_crs_choices(own: str) -> dict[str, str]:
    """Return the coordinate systems that files of this area are mostly in."""
    return {
        "EPSG:4326": "Longitude and latitude (WGS 84)",
        own: f"The project’s own, in meters ({own})",
        "EPSG:2226": "California zone 2, in feet (EPSG:2226)",
        "EPSG:3857": "Web Mercator (EPSG:3857)",
    }


_FILES = " ".join(f"*{ending}" for ending in (*LAYER_SUFFIXES, ".pbf", ".graphml"))
_FILTER = f"Files to import ({_FILES});;All files (*)"
_DROP_HERE = "Drop a file, folder or zip here, or choose one"
_AS_IN_FILE = "As the file says"
_PLANS = ("plan", "zones")
_TWICE = {
    "": "are refused",
    "first": "are the first of the two",
    "second": "are the second of the two",
}
"""What local times mean that come twice because the clocks go back."""
_SKIPPED = {
    "": "are refused",
    "before": "are by the clock before the change",
    "after": "are by the clock after the change",
}
"""What local times mean that do not exist because the clocks go forward."""


class FileOptionsForm(QWidget):
    """Asks what is imported and how; tells what was found, in words."""

    file_chosen = Signal(object)
    changed = Signal()
    kind_chosen = Signal()
    profile_chosen = Signal()
    looked_for = Signal()
    save_asked = Signal()

    def __init__(self, desk: UiContext) -> None:
        super().__init__()
        self._desk = desk
        self._quiet = False
        self._said = ""
        self.kind_by_hand = False
        self.file, self.kinds, self.layers = QLineEdit(), ChoiceBox(), ChoiceBox()
        self.profiles, self.crs, self.name = ChoiceBox(), ChoiceBox(), QLineEdit()
        self.twice, self.skipped = ChoiceBox(), ChoiceBox()
        self.instead = QCheckBox("Instead of all blocks that there are")
        self.save = make_link_button("Save as profile…", self.save_asked.emit)
        self.problem, self.summary = make_wrapped_label(), make_wrapped_label()
        self._fill()
        self._lay_out()
        self._connect()
        self._show_row(self.layers, shown=False)
        self.show_kind("sites")
        self.drops = FileDropFilter(self)
        self.drops.dropped.connect(self.file_chosen.emit)

    @property
    def kind(self) -> str:
        """The kind of file chosen."""
        return str(self.kinds.currentData())

    def read_options(self) -> ImportOptions:
        """Return the file and what is chosen of it; columns are for others to add."""
        text = self.crs.currentText().strip()
        known = self.crs.findText(text)
        crs = str(self.crs.itemData(known) or "") if known >= 0 else text.upper()
        layer = str(self.layers.currentData() or "") if self.layers.isVisibleTo(self) else ""
        return ImportOptions(
            Path(self.file.text().strip()),
            self.kind,
            profile=str(self.profiles.currentData() or "") if self.kind in TARGET_COLUMNS else "",
            layer=layer or None,
            crs=crs or None,
            replace_blocks=self.instead.isChecked() and self.kind == "blocks",
            clock_changes=self._clocks() if self.kind in LOG_TABLE_KINDS else None,
        )

    def _clocks(self) -> DoubtfulTimePolicy:
        return DoubtfulTimePolicy(str(self.twice.currentData()), str(self.skipped.currentData()))

    def plan_name(self) -> str | None:
        """Return what a plan is to be called; None for other kinds."""
        return self.name.text().strip() if self.kind in _PLANS else None

    def show_file(self, path: Path) -> None:
        """Name a file; what was chosen for the one before is forgotten."""
        self._quiet = True
        self.file.setText(str(path))
        self.name.setText(path.stem)
        self.layers.clear()
        self.crs.setCurrentIndex(0)
        self.profiles.setCurrentIndex(0)
        self.kind_by_hand = False
        self._show_row(self.layers, shown=False)
        self._quiet = False

    def show_kind(self, kind: str) -> None:
        """Choose a kind without telling anyone, and show what belongs to it."""
        self._quiet = True
        self.kinds.setCurrentIndex(max(0, self.kinds.findData(kind)))
        self._follow_kind()
        self._quiet = False

    def show_read(self, found: ForeignRows, kind: str | None) -> None:
        """Say how a file was read, and choose what it probably is."""
        if kind is not None:
            self.show_kind(kind)
        crs = f"{_AS_IN_FILE} ({found.crs})" if found.crs else _AS_IN_FILE
        self.crs.setItemText(0, crs)
        how = f"Read as {found.how}. " if found.how else ""
        rows, columns = (
            format_count(len(found.rows), "row"),
            format_count(len(found.columns), "column"),
        )
        self.say(f"{how}{'The first ' if found.cut else ''}{rows}, {columns}.")

    def show_profile(self, profile: str) -> None:
        """Say which profile the columns were read by."""
        text = (
            self.profiles.itemText(self.profiles.findData(profile))
            if profile
            else "likeness of names"
        )
        self.profiles.setItemText(0, f"The one that fits: {text}")

    def show_clocks(self, clocks: DoubtfulTimePolicy) -> None:
        """Show what doubtful times mean, as the profile says."""
        self.twice.setCurrentIndex(self.twice.findData(clocks.twice))
        self.skipped.setCurrentIndex(self.skipped.findData(clocks.skipped))

    def show_profiles(self, chosen: str = "") -> None:
        """List the profiles of the kind, and choose one."""
        self._quiet = True
        self.profiles.clear()
        self.profiles.addItem("The one that fits", "")
        for key, profile in list_import_profiles(self.kind).items():
            self.profiles.addItem(profile.title, key)
            self.profiles.setItemData(
                self.profiles.count() - 1, profile.about, Qt.ItemDataRole.ToolTipRole
            )
        self.profiles.addItem("None: columns by likeness", MATCH_BY_LIKENESS)
        self.profiles.setCurrentIndex(max(0, self.profiles.findData(chosen)))
        self._quiet = False

    def show_layers(self, names: Sequence[str]) -> None:
        """Offer the layers of a file; the first is chosen."""
        self._quiet = True
        self.layers.clear()
        for name in names:
            self.layers.addItem(name, name)
        self._show_row(self.layers, shown=True)
        self._quiet = False

    def ask_crs(self, text: str) -> None:
        """Ask for the coordinate system."""
        self.show_problem(text)
        self.crs.setFocus()

    def show_problem(self, text: str) -> None:
        """Say why the file cannot be taken as it is; nothing where the text is empty."""
        self.problem.setText(text)
        self.problem.setVisible(bool(text))

    def warn(self, text: str) -> None:
        """Say what to know before it is taken."""
        self.warning.setText(text)
        self.warning.setVisible(bool(text))

    def say(self, text: str) -> None:
        """Say how the file was read."""
        self._said = text
        self.summary.setText(text)

    def progress(self, fraction: float, text: str) -> None:
        """Show how far the reading is; below 0 it is not known."""
        self.bar.setRange(0, 0 if fraction < 0 else 100)
        self.bar.setValue(round(max(0.0, fraction) * 100))
        self.summary.setText(text)

    def show_busy(self, stop: Callable[[], object] | None) -> None:
        """Show that the file is read, and a button that stops it; None ends that."""
        busy = stop is not None
        self.bar.setVisible(busy)
        self.stop.setVisible(busy)
        self._on_stop = stop
        if not busy:
            self.summary.setText(self._said)

    def _fill(self) -> None:
        self.file.setPlaceholderText(_DROP_HERE)
        for key, words in IMPORT_KIND_TITLES.items():
            self.kinds.addItem(words, key)
        self.crs.setEditable(True)
        self.crs.addItem(_AS_IN_FILE, "")
        for key, words in list_crs_choices(self._desk.session.state.saved_project.crs).items():
            self.crs.addItem(words, key)
        for doubtful, meanings in ((self.twice, _TWICE), (self.skipped, _SKIPPED)):
            for meaning, words in meanings.items():
                doubtful.addItem(words, meaning)
        for box, name in (
            (self.twice, "Times that come twice"),
            (self.skipped, "Skipped times"),
            (self.file, "File"),
            (self.kinds, "What it is"),
            (self.layers, "Layer"),
            (self.profiles, "Profile"),
            (self.crs, "Coordinates"),
            (self.name, "Name of the plan"),
        ):
            box.setAccessibleName(name)
            if isinstance(box, QComboBox):
                box.setSizeAdjustPolicy(
                    QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
                )
                box.setMinimumContentsLength(16)
        self.twice.setToolTip("Local times of the hour that comes twice, when the clocks go back.")
        self.skipped.setToolTip("Local times of the hour that is left out, as clocks go forward.")
        self.crs.setToolTip("Choose one, or type a number like EPSG:2226.")
        self.problem.setProperty("role", "problem")

    def _lay_out(self) -> None:
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(SPACING_PX)
        self.inputs = QWidget()
        asked = QVBoxLayout(self.inputs)
        asked.setContentsMargins(0, 0, 0, 0)
        asked.setSpacing(SPACING_PX)
        rows.addWidget(self.inputs)
        top = QHBoxLayout()
        top.setSpacing(SPACING_PX)
        self.choose, self.choose_folder = QPushButton("&File…"), QPushButton("F&older…")
        for button in (self.choose, self.choose_folder):
            button.setAutoDefault(False)
        top.addWidget(self.file, 1)
        top.addWidget(self.choose)
        top.addWidget(self.choose_folder)
        asked.addLayout(top)
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACING_PX)
        grid.setVerticalSpacing(SPACING_PX)
        self._labels: dict[QWidget, QLabel] = {}
        places: tuple[tuple[str, QWidget, int, int], ...] = (
            ("&It is", self.kinds, 0, 0),
            ("&Layer", self.layers, 0, 2),
            ("&Profile", self.profiles, 1, 0),
            ("&Coordinates", self.crs, 1, 2),
            ("Calle&d", self.name, 2, 0),
            ("Times that come &twice", self.twice, 1, 2),
            ("&Skipped times", self.skipped, 2, 2),
        )
        for text, widget, row, column in places:
            label = PlainTextLabel(text)
            label.setBuddy(widget)
            self._labels[widget] = label
            grid.addWidget(label, row, column)
            grid.addWidget(widget, row, column + 1)
        grid.addWidget(self.save, 1, 4)
        grid.addWidget(self.instead, 2, 3)
        grid.setColumnStretch(1, 3)
        grid.setColumnStretch(3, 3)
        asked.addLayout(grid)
        self.warning = make_wrapped_label()
        self.warning.setProperty("role", "warning")
        self.bar, self.stop = QProgressBar(), QPushButton("Stop")
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        self.bar.setFixedWidth(160)
        self.stop.setAutoDefault(False)
        line = QHBoxLayout()
        line.setSpacing(SPACING_PX)
        line.addWidget(self.summary, 1)
        line.addWidget(self.bar)
        line.addWidget(self.stop)
        rows.addLayout(line)
        rows.addWidget(self.problem)
        rows.addWidget(self.warning)
        self.show_busy(None)
        self.show_problem("")
        self.warn("")

    def _connect(self) -> None:
        self.choose.clicked.connect(self._ask_file)
        self.choose_folder.clicked.connect(self._ask_folder)
        self.file.returnPressed.connect(self._file_typed)
        self.kinds.activated.connect(self._kind_by_hand)
        self.layers.activated.connect(self.changed)
        self.crs.activated.connect(self.changed)
        typed = self.crs.lineEdit()
        assert typed is not None
        typed.editingFinished.connect(self._crs_typed)
        self.profiles.activated.connect(self.profile_chosen)
        self.twice.activated.connect(self.looked_for)
        self.skipped.activated.connect(self.looked_for)
        self.instead.toggled.connect(self.looked_for)
        self.name.editingFinished.connect(self._renamed)
        self.stop.clicked.connect(lambda: self._on_stop() if self._on_stop else None)
        self._typed = self._named = ""

    def _kind_by_hand(self) -> None:
        self.kind_by_hand = True
        self._follow_kind()
        self.kind_chosen.emit()

    def _follow_kind(self) -> None:
        kind = self.kind
        mapped = is_map_kind(kind) or kind in LOG_TABLE_KINDS
        self._show_row(self.profiles, shown=mapped)
        self._show_row(self.crs, shown=is_map_kind(kind) or kind in (LAYER_KIND, "zones"))
        self._show_row(self.twice, shown=kind in LOG_TABLE_KINDS)
        self._show_row(self.skipped, shown=kind in LOG_TABLE_KINDS)
        self.save.setVisible(mapped)
        self._show_row(self.name, shown=kind in _PLANS)
        self.instead.setVisible(kind == "blocks")
        if mapped:
            self.show_profiles()

    def _show_row(self, widget: QWidget, *, shown: bool) -> None:
        widget.setVisible(shown)
        self._labels[widget].setVisible(shown)

    def _crs_typed(self) -> None:
        """Read again where a number was typed; once a number."""
        text = self.crs.currentText().strip()
        if not self._quiet and text != self._typed and self.crs.findText(text) < 0:
            self._typed = text
            self.changed.emit()

    def _renamed(self) -> None:
        if not self._quiet and self.name.text() != self._named and self.file.text():
            self._named = self.name.text()
            self.kind_chosen.emit()

    def _file_typed(self) -> None:
        if self.file.text().strip():
            self.file_chosen.emit(Path(self.file.text().strip()))

    def _ask_file(self) -> None:
        chosen = ask_file(self, "File to import", _FILTER, folder=self._start())
        if chosen is not None:
            self.file_chosen.emit(chosen)

    def _ask_folder(self) -> None:
        chosen = ask_folder(self, "Folder to import", self._start())
        if chosen is not None:
            self.file_chosen.emit(chosen)

    def _start(self) -> Path | None:
        text = self.file.text().strip()
        return Path(text).parent if text else None
