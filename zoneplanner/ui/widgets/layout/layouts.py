"""Layouts: fields that flow onto the next line, a grid of levels, and sections that fold."""

from collections.abc import Mapping

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QLayoutItem,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from zoneplanner.ui.widgets.layout.basic_widgets import make_section_label
from zoneplanner.ui.widgets.style.theme import (
    GRID_PX,
    PANEL_MARGIN_PX,
    SPACING_PX,
    WIDE_MARGIN_PX,
    make_strong_font,
    set_style_state,
)


def make_level_grid(titles: Mapping[str, str]) -> tuple[QWidget, QGridLayout]:
    """Make a grid whose rows are levels of schools: its heads by their words, each with its tip."""
    frame = QWidget()
    grid = QGridLayout(frame)
    grid.setContentsMargins(0, 0, 0, SPACING_PX)
    grid.setHorizontalSpacing(WIDE_MARGIN_PX)
    grid.setVerticalSpacing(GRID_PX)
    for column, (title, tip) in enumerate({"Level": "", **titles}.items()):
        head = make_section_label(title)
        head.setToolTip(tip)
        side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
        head.setAlignment(side)  # as the figures below it
        grid.addWidget(head, 0, column, Qt.AlignmentFlag.AlignBottom)
    return frame, grid


class FlowLayout(QLayout):
    """Lays widgets out from the left like words; each keeps the width that it asks for."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(PANEL_MARGIN_PX, GRID_PX, PANEL_MARGIN_PX, GRID_PX)
        self.setSpacing(SPACING_PX)

    def add_named(self, name: str, field: QWidget) -> None:
        """Add a field with its label before it; the two stay together."""
        both, label = QWidget(), QLabel(name)
        line = QHBoxLayout(both)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(SPACING_PX)
        label.setBuddy(field)
        line.addWidget(label)
        line.addWidget(field)
        self.addWidget(both)

    def addItem(self, item: QLayoutItem) -> None:
        """Add an item at the end."""
        self._items.append(item)

    def count(self) -> int:
        """Return the number of items."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """Return an item, None behind the last."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Take an item out and return it, None behind the last."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        """Take no more room than is needed."""
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        """Be as high as there are lines."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height of the lines in a width."""
        return self._place(QRect(0, 0, width, 0), moves=False)

    def setGeometry(self, rect: QRect) -> None:
        """Put the items in their places."""
        super().setGeometry(rect)
        self._place(rect, moves=True)

    def sizeHint(self) -> QSize:
        """Ask for one line."""
        shown = [item.sizeHint() for item in self._items if not item.isEmpty()]
        wide = sum(size.width() for size in shown) + self.spacing() * max(0, len(shown) - 1)
        high = max((size.height() for size in shown), default=0)
        return QSize(wide, high).grownBy(self.contentsMargins())

    def minimumSize(self) -> QSize:
        """Ask for the widest item."""
        least = QSize()
        for item in self._items:
            if not item.isEmpty():
                least = least.expandedTo(item.minimumSize())
        return least.grownBy(self.contentsMargins())

    def _place(self, rect: QRect, *, moves: bool) -> int:
        """Break the items into lines; return the height of all of them."""
        inside = rect.marginsRemoved(self.contentsMargins())
        at, line_px = inside.topLeft(), 0
        for item in self._items:
            if item.isEmpty():
                continue
            size = item.sizeHint()
            if at.x() > inside.left() and at.x() + size.width() > inside.right() + 1:
                at = QPoint(inside.left(), at.y() + line_px + GRID_PX)
                line_px = 0
            if moves:
                item.setGeometry(QRect(at, size))
            at.setX(at.x() + size.width() + self.spacing())
            line_px = max(line_px, size.height())
        return at.y() + line_px - rect.top() + self.contentsMargins().bottom()


class TwoPartBar(QWidget):
    """Two parts of a bar beside each other, below each other where there is no room for both."""

    def __init__(
        self, first: QLayout, second: QLayout, *, margins_px: tuple[int, int, int, int]
    ) -> None:
        super().__init__()
        self._parts = (first, second)
        self._line = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._line.setContentsMargins(*margins_px)
        self._line.setSpacing(SPACING_PX)
        self._line.addLayout(first, 1)
        self._line.addLayout(second)

    def minimumSizeHint(self) -> QSize:
        """Return the room of the wider part; the other one goes below it."""
        margins = self._line.contentsMargins()
        wide = max(part.minimumSize().width() for part in self._parts)
        high = self._line.minimumSize().height()
        return QSize(wide + margins.left() + margins.right(), high)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Stand in one line or in two."""
        super().resizeEvent(event)
        room_px = self._line.contentsRect().width() - SPACING_PX
        fits = sum(part.minimumSize().width() for part in self._parts) <= room_px
        way = QBoxLayout.Direction.LeftToRight if fits else QBoxLayout.Direction.TopToBottom
        if way != self._line.direction():
            self._line.setDirection(way)


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

    def set_title(self, title: str) -> None:
        """Give the section another title."""
        self.header.setText(title)
        self._tip()

    def _turn(self, opened: bool) -> None:
        set_style_state(self.header, "disclosed", opened)
        self._tip()
        self.content.setVisible(opened)
        self.folded.emit(opened)

    def _tip(self) -> None:
        title = self.header.text()
        self.header.setToolTip(f"Collapse “{title}”" if self.opened else f"Show “{title}”")
