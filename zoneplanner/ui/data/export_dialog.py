"""The dialog that exports layers and tables in a format for other programs."""

from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QWidget

from zoneplanner.app.exports.file_export import (
    EXPORT_FORMATS,
    ExportResult,
    export_file,
    list_format_layers,
)
from zoneplanner.domain.log.entries import RECORD_KINDS
from zoneplanner.domain.log.record_schema import read_record_words
from zoneplanner.errors import UserError
from zoneplanner.publish.audience import AUDIENCES, OWN, is_exported
from zoneplanner.ui.widgets.inputs.file_dialogs import (
    PathEdit,
    ask_folder,
    ask_new_file,
    find_documents_folder,
)
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.forms import add_browse_button
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_choice_box
from zoneplanner.ui.widgets.layout.basic_widgets import make_muted_label
from zoneplanner.ui.widgets.services.ui_context import UiContext

_TITLE = "Export Data"
_ABOUT = (
    "For spreadsheets, GIS and Google Earth. Files for audiences outside your office contain only "
    "what may be released to them."
)
_NOTES = {
    "gpkg": "One file with all layers, for QGIS and ArcGIS; exact coordinates.",
    "geojson": "One file for each layer, in longitude and latitude.",
    "csv": "One table per layer, safe to open in spreadsheets. The shapes of zones are left out.",
    "tsv": "The same as CSV, with tabs between the columns.",
    "kml": "One file for Google Earth, in the colors of the zones.",
    "kmz": "The same as KML, compressed into one small file.",
    "shp": "A shapefile for each layer; field names are cut to 10 characters.",
    "fgb": "One file for each layer, fast to read.",
    "xlsx": "One workbook with a sheet per layer; headings stay visible.",
    "nena": "Zones as NENA-STA-006.3 PolicePolygon. Planning only, not for 9-1-1 routing.",
    "ics": "One calendar for everyone, one per unit and one per officer, with posted shifts.",
}
_LAYER_TITLES = {
    "sites": "Sites",
    "zones": "Zones",
    "jurisdictions": "Jurisdictions",
    "blocks": "Blocks",
    "district": "District boundary",
    "plan": "Plan: which site is in which zone",
    "agencies": "Agencies",
    "units": "Units",
    "officers": "Officers",
    "availability": "Officers’ leave, main jobs and availability",
    "shifts": "Shifts",
    **{kind.table: read_record_words()[kind.name].table for kind in RECORD_KINDS.values()},
    "stamps": "Stamps of units on incidents",
}
"""The title of every layer and table that can be exported."""


class ExportDialog(FormDialog):
    """Asks for format, audience, layers and path, and exports in a background job."""

    def __init__(self, desk: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(_TITLE, "Export", self._export, parent)
        self._desk = desk
        self.set_about(_ABOUT)
        self.kind = make_choice_box({key: form.title for key, form in EXPORT_FORMATS.items()})
        self.form.addRow("&As", self.kind)
        self.audience = make_choice_box(
            {key: audience.title for key, audience in AUDIENCES.items()}
        )
        self.audience.setCurrentIndex(self.audience.findData(OWN))
        self.form.addRow("&For", self.audience)
        self.note = self.add_field("", make_muted_label())
        self.layers = {
            name: QCheckBox(desk.session.rewrite(title)) for name, title in _LAYER_TITLES.items()
        }
        for index, (name, box) in enumerate(self.layers.items()):
            box.setChecked(name != "blocks")
            self.form.addRow("What" if index == 0 else "", box)
        self.place = PathEdit()
        self.place.setAccessibleName("File or folder")
        self.form.addRow("&Where", add_browse_button(self.place, self._choose))
        self.kind.currentIndexChanged.connect(self._show_format)
        self.audience.currentIndexChanged.connect(self._show_format)
        self._show_format()

    def _show_format(self) -> None:
        """Show which layers can be exported, and suggest a path."""
        kind = self._kind()
        self.note.setText(_NOTES[kind])
        available = self._list_available(kind)
        for name, box in self.layers.items():
            self.form.setRowVisible(box, name in available)
        self.place.setText(str(self._suggest_path(kind)))
        self.adjustSize()

    def _list_available(self, kind: str) -> list[str]:
        """Return the layers that the format can contain and the audience may get."""
        audience = str(self.audience.currentData())
        return [name for name in list_format_layers(kind) if is_exported(audience, name)]

    def _kind(self) -> str:
        return str(self.kind.currentData())

    def _is_one_file(self, kind: str) -> bool:
        return EXPORT_FORMATS[kind].several and kind != "ics"

    def _suggest_path(self, kind: str) -> Path:
        stem = f"{self._desk.session.project.name} {'police' if kind == 'nena' else 'data'}"
        ending = EXPORT_FORMATS[kind].ending if self._is_one_file(kind) else f" {kind}"
        return find_documents_folder() / f"{stem}{ending}"

    def _choose(self) -> None:
        kind, current = self._kind(), Path(self.place.text())
        if self._is_one_file(kind):
            form = EXPORT_FORMATS[kind]
            chosen = ask_new_file(self, _TITLE, f"{form.title} (*{form.ending})", current)
        else:
            chosen = ask_folder(self, _TITLE, current)
        if chosen is not None:
            self.place.setText(str(chosen))

    def _export(self) -> None:
        text, kind = self.place.text().strip(), self._kind()
        available, audience = self._list_available(kind), str(self.audience.currentData())
        layers = [
            name for name, box in self.layers.items() if name in available and box.isChecked()
        ]
        if available and not layers:
            raise UserError("field_empty.export_layers")
        if not text:
            raise UserError("field_empty.export_place")
        session, path = self._desk.session, Path(text)
        if not session.plan:
            layers = [name for name in layers if name not in ("zones", "plan")]
        if available and not layers:
            raise UserError("no_plan.export")
        self._desk.jobs.run(
            "Exporting the data",
            lambda report: export_file(
                session, kind, path, layers=layers, audience=audience, report=report
            ),
            on_done=self._report_exported,
            lost="The data was not exported.",
        )

    def _report_exported(self, result: ExportResult) -> None:
        folder = result.files[0].parent
        self._desk.notices.show_notice(
            result.message,
            sign="done",
            offer="Open the folder",
            on_offer=partial(self._desk.notices.open_file, folder),
            details={"files": ", ".join(file.name for file in result.files)},
            stays=True,
        )
