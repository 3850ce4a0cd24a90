"""Charts with axes, hover and a menu to keep them as a picture or as figures.

The library is loaded with this module: import it where a chart is made, not at the start.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QBuffer, QIODevice, QPointF, Qt
from PySide6.QtGui import QBrush, QColor, QCursor, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QMenu,
    QSizePolicy,
    QToolButton,
    QToolTip,
    QVBoxLayout,
)

from zoneplanner.messages import format_count
from zoneplanner.tokens import choose_ink
from zoneplanner.ui.widgets.inputs.file_dialogs import new_file_dialog
from zoneplanner.ui.widgets.layout.basic_widgets import (
    PlainTextLabel,
    make_muted_label,
    make_section_label,
)
from zoneplanner.ui.widgets.style.theme import GRID_PX, SPACING_PX, Theme, mix_colors

_LEAST_WIDE_PX, _VIEW_PX = 220, 108
_BAR_SHARE = 0.72
_ROOM, _ROOM_FOR_NAME = 0.12, 0.42
"""The room above the highest bar, as a share of it, without and with the name of a limit."""
_TICK_PX = 58
_AXIS_PX = 34
_FEWEST = 10
"""Fewer records than this are listed: a chart of them says more than they do."""
_NONE = "None in this period."
FigureTable = Sequence[Sequence[object]]
_Keep = Callable[[Path, FigureTable | bytes], object]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what stands below it (empty: nothing), how high it is, and what hovering tells.

    A ``partial`` one is hatched: it counts less than the others.
    """

    label: str
    value: float
    tip: str
    partial: bool = False


