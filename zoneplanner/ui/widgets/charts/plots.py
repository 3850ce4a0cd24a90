"""Charts with axes, tooltips, and a menu to save them as a picture or as figures.

This module imports pyqtgraph, so import it only when a chart is needed.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QBuffer, QIODevice, QPointF, Qt
from PySide6.QtGui import QBrush, QColor, QCursor, QResizeEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QToolTip

from zoneplanner.messages import format_count
from zoneplanner.tokens import choose_ink
from zoneplanner.ui.widgets.inputs.file_dialogs import open_new_file_dialog
from zoneplanner.ui.widgets.layout.basic_widgets import (
    PlainTextLabel,
    make_column_layout,
    make_menu_button,
    make_muted_label,
    make_row_layout,
    make_section_label,
)
from zoneplanner.ui.widgets.style.theme import GRID_PX, SPACING_PX, Theme, mix_colors

_MIN_WIDTH_PX, _VIEW_PX = 220, 108
_BAR_SHARE = 0.72
_HEADROOM, _HEADROOM_WITH_NAME = 0.12, 0.42
"""The space above the highest bar as a share of it, without and with the name of a limit."""
_TICK_PX = 58
_AXIS_PX = 34
_MIN_CHARTED = 10
"""Fewer records than this are listed, since a chart of them would suggest too much."""
FigureTable = Sequence[Sequence[object]]
_Keep = Callable[[Path, FigureTable | bytes], object]


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar with the label below it, if any, and its tooltip.

    A ``partial`` bar is hatched, since it covers less time than the others.
    """

    label: str
    value: float
    tip: str
    partial: bool = False


class _Plot(QFrame):
    """A chart with a title; ``keep`` saves its figures or its picture to a file."""

    def __init__(self, title: str, theme: Theme, keep: _Keep) -> None:
        super().__init__()
        self.theme, self._keep, self._name = theme, keep, title
        self.setObjectName("chart")
        self.setAccessibleName(title)
        self.setMinimumWidth(_MIN_WIDTH_PX)
        self.title, self.note = make_section_label(title), make_muted_label()
        self.title.setWordWrap(False)
        tip = "Save this chart as a picture or as figures"
        self.menu_button = make_menu_button("⋯", f"Save the chart “{title}”", tip)
        self.menu_button.setObjectName("dots")
        for text, kind, save in (
            ("Save Picture (PNG)…", "PNG (*.png)", self.save_picture),
            ("Save Figures (CSV)…", "CSV (*.csv)", self.save_figures),
        ):
            self.menu_button.menu().addAction(text, partial(self._ask_file, kind, save))
        self.view = pg.PlotWidget()
        self.view.setFixedHeight(_VIEW_PX)
        self.view.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.view.setMenuEnabled(False)
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # keys have no effect in it
        self.view.setMouseEnabled(x=False, y=False)
        self.view.hideButtons()
        self.view.plotItem.setContentsMargins(0, GRID_PX, 0, 0)  # or the top figure would be cut
        self.view.setFrameShape(QFrame.Shape.NoFrame)
        self.view.viewport().setMouseTracking(True)
        self.view.scene().sigMouseMoved.connect(self._show_tip)
        self.listing = PlainTextLabel()
        self.listing.setWordWrap(True)
        header = make_row_layout(self.title, None, self.menu_button)
        rows = make_column_layout(
            self, header, self.note, (self.view, 1), self.listing, spacing_px=0
        )
        rows.setContentsMargins(SPACING_PX, GRID_PX, GRID_PX, GRID_PX)
        self.set_theme(theme)

    @property
    def table(self) -> FigureTable:
        """The figures as rows, with a heading."""
        raise NotImplementedError

    def draw(self) -> None:
        """Draw the chart in the theme's colors."""
        raise NotImplementedError

    def _list_few(self, count: float, lines: Sequence[str]) -> bool:
        """List fewer than ten records in place of the chart, and return whether that happened."""
        few = count < _MIN_CHARTED
        self.listing.setText("\n".join(lines) or "None in this period.")
        self.listing.setVisible(few)
        self.view.setVisible(not few)
        return few

    def _space_ticks(self, max_value: float) -> None:
        """Label the axis of counts with four or five whole numbers."""
        power = 10.0 ** math.floor(math.log10(max(max_value / 4, 1)))
        step = next(power * n for n in (1, 2, 5, 10) if power * n * 4 >= max_value)
        self.view.getAxis("left").setTickSpacing(step, step)

    def set_theme(self, theme: Theme) -> None:
        """Draw the chart in a theme's colors."""
        self.theme = theme
        self.view.setBackground(theme.base)
        for name in ("left", "bottom"):
            axis = self.view.getAxis(name)
            axis.setPen(pg.mkPen(theme.border))
            axis.setTextPen(pg.mkPen(theme.muted))
            axis.setStyle(tickLength=-3, autoExpandTextSpace=True)
        self.view.getAxis("left").setWidth(_AXIS_PX)
        self.draw()

    def save_picture(self, path: Path) -> None:
        """Save the chart with its title as a PNG."""
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        self.grab().save(buffer, "PNG")
        self._keep(path, bytes(buffer.data().data()))

    def save_figures(self, path: Path) -> None:
        """Save the figures as CSV."""
        self._keep(path, self.table)

    def _ask_file(self, kind: str, save: Callable[[Path], object]) -> None:
        suffix = kind[-5:-1]
        file = Path(f"{self._name}{suffix}")
        open_new_file_dialog(self, f"Save “{self._name}”", kind, file, save)

    def _show_tip(self, position: QPointF) -> None:
        point = self.view.plotItem.vb.mapSceneToView(position)
        inside = self.view.plotItem.vb.sceneBoundingRect().contains(position)
        tip = self.tip_at(point.x(), point.y()) if inside else ""
        QToolTip.showText(QCursor.pos(), tip, self.view)

    def tip_at(self, x: float, y: float) -> str:
        """Return the tooltip at a position of the chart, or "" for none."""
        raise NotImplementedError


