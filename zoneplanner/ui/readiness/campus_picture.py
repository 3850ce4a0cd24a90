"""The drawing of a campus on screen: its grid, its three points, and the window that shows it."""

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

_LEAST, _WINDOW = QSize(200, 160), (980, 760)
_USUAL = QSize(340, 210)
_EDGE_PX, _SPOT_PX, _LINE_ALPHA = 18, 9.0, 110
_ON_PAPER = THEMES["light"]
"""Drawings are dark on white in any theme, and so is what lies over them."""
_OPACITY, _ABOVE_ZONES = 0.65, 13.0
_NO_PICTURE = "No picture yet."
_HOVER = "Point to a spot to read its grid square."
_ONLY = "For responders only; it is never published for the public or for staff."


class CampusPictureView(QWidget):
    """A picture as large as there is room, under its grid; ``pointed`` carries shares of its sides.

    ``hovered`` carries the spot under the pointer.
    """

    pointed = Signal(float, float)
    hovered = Signal(float, float)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._image, self._scaled = QImage(), QPixmap()
        self._grid: PictureGrid | None = None
        self._spots: Mapping[int, tuple[float, float]] = {}
        self._site: tuple[float, float] | None = None
        self.setMinimumSize(_LEAST)
        self.setMouseTracking(True)
        self.setAccessibleName("Drawing of the campus")

    def sizeHint(self) -> QSize:
        """Ask for half of a wide form."""
        return _USUAL

    def show_picture(
        self,
        data: bytes,
        grid: PictureGrid | None = None,
        *,
        spots: Mapping[int, tuple[float, float]] | None = None,
        site: tuple[float, float] | None = None,
    ) -> None:
        """Show a picture under a grid, with numbered spots and the place of the school on it."""
        self._image = QImage.fromData(data) if data else QImage()
        self._scaled = QPixmap()
        self._grid, self._spots, self._site = grid, spots or {}, site
        self.update()

    def show_spots(
        self, spots: Mapping[int, tuple[float, float]], grid: PictureGrid | None = None
    ) -> None:
        """Show other numbered spots, and the grid that follows from them."""
        self._spots, self._grid = spots, grid
        self.update()

    @property
    def image(self) -> QImage:
        """The picture that is shown; null for none."""
        return self._image

    @property
    def frame(self) -> QRectF:
        """Where the picture lies."""
        room = QRectF(self.rect()).adjusted(_EDGE_PX, _EDGE_PX, 0, 0)
        if self._image.isNull() or room.isEmpty():
            return QRectF()
        size = self._image.size().scaled(room.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
        return QRectF(room.topLeft(), size.toSizeF())

    def locate(self, x: float, y: float) -> QPointF:
        """Return where a spot of the picture is on screen."""
        frame = self.frame
        return QPointF(frame.left() + x * frame.width(), frame.top() + y * frame.height())

    def _share(self, at: QPointF) -> tuple[float, float] | None:
        frame = self.frame
        if frame.isEmpty() or not frame.contains(at):
            return None
        return (at.x() - frame.left()) / frame.width(), (at.y() - frame.top()) / frame.height()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell what is under the pointer."""
        found = self._share(event.position())
        if found is not None:
            self.hovered.emit(*found)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Tell which spot was clicked; a finger points, too."""
        self.mouseMoveEvent(event)
        found = self._share(event.position())
        if found is not None and event.button() == Qt.MouseButton.LeftButton:
            self.pointed.emit(*found)

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
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, _NO_PICTURE)
            return
        ratio = self.devicePixelRatioF()
        wanted = (frame.size() * ratio).toSize()
        if self._scaled.size() != wanted:
            smooth = Qt.TransformationMode.SmoothTransformation
            kept = Qt.AspectRatioMode.IgnoreAspectRatio
            self._scaled = QPixmap.fromImage(self._image.scaled(wanted, kept, smooth))
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
        line = _ON_PAPER.color("accent")
        line.setAlpha(_LINE_ALPHA)
        signs, middle = self._theme.color("text"), Qt.AlignmentFlag.AlignCenter
        wide, high = grid.step_x * frame.width(), grid.step_y * frame.height()
        for letter, share in grid.columns:
            x = frame.left() + share * frame.width()
            painter.setPen(QPen(line, 1))
            painter.drawLine(QPointF(x, frame.top()), QPointF(x, frame.bottom()))
            painter.setPen(signs)
            room = min(wide, frame.right() - x)
            painter.drawText(QRectF(x, frame.top() - _EDGE_PX, room, _EDGE_PX), middle, letter)
        for number, share in grid.rows:
            y = frame.top() + share * frame.height()
            painter.setPen(QPen(line, 1))
            painter.drawLine(QPointF(frame.left(), y), QPointF(frame.right(), y))
            painter.setPen(signs)
            room = min(high, frame.bottom() - y)
            painter.drawText(QRectF(frame.left() - _EDGE_PX, y, _EDGE_PX, room), middle, number)
        painter.setPen(QPen(line, 1))
        painter.drawRect(frame)

    def _paint_spot(self, painter: QPainter, spot: tuple[float, float], sign: str) -> None:
        at = self.locate(*spot)
        painter.setPen(QPen(Qt.GlobalColor.white, 1.5))
        painter.setBrush(_ON_PAPER.color("late" if not sign else "accent"))
        size = _SPOT_PX if sign else _SPOT_PX / 2
        painter.drawEllipse(at, size, size)
        if sign:
            room = QRectF(at.x() - size, at.y() - size, 2 * size, 2 * size)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, sign)


