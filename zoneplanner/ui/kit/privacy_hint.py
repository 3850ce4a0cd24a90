"""A line under a field of free text that warns of what looks like a person."""

from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from zoneplanner.domain.privacy import PRIVACY_ADVICE, collect_known_words, find_personal_data
from zoneplanner.domain.project import Project
from zoneplanner.ui.kit.theme import GRID_PX
from zoneplanner.ui.kit.widgets import make_wrapped_label, pass_focus

_TextField = QLineEdit | QPlainTextEdit


class PrivacyCheckedField(QWidget):
    """A text field with its warning; a warning refuses nothing."""

    def __init__(self, field: _TextField, project: Project) -> None:
        super().__init__()
        self.field = field
        self._known = collect_known_words(project)
        self.hint = make_wrapped_label()
        self.hint.setProperty("role", "problem")
        self.hint.hide()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(GRID_PX)
        rows.addWidget(field)
        rows.addWidget(self.hint)
        pass_focus(self, field)
        field.textChanged.connect(lambda *_: self._look())
        self._look()

    def text(self) -> str:
        """Return what is written."""
        field = self.field
        return field.text() if isinstance(field, QLineEdit) else field.toPlainText()

    def put(self, text: str) -> None:
        """Show another text."""
        field = self.field
        if isinstance(field, QLineEdit):
            field.setText(text)
        else:
            field.setPlainText(text)

    def _look(self) -> None:
        found = find_personal_data(self.text(), self._known)
        self.hint.setText(" ".join([*found, PRIVACY_ADVICE]) if found else "")
        self.hint.setVisible(bool(found))
        self.field.setAccessibleDescription(self.hint.text())
