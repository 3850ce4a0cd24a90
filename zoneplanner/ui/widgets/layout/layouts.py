"""Layouts: fields that flow onto the next line, grids of school levels, and foldable sections."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QGridLayout,
    QLabel,
    QLayout,
    QLayoutItem,
    QSizePolicy,
    QSplitter,
    QToolButton,
    QWidget,
)

from zoneplanner.ui.widgets.layout.basic_widgets import (
    make_column_layout,
    make_grid_layout,
    make_row_layout,
    make_section_label,
)
from zoneplanner.ui.widgets.style.theme import (
    GRID_PX,
    PANEL_MARGIN_PX,
    SPACING_PX,
    WIDE_MARGIN_PX,
    make_strong_font,
    set_style_state,
)


def make_level_grid(titles: Mapping[str, str]) -> tuple[QWidget, QGridLayout]:
    """Return a frame and its grid of school levels, with column titles and their tooltips."""
    frame = QWidget()
    margins_px = (0, 0, 0, SPACING_PX)
    grid = make_grid_layout(frame, spacings_px=(WIDE_MARGIN_PX, GRID_PX), margins_px=margins_px)
    for column, (title, tip) in enumerate({"Level": "", **titles}.items()):
        label = make_section_label(title)
        label.setToolTip(tip)
        # aligned like the figures below
        label.setAlignment(Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(label, 0, column, Qt.AlignmentFlag.AlignBottom)
    return frame, grid


def make_splitter(
    parts: Mapping[QWidget, int],
    sizes_px: Sequence[int],
    *,
    orientation: Qt.Orientation = Qt.Orientation.Horizontal,
) -> QSplitter:
    """Return a splitter with these parts by their stretch factors; none can be collapsed."""
    splitter = QSplitter(orientation)
    for index, (part, stretch) in enumerate(parts.items()):
        splitter.addWidget(part)
        splitter.setStretchFactor(index, stretch)
    splitter.setSizes(sizes_px)
    splitter.setChildrenCollapsible(False)
    return splitter


class FlowLayout(QLayout):
    """Lays widgets out like words in a paragraph, each at its preferred width."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(PANEL_MARGIN_PX, GRID_PX, PANEL_MARGIN_PX, GRID_PX)
        self.setSpacing(SPACING_PX)

    def add_named(self, name: str, field: QWidget) -> None:
        """Add a field and its label, which stay together."""
        both, label = QWidget(), QLabel(name)
        label.setBuddy(field)
        make_row_layout(label, field, parent=both)
        self.addWidget(both)

    def addItem(self, item: QLayoutItem) -> None:
        """Append an item."""
        self._items.append(item)

    def count(self) -> int:
        """Return the number of items."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """Return an item, None after the last one."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Remove and return an item, None after the last one."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        """Return that the layout does not expand."""
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        """Return that the height depends on the width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height of the lines at a width."""
        return self._arrange(QRect(0, 0, width, 0), moves=False)

    def setGeometry(self, rect: QRect) -> None:
        """Place the items."""
        super().setGeometry(rect)
        self._arrange(rect, moves=True)

    def sizeHint(self) -> QSize:
        """Return the size of all items in one line."""
        sizes = [item.sizeHint() for item in self._items if not item.isEmpty()]
        width = sum(size.width() for size in sizes) + self.spacing() * max(0, len(sizes) - 1)
        height = max((size.height() for size in sizes), default=0)
        return QSize(width, height).grownBy(self.contentsMargins())

    def minimumSize(self) -> QSize:
        """Return the size that the largest item needs."""
        minimum = QSize()
        for item in self._items:
            if not item.isEmpty():
                minimum = minimum.expandedTo(item.minimumSize())
        return minimum.grownBy(self.contentsMargins())

    def _arrange(self, rect: QRect, *, moves: bool) -> int:
        """Break the items into lines, place them if ``moves``, and return their total height."""
        inside = rect.marginsRemoved(self.contentsMargins())
        corner, line_px = inside.topLeft(), 0
        for item in self._items:
            if item.isEmpty():
                continue
            size = item.sizeHint()
            if corner.x() > inside.left() and corner.x() + size.width() > inside.right() + 1:
                corner = QPoint(inside.left(), corner.y() + line_px + GRID_PX)
                line_px = 0
            if moves:
                item.setGeometry(QRect(corner, size))
            corner.setX(corner.x() + size.width() + self.spacing())
            line_px = max(line_px, size.height())
        return corner.y() + line_px - rect.top() + self.contentsMargins().bottom()


class TwoPartBar(QWidget):
    """A bar of two parts, which are below each other if they do not fit in one line."""

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
        """Return the width of the wider part."""
        margins = self._line.contentsMargins()
        width = max(part.minimumSize().width() for part in self._parts)
        height = self._line.minimumSize().height()
        return QSize(width + margins.left() + margins.right(), height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use one line or two."""
        super().resizeEvent(event)
        available_px = self._line.contentsRect().width() - SPACING_PX
        fits = sum(part.minimumSize().width() for part in self._parts) <= available_px
        direction = QBoxLayout.Direction.LeftToRight if fits else QBoxLayout.Direction.TopToBottom
        if direction != self._line.direction():
            self._line.setDirection(direction)


class CollapsibleSection(QWidget):
    """A title and content that it shows or hides; ``folded`` carries True when it opens."""

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
        self.header.toggled.connect(self._show_content)
        inner = content.layout()
        if inner is not None:
            margins = inner.contentsMargins()
            inner.setContentsMargins(margins.left(), 0, margins.right(), margins.bottom())
        make_column_layout(self, self.header, content, margin_px=0, spacing_px=0)
        self.header.setChecked(opened)
        self._show_content(opened)

    @property
    def opened(self) -> bool:
        """Whether the content is shown."""
        return self.header.isChecked()

    def open(self, opened: bool = True) -> None:
        """Show or hide the content."""
        self.header.setChecked(opened)

    def set_title(self, title: str) -> None:
        """Change the title."""
        self.header.setText(title)
        self._update_tip()

    def _show_content(self, opened: bool) -> None:
        set_style_state(self.header, "disclosed", opened)
        self._update_tip()
        self.content.setVisible(opened)
        self.folded.emit(opened)

    def _update_tip(self) -> None:
        verb = "Collapse" if self.opened else "Show"
        self.header.setToolTip(f"{verb} “{self.header.text()}”")