class BarPlot(_Plot):
    """Bars next to each other, with a line for the limit if there is one."""

    def __init__(self, title: str, theme: Theme, keep: _Keep, *, heading: Sequence[str]) -> None:
        self.bars: Sequence[Bar] = ()
        self._heading = heading
        self._limit: tuple[float, str] | None = None
        self._left = 0.0
        super().__init__(title, theme, keep)

    @property
    def table(self) -> FigureTable:
        """The label and value of each bar."""
        return [self._heading, *([bar.tip or bar.label, bar.value] for bar in self.bars)]

    def show_bars(
        self,
        bars: Sequence[Bar],
        *,
        description: str,
        limit: tuple[float, str] | None = None,
        bounds: bool = False,
    ) -> None:
        """Draw bars; ``limit`` is a position on the axis and its name.

        With ``bounds``, positions count from the first bar's left edge, and labels are for the left
        edges of bars. ``description`` is for screen readers.
        """
        self.bars, self._limit, self._left = bars, limit, 0.5 if bounds else 0.0
        self.setAccessibleDescription(description)
        self.draw()

    def draw(self) -> None:
        """Draw the bars, their labels and the limit."""
        self.view.clear()
        values = [bar.value for bar in self.bars]
        self._label_axis()
        if self._list_few(sum(values), [bar.tip for bar in self.bars if bar.value]):
            return
        self._space_ticks(max(values))
        color = QColor(self.theme.bar)
        bars = pg.BarGraphItem(
            x=np.arange(len(values)),
            height=values,
            width=_BAR_SHARE,
            brushes=[
                QBrush(color, Qt.BrushStyle.BDiagPattern) if bar.partial else QBrush(color)
                for bar in self.bars
            ],
            pen=pg.mkPen(color),
        )
        self.view.addItem(bars)
        self.view.setXRange(-0.6, len(values) - 0.4, padding=0)
        headroom = _HEADROOM if self._limit is None else _HEADROOM_WITH_NAME
        self.view.setYRange(0, max(*values, 1) * (1 + headroom), padding=0)
        if self._limit is not None:
            position, name = self._limit
            pen = pg.mkPen(self.theme.text, width=2, style=Qt.PenStyle.DashLine)
            label = {"position": 1 - _HEADROOM_WITH_NAME / 3, "color": self.theme.text}
            self.view.addItem(
                pg.InfiniteLine(
                    position - self._left, angle=90, pen=pen, label=name, labelOpts=label
                )
            )

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as many labels as fit."""
        super().resizeEvent(event)
        self._label_axis()

    def _label_axis(self) -> None:
        ticks = [(x - self._left, bar.label) for x, bar in enumerate(self.bars) if bar.label]
        step = max(1, -(-len(ticks) // max(2, self.view.width() // _TICK_PX)))
        self.view.getAxis("bottom").setTicks([ticks[::step]])

    def tip_at(self, x: float, y: float) -> str:
        """Return the tooltip of the bar at a position."""
        index = round(x)
        return self.bars[index].tip if 0 <= index < len(self.bars) else ""


class HeatPlot(_Plot):
    """A grid of counts, colored by count, with the number in each cell."""

    def __init__(self, title: str, theme: Theme, keep: _Keep, *, unit: str) -> None:
        self._counts = np.zeros((0, 0), int)
        self._rows: Sequence[str] = ()
        self._columns: Sequence[str] = ()
        self._unit = unit
        super().__init__(title, theme, keep)

    @property
    def table(self) -> FigureTable:
        """The counts with row and column headings."""
        rows = zip(self._rows, self._counts.tolist(), strict=True)
        return [["", *self._columns], *([name, *counts] for name, counts in rows)]

    def show_grid(
        self, counts: np.ndarray, rows: Sequence[str], columns: Sequence[str], *, description: str
    ) -> None:
        """Draw counts of shape (rows, columns), the first row on top."""
        self._counts, self._rows, self._columns = counts, rows, columns
        self.setAccessibleDescription(description)
        self.draw()

    def draw(self) -> None:
        """Draw the cells, their numbers and the headings."""
        self.view.clear()
        self.view.invertY(b=True)
        for axis, names in (("left", self._rows), ("bottom", self._columns)):
            self.view.getAxis(axis).setTicks([list(enumerate(names))])
        lines = [self.tip_at(column, row) for row, column in np.argwhere(self._counts)]
        if self._list_few(int(self._counts.sum()), lines):
            return
        max_count = max(int(self._counts.max()), 1)
        colors = np.zeros((*self._counts.shape, 4), np.uint8)
        for row, column in np.ndindex(self._counts.shape):
            count = int(self._counts[row, column])
            shade = self._shade(count / max_count)
            colors[row, column] = (shade.red(), shade.green(), shade.blue(), 255)
            if count:
                text = pg.TextItem(str(count), color=choose_ink(shade.name()), anchor=(0.5, 0.5))
                text.setPos(column, row)
                text.setZValue(2)
                self.view.addItem(text)
        picture = pg.ImageItem(colors, axisOrder="row-major", levels=(0, 255))
        picture.setRect(-0.5, -0.5, self._counts.shape[1], self._counts.shape[0])
        self.view.addItem(picture)
        self.view.setXRange(-0.5, self._counts.shape[1] - 0.5, padding=0)
        self.view.setYRange(-0.5, self._counts.shape[0] - 0.5, padding=0)

    def tip_at(self, x: float, y: float) -> str:
        """Return the tooltip of the cell at a position."""
        row, column = round(y), round(x)
        if not (0 <= row < len(self._rows) and 0 <= column < len(self._columns)):
            return ""
        count = int(self._counts[row, column])
        return f"{self._rows[row]} {self._columns[column]}: {format_count(count, self._unit)}"

    def _shade(self, share: float) -> QColor:
        ground = self.theme.base if share == 0 else self.theme.bar_soft
        return mix_colors(self.theme.bar, ground, share**0.7)
