"""Start a project on the bundled district."""

from collections.abc import Callable, Mapping
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


class NewProjectDialog(Form):
    """Asks for file and preset and calls ``create(path, preset, empty)``."""

    def __init__(
        self,
        file: Path,
        presets: Mapping[str, str],
        chosen: str,
        create: Callable[[Path, str, bool], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("New Project", "Create", self._create, parent)
        self._create_at = create
        self.say("A project holds the district's schools, lines, blocks, units, plans and log.")
        self.preset = QComboBox()
        for name, text in presets.items():
            self.preset.addItem(text, name)
        self.preset.setCurrentIndex(max(0, self.preset.findData(chosen)))
        self.empty = QCheckBox("Without sites")
        self.file = QLineEdit(str(file))
        browse = QPushButton("Choose…")
        browse.clicked.connect(self._choose)
        line = beside(self.file, browse)
        self.form.addRow("&Units", self.preset)
        self.form.addRow("", self.empty)
        self.form.addRow("&File", line)

    def _choose(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(
            self, "New project", self.file.text(), "Projects (*.gpkg)"
        )
        if chosen:
            self.file.setText(chosen)

    def _create(self) -> None:
        text = self.file.text().strip()
        if not text:
            raise UserError("Choose a file for the project.")
        path = Path(text)
        if path.suffix != ".gpkg":
            path = path.with_name(path.name + ".gpkg")
        self._create_at(path, self.preset.currentData(), self.empty.isChecked())
