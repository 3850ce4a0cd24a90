"""A site on the map: a symbol of constant size, moved aside where it would lie on another."""

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from zoneplanner.ui.canvas import symbols
from zoneplanner.ui.canvas.symbols import SiteSymbol
from zoneplanner.ui.kit.theme import Theme

_SymbolRenderer = Callable[[SiteSymbol], QPixmap]


class SymbolCache:
    """The pictures of all looks seen so far in one theme."""

    def __init__(self, theme: Theme, ratio: float) -> None:
        self._theme = theme
        self._ratio = ratio
        self._made: dict[SiteSymbol, QPixmap] = {}

    def __call__(self, look: SiteSymbol) -> QPixmap:
        """Return a look's picture."""
        if look not in self._made:
            self._made[look] = symbols.render_symbol(look, self._theme, self._ratio)
        return self._made[look]


class SiteItem(QGraphicsItem):
    """One site. ``shift`` moves the symbol by pixels from the site's position."""

    def __init__(self, site: str, at: QPointF, look: SiteSymbol, pictures: _SymbolRenderer) -> None:
        super().__init__()
        self.site = site
        self.look = look
        self.shift = QPointF()
        self._pictures = pictures
        self._base_z = 30.0
        self.setPos(at)
        self._rise()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def set_look(self, look: SiteSymbol, shift: QPointF, pictures: _SymbolRenderer) -> None:
        """Show another picture, moved by so many pixels."""
        if look == self.look and shift == self.shift and pictures is self._pictures:
            return
        self.prepareGeometryChange()
        self.look, self.shift, self._pictures = look, shift, pictures
        self._rise()
        self.update()

    def stand(self, z: float, opacity: float) -> None:
        """Stand at a height of the map, larger symbols above smaller ones, ringed ones on top."""
        self._base_z = z
        self._rise()
        self.setOpacity(opacity)

    def _rise(self) -> None:
        self.setZValue(self._base_z + (1 if self.look.ring else self.look.size_px / 100))

    def boundingRect(self) -> QRectF:
        """Span the symbol with its marks, in pixels around the position."""
        reach = symbols.compute_symbol_reach_px(self.look) + 1
        return QRectF(self.shift.x() - reach, self.shift.y() - reach, 2 * reach, 2 * reach)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,
        widget: QWidget | None = None,
    ) -> None:
        """Draw the symbol's picture on whole pixels."""
        world: QTransform = painter.worldTransform()
        reach = symbols.compute_symbol_reach_px(self.look)
        left = round(world.dx() + self.shift.x() - reach)
        top = round(world.dy() + self.shift.y() - reach)
        painter.save()
        try:
            painter.resetTransform()
            painter.drawPixmap(left, top, self._pictures(self.look))
        finally:
            painter.restore()