class CampusPageWindow(QDialog):
    """The response page of a campus with its grid and legend, beside whatever else goes on."""

    def __init__(self, desk: UiContext, site_id: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._site_id = desk, site_id
        self.setModal(False)
        self.resize(*_WINDOW)
        self.title, self.legend = make_heading_label(""), WrappedLabel()
        self.picture = CampusPictureView(desk.icons.theme)
        self.square = make_muted_label(_HOVER)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.buttons.rejected.connect(self.reject)
        self.picture.hovered.connect(self._read_square)
        self._shown: PlacedPicture | None = None
        make_column_layout(
            self,
            *(self.title, self.legend, (self.picture, 1), self.square, self.buttons),
            margin_px=WIDE_MARGIN_PX,
            spacing_px=SPACING_PX,
        )
        desk.bridge.logged.connect(lambda _: self.refresh())
        self.refresh()

    def refresh(self) -> None:
        """Read the page that stands now; what is missing of it is said in its place."""
        session = self._desk.session
        site = session.saved_project.sites.get(self._site_id)
        name = site.name if site else self._site_id
        self.setWindowTitle(f"Response page: {name}")
        self.title.setText(name)
        try:
            page = list_campus_pages(session).get(self._site_id)
            if page is None:
                raise UserError("no_campus_page", name=name)
            found = self._shown = read_placed_picture(session, page)
        except UserError as error:
            self._shown = None
            self.legend.setText(error.message)
            self.picture.show_picture(b"")
            return
        self.legend.setText(describe_page(self._desk, found))
        there = found.placement.to_picture(*site.position) if found.placement and site else None
        self.picture.show_picture(found.data, found.grid, site=there)

    def _read_square(self, x: float, y: float) -> None:
        """Say which square the pointer is in, and where that is."""
        if self._shown is None:
            return
        self.square.setText(name_spot(self._desk, self._shown, x, y))


def describe_page(desk: UiContext, one: PlacedPicture) -> str:
    """Say when a page was verified and is due again, what its squares mean, who may see it."""
    page, day = one.page, desk.session.formats.day
    verified = f"Verified on {day(page.on)}" + (f" by {page.role}" if page.role else "")
    late = page.review_on is not None and page.review_on < desk.session.today
    due = f", due again on {day(page.review_on)}" if page.review_on else ""
    squares = (
        f"Each square is {one.grid.step_ft:,} ft; the dot is the school’s place in the project."
        if one.placement
        else "Not placed on the map: the squares are not to scale."
    )
    said = (
        f"{verified}{due}{' (OVERDUE)' if late else ''}.",
        page.source and f"Drawn by {page.source.removesuffix('.')}.",
        squares,
        STRETCHED if one.is_stretched else "",
        page.note,
        _ONLY,
    )
    return " ".join(filter(None, said))


def name_spot(desk: UiContext, one: PlacedPicture, x: float, y: float) -> str:
    """Return the square of a spot, and its latitude and longitude where the page is placed."""
    square = one.grid.name_square(x, y)
    if one.placement is None:
        return square
    x_m, y_m = one.placement.to_ground(x, y)
    lons, lats = to_lonlat(desk.session.saved_project.crs, [x_m], [y_m])
    return f"{square} · {lats[0]:.5f}, {lons[0]:.5f}"


def lay_picture(scene: MapScene, image: QImage, placement: PicturePlacement) -> QGraphicsPixmapItem:
    """Lay a picture on the ground of a map, half seen through."""
    wide, high = image.width(), image.height()
    (ax, ay), (dx, dy) = placement.along, placement.down
    corner = scene.frame.to_scene_point(*placement.corner)
    item = QGraphicsPixmapItem(QPixmap.fromImage(image))
    item.setTransform(
        QTransform(ax / wide, -ay / wide, dx / high, -dy / high, corner.x(), corner.y())
    )
    item.setTransformationMode(Qt.TransformationMode.SmoothTransformation)
    item.setOpacity(_OPACITY)
    item.setZValue(_ABOVE_ZONES)
    item.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
    scene.addItem(item)
    return item
