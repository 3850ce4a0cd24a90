"""The list of layers in the order in which they are drawn, the topmost first."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QIcon, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem, QSizePolicy, QWidget

from zoneplanner.ui.canvas.arrangement import FIXED_LAYERS, Arrangement

_NAME = Qt.ItemDataRole.UserRole
_ROW_PX = 22


class LayerList(QListWidget):
    """A row a layer: tick it to show it, drag it or press Alt+Up and Alt+Down to move it.

    ``toggled`` carries a layer and whether it is shown; ``moved`` all layers in their new order;
    ``stepped`` a layer and by how many rows to move it; ``chosen`` the layer of the current row;
    ``dropped`` the layer for which Delete was pressed.
    """

    toggled = Signal(str, bool)
    moved = Signal(object)
    stepped = Signal(str, int)
    chosen = Signal(str)
    dropped = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Layers, the topmost first")
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setIconSize(QSize(16, 16))
        self.setUniformItemSizes(True)
        self._settle = QTimer(self, singleShot=True, interval=0)
        self._settle.timeout.connect(self._tell_order)
        self.itemChanged.connect(self._tell_toggle)
        self.currentItemChanged.connect(self._tell_choice)
        self.model().rowsMoved.connect(self._settle_soon)

    def show_layers(
        self,
        look: Arrangement,
        rows: Sequence[str],
        titles: Mapping[str, str],
        icons: Mapping[str, QIcon],
    ) -> None:
        """Show layers in this order; the chosen one stays chosen."""
        name = self.layer()
        blocked = self.blockSignals(True)
        self.clear()
        for row in rows:
            item = QListWidgetItem(titles[row])
            item.setData(_NAME, row)
            flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
            flags |= Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemNeverHasChildren
            if row not in FIXED_LAYERS:
                flags |= Qt.ItemFlag.ItemIsDragEnabled
            item.setFlags(flags)
            item.setSizeHint(QSize(0, _ROW_PX))
            shown = look.shows(row)
            item.setCheckState(Qt.CheckState.Checked if shown else Qt.CheckState.Unchecked)
            if row in icons:
                item.setIcon(icons[row])
            self.addItem(item)
            if row == name:
                self.setCurrentItem(item)
        self.blockSignals(blocked)
        self.setFixedHeight(_ROW_PX * self.count() + 2 * self.frameWidth() + 2)

    def layer(self) -> str:
        """Return the layer of the current row, empty where there is none."""
        item = self.currentItem()
        return str(item.data(_NAME)) if item is not None else ""

    def choose(self, name: str) -> None:
        """Make a layer's row the current one."""
        for at in range(self.count()):
            if self.item(at).data(_NAME) == name:
                self.setCurrentRow(at)

    def row_of(self, name: str) -> QListWidgetItem:
        """Return a layer's row; an unknown layer is a KeyError."""
        for at in range(self.count()):
            if self.item(at).data(_NAME) == name:
                return self.item(at)
        raise KeyError(name)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the current layer with Alt and the arrows; Delete takes an own one off."""
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        key, alt = Qt.Key(event.key()), Qt.KeyboardModifier.AltModifier
        if event.modifiers() & alt and key in steps:
            self.stepped.emit(self.layer(), steps[key])
        elif key == Qt.Key.Key_Delete:
            self.dropped.emit(self.layer())
        else:
            super().keyPressEvent(event)

    def _settle_soon(self, *_: object) -> None:
        self._settle.start()

    def _tell_toggle(self, item: QListWidgetItem) -> None:
        self.toggled.emit(str(item.data(_NAME)), item.checkState() == Qt.CheckState.Checked)

    def _tell_choice(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.chosen.emit(str(item.data(_NAME)))

    def _tell_order(self) -> None:
        self.moved.emit([str(self.item(at).data(_NAME)) for at in range(self.count())])
