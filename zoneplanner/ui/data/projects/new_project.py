"""Start a project: on the bundled district, or on another one from a file of it."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget

from zoneplanner.app.projects.district_setup import (
    DistrictFile,
    ListedDistrict,
    begin_district,
    find_district_step,
    list_districts,
    suggest_zone_count,
)
from zoneplanner.app.projects.new_district import ANY_DISTRICT_PRESET, MAX_DISTRICT_ZONES
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.messages import format_count
from zoneplanner.ui.data.imports.file_options import ask_how_to_read
from zoneplanner.ui.widgets.inputs.file_dialogs import (
    PathEdit,
    ask_file,
    ask_new_file,
    find_free_path,
)
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.forms import add_browse_button
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import (
    ChoiceBox,
    make_choice_box,
    make_number_box,
)
from zoneplanner.ui.widgets.services.jobs import Jobs

if TYPE_CHECKING:
    from zoneplanner.app.session.session import Session

_ABOUT = "A project contains the district's schools, boundaries, blocks, units, plans and log."
_ABOUT_OTHER = (
    "Start with the list of schools, such as pubschls.txt from the California Department of "
    "Education, or with district boundaries, such as tl_2025_06_unsd.zip from the Census Bureau. "
    "The rest follows step by step."
)
_FILES = "Files of a district (*.geojson *.json *.shp *.zip *.gpkg *.kml *.kmz *.fgb *.csv *.txt"
_FILTER = f"{_FILES} *.xlsx);;All files (*)"
_DEGREES = "EPSG:4269"
"""That of the Census Bureau's files; the project's own is not known yet."""
_NAMELESS, _REFUSAL_LINES = "New district", 3
_NO_FILE_NAME = re.compile(r"""[\\/:*?"<>|\x00-\x1f]+""")
_BUNDLED, _OTHER = "San Juan Unified, bundled", "Another district, from a file"


@dataclass(frozen=True, slots=True)
class CreatedDistrict:
    """What the dialog hands on of another district: an open session, its file, the first file."""

    session: "Session"
    path: Path
    first: DistrictFile


