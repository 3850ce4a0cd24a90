"""An item that spans the whole map and draws only what is exposed, in device pixels."""

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget


class SceneLayer(QGraphicsItem):
    """Base of the map's layers; ``draw`` gets a painter without a transform."""

    def __init__(self, rect: QRectF, z: float) -> None:
        super().__init__()
        self._rect = QRectF(rect)
        self.setZValue(z)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)

    def boundingRect(self) -> QRectF:
        """Span the whole map."""
        return self._rect

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,
        widget: QWidget | None = None,
    ) -> None:
        """Draw the exposed part; the painter is restored whatever happens."""
        world = painter.worldTransform()
        painter.save()
        try:
            painter.resetTransform()
            self.draw(painter, world, option.exposedRect)
        finally:
            painter.restore()

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw what lies in ``exposed`` (scene); ``world`` maps the scene to the device."""
        raise NotImplementedError
