"""A small card at the pointer: what is under it, or what a drop would do."""

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QTextDocumentFragment
from PySide6.QtWidgets import QFrame, QLabel, QWidget

from zoneplanner.domain.palette import zone_colour
from zoneplanner.ui.canvas.changes import ChangeRow, ZoneChange
from zoneplanner.ui.kit.theme import GAP, GRID, MARGIN, RADIUS, Theme

APART_PX = 18
WIDEST_PX = 460
NOTES = 3


class PointerCard(QFrame):
    """Text that follows the pointer and stays inside the map."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._on = parent
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setObjectName("pointerCard")
        self._label = QLabel(self)
        self._label.setTextFormat(Qt.TextFormat.RichText)
        self._shown = ""
        self.set_theme(theme)
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        """Take other colours."""
        self._theme = theme
        self.setStyleSheet(
            f"#pointerCard {{ background: {theme.raised}; border: 1px solid {theme.border};"
            f" border-radius: {RADIUS}px; }} #pointerCard QLabel {{ color: {theme.text}; }}"
        )

    def show_site(self, name: str, rows: Sequence[str], at: QPoint) -> None:
        """Show a site's name and a few lines about it."""
        lines = "".join(f"<div style='color:{self._theme.muted}'>{escape(r)}</div>" for r in rows)
        self._put(f"<b>{escape(name)}</b>{lines}", at)

    def show_move(
        self,
        title: str,
        changes: Sequence[ZoneChange],
        notes: Sequence[str],
        at: QPoint,
        *,
        more: str = "",
    ) -> None:
        """Show before, after and difference of the zones' figures, and what a drop would break."""
        table = self._table(changes) if changes else ""
        below = self._note(more, self._theme.muted) if more else ""
        warned = "".join(self._note(text, self._theme.warning) for text in notes[:NOTES])
        self._put(f"<b>{escape(title)}</b>{table}{below}{warned}", at)

    def show_refusal(self, title: str, reason: str, at: QPoint) -> None:
        """Show why a drop is not possible here."""
        self._put(f"<b>{escape(title)}</b>{self._note(reason, self._theme.bad)}", at)

    def text(self) -> str:
        """Return what the card says, without its layout."""
        plain = QTextDocumentFragment.fromHtml(self._shown).toPlainText()
        return " ".join(plain.replace("\xa0", " ").split())

    def follow(self, at: QPoint) -> None:
        """Stand beside the pointer, on the side where there is room."""
        room = self._on.rect()
        x, y = at.x() + APART_PX, at.y() + APART_PX
        if x + self.width() > room.right() - GRID:
            x = at.x() - APART_PX - self.width()
        if y + self.height() > room.bottom() - GRID:
            y = at.y() - APART_PX - self.height()
        self.move(max(GRID, x), max(GRID, y))

    def _put(self, html: str, at: QPoint) -> None:
        if html != self._shown:
            self._shown = html
            self._label.setWordWrap(False)
            self._label.setText(html)
            size = self._label.sizeHint()
            if size.width() > WIDEST_PX:
                self._label.setWordWrap(True)
                size = QSize(WIDEST_PX, self._label.heightForWidth(WIDEST_PX))
            self._label.setGeometry(MARGIN, GAP, size.width(), size.height())
            self.resize(size.width() + 2 * MARGIN, size.height() + 2 * GAP)
        self.follow(at)
        self.show()
        self.raise_()

    def _table(self, changes: Sequence[ZoneChange]) -> str:
        """Return a column of figures for each zone, a row each."""
        heads = "".join(
            f"<td></td><td align='right'><span style='color:{zone_colour(change.colour)}'>■</span>"
            f"&nbsp;<b>{escape(change.zone)}</b></td><td></td>"
            for change in changes
        )
        lines = zip(*(change.rows() for change in changes), strict=True)
        rows = "".join(
            f"<tr><td style='color:{self._theme.muted}'>{escape(line[0].name)}</td>"
            f"{''.join(self._cells(row) for row in line)}</tr>"
            for line in lines
        )
        return f"<table cellspacing='0' cellpadding='1'><tr><td></td>{heads}</tr>{rows}</table>"

    def _cells(self, row: ChangeRow) -> str:
        colour = self._theme.bad if row.bad else self._theme.text
        return (
            f"<td align='right'>&nbsp;&nbsp;&nbsp;{row.before}&nbsp;→</td>"
            f"<td align='right' style='color:{colour}'>&nbsp;<b>{row.after}</b></td>"
            f"<td align='right'>&nbsp;{row.change.replace(' ', '&nbsp;')}</td>"
        )

    def _note(self, text: str, colour: str) -> str:
        return f"<div style='color:{colour}'>{escape(text)}</div>"
