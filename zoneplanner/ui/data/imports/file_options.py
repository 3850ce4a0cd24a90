"""The form with the options for reading a file: kind, layer, coordinates, dates and profile."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QWidget,
)

from zoneplanner.app.desk.settings import find_profile_folder
from zoneplanner.app.imports.file_kinds import (
    BASEMAP_KIND,
    IMPORT_KIND_TITLES,
    LAYER_KIND,
    is_map_kind,
)
from zoneplanner.app.imports.geography.map_features import (
    LONGEST_SOURCE,
    MAP_KINDS,
    BasemapOptions,
    ImportOptions,
)
from zoneplanner.app.imports.mapped_tables import TABLE_KINDS
from zoneplanner.app.imports.results import MATCH_BY_LIKENESS
from zoneplanner.app.imports.return_workbook import RETURN_KIND
from zoneplanner.domain.calendar.local_time import DoubtfulTimePolicy
from zoneplanner.domain.calendar.written_times import DayOrder
from zoneplanner.errors import UserError
from zoneplanner.exchange.mapping.column_mapping import read_profiles
from zoneplanner.exchange.mapping.column_matching import TARGET_COLUMNS
from zoneplanner.exchange.row_results import SeveralLayers, UnknownCrs
from zoneplanner.exchange.sandbox.private_copy import MAP_SUFFIXES
from zoneplanner.exchange.vector.layers import LAYER_SUFFIXES, ForeignRows
from zoneplanner.messages import format_count
from zoneplanner.ui.widgets.inputs.file_dialogs import TakesDroppedFiles, ask_file, ask_folder
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_choice_box
from zoneplanner.ui.widgets.layout.basic_widgets import (
    HidingLabel,
    PlainTextLabel,
    WrappedLabel,
    make_column_layout,
    make_grid_layout,
    make_link_button,
    make_problem_label,
    make_row_layout,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import SPACING_PX


class LayerChoiceDialog(FormDialog):
    """Asks for a choice; with a ``prefix``, another choice that begins with it can be typed."""

    def __init__(
        self,
        part: str,
        about: str,
        choices: Mapping[str, str],
        do: Callable[[str], object],
        parent: QWidget | None = None,
        *,
        prefix: str = "",
    ) -> None:
        title = f"Which {part}?"
        super().__init__(title, "Read", self._read, parent)
        self._do_with_choice, self._prefix = do, prefix
        self.set_about(about)
        self.choice = self.add_field(part.capitalize(), make_choice_box(choices, name=title))
        self.choice.setEditable(bool(prefix))
        self.choice.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)  # or Enter adds typed text
        self.choice.setFocus()

    def _read(self) -> None:
        text = self.choice.currentText().strip()
        index = self.choice.findText(text)
        if index < 0 and not text.upper().startswith(self._prefix):
            raise UserError("unknown_choice.layer", prefix=self._prefix)
        self._do_with_choice(str(self.choice.itemData(index)) if index >= 0 else text.upper())


def list_crs_choices(project_crs: str) -> dict[str, str]:
    """Return the coordinate systems that files of this area most often use."""
    return {
        "EPSG:4326": "Longitude and latitude (WGS 84)",
        project_crs: f"The project’s own, in meters ({project_crs})",
        "EPSG:2226": "California zone 2, in feet (EPSG:2226)",
        "EPSG:3857": "Web Mercator (EPSG:3857)",
    }


def ask_how_to_read(
    error: Exception,
    file: str,
    project_crs: str,
    read: Callable[[str, str], object],
    parent: QWidget,
) -> bool:
    """Ask for the layer or coordinates of a file, and ``read`` it with the question and answer.

    The question is "layer" or "crs". False if the error is neither of the two.
    """
    if isinstance(error, SeveralLayers):
        part = "sheet" if file.casefold().endswith(".xlsx") else "layer"
        about = f"“{file}” has several {part}s. Which one is it?"
        choices = {name: name for name in sorted(error.names, key=_is_title_page)}
        LayerChoiceDialog(part, about, choices, partial(read, "layer"), parent).ask()
    elif isinstance(error, UnknownCrs):
        choices, do = list_crs_choices(project_crs), partial(read, "crs")
        dialog = LayerChoiceDialog(
            "coordinates", error.message, choices, do, parent, prefix="EPSG:"
        )
        dialog.ask()
    else:
        return False
    return True


def _is_title_page(sheet: str) -> bool:
    """Whether a sheet is about the table, like those that publishers put before it."""
    return any(word in sheet.casefold() for word in _TITLE_PAGE_WORDS)


_TITLE_PAGE_WORDS = ("title", "read me", "readme", "notes", "cover", "contents", "definitions")
_FILES = " ".join(f"*{ending}" for ending in (*LAYER_SUFFIXES, *MAP_SUFFIXES, ".graphml"))
_FILTER = f"Files to import ({_FILES});;All files (*)"
_AS_IN_FILE = "As in the file"
_PLAN_KINDS = ("plan", "zones")
_CREDITED_KINDS = {*MAP_KINDS, LAYER_KIND}
_BASEMAP_OPTIONS = (
    "Add to the current basemap",
    "Keep it in the project",
    "Use its streets for travel",
)
_BOX_LETTERS, _BAR_PX = 16, (160, 6)
_REPEATED_TIMES = {
    "": "as in the file",
    "first": "are the first of the two",
    "second": "are the second of the two",
}
"""What local times mean that occur twice because the clocks go back."""
_DATED_KINDS = {*TABLE_KINDS, RETURN_KIND}
_DATE_ORDERS = {
    "": "as in the file",
    DayOrder.MONTH_FIRST.value: "month first: 5/6 is May 6",
    DayOrder.DAY_FIRST.value: "day first: 5/6 is June 5",
}
_SKIPPED_TIMES = {
    "": "as in the file",
    "before": "are standard time (before the change)",
    "after": "are daylight time (after the change)",
}
"""What local times mean that do not exist because the clocks go forward."""


class FileOptionsForm(TakesDroppedFiles, QWidget):
    """Asks how to read a file, and shows how it was read and what is wrong with it.

    ``source_changed``: read the file again; ``options_changed``: only interpret its rows again.
    """

    file_chosen = Signal(object)
    source_changed = Signal()
    kind_chosen = Signal()
    profile_chosen = Signal()
    options_changed = Signal()
    save_requested = Signal()

    def __init__(self, desk: UiContext) -> None:
        super().__init__()
        self._desk = desk
        self._is_quiet = False
        self._read_summary = self._shown_file = ""
        self._on_stop: Callable[[], object] = lambda: None
        self.is_kind_chosen = False
        self.file, self.name, self.source = QLineEdit(), QLineEdit(), QLineEdit()
        self.file.setPlaceholderText("Drop a file, folder or zip here, or choose one")
        crs = {"": _AS_IN_FILE} | list_crs_choices(desk.session.saved_project.crs)
        self.dates = make_choice_box(
            _DATE_ORDERS, name="Dates such as 5/6", least_letters=_BOX_LETTERS
        )
        self.kinds, self.layers, self.profiles, self.crs, self.twice, self.skipped = (
            make_choice_box(options, name=name, least_letters=_BOX_LETTERS)
            for name, options in (
                ("What it is", IMPORT_KIND_TITLES),
                ("Layer", {}),
                ("Profile", {}),
                ("Coordinates", crs),
                ("Times that occur twice", _REPEATED_TIMES),
                ("Skipped times", _SKIPPED_TIMES),
            )
        )
        self.crs.setEditable(True)
        self.crs.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.crs.setToolTip("Choose a coordinate system, or type its number, such as EPSG:2226.")
        self.twice.setToolTip("Local times in the hour that occurs twice when clocks fall back.")
        self.skipped.setToolTip(
            "Local times in the hour that is skipped when clocks spring forward."
        )
        self.file.setAccessibleName("File")
        self.name.setAccessibleName("Name of the plan")
        self.source.setPlaceholderText("Who published it (optional)")
        self.source.setToolTip("Maps, documents and files credit the publisher.")
        self.source.setMaxLength(LONGEST_SOURCE)
        self.replace_blocks = QCheckBox("Replace all current blocks")
        self.basemap = [QCheckBox(text) for text in _BASEMAP_OPTIONS]
        self.save = make_link_button("Save as profile…", self.save_requested.emit)
        self.summary, self.problem = WrappedLabel(), make_problem_label()
        self.warning = HidingLabel()
        self._lay_out()
        self._connect()
        self.show_busy(None)
        self.show_problem(None)
        self.show_warning("")
        self._show_row(self.layers, shown=False)
        self.show_kind("sites")
        self.setAcceptDrops(True)

    def take_dropped_file(self, path: Path) -> None:
        """Use a file that was dropped on the form."""
        self.file_chosen.emit(path)

    @property
    def kind(self) -> str:
        """The chosen kind of file."""
        return str(self.kinds.currentData())

    def read_options(self) -> ImportOptions:
        """Return the file with the options of this form, without columns."""
        text = self.crs.currentText().strip()
        index = self.crs.findText(text)
        crs = str(self.crs.itemData(index) or "") if index >= 0 else text.upper()
        layer = str(self.layers.currentData() or "") if self.layers.isVisibleTo(self) else ""
        clocks = DoubtfulTimePolicy(self.twice.currentData(), self.skipped.currentData())
        return ImportOptions(
            Path(self.file.text().strip()),
            self.kind,
            profile=str(self.profiles.currentData() or "") if self.kind in TARGET_COLUMNS else "",
            layer=layer or None,
            crs=crs or None,
            replace_blocks=self.replace_blocks.isChecked() and self.kind == "blocks",
            clock_changes=clocks if self.kind in TABLE_KINDS else None,
            dates=str(self.dates.currentData() or "") if self.kind in _DATED_KINDS else "",
            source=self.source.text() if self.kind in _CREDITED_KINDS else "",
        )

    def read_basemap_options(self) -> BasemapOptions:
        """Return the options for a basemap."""
        return BasemapOptions(*(box.isChecked() for box in self.basemap))

    def plan_name(self) -> str | None:
        """Return the name for a plan, or None for other kinds."""
        return self.name.text().strip() if self.kind in _PLAN_KINDS else None

    def show_file(self, path: Path) -> None:
        """Show a file, and reset the options of the previous file."""
        self.show_kind("sites")
        self.show_summary("")
        self._is_quiet = True
        self._shown_file = str(path)
        self.file.setText(self._shown_file)
        self.name.setText(path.stem)
        self.source.clear()
        self.layers.clear()
        self.crs.setItemText(0, _AS_IN_FILE)
        self.crs.setCurrentIndex(0)
        self.profiles.setCurrentIndex(0)
        self.dates.setCurrentIndex(0)
        self.is_kind_chosen = False
        self._show_row(self.layers, shown=False)
        self._is_quiet = False

    def show_kind(self, kind: str) -> None:
        """Choose a kind without emitting a signal, and show its options."""
        self._is_quiet = True
        self.kinds.setCurrentIndex(max(0, self.kinds.findData(kind)))
        self._show_kind_options()
        self._is_quiet = False

    def show_read(self, file: ForeignRows, kind: str | None) -> None:
        """Describe how a file was read, and choose its probable kind."""
        if kind is not None:
            self.show_kind(kind)
        crs = f"{_AS_IN_FILE} ({file.crs})" if file.crs else _AS_IN_FILE
        self.crs.setItemText(0, crs)
        how = f"Read as {file.how}. " if file.how else ""
        rows = format_count(len(file.rows), "row")
        columns = format_count(len(file.columns), "column")
        self.show_summary(f"{how}{'The first ' if file.cut else ''}{rows}, {columns}.")

    def show_profile(self, profile: str) -> None:
        """Show which profile matched the columns."""
        title = self.profiles.itemText(self.profiles.findData(profile))
        match = title if profile else "similarity of names"
        self.profiles.setItemText(0, f"The best match: {match}")

    def show_clocks(self, clocks: DoubtfulTimePolicy) -> None:
        """Show how doubtful times are read."""
        self.twice.setCurrentIndex(self.twice.findData(clocks.twice))
        self.skipped.setCurrentIndex(self.skipped.findData(clocks.skipped))

    def show_profiles(self, chosen: str = "") -> None:
        """List the profiles of the kind, and choose one."""
        self._is_quiet = True
        self.profiles.clear()
        self.profiles.addItem("The best match", "")
        for key, profile in read_profiles(find_profile_folder(), self.kind).items():
            self.profiles.addItem(profile.title, key)
            self.profiles.setItemData(
                self.profiles.count() - 1, profile.about, Qt.ItemDataRole.ToolTipRole
            )
        self.profiles.addItem("None: match columns by name", MATCH_BY_LIKENESS)
        self.profiles.setCurrentIndex(max(0, self.profiles.findData(chosen)))
        self._is_quiet = False

    def show_layers(self, names: Sequence[str]) -> None:
        """Offer the layers of a file, with the first one chosen."""
        self._is_quiet = True
        self.layers.offer({name: name for name in names})
        self._show_row(self.layers, shown=True)
        self._is_quiet = False

    def show_problem(self, problem: UserError | None, field: QWidget | None = None) -> None:
        """Show why the file cannot be imported, and focus the field that can solve that.

        None hides the problem.
        """
        text = self._desk.session.rewrite(problem.to_message()) if problem is not None else ""
        self.problem.setText(text)
        if field is not None:
            field.setFocus()

    def show_warning(self, text: str) -> None:
        """Show what to know before the import; an empty string hides the warning."""
        self.warning.setText(text)

    def show_summary(self, text: str) -> None:
        """Show how the file was read."""
        self._read_summary = text
        self.summary.setText(text)

    def show_progress(self, fraction: float, text: str) -> None:
        """Show the progress of reading; a fraction below 0 means that it is not known."""
        self.bar.setRange(0, 0 if fraction < 0 else 100)
        self.bar.setValue(round(max(0.0, fraction) * 100))
        self.summary.setText(text)

    def show_busy(self, stop: Callable[[], object] | None) -> None:
        """Show that the file is being read, with a button that calls ``stop``; None ends that."""
        for part in (self.bar, self.stop):
            part.setVisible(stop is not None)
        if stop is None:
            self.summary.setText(self._read_summary)
        else:
            self._on_stop = stop

    def _lay_out(self) -> None:
        self.choose, self.choose_folder = QPushButton("&File…"), QPushButton("F&older…")
        self.bar, self.stop = QProgressBar(), QPushButton("Stop")
        for button in (self.choose, self.choose_folder, self.stop):
            button.setAutoDefault(False)
        policy = self.stop.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # so that nothing below moves when reading begins
        self.stop.setSizePolicy(policy)
        self.bar.setTextVisible(False)
        self.bar.setFixedSize(*_BAR_PX)
        grid = make_grid_layout(spacings_px=(SPACING_PX, SPACING_PX), stretches={1: 3, 3: 3})
        self._labels: dict[QWidget, QLabel] = {}
        fields: tuple[tuple[str, QWidget, int, int], ...] = (
            ("&It is", self.kinds, 0, 0),
            ("&Layer", self.layers, 0, 2),
            ("&Profile", self.profiles, 1, 0),
            ("&Coordinates", self.crs, 1, 2),
            ("Calle&d", self.name, 2, 0),
            ("Times that occur &twice", self.twice, 1, 2),
            ("&Skipped times", self.skipped, 2, 2),
            ("D&ays", self.dates, 2, 0),
            ("So&urce", self.source, 2, 0),
        )
        for text, widget, row, column in fields:
            label = self._labels[widget] = PlainTextLabel(text)
            label.setBuddy(widget)
            grid.addWidget(label, row, column)
            grid.addWidget(widget, row, column + 1)
        grid.addWidget(self.save, 1, 4)
        grid.addWidget(self.replace_blocks, 2, 3)
        for column, box in enumerate(self.basemap, 1):
            grid.addWidget(box, 3, column)
        self.inputs = QWidget()
        top = make_row_layout((self.file, 1), self.choose, self.choose_folder)
        make_column_layout(self.inputs, top, grid, margin_px=0, spacing_px=SPACING_PX)
        progress = make_row_layout((self.summary, 1), self.bar, self.stop)
        parts = (self.inputs, progress, self.problem, self.warning)
        make_column_layout(self, *parts, margin_px=0, spacing_px=SPACING_PX)

    def _connect(self) -> None:
        self.choose.clicked.connect(
            lambda _=False: self._choose(
                ask_file(self, "File to import", _FILTER, folder=self._folder())
            )
        )
        self.choose_folder.clicked.connect(
            lambda _=False: self._choose(ask_folder(self, "Folder to import", self._folder()))
        )
        self.file.returnPressed.connect(self._choose_typed_file)
        self.file.editingFinished.connect(self._follow_typed_file)
        self.kinds.activated.connect(self._choose_kind)
        for box in (self.layers, self.crs):
            box.activated.connect(self.source_changed)
        crs_line = self.crs.lineEdit()
        assert crs_line is not None
        crs_line.editingFinished.connect(self._follow_typed_crs)
        self.profiles.activated.connect(self.profile_chosen)
        for box in (self.twice, self.skipped, self.dates):
            box.activated.connect(self.options_changed)
        self.replace_blocks.toggled.connect(self.options_changed)
        for check_box in self.basemap:
            check_box.toggled.connect(self.kind_chosen)
        self.name.editingFinished.connect(self._follow_typed_name)
        self.stop.clicked.connect(lambda _=False: self._on_stop())
        self._typed_crs = self._typed_name = ""

    def _choose_kind(self) -> None:
        self.is_kind_chosen = True
        self._show_kind_options()
        self.kind_chosen.emit()

    def _show_kind_options(self) -> None:
        kind = self.kind
        is_mapped = is_map_kind(kind) or kind in TABLE_KINDS
        for widget, shown in (
            (self.profiles, is_mapped),
            (self.crs, is_map_kind(kind) or kind in (LAYER_KIND, "zones", BASEMAP_KIND)),
            (self.twice, kind in TABLE_KINDS),
            (self.skipped, kind in TABLE_KINDS),
            (self.dates, kind in _DATED_KINDS),
            (self.name, kind in _PLAN_KINDS),
            (self.source, kind in _CREDITED_KINDS),
        ):
            self._show_row(widget, shown=shown)
        self.save.setVisible(is_mapped)
        self.replace_blocks.setVisible(kind == "blocks")
        for box in self.basemap:
            box.setVisible(kind == BASEMAP_KIND)
        if is_mapped:
            self.show_profiles()

    def _show_row(self, widget: QWidget, *, shown: bool) -> None:
        widget.setVisible(shown)
        self._labels[widget].setVisible(shown)

    def _follow_typed_crs(self) -> None:
        """Have the file read again if another coordinate system was typed."""
        text = self.crs.currentText().strip()
        if not self._is_quiet and text != self._typed_crs and self.crs.findText(text) < 0:
            self._typed_crs = text
            self.source_changed.emit()

    def _follow_typed_name(self) -> None:
        if not self._is_quiet and self.name.text() != self._typed_name and self.file.text():
            self._typed_name = self.name.text()
            self.kind_chosen.emit()

    def _choose_typed_file(self) -> None:
        if self.file.text().strip():
            self.file_chosen.emit(Path(self.file.text().strip()))

    def _follow_typed_file(self) -> None:
        """Have another file read as soon as the field is left."""
        if self.file.text().strip() != self._shown_file:
            self._choose_typed_file()

    def _choose(self, path: Path | None) -> None:
        if path is not None:
            self.file_chosen.emit(path)

    def _folder(self) -> Path | None:
        text = self.file.text().strip()
        return Path(text).parent if text else None