class _Plot(QFrame):
    """A chart with a title; ``keep`` writes its figures or its picture to a file."""

    def __init__(self, title: str, theme: Theme, keep: _Keep) -> None:
        super().__init__()
        self.theme, self._keep, self._name = theme, keep, title
        self.setObjectName("chart")
        self.setAccessibleName(title)
        self.setMinimumWidth(_LEAST_WIDE_PX)
        self.title, self.note = make_section_label(title), make_muted_label()
        self.title.setWordWrap(False)
        self.menu_button = QToolButton()
        self.menu_button.setText("⋯")
        self.menu_button.setObjectName("dots")
        self.menu_button.setToolTip("Save this chart as a picture or as figures")
        self.menu_button.setAccessibleName(f"Save the chart “{title}”")
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.menu_button)
        menu.addAction("Save Picture (PNG)…", lambda: self._ask("PNG (*.png)", self.save_picture))
        menu.addAction("Save Figures (CSV)…", lambda: self._ask("CSV (*.csv)", self.save_figures))
        self.menu_button.setMenu(menu)
        self.view = pg.PlotWidget()
        self.view.setFixedHeight(_VIEW_PX)
        self.view.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.view.setMenuEnabled(False)
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # no key does anything in it
        self.view.setMouseEnabled(x=False, y=False)
        self.view.hideButtons()
        self.view.plotItem.setContentsMargins(0, GRID_PX, 0, 0)  # else the uppermost figure is cut
        self.view.setFrameShape(QFrame.Shape.NoFrame)
        self.view.viewport().setMouseTracking(True)
        self.view.scene().sigMouseMoved.connect(self._hover)
        head = QHBoxLayout()
        head.setSpacing(SPACING_PX)
        head.addWidget(self.title)
        head.addStretch(1)
        head.addWidget(self.menu_button)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(SPACING_PX, GRID_PX, GRID_PX, GRID_PX)
        rows.setSpacing(0)
        rows.addLayout(head)
        rows.addWidget(self.note)
        self.listing = PlainTextLabel()
        self.listing.setWordWrap(True)
        rows.addWidget(self.view, 1)
        rows.addWidget(self.listing)
        self.set_theme(theme)

    @property
    def table(self) -> FigureTable:
        """What is drawn, as rows with a heading."""
        raise NotImplementedError

    def draw(self) -> None:
        """Draw it in the theme's colors."""
        raise NotImplementedError

    def _list_few(self, count: float, lines: Sequence[str]) -> bool:
        """Write fewer than ten records line by line in place of the chart; tell whether so."""
        few = count < _FEWEST
        self.listing.setText("\n".join(lines) or _NONE)
        self.listing.setVisible(few)
        self.view.setVisible(not few)
        return few

    def _space_ticks(self, most: float) -> None:
        """Write whole numbers only on the axis of counts, four or five of them."""
        power = 10.0 ** math.floor(math.log10(max(most / 4, 1)))
        step = next(power * n for n in (1, 2, 5, 10) if power * n * 4 >= most)
        self.view.getAxis("left").setTickSpacing(step, step)

    def set_theme(self, theme: Theme) -> None:
        """Take other colors."""
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
        """Write the chart with its title as a PNG, twice as fine as on screen."""
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        self.grab().save(buffer, "PNG")
        self._keep(path, bytes(buffer.data().data()))

    def save_figures(self, path: Path) -> None:
        """Write the figures as CSV."""
        self._keep(path, self.table)

    def _ask(self, kind: str, do: Callable[[Path], object]) -> None:
        ending = kind[-5:-1]
        dialog = new_file_dialog(self, f"Keep “{self._name}”", kind, Path(f"{self._name}{ending}"))
        dialog.fileSelected.connect(lambda path: do(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _hover(self, at: QPointF) -> None:
        point = self.view.plotItem.vb.mapSceneToView(at)
        inside = self.view.plotItem.vb.sceneBoundingRect().contains(at)
        tip = self.tip_at(point.x(), point.y()) if inside else ""
        QToolTip.showText(QCursor.pos(), tip, self.view)

    def tip_at(self, x: float, y: float) -> str:
        """Return what hovering tells at a place of the chart, or nothing."""
        raise NotImplementedError


class BarPlot(_Plot):
    """Bars beside each other, with a line across where a limit is given."""

    def __init__(self, title: str, theme: Theme, keep: _Keep, *, heading: Sequence[str]) -> None:
        self.bars: Sequence[Bar] = ()
        self._heading = heading
        self._limit: tuple[float, str] | None = None
        self._left = 0.0
        super().__init__(title, theme, keep)

    @property
    def table(self) -> FigureTable:
        """Label and value of each bar."""
        return [self._heading, *([bar.tip or bar.label, bar.value] for bar in self.bars)]

    def show_bars(
        self,
        bars: Sequence[Bar],
        *,
        told: str,
        limit: tuple[float, str] | None = None,
        bounds: bool = False,
    ) -> None:
        """Draw bars; ``limit`` is a place on the axis and its name.

        With ``bounds`` the axis counts from the left edge of the first bar, and a label is that of
        its bar's left edge.
        """
        self.bars, self._limit, self._left = bars, limit, 0.5 if bounds else 0.0
        self.setAccessibleDescription(told)
        self.draw()

    def draw(self) -> None:
        """Draw the bars, their labels and the limit."""
        self.view.clear()
        values = [bar.value for bar in self.bars]
        self._label()
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
        above = _ROOM if self._limit is None else _ROOM_FOR_NAME
        self.view.setYRange(0, max(*values, 1) * (1 + above), padding=0)
        if self._limit is not None:
            at, name = self._limit
            pen = pg.mkPen(self.theme.text, width=2, style=Qt.PenStyle.DashLine)
            look = {"position": 1 - _ROOM_FOR_NAME / 3, "color": self.theme.text}
            at -= self._left
            self.view.addItem(pg.InfiniteLine(at, angle=90, pen=pen, label=name, labelOpts=look))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Write as many labels as there is room for."""
        super().resizeEvent(event)
        self._label()

    def _label(self) -> None:
        named = [(at - self._left, bar.label) for at, bar in enumerate(self.bars) if bar.label]
        step = max(1, -(-len(named) // max(2, self.view.width() // _TICK_PX)))
        self.view.getAxis("bottom").setTicks([named[::step]])

    def tip_at(self, x: float, y: float) -> str:
        """Return what the bar at a place tells."""
        at = round(x)
        return self.bars[at].tip if 0 <= at < len(self.bars) else ""


class HeatPlot(_Plot):
    """A grid of counts, more where the color is stronger; each cell carries its number."""

    def __init__(self, title: str, theme: Theme, keep: _Keep, *, unit: str) -> None:
        self._counts = np.zeros((0, 0), int)
        self._rows: Sequence[str] = ()
        self._columns: Sequence[str] = ()
        self._unit = unit
        super().__init__(title, theme, keep)

    @property
    def table(self) -> FigureTable:
        """The grid with its headings."""
        rows = zip(self._rows, self._counts.tolist(), strict=True)
        return [["", *self._columns], *([name, *counts] for name, counts in rows)]

    def show_grid(
        self, counts: np.ndarray, rows: Sequence[str], columns: Sequence[str], *, told: str
    ) -> None:
        """Draw counts, shape (rows, columns), the first row on top."""
        self._counts, self._rows, self._columns = counts, rows, columns
        self.setAccessibleDescription(told)
        self.draw()

    def draw(self) -> None:
        """Draw the cells, their numbers and the headings."""
        self.view.clear()
        self.view.invertY(b=True)
        named = (("left", self._rows), ("bottom", self._columns))
        for axis, names in named:
            self.view.getAxis(axis).setTicks([list(enumerate(names))])
        filled = [(int(row), int(column)) for row, column in np.argwhere(self._counts)]
        lines = [self.tip_at(column, row) for row, column in filled]
        if self._list_few(int(self._counts.sum()), lines):
            return
        most = max(int(self._counts.max()), 1)
        colors = np.zeros((*self._counts.shape, 4), np.uint8)
        for row, column in np.ndindex(self._counts.shape):
            count = int(self._counts[row, column])
            shade = self._shade(count / most)
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
        """Return what the cell at a place tells."""
        row, column = round(y), round(x)
        if not (0 <= row < len(self._rows) and 0 <= column < len(self._columns)):
            return ""
        count = int(self._counts[row, column])
        return f"{self._rows[row]} {self._columns[column]}: {format_count(count, self._unit)}"

    def _shade(self, share: float) -> QColor:
        ground = self.theme.base if share == 0 else self.theme.bar_soft
        return mix_colors(self.theme.bar, ground, share**0.7)
