"""The legend: what colours, shapes, marks and lines on the map mean. It folds away."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QWidget

from zoneplanner.app.reading import ProjectState
from zoneplanner.ui.canvas.colouring import SiteColoring
from zoneplanner.ui.canvas.overlays.legend_paint import (
    FOLD_SIGNS,
    EntryBox,
    lay_out_entries,
    make_legend_font,
    measure_title,
    paint_entry,
)
from zoneplanner.ui.canvas.overlays.legend_rows import (
    DrawnLayers,
    LegendEntry,
    list_class_entries,
    list_symbol_entries,
)
from zoneplanner.ui.canvas.shades import ColorClass
from zoneplanner.ui.kit.theme import CORNER_RADIUS_PX, Theme

_FOLD_TIP = "Click to fold or unfold the legend."


class Legend(QWidget):
    """Follows the map's colouring and shows only what the map holds.

    ``pointed`` tells the place of the class under the pointer, ``picked`` that of the class that
    was clicked; None is none of them. Classes are bars, as long as they hold many sites.
    """

    folded = Signal(bool)
    pointed = Signal(object)
    picked = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._classes: list[LegendEntry] = []
        self._sections: list[list[LegendEntry]] = []
        self._laid: tuple[EntryBox, ...] = ()
        self._picture: QPixmap | None = None
        self._room_px = 0
        self._brief = False
        self._pointed: int | None = None
        self._picked: int | None = None
        self.open = True
        self.setAccessibleName("Legend")
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(_FOLD_TIP)

    def set_theme(self, theme: Theme) -> None:
        """Paint in other colours."""
        self._theme = theme
        self._spoil()

    def set_reading(
        self, reading: ProjectState, colouring: SiteColoring, drawn: DrawnLayers
    ) -> None:
        """Take over what the map shows; ``drawn`` is known of its layers."""
        self._take(list_class_entries(colouring), list_symbol_entries(reading, colouring, drawn))

    def follow(self, colouring: SiteColoring) -> None:
        """Take over how many sites each class holds now, as during a gesture."""
        self._take(list_class_entries(colouring), self._sections)

    def show_picked(self, shade: int | None) -> None:
        """Frame the class that was picked, None of them."""
        if shade != self._picked:
            self._picked = shade
            self._spoil()

    @property
    def classed(self) -> bool:
        """True where the sites are coloured by classes."""
        return bool(self._classes)

    def set_room(self, height_px: int, *, brief: bool) -> None:
        """Leave out the last sections that do not fit into a height; ``brief`` all but classes.

        What explains the classes is then told by the tip alone.
        """
        if (height_px, brief) != (self._room_px, self._brief):
            self._room_px, self._brief = height_px, brief
            self._lay_out()

    def set_open(self, opened: bool) -> None:
        """Unfold or fold."""
        if opened != self.open:
            self.open = opened
            self.point(None)
            self._fit()

    def point(self, shade: int | None) -> None:
        """Let the class under the pointer stand out, None of them."""
        if shade != self._pointed:
            self._pointed = shade
            self.pointed.emit(shade)
            self.setToolTip(self._tip(shade))
            self._spoil()

    def sizeHint(self) -> QSize:
        """Return the room for all rows, or for the title alone."""
        if not self.open or not self._laid:
            return measure_title()
        last = self._laid[-1].box
        return QSize(round(self._laid[0].box.width()), round(last.bottom()) + 6)

    def box_of(self, shade: int) -> QRectF:
        """Return where the row of a class is."""
        rows = [laid for laid in self._laid if laid.row.kind == "shade"]
        return rows[shade].box

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Ring the sites of the class under the pointer."""
        self.point(self._shade_at(event))
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        """Ring no sites any more."""
        self.point(None)
        super().leaveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Pick the class under the pointer, or let it go; elsewhere fold or unfold."""
        shade = self._shade_at(event)
        if shade is None:
            self.set_open(not self.open)
        else:
            self.picked.emit(None if shade == self._picked else shade)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Keep the press from the map."""
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let the map have the keys."""
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Show the card, drawn once for as long as it says the same."""
        if self._picture is None or self._picture.deviceIndependentSize() != self.size():
            self._picture = self._drawn()
        painter = QPainter(self)
        try:
            painter.drawPixmap(0, 0, self._picture)
        finally:
            painter.end()

    def _take(self, classes: list[LegendEntry], sections: list[list[LegendEntry]]) -> None:
        if classes != self._classes or sections != self._sections:
            self._classes, self._sections = classes, sections
            self._lay_out()

    def _lay_out(self) -> None:
        """Put the rows below each other, as many sections as there is room for."""
        brief = self._brief and self.classed
        classes = [row for row in self._classes if not brief or row.kind != "note"]
        sections = [part for part in (classes, *([] if brief else self._sections)) if part]
        laid = lay_out_entries(sections)
        while len(sections) > 1 and self._room_px and laid[-1].box.bottom() > self._room_px:
            sections = sections[:-1]
            laid = lay_out_entries(sections)
        self._laid = laid
        self.setAccessibleDescription(". ".join(_describe_sections(sections)))
        self.setToolTip(self._tip(self._pointed))
        self._fit()

    def _fit(self) -> None:
        before = self.size()
        self.resize(self.sizeHint())
        if self.size() != before:
            self.folded.emit(not self.open)
        self._spoil()

    def _shade_at(self, event: QMouseEvent) -> int | None:
        if not self.open:
            return None
        rows = [laid for laid in self._laid if laid.row.kind == "shade"]
        at = event.position()
        return next((place for place, laid in enumerate(rows) if laid.box.contains(at)), None)

    def _tip(self, shade: int | None) -> str:
        if shade is None:
            notes = [row.text for row in self._classes if row.kind == "note"]
            return " ".join([*notes, _FOLD_TIP])
        row = [row for row in self._classes if row.kind == "shade"][shade]
        what = (
            "Click to show all sites again."
            if shade == self._picked
            else ("Click to show only these sites on the map and in the table.")
        )
        return f"{_describe_entry(row)}. {what}"

    def _drawn(self) -> QPixmap:
        """Draw the card and its rows."""
        ratio = self.devicePixelRatioF()
        drawn = QPixmap(self.size() * ratio)
        drawn.setDevicePixelRatio(ratio)
        drawn.fill(Qt.GlobalColor.transparent)
        painter = QPainter(drawn)
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            ground = QColor(self._theme.raised)
            ground.setAlphaF(0.93)
            painter.setPen(QPen(QColor(self._theme.border), 1))
            painter.setBrush(ground)
            painter.drawRoundedRect(
                QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5),
                CORNER_RADIUS_PX,
                CORNER_RADIUS_PX,
            )
            if self.open and self._laid:
                self._paint_rows(painter)
            else:
                painter.setFont(make_legend_font(bold=True))
                painter.setPen(QColor(self._theme.text))
                painter.drawText(
                    self.rect(), Qt.AlignmentFlag.AlignCenter, f"Legend  {FOLD_SIGNS[True]}"
                )
        finally:
            painter.end()
        return drawn

    def _paint_rows(self, painter: QPainter) -> None:
        place = -1
        for laid in self._laid:
            state = ""
            if laid.row.kind == "shade":
                place += 1
                state = "picked" if place == self._picked else ""
                state = "pointed" if place == self._pointed else state
            paint_entry(painter, laid, self._theme, state, self.devicePixelRatioF())

    def _spoil(self) -> None:
        self._picture = None
        self.update()


def _describe_sections(sections: Sequence[Sequence[LegendEntry]]) -> list[str]:
    return [_describe_entry(row) for rows in sections for row in rows]


def _describe_entry(row: LegendEntry) -> str:
    if isinstance(row.value, ColorClass):
        n = len(row.value.sites)
        return f"{row.text}: {n} site{'' if n == 1 else 's'}"
    return f"{row.text}, {row.value}" if row.kind == "title" else row.text
