"""A section of a dock under a title that folds it away."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSizePolicy, QToolButton, QVBoxLayout, QWidget

from zoneplanner.ui.kit.theme import make_strong_font


class CollapsibleSection(QWidget):
    """A title and what is under it; ``folded`` carries True when it opens."""

    folded = Signal(bool)

    def __init__(self, title: str, content: QWidget, *, opened: bool = True) -> None:
        super().__init__()
        self.content = content
        self.header = QToolButton()
        self.header.setObjectName("fold")
        self.header.setText(title)
        self.header.setFont(make_strong_font())
        self.header.setCheckable(True)
        self.header.setAutoRaise(True)
        self.header.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.header.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.header.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.header.toggled.connect(self._turn)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        inner = content.layout()
        if inner is not None:
            margins = inner.contentsMargins()
            inner.setContentsMargins(margins.left(), 0, margins.right(), margins.bottom())
        rows.addWidget(self.header)
        rows.addWidget(content)
        self.header.setChecked(opened)
        self._turn(opened)

    @property
    def opened(self) -> bool:
        """True while the content is shown."""
        return self.header.isChecked()

    def open(self, opened: bool = True) -> None:
        """Show the content, or fold it away."""
        self.header.setChecked(opened)

    def call(self, title: str) -> None:
        """Give the section another title."""
        self.header.setText(title)
        self._tip()

    def _turn(self, opened: bool) -> None:
        self.header.setArrowType(Qt.ArrowType.DownArrow if opened else Qt.ArrowType.RightArrow)
        self._tip()
        self.content.setVisible(opened)
        self.folded.emit(opened)

    def _tip(self) -> None:
        title = self.header.text()
        self.header.setToolTip(f"Fold “{title}” away" if self.opened else f"Show “{title}”")
