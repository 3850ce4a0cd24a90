"""The actions on files: add a layer, import, and set up a district."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from zoneplanner.app.geography.map_layers import (
    LayerRequest,
    add_layer_file,
    build_layer_reader,
    list_row_notes,
    remove_own_layer,
)
from zoneplanner.messages import Message, say_all
from zoneplanner.ui.map.view import MapView
from zoneplanner.ui.widgets.inputs.file_dialogs import ask_file
from zoneplanner.ui.widgets.services.ui_context import UiContext

if TYPE_CHECKING:
    from zoneplanner.app.projects.district_setup import DistrictFile
    from zoneplanner.exchange.vector.layers import ForeignLayer
    from zoneplanner.ui.data.imports.import_dialog import ImportDialog

_FILES = (
    "Layers (*.geojson *.json *.shp *.zip *.gpkg *.kml *.kmz *.fgb *.csv *.tsv *.txt *.xlsx);;"
    "All files (*)"
)


class _LayerActions(QObject):
    """Adds layers from files, and removes layers that were added."""

    def __init__(self, desk: UiContext, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self._parent = parent
        desk.actions.set_handler("add_layer", self.ask)

    def ask(self) -> None:
        """Ask for a file and add it."""
        file = self._desk.session.store.path
        folder = file.parent if file is not None else None
        chosen = ask_file(self._parent, "Add a layer", _FILES, folder=folder)
        if chosen is not None:
            self.add(chosen)

    def add(self, path: Path) -> None:
        """Read a file in a background job, and add its layer."""
        self.read(LayerRequest(path))

    def read(self, request: LayerRequest) -> None:
        """Read a file; if its layer or coordinates are unclear, ask and read it again."""
        self._desk.jobs.run(
            "Reading the layer",
            build_layer_reader(self._desk.session, request),
            on_done=lambda layer: self._add(layer, request.publisher),
            on_failed=lambda error: self._fail(request, error),
            lost="The layer was not added.",
        )

    def remove(self, layer_id: str) -> None:
        """Remove an added layer; the notice offers to undo that."""
        session = self._desk.session
        layer = session.saved_project.layers.get(layer_id)
        if self._desk.attempt(lambda: remove_own_layer(session, layer_id)):
            title = layer.title if layer else layer_id
            self._desk.report_done(Message("layer_removed", layer=title))

    def _add(self, layer: "ForeignLayer", publisher: str) -> None:
        def add() -> None:
            session = self._desk.session
            messages = add_layer_file(session, layer, uuid4().hex, publisher=publisher)
            stays = bool(layer.refused or layer.repaired or layer.warning)
            self._desk.report_done(
                say_all(messages, session.formats), details=list_row_notes(layer), stays=stays
            )

        self._desk.attempt(add)

    def _fail(self, request: LayerRequest, error: Exception) -> None:
        from zoneplanner.ui.data.imports.file_options import ask_how_to_read

        def read_as(key: str, answer: str) -> None:
            if key == "layer":
                self.read(replace(request, sublayer=answer))
            else:
                self.read(replace(request, source_crs=answer))

        project_crs = self._desk.session.project.crs
        if not ask_how_to_read(error, request.path.name, project_crs, read_as, self._parent):
            self._desk.jobs.fail(error)


class FileActions:
    """Handles the actions on files, and files that are dropped on the window.

    ``find_workspace`` returns the workspace on screen, which helps to guess what a file is;
    ``show_kind`` opens a kind of data in the workspace Data.
    """

    def __init__(
        self,
        desk: UiContext,
        view: MapView,
        parent: QWidget,
        find_workspace: Callable[[], str] = lambda: "",
        show_kind: Callable[[str], object] = lambda kind: None,
    ) -> None:
        self._desk, self._find_workspace = desk, find_workspace
        self._district_folder: Path | None = None
        self._view = view
        self._parent = parent
        self.layers = _LayerActions(desk, parent)
        desk.actions.set_handler("import", self.ask)
        desk.actions.set_handler("district_setup", self.set_up_district)
        rollover = "data.projects.rollover_wizard:RolloverWizard"
        desk.actions.set_handler("rollover", lambda: desk.ask(rollover, show_kind, parent=parent))

    def ask(self) -> None:
        """Open the import dialog without a file."""
        self._make_dialog().ask()

    def open(self, path: Path, kind: str = "") -> None:
        """Open the import dialog on a file, as when it is dropped; ``kind`` if that is known."""
        if not self._desk.may_edit():
            return
        dialog = self._make_dialog()
        dialog.ask()
        dialog.open_file(path, kind)

    def set_up_district(self, first: "DistrictFile | None" = None) -> None:
        """Open the setup of a district; ``first`` is a file that was already chosen."""
        from zoneplanner.ui.data.projects.district_wizard import DistrictWizard

        wizard = DistrictWizard(self._desk, self.open, self._parent, folder=self._district_folder)
        wizard.finished.connect(lambda _: self._remember_folder(wizard.folder))
        wizard.ask()
        if first is not None:
            wizard.import_first(first)

    def _remember_folder(self, folder: Path | None) -> None:
        self._district_folder = folder

    def _make_dialog(self) -> "ImportDialog":
        from zoneplanner.ui.data.imports.import_dialog import ImportDialog

        near = self._find_workspace()
        return ImportDialog(self._desk, self._view.theme, self.layers.read, self._parent, near=near)
