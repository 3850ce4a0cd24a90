"""Attach the drawing of a campus, place it by three points on picture and map, verify it again."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QMouseEvent
from PySide6.QtWidgets import QGraphicsPixmapItem, QLineEdit, QPushButton, QWidget

from zoneplanner.analysis.geometry.crs import to_lonlat
from zoneplanner.app.readiness.campus_pages import (
    attach_picture,
    check_points,
    find_next_verification,
    list_campus_pages,
    log_campus_page,
    place_picture,
)
from zoneplanner.domain.geography.picture_placement import (
    POINTS,
    PicturePlacement,
    parse_control_point,
)
from zoneplanner.domain.log.office_entries import CampusPage
from zoneplanner.domain.log.record_schema import format_column, read_record_words
from zoneplanner.domain.readiness.campus_pages import STRETCHED, PlacedPicture
from zoneplanner.errors import UserError
from zoneplanner.exchange.pictures import PICTURE_SUFFIXES, DrawnPicture, read_drawing_file
from zoneplanner.storage.attachments import Attachment
from zoneplanner.ui.map.scene.map_scene import MapScene
from zoneplanner.ui.map.view import MapView
from zoneplanner.ui.readiness.campus_picture import CampusPictureView, lay_picture
from zoneplanner.ui.widgets.inputs.file_dialogs import ask_file
from zoneplanner.ui.widgets.inputs.forms import DayField
from zoneplanner.ui.widgets.inputs.record_form import OptionalDayField, RecordForm
from zoneplanner.ui.widgets.inputs.site_combo_box import make_site_combo_box
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_number_box
from zoneplanner.ui.widgets.layout.basic_widgets import (
    WrappedLabel,
    make_muted_label,
    make_row_layout,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext

_KIND = "campus_page"
_NO_SITE, _NO_PICTURE = "Choose the school.", "Attach a PDF or a picture of the campus."
_SOME_POINTS = "Place all three points, or none."
_HOW = (
    "Click a corner of a building on the picture, then the same corner on the map. Do this "
    "for three points that are far apart. Or type each as “x y latitude longitude”, "
    "with x and y from 0 to 1, measured from the upper left corner."
)
_LEAST_PX, _HIGH_PX, _AROUND_M = 200, 210, 200.0
_FILTER = f"PDF or picture ({' '.join(f'*{one}' for one in PICTURE_SUFFIXES)})"


class _GroundMap(QObject):
    """A map beside the picture: a click tells where on the ground, wheel and keys move it."""

    pointed = Signal(float, float)

    def __init__(self, desk: UiContext, parent: QWidget) -> None:
        super().__init__(parent)
        self.view = MapView(desk.session, desk.bridge, desk.icons.theme, parent=parent)
        self.view.setMinimumWidth(_LEAST_PX)
        self.view.setFixedHeight(_HIGH_PX)
        self.view.viewport().installEventFilter(self)
        self._shown: QGraphicsPixmapItem | None = None

    @property
    def scene(self) -> MapScene:
        """Return what it shows."""
        return self.view.map

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take a plain click as a place; it selects nothing."""
        if (
            isinstance(event, QMouseEvent)
            and event.type() in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick)
            and event.button() == Qt.MouseButton.LeftButton
            and not event.modifiers()
        ):
            spot = self.view.mapToScene(event.position().toPoint())
            self.pointed.emit(*self.scene.frame.to_project_m(spot))
            return True
        return super().eventFilter(watched, event)

    def look_at(self, x_m: float, y_m: float) -> None:
        """Show the ground around a place, once the map has its size."""
        at, reach = self.scene.frame.to_scene_point(x_m, y_m), QPointF(_AROUND_M, _AROUND_M)
        shown = QRectF(at - reach, at + reach)
        QTimer.singleShot(0, self.view, lambda: self.view.show_rect(shown))

    def show_picture(self, image: QImage, placement: PicturePlacement | None) -> None:
        """Lay a picture on the ground; None takes it off."""
        if self._shown is not None:
            self.scene.removeItem(self._shown)
            self._shown = None
        if placement is None or image.isNull():
            return
        self._shown = lay_picture(self.scene, image, placement)


