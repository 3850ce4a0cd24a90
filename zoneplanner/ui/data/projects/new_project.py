"""The dialog that creates a project for the bundled district, or from a file of another one."""

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

_ABOUT = "A project contains the district’s schools, boundaries, blocks, units, plans and log."
_ABOUT_OTHER = (
    "Start with the list of schools, such as pubschls.txt from the California Department of "
    "Education, or with district boundaries, such as tl_2025_06_unsd.zip from the Census Bureau. "
    "The rest follows step by step."
)
_FILES = "District files (*.geojson *.json *.shp *.zip *.gpkg *.kml *.kmz *.fgb *.csv *.txt"
_FILTER = f"{_FILES} *.xlsx);;All files (*)"
_CENSUS_CRS = "EPSG:4269"
"""The coordinate system of the Census Bureau's files; the project has none yet."""
_DEFAULT_NAME, _REFUSAL_LINES = "New district", 3
_FORBIDDEN_IN_FILE_NAME = re.compile(r"""[\\/:*?"<>|\x00-\x1f]+""")


@dataclass(frozen=True, slots=True)
class CreatedDistrict:
    """A new project for another district: its session, its path, and the file it started from."""

    session: "Session"
    path: Path
    first: DistrictFile


class NewProjectDialog(FormDialog):
    """Asks for file and preset, and calls ``create(path, preset, empty)``.

    For another district, it creates the project in a background job and calls ``show`` with it;
    ``protected`` are files that may not be opened.
    """

    in_window = False

    def __init__(
        self,
        file: Path,
        presets: Mapping[str, str],
        default_preset: str,
        create: Callable[[Path, str, bool], object],
        parent: QWidget | None = None,
        *,
        show: Callable[[CreatedDistrict], object] | None = None,
        protected: Collection[Path] = (),
    ) -> None:
        super().__init__("New Project", "Create", self._create, parent)
        self._create_at, self._show, self._protected = create, show, protected
        self._jobs = Jobs(self)
        self._presets, self._default_preset, self._default_file = presets, default_preset, file
        self._suggested_file, self._school_counts = file, dict[str, int]()
        self.boundary, self.file = PathEdit(), PathEdit(str(file))
        districts = {False: "San Juan Unified, bundled", True: "Another district, from a file"}
        self.district = self.add_field("&District", make_choice_box(districts))
        self.boundary_row = self.add_field(
            "&Its file", add_browse_button(self.boundary, self._choose_boundary)
        )
        self.named = self.add_field("&Which one", ChoiceBox())
        self.named.addItem("the only one in the file", "")
        self.named.currentIndexChanged.connect(self._suggest_file)
        self.named.currentIndexChanged.connect(self._suggest_zones)
        self.boundary.editingFinished.connect(self._read_boundary)
        self._first: DistrictFile | None = None
        self._focus_before: QWidget | None = None
        self._answers: dict[str, str] = {}
        self.only = self.add_field("&Rows", QLineEdit())
        self.only.setPlaceholderText(
            "all rows, or a condition: NAME=Elk Grove Unified School District"
        )
        self.name = self.add_field("&Name", QLineEdit())
        self.name.setPlaceholderText("the name in the file")
        self.zones = self.add_field("&Zones", make_number_box(1, MAX_DISTRICT_ZONES, 4))
        self._suggested_zones = self.zones.value()
        self.preset = self.add_field("&Units", ChoiceBox())
        self.empty = self.add_field("", QCheckBox("Without sites"))
        self.add_field("&File", add_browse_button(self.file, self._choose))
        self.form.setRowVisible(self.district, show is not None)
        self.district.currentIndexChanged.connect(self._show_fields)
        self._show_fields()

    @property
    def is_other(self) -> bool:
        """Whether another district is chosen."""
        return bool(self.district.currentData())

    def accept(self) -> None:
        """Create the project; for another district, in a background job."""
        if not self.is_other:
            super().accept()
            return
        self.refused.hide()
        try:
            path, file, only = self._read_path(), self._read_file(), self._read_filter()
        except UserError as error:
            self.show_refusal(error.message)
            return
        preset, zones = self.preset.currentData(), self.zones.value()
        name = self.name.text().strip() or self.named.currentData() or ""
        read_before, protected, answers = self._first, self._protected, dict(self._answers)
        self._show_busy(f"Reading {file.name}…")

        def work(report: ProgressReport) -> tuple["Session", DistrictFile]:
            first = read_before
            if first is None or first.path != file:
                first = _find_step(file, answers, protected)
            session = begin_district(
                path,
                first,
                name=name,
                preset=preset,
                zones=zones,
                only=only,
                report=report,
                protected=protected,
            )
            return session, first

        self._jobs.run(
            "Reading the district",
            work,
            on_done=lambda created: self._show_created(created[0], created[1], path),
            on_failed=self._fail,
        )

    def reject(self) -> None:
        """Cancel any reading, and close."""
        self._jobs.cancel_all()
        super().reject()

    def _show_fields(self) -> None:
        """Show the fields for the chosen district."""
        is_other = self.is_other
        self.set_about(_ABOUT_OTHER if is_other else _ABOUT)
        policy = self.refused.sizePolicy()
        policy.setRetainSizeWhenHidden(is_other)  # so that a refusal moves no field
        self.refused.setSizePolicy(policy)
        lines = _REFUSAL_LINES if is_other else 0
        self.refused.setMinimumHeight(lines * self.refused.fontMetrics().lineSpacing())
        for row in (self.boundary_row, self.named, self.only, self.name, self.zones):
            self.form.setRowVisible(row, is_other)
        self.form.setRowVisible(self.empty, not is_other)
        self._suggest_file()
        preset = ANY_DISTRICT_PRESET if is_other else self._default_preset
        self.preset.offer(self._presets, preset)
        self.adjustSize()

    def _suggest_file(self, *_: object) -> None:
        """Suggest a new file named like the district, unless a path was typed."""
        if Path(self.file.text()) != self._suggested_file:
            return
        name = (
            _FORBIDDEN_IN_FILE_NAME.sub(" ", self.named.currentData() or "").strip(". ")
            or _DEFAULT_NAME
        )
        self._suggested_file = self._default_file
        if self.is_other:
            self._suggested_file = find_free_path(self._default_file.with_name(f"{name}.gpkg"))
        self.file.setText(str(self._suggested_file))

    def _suggest_zones(self, *_: object) -> None:
        """Suggest as many zones as the command line does, unless a number was typed."""
        schools = self._school_counts.get(self.named.currentData() or self.named.currentText())
        if schools is not None and self.zones.value() == self._suggested_zones:
            self._suggested_zones = suggest_zone_count(schools)
            self.zones.setValue(self._suggested_zones)

    def _choose(self) -> None:
        chosen = ask_new_file(self, "New project", "Projects (*.gpkg)", Path(self.file.text()))
        if chosen is not None:
            self.file.setText(str(chosen))

    def _choose_boundary(self) -> None:
        chosen = ask_file(self, "The district", _FILTER)
        if chosen is not None:
            self.boundary.setText(str(chosen))
            self._read_boundary()

    def _read_boundary(self) -> None:
        """List the districts in the chosen file."""
        text = self.boundary.text().strip()
        if not text or (self._first is not None and str(self._first.path) == text):
            return
        self._answers = {}
        self._list_districts(Path(text))

    def _list_districts(self, path: Path) -> None:
        protected, answers = self._protected, dict(self._answers)

        def work(_: ProgressReport) -> tuple[DistrictFile, tuple[ListedDistrict, ...]]:
            first = _find_step(path, answers, protected)
            return first, list_districts(first, protected=protected)

        self._show_busy(f"Reading {path.name}…")
        self._jobs.run(
            "Looking for districts",
            work,
            on_done=lambda listed: self._show_districts(*listed),
            on_failed=self._fail,
        )

    def _show_districts(self, first: DistrictFile, districts: tuple[ListedDistrict, ...]) -> None:
        self._first = first
        lists_schools = first.step == "schools"
        self._school_counts = {each.name: each.rows for each in districts if lists_schools}
        self.named.clear()
        if len(districts) < 2:
            self.named.addItem(districts[0].name if districts else "the only one in the file", "")
        else:
            self.named.addItem("Choose…", "")
            for each in districts:
                count = f" ({format_count(each.rows, 'school')})" if lists_schools else ""
                self.named.addItem(f"{each.name}{count}", each.name)
        self._show_ready()

    def _show_busy(self, text: str) -> None:
        self.refused.hide()
        self._focus_before = self.focusWidget()  # disabling Create moves the focus to Cancel
        self.ok.setEnabled(False)
        self.about.setMinimumHeight(self.about.height())  # so that a short text moves no field
        self.about.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.set_about(text)

    def _show_ready(self) -> None:
        self.ok.setEnabled(True)
        self.about.setMinimumHeight(0)
        if self._focus_before is not None:
            self._focus_before.setFocus()
            self._focus_before = None
        self.set_about(_ABOUT_OTHER if self.is_other else _ABOUT)

    def _read_path(self) -> Path:
        text = self.file.text().strip()
        if not text:
            raise UserError("field_empty.project_file")
        path = Path(text)
        return path if path.suffix == ".gpkg" else path.with_name(path.name + ".gpkg")

    def _read_file(self) -> Path:
        text = self.boundary.text().strip()
        if not text:
            raise UserError("field_empty.district_file")
        return Path(text)

    def _read_filter(self) -> dict[str, list[str]]:
        text = self.only.text().strip()
        column, sign, value = text.partition("=")
        if text and not (sign and column.strip()):
            raise UserError("not_a_row_filter")
        return {column.strip(): [value.strip()]} if text else {}

    def _create(self) -> None:
        self._create_at(self._read_path(), self.preset.currentData(), self.empty.isChecked())

    def _show_created(self, session: "Session", first: DistrictFile, path: Path) -> None:
        if self._show is not None:
            self._show(CreatedDistrict(session, path, first))
        super().reject()  # closes: accept() would create the project again

    def _fail(self, error: Exception) -> None:
        self._show_ready()
        if not isinstance(error, UserError):
            raise error
        self.show_refusal(error.message)
        path = Path(self.boundary.text().strip())
        ask_how_to_read(error, path.name, _CENSUS_CRS, partial(self._answer, path), self)

    def _answer(self, path: Path, key: str, answer: str) -> None:
        self._answers[key] = answer
        self._list_districts(path)


def _find_step(path: Path, answers: Mapping[str, str], protected: Collection[Path]) -> DistrictFile:
    layer, crs = answers.get("layer"), answers.get("crs")
    return find_district_step(path, layer=layer, crs=crs, protected=protected)