class NewProjectDialog(FormDialog):
    """Asks for file and preset and calls ``create(path, preset, empty)``.

    For another district it makes the project beside the window and hands it to ``show``;
    ``keep_off`` are files that may not be opened.
    """

    in_window = False

    def __init__(
        self,
        file: Path,
        presets: Mapping[str, str],
        chosen: str,
        create: Callable[[Path, str, bool], object],
        parent: QWidget | None = None,
        *,
        show: Callable[[CreatedDistrict], object] | None = None,
        keep_off: Collection[Path] = (),
    ) -> None:
        super().__init__("New Project", "Create", self._create, parent)
        self._create_at, self._show, self._keep_off = create, show, keep_off
        self._jobs = Jobs(self)
        self._presets, self._usual, self._file = presets, chosen, file
        self._offered, self._schools = file, dict[str, int]()
        self.boundary, self.file = PathEdit(), PathEdit(str(file))
        districts = {False: _BUNDLED, True: _OTHER}
        self.district = self.add_field("&District", make_choice_box(districts))
        self.boundary_row = self.add_field(
            "&It is in", add_browse_button(self.boundary, self._choose_boundary)
        )
        self.named = self.add_field("&Which one", ChoiceBox())
        self.named.addItem("the only one in the file", "")
        self.named.currentIndexChanged.connect(self._offer_file)
        self.named.currentIndexChanged.connect(self._offer_zones)
        self.boundary.editingFinished.connect(self._look)
        self._first: DistrictFile | None = None
        self._used: QWidget | None = None
        self._answers: dict[str, str] = {}
        self.only = self.add_field("&Rows", QLineEdit())
        self.only.setPlaceholderText(
            "all rows, or a condition: NAME=Elk Grove Unified School District"
        )
        self.name = self.add_field("&Name", QLineEdit())
        self.name.setPlaceholderText("as the file names it")
        self.zones = self.add_field("&Zones", make_number_box(1, MAX_DISTRICT_ZONES, 4))
        self._offered_zones = self.zones.value()
        self.preset = self.add_field("&Units", ChoiceBox())
        self.empty = self.add_field("", QCheckBox("Without sites"))
        self.add_field("&File", add_browse_button(self.file, self._choose))
        self.form.setRowVisible(self.district, show is not None)
        self.district.currentIndexChanged.connect(self._follow)
        self._follow()

    @property
    def other(self) -> bool:
        """True where another district is chosen."""
        return bool(self.district.currentData())

    def accept(self) -> None:
        """Make the project; one of another district is made beside the window."""
        if not self.other:
            super().accept()
            return
        self.refused.hide()
        try:
            path, file, only = self._path(), self._boundary(), self._rows()
        except UserError as error:
            self.show_refusal(error.message)
            return
        preset, zones = self.preset.currentData(), self.zones.value()
        name = self.name.text().strip() or self.named.currentData() or ""
        known, keep_off, answers = self._first, self._keep_off, dict(self._answers)
        self._busy(f"Reading {file.name}…")

        def work(report: ProgressReport) -> tuple["Session", DistrictFile]:
            same = known is not None and known.path == file
            first = known if known and same else _find_step(file, answers, keep_off)
            made = begin_district(
                path,
                first,
                name=name,
                preset=preset,
                zones=zones,
                only=only,
                report=report,
                keep_off=keep_off,
            )
            return made, first

        self._jobs.run(
            "Reading the district",
            work,
            on_done=lambda made: self._made(made[0], made[1], path),
            on_failed=self._failed,
        )

    def reject(self) -> None:
        """Stop what is read, and close."""
        self._jobs.cancel_all()
        super().reject()

    def _follow(self) -> None:
        """Ask for what the choice needs."""
        other = self.other
        self.set_about(_ABOUT_OTHER if other else _ABOUT)
        room = self.refused.sizePolicy()
        room.setRetainSizeWhenHidden(other)  # a refusal that comes or goes moves no field
        self.refused.setSizePolicy(room)
        lines = _REFUSAL_LINES if other else 0
        self.refused.setMinimumHeight(lines * self.refused.fontMetrics().lineSpacing())
        for row in (self.boundary_row, self.named, self.only, self.name, self.zones):
            self.form.setRowVisible(row, other)
        self.form.setRowVisible(self.empty, not other)
        self.preset.clear()
        for name, text in self._presets.items():
            self.preset.addItem(text, name)
        self._offer_file()
        usual = ANY_DISTRICT_PRESET if other else self._usual
        self.preset.setCurrentIndex(max(0, self.preset.findData(usual)))
        self.adjustSize()

    def _offer_file(self, *_: object) -> None:
        """Offer a file that is not there yet, called as the district; what was typed stays."""
        if Path(self.file.text()) != self._offered:
            return
        name = _NO_FILE_NAME.sub(" ", self.named.currentData() or "").strip(". ") or _NAMELESS
        other = find_free_path(self._file.with_name(f"{name}.gpkg"))
        self._offered = other if self.other else self._file
        self.file.setText(str(self._offered))

    def _offer_zones(self, *_: object) -> None:
        """Offer a zone for each dozen schools, as the command line does; what was typed stays."""
        schools = self._schools.get(self.named.currentData() or self.named.currentText())
        if schools is not None and self.zones.value() == self._offered_zones:
            self._offered_zones = suggest_zone_count(schools)
            self.zones.setValue(self._offered_zones)

    def _choose(self) -> None:
        chosen = ask_new_file(self, "New project", "Projects (*.gpkg)", Path(self.file.text()))
        if chosen is not None:
            self.file.setText(str(chosen))

    def _choose_boundary(self) -> None:
        chosen = ask_file(self, "The district", _FILTER)
        if chosen is not None:
            self.boundary.setText(str(chosen))
            self._look()

    def _look(self) -> None:
        """List the districts that the file names; what cannot be read is told at the end."""
        text = self.boundary.text().strip()
        if not text or (self._first is not None and str(self._first.path) == text):
            return
        self._answers = {}
        self._look_into(Path(text))

    def _look_into(self, path: Path) -> None:
        keep_off, answers = self._keep_off, dict(self._answers)

        def work(_: ProgressReport) -> tuple[DistrictFile, tuple[ListedDistrict, ...]]:
            first = _find_step(path, answers, keep_off)
            return first, list_districts(first, keep_off=keep_off)

        self._busy(f"Reading {path.name}…")
        self._jobs.run(
            "Looking for districts",
            work,
            on_done=lambda found: self._show_districts(*found),
            on_failed=self._failed,
        )

    def _show_districts(self, first: DistrictFile, found: tuple[ListedDistrict, ...]) -> None:
        self._first = first
        self.named.clear()
        if len(found) < 2:
            self.named.addItem(found[0].name if found else "the only one in the file", "")
        else:
            self.named.addItem("Choose…", "")
        self._schools = {own.name: own.rows for own in found if first.step == "schools"}
        for own in found if len(found) > 1 else ():
            rows = f" ({format_count(own.rows, 'school')})" if first.step == "schools" else ""
            self.named.addItem(f"{own.name}{rows}", own.name)
        self._ready()

    def _busy(self, text: str) -> None:
        self.refused.hide()
        self._used = self.focusWidget()  # a button that is shut hands the keys to Cancel
        self.ok.setEnabled(False)
        self.about.setMinimumHeight(self.about.height())  # a short text moves no field either
        self.about.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.set_about(text)

    def _ready(self) -> None:
        self.ok.setEnabled(True)
        self.about.setMinimumHeight(0)
        if self._used is not None:
            self._used.setFocus()
            self._used = None
        self.set_about(_ABOUT_OTHER if self.other else _ABOUT)

    def _path(self) -> Path:
        text = self.file.text().strip()
        if not text:
            raise UserError("field_empty.project_file")
        path = Path(text)
        return path if path.suffix == ".gpkg" else path.with_name(path.name + ".gpkg")

    def _boundary(self) -> Path:
        text = self.boundary.text().strip()
        if not text:
            raise UserError("field_empty.district_file")
        return Path(text)

    def _rows(self) -> dict[str, list[str]]:
        text = self.only.text().strip()
        column, sign, value = text.partition("=")
        if text and not (sign and column.strip()):
            raise UserError("not_a_row_filter")
        return {column.strip(): [value.strip()]} if text else {}

    def _create(self) -> None:
        self._create_at(self._path(), self.preset.currentData(), self.empty.isChecked())

    def _made(self, session: "Session", first: DistrictFile, path: Path) -> None:
        if self._show is not None:
            self._show(CreatedDistrict(session, path, first))
        super().reject()

    def _failed(self, error: Exception) -> None:
        self._ready()
        if not isinstance(error, UserError):
            raise error
        self.show_refusal(error.message)
        path = Path(self.boundary.text().strip())
        ask_how_to_read(error, path.name, _DEGREES, partial(self._answer, path), self)

    def _answer(self, path: Path, key: str, answer: str) -> None:
        self._answers[key] = answer
        self._look_into(path)


def _find_step(path: Path, answers: Mapping[str, str], keep_off: Collection[Path]) -> DistrictFile:
    layer, crs = answers.get("layer"), answers.get("crs")
    return find_district_step(path, layer=layer, crs=crs, keep_off=keep_off)
