"""Files in and out of the window: the import dialog, data out, layers to look at."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from zoneplanner.app.layers import LayerRequest
from zoneplanner.ui.canvas.view import MapView
from zoneplanner.ui.dialogs.layer_actions import LayerActions
from zoneplanner.ui.kit.desk import UiContext

if TYPE_CHECKING:
    from zoneplanner.ui.dialogs.importing import ImportDialog


class FileActions:
    """Import a file, by the menu or dropped, and write data for other programs."""

    def __init__(self, desk: UiContext, view: MapView, parent: QWidget) -> None:
        self._desk = desk
        self._view = view
        self._parent = parent
        self.layers = LayerActions(desk, parent)
        desk.actions.on("import", self.ask)
        desk.actions.on("export", self.ask_export)

    def ask(self) -> None:
        """Open the import dialog without a file."""
        self._dialog().ask()

    def open(self, path: Path) -> None:
        """Open the import dialog on a file, as when it is dropped."""
        if not self._desk.may_edit():
            return
        dialog = self._dialog()
        dialog.ask()
        dialog.open_file(path)

    def ask_export(self) -> None:
        """Ask what to write, as what and where to."""
        from zoneplanner.ui.dialogs.export import ExportDialog

        ExportDialog(self._desk, self._parent).ask()

    def _dialog(self) -> "ImportDialog":
        from zoneplanner.ui.dialogs.importing import ImportDialog

        return ImportDialog(self._desk, self._view.theme, self._add_layer, self._parent)

    def _add_layer(self, path: Path, layer: str | None, crs: str | None) -> None:
        self.layers.read(LayerRequest(path, layer, crs))
