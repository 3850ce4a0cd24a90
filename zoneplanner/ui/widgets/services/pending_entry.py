"""The bar that counts before an entry is kept for good: a person may still say no."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QIcon, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QProgressBar,
    QPushButton,
    QWidget,
)
from shiboken6 import isValid

from zoneplanner.ui.widgets.layout.basic_widgets import PlainTextLabel
from zoneplanner.ui.widgets.services.floating_bar import FloatingBar
from zoneplanner.ui.widgets.style.theme import (
    PANEL_MARGIN_PX,
    SPACING_PX,
    make_strong_font,
)

PENDING_WAIT_S = 5
_SECOND_MS = 1000
_COUNT_PX = 3
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_REFUSE = (Qt.Key.Key_Escape, Qt.Key.Key_Z)
COMMAND_MODIFIERS = (
    Qt.KeyboardModifier.ControlModifier
    | Qt.KeyboardModifier.AltModifier
    | Qt.KeyboardModifier.MetaModifier
)


@dataclass(frozen=True, eq=False, slots=True)
class PendingEntry:
    """An entry that is ready to be kept, with the time of the key that asked for it.

    ``subject`` is what it is about: the same is not prepared twice at a time. ``text`` is a
    sentence without its stop. ``write`` keeps it and tells whether it could.
    """

    subject: tuple[str, ...]
    text: str
    write: Callable[[], bool]
    icon: str = "visit"


class PendingEntryBar(FloatingBar):
    """Counts down for one prepared entry, then writes it.

    Enter writes it at once, Esc and Z drop it. Another entry writes this one first, so does
    ``write_now`` as the window closes. ``began`` tells that one is prepared, ``settled``
    that none is any more.
    """

    began = Signal()
    settled = Signal()

    def __init__(self, parent: QWidget, icon: Callable[..., QIcon]) -> None:
        super().__init__(parent, icon, "pending")
        self._back: QWidget | None = None
        self._left_s = 0
        self.entry: PendingEntry | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.text.setFont(make_strong_font())
        self.count = PlainTextLabel()
        self.yes, self.no = QPushButton("Log now"), QPushButton("Don’t log")
        self.yes.setToolTip("Log it without waiting (Enter)")
        self.no.setToolTip("Nothing is logged (Esc or Z)")
        self.yes.clicked.connect(lambda _=False: self.write_now())
        self.no.clicked.connect(lambda _=False: self.drop())
        for button in (self.yes, self.no):
            button.setAutoDefault(False)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(_COUNT_PX)
        self._rows.setContentsMargins(PANEL_MARGIN_PX, SPACING_PX, PANEL_MARGIN_PX, SPACING_PX)
        self.lay_out((self.count, self.yes, self.no), self.bar)
        self.timer = QTimer(self, interval=_SECOND_MS)
        self.timer.timeout.connect(self._count)

    @property
    def counting(self) -> bool:
        """True while an entry waits to be written."""
        return self.entry is not None

    def prepare(self, entry: PendingEntry) -> None:
        """Count down for an entry; one that waits is written first, the same one goes on."""
        if self.entry is not None:
            if self.entry.subject == entry.subject:
                return
            self.write_now()
        focused = QApplication.focusWidget()
        self._back = focused if focused is not None and not self.isAncestorOf(focused) else None
        self.entry, self._left_s = entry, PENDING_WAIT_S
        self.text.setText(f"{entry.text}.")
        self.setAccessibleName(f"{entry.text}. Enter logs it now, Esc discards it.")
        self.show_sign(entry.icon, "accent")
        self.bar.setRange(0, PENDING_WAIT_S)
        self._show_count()
        self.show()
        self.raise_()
        self.place()
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.timer.start()
        self.began.emit()

    def write_now(self) -> bool:
        """Write what waits; tell whether nothing is lost."""
        entry = self._settle()
        return entry is None or entry.write()

    def drop(self) -> bool:
        """Keep nothing of what waits; tell whether anything did."""
        return self._settle() is not None

    def take_key(self, event: QKeyEvent) -> bool:
        """Enter writes, Esc, Z and Ctrl+Z drop; tell whether the key was one of them."""
        if self.entry is None or not _answers_pending(event):
            return False
        if not event.isAutoRepeat():
            if Qt.Key(event.key()) in _ENTER and not self.no.hasFocus():
                self.write_now()
            else:
                self.drop()
        return True

    def event(self, event: QEvent) -> bool:
        """Claim the keys that answer, before they undo or choose a tool."""
        override = event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and _answers_pending(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Answer by a key."""
        if not self.take_key(event):
            super().keyPressEvent(event)

    def _count(self) -> None:
        self._left_s -= 1
        if self._left_s <= 0:
            self.write_now()
        else:
            self._show_count()

    def _show_count(self) -> None:
        self.count.setText(f"Logging in {self._left_s} s")
        self.bar.setValue(self._left_s)

    def _settle(self) -> PendingEntry | None:
        """Stop counting, hand the keys back, and return what waited."""
        entry, self.entry = self.entry, None
        if entry is None:
            return None
        self.timer.stop()
        focused = QApplication.focusWidget()
        held = focused is self or (focused is not None and self.isAncestorOf(focused))
        back, self._back = self._back, None
        self.hide()
        if held and back is not None and isValid(back) and back.isVisible():
            back.setFocus(Qt.FocusReason.OtherFocusReason)
        self.settled.emit()
        return entry

    def place(self) -> None:
        """Stand near the lower edge, as wide as the text needs."""
        if self.entry is None:
            return
        self.setGeometry(self.fit_over(self.page, SPACING_PX, most_px=self.page.width()))


def _answers_pending(event: QKeyEvent) -> bool:
    """Tell whether a key says yes or no to what waits."""
    if event.modifiers() & COMMAND_MODIFIERS:
        return event.matches(QKeySequence.StandardKey.Undo)
    return Qt.Key(event.key()) in (*_ENTER, *_REFUSE)
