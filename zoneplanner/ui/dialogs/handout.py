"""Hand out: which parts, for whom, into which folder."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QLineEdit,
    QPushButton,
    QWidget,
)

from zoneplanner.errors import UserError
from zoneplanner.ui.kit.forms import Form, beside

PARTS = {
    "map": ("Web map", "One file that opens in any browser without a network."),
    "sheets": ("A printed page for each zone", "PDF with map, schools, addresses and phones."),
    "data": ("Data", "Tables and shapes for spreadsheets and GIS, with a README."),
}
AUDIENCES = {
    "staff": "Staff: with phones and last visits",
    "public": "The public: zones and schools only",
    "law-enforcement": "Law enforcement: all of it",
}


class HandoutDialog(Form):
    """Asks what to make and calls ``publish(folder, audience, parts)``."""

    def __init__(
        self,
        folder: Path,
        publish: Callable[[Path, str, tuple[str, ...]], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Hand Out", "Make the files", self._publish, parent)
        self._publish_to = publish
        self.audience = QComboBox()
        for name, text in AUDIENCES.items():
            self.audience.addItem(text, name)
        self.form.addRow("&For", self.audience)
        self.parts = {name: QCheckBox(text) for name, (text, _) in PARTS.items()}
        for number, (name, box) in enumerate(self.parts.items()):
            box.setChecked(True)
            box.setToolTip(PARTS[name][1])
            self.form.addRow("Make" if number == 0 else "", box)
        self.folder = QLineEdit(str(folder))
        self.folder.setAccessibleName("Folder")
        browse = QPushButton("Choose…")
        browse.clicked.connect(self._choose)
        line = beside(self.folder, browse)
        self.form.addRow("&Into", line)

    def _choose(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Folder for the files", self.folder.text())
        if chosen:
            self.folder.setText(chosen)

    def _publish(self) -> None:
        parts = tuple(name for name, box in self.parts.items() if box.isChecked())
        if not parts:
            raise UserError("Choose at least one thing to make.")
        if not self.folder.text().strip():
            raise UserError("Choose a folder for the files.")
        self._publish_to(Path(self.folder.text()), self.audience.currentData(), parts)