class CampusPageDialog(RecordForm):
    """One verification; a new one begins with the picture and points of the page before."""

    def __init__(
        self,
        desk: UiContext,
        site_id: str | None,
        *,
        corrects: CampusPage | None = None,
        parent: QWidget | None = None,
    ) -> None:
        title = "Correct: Campus page" if corrects else "Campus Page"
        super().__init__(desk, _KIND, title, corrects=corrects, parent=parent)
        self.set_about(f"{self.about.text()} {read_record_words()[_KIND].about}".strip())
        self._drawn: Attachment | None = None
        self._file: Path | None = None
        self._kept = ""
        session = desk.session
        before = corrects or list_campus_pages(session).get(site_id or "")
        box = make_site_combo_box(session.project, self.recorded("site", site_id))
        self.site = self.add("site", "&Site", box, needed=_NO_SITE)
        self.attach = QPushButton("Attach a PDF or picture…")
        self.attach.clicked.connect(self._choose)
        self.page = make_number_box(1, 1, 1, prefix="Page ")
        self.page.setAccessibleName("Page in the file")
        self.page.hide()
        self.page.valueChanged.connect(lambda _: self._file and self._read(self._file))
        self.named = make_muted_label()
        self.form.addRow("Picture", _row(self.attach, self.page, self.named))
        self.picture = CampusPictureView(desk.icons.theme)
        self.picture.setFixedHeight(_HIGH_PX)
        self.ground = _GroundMap(desk, self)
        self.form.addRow(WrappedLabel(_HOW))
        self.form.addRow(_row(self.picture, self.ground.view, stretch=True))
        self.points = [QLineEdit() for _ in range(POINTS)]
        for number, field in enumerate(self.points, 1):
            field.setPlaceholderText("not placed")
            self.form.addRow(f"Point &{number}", field)
            field.textChanged.connect(lambda _: self._show_points())
        self.scale = WrappedLabel()
        self.scale.setProperty("role", "problem")
        self.form.addRow(self.scale)
        formats, today = session.formats, session.today
        on = DayField(formats, self.recorded("on", today))
        self.add("on", format_column(_KIND, "on"), on)
        due = self.recorded("review_on", find_next_verification(today))
        label = format_column(_KIND, "review_on")
        self.add("review_on", label, OptionalDayField("Due again", desk, due))
        for column in ("role", "source", "note"):
            text = self.make_text_field(column)
            self.add(column, format_column(_KIND, column), text)
            if column == "source" and before is not None and corrects is None:
                text.put(before.source)
        self.site.currentIndexChanged.connect(lambda _: self._begin_with_page_before())
        self.picture.pointed.connect(self._point_picture)
        self.ground.pointed.connect(self._point_ground)
        self._begin_with(before)
        self.watch_fields()

    def _begin_with_page_before(self) -> None:
        if self._record is None and self._drawn is None:
            pages = list_campus_pages(self._desk.session)
            self._begin_with(pages.get(self.site.currentData() or ""))
        self.update_required()

    def _begin_with(self, page: CampusPage | None) -> None:
        """Show the picture and points of a page, none without one, and the ground around it."""
        found = page and self._desk.session.store.attachment(page.picture)
        self._kept = page.picture if page and found else ""
        self.picture.show_picture(found.data if found else b"")
        given = list(page.points) if page else []
        for field, text in zip(self.points, [*given, "", "", ""], strict=False):
            field.setText(text)
        site = self._desk.session.project.sites.get(self.site.currentData() or "")
        if site is not None:
            self.ground.look_at(site.x_m, site.y_m)
        self._show_points()

    def columns(self) -> dict[str, str]:
        """Return the fields as columns."""
        given = [field.text().strip() for field in self.points]
        return {**super().columns(), "points": ";".join(filter(None, given))}

    def missing(self) -> str:
        """A page needs its school and its picture, and all of its points or none."""
        if empty := super().missing():
            return empty
        if not self._kept and self._drawn is None:
            return _NO_PICTURE
        try:
            check_points(self.columns()["points"])
        except UserError as error:
            return _SOME_POINTS if error.details.get("count", POINTS) < POINTS else error.message
        return ""

    def log_record(self, columns: Mapping[str, str]) -> None:
        """Keep the picture, and log that the page was verified."""
        log_campus_page(self._desk.session, columns, self._drawn)

    def correct(self, touched: Mapping[str, str]) -> None:
        """Log a correction; another picture takes the place of the one before."""
        own = dict(touched)
        if self._drawn is not None:
            own["picture"] = attach_picture(self._desk.session, self._drawn)
        super().correct(own)

    def collect_changes(self) -> dict[str, str]:
        """Return what was touched; another picture is a change, too."""
        drawn = {"picture": self._drawn.sha256} if self._drawn is not None else {}
        return {**super().collect_changes(), **drawn}

    def _choose(self) -> None:
        path = ask_file(self, "Drawing of the Campus", _FILTER)
        if path is not None:
            self.page.setValue(1)
            self._read(path)

    def _read(self, path: Path) -> None:
        """Read a page of a file in the guard, beside the window."""
        self._file = path
        keep_off, page = self._desk.session.store.files, self.page.value()
        self.named.setText(f"Reading “{path.name}”…")
        self._desk.jobs.run(
            "Reading the drawing",
            lambda report: read_drawing_file(path, page=page, keep_off=keep_off, report=report),
            on_done=self._take,
            on_failed=self._refuse,
        )

    def _refuse(self, error: Exception) -> None:
        self.named.setText("")
        if not isinstance(error, UserError):
            raise error
        self.show_refusal(error.message)

    def _take(self, drawn: DrawnPicture) -> None:
        """Show another picture; the points of the one before are not its points."""
        assert self._file is not None
        self._drawn = Attachment(drawn.media_type, drawn.data)
        self.named.setText(self._file.name)
        self.page.setMaximum(drawn.pages)
        self.page.setSuffix(f" of {drawn.pages}")
        self.page.setVisible(drawn.pages > 1)
        self.picture.show_picture(drawn.data)
        for field in self.points:
            field.clear()
        self._show_points()
        self.update_required()

    def _point_picture(self, x: float, y: float) -> None:
        self._put(f"{x:.5f} {y:.5f}", "")

    def _point_ground(self, x_m: float, y_m: float) -> None:
        lons, lats = to_lonlat(self._desk.session.project.crs, [x_m], [y_m])
        self._put("", f"{lats[0]:.7f} {lons[0]:.7f}")

    def _put(self, spot: str, place: str) -> None:
        """Fill in a half of the point that is being placed: the first that is not whole."""
        for field in self.points:
            parts = field.text().split()
            if len(parts) >= 2 * 2:
                continue
            has_place = field.property("half") == "place"
            if spot:
                field.setText(f"{spot} {' '.join(parts)}" if has_place else spot)
                field.setProperty("half", None if has_place else "spot")
            else:
                whole = len(parts) == 2 and not has_place
                field.setText(f"{' '.join(parts)} {place}" if whole else place)
                field.setProperty("half", None if whole else "place")
            return

    def _show_points(self) -> None:
        """Number the points on the picture; once three are whole the picture lies on the map."""
        spots: dict[int, tuple[float, float]] = {}
        whole = []
        for number, field in enumerate(self.points, 1):
            parts = field.text().replace(",", " ").split()
            with suppress(UserError, ValueError):
                if len(parts) >= 2 * 2:
                    one = parse_control_point(field.text())
                    spots[number] = (one.x, one.y)
                    whole.append(field.text())
                elif len(parts) == 2 and field.property("half") != "place":
                    spots[number] = (float(parts[0]), float(parts[1]))
        placed = self._place(whole)
        self.picture.show_spots(spots, placed.grid if placed else None)
        image = self.picture.image
        self.ground.show_picture(image, placed.placement if placed else None)
        self.scale.setText(STRETCHED if placed and placed.is_stretched else "")
        self.scale.setVisible(bool(self.scale.text()))

    def _place(self, points: list[str]) -> PlacedPicture | None:
        image = self.picture.image
        if len(points) < POINTS or image.isNull():
            return None
        try:
            check_points(";".join(points))
        except UserError:
            return None
        blank = CampusPage("", "", self._desk.session.today, "")
        placement = place_picture(self._desk.session.project, points)
        return PlacedPicture(blank, b"", (image.width(), image.height()), placement)


def _row(*parts: QWidget, stretch: bool = False) -> QWidget:
    line = QWidget()
    make_row_layout(*((one, 1) if stretch else one for one in parts), parent=line)
    return line
