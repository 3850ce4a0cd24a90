"""The form of a campus page: its drawing, three points that place it, and its verification."""

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
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_number_box
from zoneplanner.ui.widgets.layout.basic_widgets import (
    WrappedLabel,
    make_muted_label,
    make_problem_label,
    make_row_layout,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext

_KIND = "campus_page"
_NO_SITE, _NO_PICTURE = "Choose the school.", "Attach a PDF or a picture of the campus."
_SOME_POINTS = "Place all three points, or none."
_PLACEMENT_HELP = (
    "Click a corner of a building on the picture, then the same corner on the map. Do this "
    "for three points that are far apart. Or type each as “x y latitude longitude”, "
    "with x and y from 0 to 1, measured from the upper left corner."
)
_MIN_WIDTH_PX, _HEIGHT_PX, _SHOWN_RADIUS_M = 200, 210, 200.0
_FILTER = f"PDF or picture ({' '.join(f'*{suffix}' for suffix in PICTURE_SUFFIXES)})"


class _GroundMap(QObject):
    """The map next to the picture; ``pointed`` carries a clicked position in project meters."""

    pointed = Signal(float, float)

    def __init__(self, desk: UiContext, parent: QWidget) -> None:
        super().__init__(parent)
        self.view = MapView(desk.session, desk.bridge, desk.icons.theme, parent=parent)
        self.view.setMinimumWidth(_MIN_WIDTH_PX)
        self.view.setFixedHeight(_HEIGHT_PX)
        self.view.viewport().installEventFilter(self)
        self._item: QGraphicsPixmapItem | None = None

    @property
    def scene(self) -> MapScene:
        """The scene of the map."""
        return self.view.map

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Emit the position of a plain click, which then selects nothing."""
        if (
            isinstance(event, QMouseEvent)
            and event.type() in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick)
            and event.button() == Qt.MouseButton.LeftButton
            and not event.modifiers()
        ):
            position = self.view.mapToScene(event.position().toPoint())
            self.pointed.emit(*self.scene.frame.to_project_m(position))
            return True
        return super().eventFilter(watched, event)

    def look_at(self, x_m: float, y_m: float) -> None:
        """Show the surroundings of a position, once the map is laid out."""
        center = self.scene.frame.to_scene_point(x_m, y_m)
        radius = QPointF(_SHOWN_RADIUS_M, _SHOWN_RADIUS_M)
        area = QRectF(center - radius, center + radius)
        QTimer.singleShot(0, self.view, lambda: self.view.show_rect(area))

    def show_picture(self, image: QImage, placement: PicturePlacement | None) -> None:
        """Show a picture at its placement on the map; a placement of None removes it."""
        if self._item is not None:
            self.scene.removeItem(self._item)
            self._item = None
        if placement is None or image.isNull():
            return
        self._item = lay_picture(self.scene, image, placement)


class CampusPageDialog(RecordForm):
    """Logs a verification; a new one starts with the picture and points of the last page."""

    def __init__(
        self,
        desk: UiContext,
        site_id: str | None = None,
        *,
        corrects: CampusPage | None = None,
        parent: QWidget | None = None,
    ) -> None:
        title = "Correct a Campus Page" if corrects else "Campus Page"
        super().__init__(desk, _KIND, title, corrects=corrects, parent=parent)
        self.set_about(f"{self.about.text()} {read_record_words()[_KIND].about}".strip())
        self._drawn: Attachment | None = None
        self._file: Path | None = None
        self._stored_picture = ""
        session = desk.session
        last = corrects or list_campus_pages(session).get(site_id or "")
        self.site = self.add_site(site_id, needed=_NO_SITE)
        self.attach = QPushButton("Attach a PDF or picture…")
        self.attach.clicked.connect(self._choose_file)
        self.page = make_number_box(1, 1, 1, prefix="Page ")
        self.page.setAccessibleName("Page in the file")
        self.page.hide()
        self.page.valueChanged.connect(lambda _: self._file and self._read(self._file))
        self.file_name = make_muted_label()
        self.form.addRow("Picture", make_row_layout(self.attach, self.page, self.file_name))
        self.picture = CampusPictureView(desk.icons.theme)
        self.picture.setFixedHeight(_HEIGHT_PX)
        self.ground = _GroundMap(desk, self)
        self.form.addRow(WrappedLabel(_PLACEMENT_HELP))
        self.form.addRow(make_row_layout((self.picture, 1), (self.ground.view, 1)))
        self.points = [QLineEdit() for _ in range(POINTS)]
        for number, field in enumerate(self.points, 1):
            field.setPlaceholderText("not placed")
            self.form.addRow(f"Point &{number}", field)
            field.textChanged.connect(lambda _: self._show_points())
        self.scale = make_problem_label()
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
            if column == "source" and last is not None and corrects is None:
                text.put(last.source)
        self.site.currentIndexChanged.connect(lambda _: self._show_last_page())
        self.picture.pointed.connect(lambda x, y: self._fill_point(f"{x:.5f} {y:.5f}", ""))
        self.ground.pointed.connect(self._point_ground)
        self._show_page(last)
        self.watch_fields()

    def _show_last_page(self) -> None:
        if self._record is None and self._drawn is None:
            pages = list_campus_pages(self._desk.session)
            self._show_page(pages.get(self.site.currentData() or ""))
        self.update_required()

    def _show_page(self, page: CampusPage | None) -> None:
        """Show the picture and points of a page, if there is one, and the school's surroundings."""
        attachment = page and self._desk.session.store.attachment(page.picture)
        self._stored_picture = page.picture if page and attachment else ""
        self.picture.show_picture(attachment.data if attachment else b"")
        points = page.points if page and page.points else ("",) * POINTS
        for field, text in zip(self.points, points, strict=False):
            field.setText(text)
        site = self._desk.session.project.sites.get(self.site.currentData() or "")
        if site is not None:
            self.ground.look_at(site.x_m, site.y_m)
        self._show_points()

    def columns(self) -> dict[str, str]:
        """Return the fields as columns."""
        points = [field.text().strip() for field in self.points]
        return {**super().columns(), "points": ";".join(filter(None, points))}

    def missing(self) -> str:
        """Return what is missing: the school, the picture, or some of the points."""
        if missing := super().missing():
            return missing
        if not self._stored_picture and self._drawn is None:
            return _NO_PICTURE
        try:
            check_points(self.columns()["points"])
        except UserError as error:
            return _SOME_POINTS if error.details.get("count", POINTS) < POINTS else error.message
        return ""

    def log_record(self, columns: Mapping[str, str]) -> None:
        """Store the picture, and log that the page was verified."""
        log_campus_page(self._desk.session, columns, self._drawn)

    def correct(self, touched: Mapping[str, str]) -> None:
        """Log a correction, with the new picture if there is one."""
        columns = dict(touched)
        if self._drawn is not None:
            columns["picture"] = attach_picture(self._desk.session, self._drawn)
        super().correct(columns)

    def collect_changes(self) -> dict[str, str]:
        """Return the changed columns, including a new picture."""
        drawn = {"picture": self._drawn.sha256} if self._drawn is not None else {}
        return {**super().collect_changes(), **drawn}

    def _choose_file(self) -> None:
        path = ask_file(self, "Drawing of the Campus", _FILTER)
        if path is not None:
            self.page.setValue(1)
            self._read(path)

    def _read(self, path: Path) -> None:
        """Read a page of a file in the guarded process, in a background job."""
        self._file = path
        protected, page = self._desk.session.store.files, self.page.value()
        self.file_name.setText(f"Reading “{path.name}”…")
        self._desk.jobs.run(
            "Reading the drawing",
            lambda report: read_drawing_file(path, page=page, protected=protected, report=report),
            on_done=self._show_drawing,
            on_failed=self._show_error,
        )

    def _show_error(self, error: Exception) -> None:
        self.file_name.setText("")
        if not isinstance(error, UserError):
            raise error
        self.show_refusal(error.message)

    def _show_drawing(self, drawn: DrawnPicture) -> None:
        """Show a new picture, and clear the points, which belonged to the previous one."""
        assert self._file is not None
        self._drawn = Attachment(drawn.media_type, drawn.data)
        self.file_name.setText(self._file.name)
        self.page.setMaximum(drawn.pages)
        self.page.setSuffix(f" of {drawn.pages}")
        self.page.setVisible(drawn.pages > 1)
        self.picture.show_picture(drawn.data)
        for field in self.points:
            field.clear()
        self._show_points()
        self.update_required()

    def _point_ground(self, x_m: float, y_m: float) -> None:
        lons, lats = to_lonlat(self._desk.session.project.crs, [x_m], [y_m])
        self._fill_point("", f"{lats[0]:.7f} {lons[0]:.7f}")

    def _fill_point(self, spot: str, place: str) -> None:
        """Fill in half of the first incomplete point: its spot on the picture, or on the map."""
        for field in self.points:
            parts = field.text().split()
            if len(parts) >= 2 * 2:
                continue
            has_place = field.property("half") == "place"
            if spot:
                field.setText(f"{spot} {' '.join(parts)}" if has_place else spot)
                field.setProperty("half", None if has_place else "spot")
            else:
                has_spot = len(parts) == 2 and not has_place
                field.setText(f"{' '.join(parts)} {place}" if has_spot else place)
                field.setProperty("half", None if has_spot else "place")
            return

    def _show_points(self) -> None:
        """Show the points on the picture, and once all are complete, the picture on the map."""
        spots: dict[int, tuple[float, float]] = {}
        complete = []
        for number, field in enumerate(self.points, 1):
            parts = field.text().replace(",", " ").split()
            with suppress(UserError, ValueError):
                if len(parts) >= 2 * 2:
                    point = parse_control_point(field.text())
                    spots[number] = (point.x, point.y)
                    complete.append(field.text())
                elif len(parts) == 2 and field.property("half") != "place":
                    spots[number] = (float(parts[0]), float(parts[1]))
        placed = self._place_picture(complete)
        self.picture.show_spots(spots, placed.grid if placed else None)
        image = self.picture.image
        self.ground.show_picture(image, placed.placement if placed else None)
        self.scale.setText(str(STRETCHED) if placed and placed.is_stretched else "")

    def _place_picture(self, points: list[str]) -> PlacedPicture | None:
        image = self.picture.image
        if len(points) < POINTS or image.isNull():
            return None
        try:
            check_points(";".join(points))
        except UserError:
            return None
        page = CampusPage("", "", self._desk.session.today, "")  # only the placement is used
        placement = place_picture(self._desk.session.project, points)
        return PlacedPicture(page, b"", (image.width(), image.height()), placement)
