"""A question that a layer file leaves open: which of its layers, or which coordinates."""

from collections.abc import Callable, Mapping

from PySide6.QtWidgets import QWidget

from zoneplanner.errors import UserError
from zoneplanner.ui.kit.forms import FormDialog
from zoneplanner.ui.kit.inputs import ChoiceBox


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
        self.say(about)
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
        own: f"The project’s own, in metres ({own})",
        "EPSG:2226": "California zone 2, in feet (EPSG:2226)",
        "EPSG:3857": "Web Mercator (EPSG:3857)",
    }
