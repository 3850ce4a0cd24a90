"""The drawing of a campus with its grid and points, and the window of its response page."""

from collections.abc import Mapping

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QTransform
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGraphicsPixmapItem, QWidget

from zoneplanner.analysis.geometry.crs import to_lonlat
from zoneplanner.app.readiness.campus_pages import list_campus_pages, read_placed_picture
from zoneplanner.domain.geography.picture_placement import PicturePlacement
from zoneplanner.domain.readiness.campus_pages import STRETCHED, PictureGrid, PlacedPicture
from zoneplanner.errors import UserError
from zoneplanner.ui.map.scene.map_scene import MapScene
from zoneplanner.ui.widgets.layout.basic_widgets import (
    WrappedLabel,
    make_column_layout,
    make_heading_label,
    make_muted_label,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import SPACING_PX, THEMES, WIDE_MARGIN_PX, Theme

_MIN_SIZE, _PREFERRED_SIZE = QSize(200, 160), QSize(340, 210)
_LABEL_PX, _SPOT_PX, _LINE_ALPHA = 18, 9.0, 110
_DRAWING_THEME = THEMES["light"]
"""Drawings are dark on white in any theme, and so are the grid and spots over them."""
_OPACITY, _ABOVE_ZONES = 0.65, 13.0
_AUDIENCE = "For responders only; it is never published for the public or for staff."


class CampusPictureView(QWidget):
    """Shows a picture as large as possible, with its grid and numbered spots.

    ``pointed`` carries a clicked spot and ``hovered`` the spot under the pointer, as shares of the
    picture's width and height.
    """

    pointed = Signal(float, float)
    hovered = Signal(float, float)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._image, self._scaled = QImage(), QPixmap()
        self._grid: PictureGrid | None = None
        self._spots: Mapping[int, tuple[float, float]] = {}
        self._site: tuple[float, float] | None = None
        self.setMinimumSize(_MIN_SIZE)
        self.setMouseTracking(True)
        self.setAccessibleName("Drawing of the campus")

    def sizeHint(self) -> QSize:
        """Return the size of half a wide form."""
        return _PREFERRED_SIZE

    def show_picture(
        self,
        data: bytes,
        grid: PictureGrid | None = None,
        *,
        spots: Mapping[int, tuple[float, float]] | None = None,
        site: tuple[float, float] | None = None,
    ) -> None:
        """Show a picture with a grid, numbered spots and the school's position on it."""
        self._image = QImage.fromData(data) if data else QImage()
        self._scaled = QPixmap()
        self._grid, self._spots, self._site = grid, spots or {}, site
        self.update()

    def show_spots(
        self, spots: Mapping[int, tuple[float, float]], grid: PictureGrid | None = None
    ) -> None:
        """Show other numbered spots, and the grid that they determine."""
        self._spots, self._grid = spots, grid
        self.update()

    @property
    def image(self) -> QImage:
        """The picture, which is null if there is none."""
        return self._image

    @property
    def frame(self) -> QRectF:
        """The picture's rectangle in the widget."""
        area = QRectF(self.rect()).adjusted(_LABEL_PX, _LABEL_PX, 0, 0)
        if self._image.isNull() or area.isEmpty():
            return QRectF()
        size = self._image.size().scaled(area.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
        return QRectF(area.topLeft(), size.toSizeF())

    def locate(self, x: float, y: float) -> QPointF:
        """Return a spot of the picture in widget coordinates."""
        frame = self.frame
        return QPointF(frame.left() + x * frame.width(), frame.top() + y * frame.height())

    def _find_spot(self, position: QPointF) -> tuple[float, float] | None:
        frame = self.frame
        if frame.isEmpty() or not frame.contains(position):
            return None
        offset = position - frame.topLeft()
        return offset.x() / frame.width(), offset.y() / frame.height()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Emit the spot under the pointer."""
        spot = self._find_spot(event.position())
        if spot is not None:
            self.hovered.emit(*spot)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Emit the spot that was clicked, also as hovered, because a finger does not hover."""
        self.mouseMoveEvent(event)
        spot = self._find_spot(event.position())
        if spot is not None and event.button() == Qt.MouseButton.LeftButton:
            self.pointed.emit(*spot)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the picture, the grid with its letters and numbers, and the spots."""
        painter = QPainter(self)
        try:
            self._paint(painter)
        finally:
            painter.end()

    def _paint(self, painter: QPainter) -> None:
        frame = self.frame
        painter.setPen(self._theme.color("muted"))
        if frame.isEmpty():
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "No picture yet.")
            return
        ratio = self.devicePixelRatioF()
        size = (frame.size() * ratio).toSize()
        if self._scaled.size() != size:
            smooth = Qt.TransformationMode.SmoothTransformation
            stretch = Qt.AspectRatioMode.IgnoreAspectRatio
            self._scaled = QPixmap.fromImage(self._image.scaled(size, stretch, smooth))
            self._scaled.setDevicePixelRatio(ratio)
        painter.drawPixmap(frame.topLeft(), self._scaled)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._grid is not None:
            self._paint_grid(painter, frame, self._grid)
        if self._site is not None:
            self._paint_spot(painter, self._site, "")
        for number, spot in self._spots.items():
            self._paint_spot(painter, spot, str(number))

    def _paint_grid(self, painter: QPainter, frame: QRectF, grid: PictureGrid) -> None:
        line_color = _DRAWING_THEME.color("accent")
        line_color.setAlpha(_LINE_ALPHA)
        line_pen, text_color = QPen(line_color, 1), self._theme.color("text")
        center = Qt.AlignmentFlag.AlignCenter
        width, height = grid.step_x * frame.width(), grid.step_y * frame.height()
        for letter, share in grid.columns:
            x = frame.left() + share * frame.width()
            painter.setPen(line_pen)
            painter.drawLine(QPointF(x, frame.top()), QPointF(x, frame.bottom()))
            painter.setPen(text_color)
            label = QRectF(x, frame.top() - _LABEL_PX, min(width, frame.right() - x), _LABEL_PX)
            painter.drawText(label, center, letter)
        for number, share in grid.rows:
            y = frame.top() + share * frame.height()
            painter.setPen(line_pen)
            painter.drawLine(QPointF(frame.left(), y), QPointF(frame.right(), y))
            painter.setPen(text_color)
            label = QRectF(frame.left() - _LABEL_PX, y, _LABEL_PX, min(height, frame.bottom() - y))
            painter.drawText(label, center, number)
        painter.setPen(line_pen)
        painter.drawRect(frame)

    def _paint_spot(self, painter: QPainter, spot: tuple[float, float], label: str) -> None:
        """Draw a numbered spot, or without a label the school."""
        center, radius = self.locate(*spot), _SPOT_PX if label else _SPOT_PX / 2
        painter.setPen(QPen(Qt.GlobalColor.white, 1.5))
        painter.setBrush(_DRAWING_THEME.color("accent" if label else "late"))
        painter.drawEllipse(center, radius, radius)
        if label:
            rect = QRectF(center.x() - radius, center.y() - radius, 2 * radius, 2 * radius)
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, label)


class CampusPageWindow(QDialog):
    """The response page of a campus with its grid and legend; it does not block the window."""

    def __init__(self, desk: UiContext, site_id: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._site_id = desk, site_id
        self.setModal(False)
        self.resize(980, 760)
        self.title, self.legend = make_heading_label(""), WrappedLabel()
        self.picture = CampusPictureView(desk.icons.theme)
        self.square = make_muted_label("Point to a spot to read its grid square.")
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.buttons.rejected.connect(self.reject)
        self.picture.hovered.connect(self._show_square)
        self._placed: PlacedPicture | None = None
        make_column_layout(
            self,
            self.title,
            self.legend,
            (self.picture, 1),
            self.square,
            self.buttons,
            margin_px=WIDE_MARGIN_PX,
            spacing_px=SPACING_PX,
        )
        desk.bridge.logged.connect(lambda _: self.refresh())
        self.refresh()

    def refresh(self) -> None:
        """Show the current page, or why it cannot be shown."""
        session = self._desk.session
        site = session.saved_project.sites.get(self._site_id)
        name = site.name if site else self._site_id
        self.setWindowTitle(f"Response page: {name}")
        self.title.setText(name)
        try:
            page = list_campus_pages(session).get(self._site_id)
            if page is None:
                raise UserError("no_campus_page", name=name)
            placed = self._placed = read_placed_picture(session, page)
        except UserError as error:
            self._placed = None
            self.legend.setText(error.message)
            self.picture.show_picture(b"")
            return
        self.legend.setText(describe_page(self._desk, placed))
        spot = placed.placement.to_picture(*site.position) if placed.placement and site else None
        self.picture.show_picture(placed.data, placed.grid, site=spot)

    def _show_square(self, x: float, y: float) -> None:
        """Show the grid square and the position of the spot under the pointer."""
        if self._placed is not None:
            self.square.setText(name_spot(self._desk, self._placed, x, y))


def describe_page(desk: UiContext, picture: PlacedPicture) -> str:
    """Describe when a page was verified and is due again, its squares, and who may see it."""
    page, day = picture.page, desk.session.formats.day
    verified = f"Verified on {day(page.on)}" + (f" by {page.role}" if page.role else "")
    is_overdue = page.review_on is not None and page.review_on < desk.session.today
    due = f", due again on {day(page.review_on)}" if page.review_on else ""
    squares = (
        f"Each square is {picture.grid.step_ft:,} ft; the dot is the school’s place in the project."
        if picture.placement
        else "Not placed on the map: the squares are not to scale."
    )
    sentences = (
        f"{verified}{due}{' (OVERDUE)' if is_overdue else ''}.",
        page.source and f"Drawn by {page.source.removesuffix('.')}.",
        squares,
        str(STRETCHED) if picture.is_stretched else "",
        page.note,
        _AUDIENCE,
    )
    return " ".join(filter(None, sentences))


def name_spot(desk: UiContext, picture: PlacedPicture, x: float, y: float) -> str:
    """Return the grid square of a spot, with latitude and longitude if the picture is placed."""
    square = picture.grid.name_square(x, y)
    if picture.placement is None:
        return square
    x_m, y_m = picture.placement.to_ground(x, y)
    lons, lats = to_lonlat(desk.session.saved_project.crs, [x_m], [y_m])
    return f"{square} · {lats[0]:.5f}, {lons[0]:.5f}"


def lay_picture(scene: MapScene, image: QImage, placement: PicturePlacement) -> QGraphicsPixmapItem:
    """Add a translucent picture to a map, and return its item."""
    width, height = image.width(), image.height()
    (ax, ay), (dx, dy) = placement.along, placement.down
    corner = scene.frame.to_scene_point(*placement.corner)
    item = QGraphicsPixmapItem(QPixmap.fromImage(image))
    item.setTransform(
        QTransform(ax / width, -ay / width, dx / height, -dy / height, corner.x(), corner.y())
    )
    item.setTransformationMode(Qt.TransformationMode.SmoothTransformation)
    item.setOpacity(_OPACITY)
    item.setZValue(_ABOVE_ZONES)
    item.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
    scene.addItem(item)
    return item
