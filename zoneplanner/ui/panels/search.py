"""The search field: sites, zones and everything that the window can do."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QIcon, QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QListWidget, QListWidgetItem, QWidget

from zoneplanner.ui.kit.actions import SPECS
from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.words import unit_words

MOST_SHOWN = 12
NARROWEST_LIST_PX = 420


@dataclass(frozen=True, eq=False, slots=True)
class Hit:
    """One thing that can be found. ``beside`` is shown after the name."""

    text: str
    beside: str
    icon: str
    do: Callable[[], object]
    words: str
    place: bool = True


class SearchField(QLineEdit):
    """A field with a list of what fits below it; Enter takes the marked one.

    ``went`` tells that a site or a zone was chosen.
    """

    went = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._hits: list[Hit] = []
        self.setPlaceholderText("Find a school, zone or action  (Ctrl+K)")
        self.setAccessibleName("Find a site, a zone or an action")
        self.setClearButtonEnabled(True)
        self.addAction(desk.icons("search", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.list = QListWidget()
        self.list.setWindowFlags(Qt.WindowType.ToolTip | Qt.WindowType.FramelessWindowHint)
        self.list.setFrameShape(QFrame.Shape.StyledPanel)
        self.list.setStyleSheet("QListWidget { border: 1px solid palette(mid); padding: 4px; }")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemClicked.connect(lambda _: self._take())
        self.textEdited.connect(self._look)
        self.returnPressed.connect(self._take)
        self.destroyed.connect(self.list.deleteLater)
        self.installEventFilter(self)

    def start(self) -> None:
        """Take the focus with all text marked."""
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.selectAll()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Move in the list by arrow keys, close it by Escape or when the focus goes."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if step and self.list.isVisible():
                row = (self.list.currentRow() + step) % self.list.count()
                self.list.setCurrentRow(row)
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.list.hide()
                self.clear()
                self.clearFocus()
                return True
        if event.type() in (QEvent.Type.FocusOut, QEvent.Type.Hide):
            self.list.hide()
        return super().eventFilter(watched, event)

    def _look(self, text: str) -> None:
        words = text.casefold().split()
        self._hits = found(words, self._all())[:MOST_SHOWN] if words else []
        self.list.clear()
        for hit in self._hits:
            label = f"{hit.text}  ·  {hit.beside}" if hit.beside else hit.text
            self.list.addItem(QListWidgetItem(self._icon(hit), label))
        if not words:
            self.list.hide()
            return
        if not self._hits:
            nothing = QListWidgetItem(f"Nothing is called “{text}” here.")
            nothing.setFlags(Qt.ItemFlag.NoItemFlags)
            self.list.addItem(nothing)
        self.list.setCurrentRow(0)
        self._place_list()

    def _place_list(self) -> None:
        width = max(self.width(), NARROWEST_LIST_PX)
        right = self.mapToGlobal(QPoint(self.width(), self.height() + 4))
        rows = max(1, self.list.count())
        row_px = max(self.list.sizeHintForRow(0), self.fontMetrics().height() + 8)
        self.list.setGeometry(right.x() - width, right.y(), width, rows * row_px + 12)
        self.list.show()
        self.list.raise_()

    def _take(self) -> None:
        row = self.list.currentRow()
        self.list.hide()
        if not 0 <= row < len(self._hits):
            return
        hit = self._hits[row]
        self.clear()
        self.clearFocus()
        hit.do()
        if hit.place:
            self.went.emit()

    def _icon(self, hit: Hit) -> QIcon:
        return self._desk.icons(hit.icon, "muted") if hit.icon else QIcon()

    def _all(self) -> list[Hit]:
        session, bridge = self._desk.session, self._desk.bridge
        assignment = session.plan.assignment if session.plan else {}
        hits = [
            Hit(
                site.name,
                assignment.get(site.id, "not patrolled" if not site.patrolled else "no zone"),
                "site",
                partial(bridge.select, site=site.id),
                f"{site.name} {site.id} {site.street} {site.city}".casefold(),
            )
            for site in session.project.sites.values()
        ]
        hits += [
            Hit(
                f"Zone {zone.id}",
                unit_words(session.project, zone.unit),
                "zone",
                partial(bridge.select, zone=zone.id),
                f"zone {zone.id} {zone.name}".casefold(),
            )
            for zone in (session.plan.zones if session.plan else ())
        ]
        return hits + self._actions()

    def _actions(self) -> list[Hit]:
        def hit(name: str, action: QAction) -> Hit:
            keys = action.shortcut().toString()
            spec = self._desk.actions.specs[name]
            return Hit(
                action.text().rstrip("…"),
                keys,
                spec.icon,
                action.trigger,
                f"{action.text()} {spec.tip}".casefold(),
                place=False,
            )

        actions = self._desk.actions
        return [
            hit(spec.name, actions[spec.name])
            for spec in SPECS
            if spec.palette and actions[spec.name].isEnabled()
        ]


def found(words: list[str], hits: list[Hit]) -> list[Hit]:
    """Return the hits in which all words occur, the best first."""
    fitting = [hit for hit in hits if all(word in hit.words for word in words)]
    return sorted(fitting, key=lambda hit: _rank(words, hit.text.casefold()))


def _rank(words: list[str], name: str) -> int:
    if name.startswith(words[0]):
        return 0
    if all(word in name for word in words):
        return 1
    return 2
