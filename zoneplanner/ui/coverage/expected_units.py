"""Units as bars of how busy they are; a click takes one off duty, another brings it back."""

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QEnterEvent, QFontMetricsF, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from zoneplanner.domain.plans.zone_colors import zone_color
from zoneplanner.ui.widgets.layout.basic_widgets import (
    clear_layout,
    make_column_layout,
    make_muted_label,
)
from zoneplanner.ui.widgets.style.theme import GRID_PX, SPACING_PX
from zoneplanner.ui.widgets.style.value_text import format_share

_HIGH_PX, _SWATCH_PX, _RADIUS_PX = 21, 12, 3
_NAME_PX, _FIGURE_PX = 44, 60
_GROUND_SHARE = 0.14
_ABOUT = "Click a unit to take it off duty"
_TIP = (
    "The share of each unit’s time spent on calls: the drive and the time on scene. Click a unit "
    "to take it off duty, click again to bring it back; point at it to see what it reaches."
)


class _UnitBar(QAbstractButton):
    """One unit: checked while it is on duty. ``pointed`` carries whether the pointer is on it."""

    pointed = Signal(bool)

    def __init__(self, unit: str, words: str, color: int | None) -> None:
        super().__init__()
        self.unit, self._words, self._color = unit, words, color
        self._busy: float | None = None
        self.setCheckable(True)
        self.setChecked(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.put(None, on_duty=True)

    def put(self, busy: float | None, *, on_duty: bool) -> None:
        """Show how busy the unit is, or that it is off duty."""
        self._busy = busy
        self.setChecked(on_duty)
        told = f"{format_share(busy, 0)} of its time busy with calls" if on_duty else "off duty"
        turn = "take it off duty" if on_duty else "bring it back"
        self.setAccessibleName(f"{self._words}: {told}")
        self.setToolTip(f"{self._words}: {told}. Click to {turn}.")
        self.update()

    def sizeHint(self) -> QSize:
        """Ask for one line."""
        return QSize(_NAME_PX + _FIGURE_PX + 80, _HIGH_PX)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Tell that the pointer is here."""
        self.pointed.emit(True)
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Tell that the pointer has gone."""
        self.pointed.emit(False)
        super().leaveEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw swatch, name, bar and figure."""
        painter = QPainter(self)
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint(painter)
        finally:
            painter.end()

    def _paint(self, painter: QPainter) -> None:
        palette, on = self.palette(), self.isChecked()
        rect = QRectF(self.rect())
        muted_text = palette.color(QPalette.ColorRole.PlaceholderText)
        text = palette.color(QPalette.ColorRole.Text) if on else muted_text
        if self.underMouse() or self.hasFocus():
            ground = QColor(palette.color(QPalette.ColorRole.Accent))
            ground.setAlphaF(0.1)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ground)
            painter.drawRoundedRect(rect, _RADIUS_PX, _RADIUS_PX)
        color = QColor(muted_text if self._color is None else zone_color(self._color))
        box = QRectF(GRID_PX, (rect.height() - _SWATCH_PX) / 2, _SWATCH_PX, _SWATCH_PX)
        painter.setPen(color if not on else Qt.PenStyle.NoPen)
        painter.setBrush(color if on else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, _RADIUS_PX, _RADIUS_PX)
        painter.setPen(text)
        name = rect.adjusted(box.right() + SPACING_PX, 0, 0, 0)
        painter.drawText(name, Qt.AlignmentFlag.AlignVCenter, self.unit)
        metrics = QFontMetricsF(painter.font())
        right = rect.adjusted(0, 0, -GRID_PX, 0)
        told = format_share(self._busy, 0) if on else "off duty"
        painter.drawText(right, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, told)
        name_px = max(_NAME_PX, metrics.horizontalAdvance(self.unit) + SPACING_PX)
        start = box.right() + SPACING_PX + name_px
        track = QRectF(start, rect.height() / 2 - 4, rect.width() - start - _FIGURE_PX, 8)
        ground = QColor(palette.color(QPalette.ColorRole.Text))
        ground.setAlphaF(_GROUND_SHARE if on else _GROUND_SHARE / 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(track, 4, 4)
        if on and self._busy is not None:
            painter.setBrush(color)
            track.setWidth(max(2.0, track.width() * min(1.0, self._busy)))
            painter.drawRoundedRect(track, 4, 4)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(palette.color(QPalette.ColorRole.Accent))
            painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS_PX, _RADIUS_PX)


class UnitUtilizationBars(QWidget):
    """A bar a unit. ``turned`` carries the units off; ``pointed`` a unit, or an empty text."""

    turned = Signal(object)
    pointed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.bars: dict[str, _UnitBar] = {}
        self._body = QWidget()
        self._lines = make_column_layout(self._body, margin_px=0, spacing_px=0)
        about = make_muted_label(_ABOUT)
        about.setToolTip(_TIP)
        make_column_layout(self, about, self._body, None, margin_px=0, spacing_px=GRID_PX)

    @property
    def off(self) -> tuple[str, ...]:
        """The units that are off duty."""
        return tuple(unit for unit, bar in self.bars.items() if not bar.isChecked())

    def show_units(
        self, units: Mapping[str, tuple[str, int | None]], busy: Mapping[str, float]
    ) -> None:
        """Show units, each with its words and color, and how busy those on duty are."""
        if tuple(units) != tuple(self.bars):
            clear_layout(self._lines)
            self.bars = {unit: _UnitBar(unit, *about) for unit, about in units.items()}
            for unit, bar in self.bars.items():
                self._lines.addWidget(bar)
                bar.clicked.connect(lambda _=False: self.turned.emit(self.off))
                bar.pointed.connect(lambda on, u=unit: self.pointed.emit(u if on else ""))
        for unit, bar in self.bars.items():
            bar.put(busy.get(unit), on_duty=unit in busy)
