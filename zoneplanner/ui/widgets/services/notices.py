"""The bar at the foot of the map: it tells what happened and offers what to do next.

A bar that floats over a page and takes no room from it.

The bar that counts before an entry is kept for good: a person may still say no.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QFontMetrics, QIcon, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QMenu,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from zoneplanner.errors import UserError
from zoneplanner.ui.widgets.layout.basic_widgets import PlainTextLabel, make_row_layout
from zoneplanner.ui.widgets.services.file_opener import FileOpener
from zoneplanner.ui.widgets.style.theme import (
    GRID_PX,
    PANEL_MARGIN_PX,
    SPACING_PX,
    make_strong_font,
)

_MOVED = (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show, QEvent.Type.Hide)
_SIGN_PX = 18
_ABOVE_EDGE_PX = 40
"""So far above the lower edge the scale bar and the credits of the map stay in sight."""


class FloatingBar(QFrame):
    """A sign, a text and what follows it, as wide as the text needs where there is room.

    It follows the page that it floats over: ``place`` is called whenever that changes.
    """

    def __init__(self, parent: QWidget, icon: Callable[..., QIcon], name: str) -> None:
        super().__init__(parent)
        self._on = parent
        self._over: list[QWidget] = []
        self._icon = icon
        self.setObjectName(name)
        self.setAutoFillBackground(True)
        self._sign = PlainTextLabel()
        self.text = PlainTextLabel()
        self.text.setWordWrap(True)
        self._rows = QVBoxLayout(self)
        self._rows.setSpacing(GRID_PX)
        parent.installEventFilter(self)
        self.hide()

    def place(self) -> None:
        """Take a place over the page for the text as it is now."""
        raise NotImplementedError

    def lay_out(self, beside: Sequence[QWidget], below: QWidget) -> None:
        """Put widgets beside the text, and one below all of them."""
        row = make_row_layout(self._sign, self.text, *beside)
        row.setStretchFactor(self.text, 1)
        self._rows.addLayout(row)
        self._rows.addWidget(below)

    def show_sign(self, icon: str, role: str) -> None:
        """Show an icon before the text, in a color of the theme."""
        self._sign.setPixmap(self._icon(icon, role).pixmap(_SIGN_PX, _SIGN_PX))

    def stand_over(self, part: QWidget) -> None:
        """Float over a part of what the bar is put on, where that is shown: of several the last."""
        self._over.insert(0, part)
        part.installEventFilter(self)

    @property
    def page(self) -> QWidget:
        """What the bar floats over now."""
        return next((part for part in self._over if part.isVisible()), self._on)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay in place as the page changes."""
        if event.type() in _MOVED:
            self.place()
        return False

    def fit_over(self, page: QWidget, gap_px: int, *, least_px: int = 0, most_px: int) -> QRect:
        """Return the geometry near the lower edge of a page, in the middle of it."""
        self._rows.activate()
        others = self._rows.minimumSize().width() - self.text.minimumSizeHint().width()
        text_px = QFontMetrics(self.text.font()).horizontalAdvance(self.text.text())
        room = min(page.width() - 2 * PANEL_MARGIN_PX, most_px)
        wide = max(1, min(room, max(text_px + others + gap_px, least_px)))
        corner = page.mapTo(self._on, QPoint(0, 0))
        left = corner.x() + (page.width() - wide) // 2
        high = self._rows.totalHeightForWidth(wide)
        down = max(PANEL_MARGIN_PX, page.height() - high - _ABOVE_EDGE_PX)
        return QRect(left, corner.y() + down, wide, high)


_SIGNS = {
    "info": ("info", "accent"),
    "done": ("check", "good"),
    "problem": ("error", "late"),
}
_SHOWN_S = 6
_PUT_BACK, _KEPT_MS = "Put it back", 60_000
"""What is offered of a form or call that was left, and so long it is kept."""
_LEAST_PX, _MOST_PX = 320, 560


@dataclass(frozen=True, slots=True)
class _KeptThing:
    """What shows a form or call again that was left, and the timer that ends its offer."""

    back: Callable[[], object]
    timer: QTimer


class NoticeBar(FloatingBar):
    """One sentence with an offer, a fold-out part and a way to close it.

    It floats over the lower edge of what it is put on and takes no room from it. A problem stays
    until it is closed; what is done goes by itself. A refusal goes with its workspace, as anything
    that is of no other one. ``rewrite`` writes the days of a sentence as the desk does.

    It alone keeps the forms and calls that were left, each for a minute from its last offer.
    """

    def __init__(
        self,
        parent: QWidget,
        icon: Callable[..., QIcon],
        rewrite: Callable[[str], str] = str,
    ) -> None:
        super().__init__(parent, icon, "notice")
        self._rewrite = rewrite
        self._offered: Callable[[], object] | None = None
        self._loud = self._fresh = False
        self._left: dict[Hashable, _KeptThing] = {}
        self._offered_left: Hashable = None
        self._said = ""
        self.setAccessibleName("Notice")
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.offer, self.others = QPushButton(), QPushButton()
        self.others.setMenu(QMenu(self.others))
        self.more = QToolButton()
        self.more.setText("Details")
        self.more.setCheckable(True)
        self.more.toggled.connect(self._fold)
        self.close_button = QToolButton()
        self.close_button.setAutoRaise(True)
        self.close_button.setAccessibleName("Close notice")
        self.close_button.setToolTip("Close")
        self.close_button.clicked.connect(self.hide)
        self.details = PlainTextLabel()
        self.details.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.details.setWordWrap(True)
        self._rows.setContentsMargins(12, 6, 8, 6)
        self.lay_out((self.offer, self.others, self.more, self.close_button), self.details)
        self._clock = QTimer(self, singleShot=True)
        self._clock.timeout.connect(self.hide)
        self._opener = FileOpener(self)
        self._opener.refused.connect(self._tell_unopened)
        self.offer.clicked.connect(self._take_offer)

    def show_notice(
        self,
        text: str,
        *,
        sign: str = "info",
        offer: str = "",
        on_offer: Callable[[], object] | None = None,
        others: tuple[str, Sequence[QAction]] = ("", ()),
        details: Mapping[str, Any] | None = None,
        stays: bool = False,
    ) -> None:
        """Show a sentence. ``sign`` is info, done or problem; ``offer`` names a button.

        ``others`` names another one, whose menu has actions.
        """
        name, role = _SIGNS[sign]
        self.show_sign(name, role)
        self.close_button.setIcon(self._icon("close"))
        self.text.setText(self._rewrite(text))
        self.setAccessibleDescription(self.text.text())
        self._offered, self._loud = on_offer, stays and sign == "problem"
        self._said, self._offered_left = text, None
        self._fresh = True
        QTimer.singleShot(0, self, self._settle)
        self.offer.setText(offer)
        self.offer.setVisible(bool(offer))
        title, actions = others
        self.others.setText(title)
        self.others.setVisible(bool(title))
        self.others.menu().clear()
        self.others.menu().addActions(actions)
        lines = [
            f"{_words(name)}: {self._rewrite(_said(value))}"
            for name, value in (details or {}).items()
        ]
        self.details.setText("\n".join(lines))
        self.more.setVisible(bool(lines))
        self.more.setChecked(False)
        self._fold(False)
        self.show()
        self.raise_()
        self._clock.stop()
        if not stays:
            self._clock.start(_SHOWN_S * 1000)

    def offer_back(
        self,
        text: str,
        left: Hashable,
        back: Callable[[], object],
        let_go: Callable[[], object] = lambda: None,
    ) -> None:
        """Show that something typed was left, and offer it back; later ``put_back`` does that.

        ``left`` is the form or call, ``back`` shows it again; ``let_go`` runs where nobody did.
        """
        self.forget_left(left)
        timer = QTimer(self, singleShot=True)
        timer.timeout.connect(partial(self._expire, left, let_go))
        self._left[left] = _KeptThing(back, timer)
        self._offer_left(text, left)

    def offer_again(self, more: str, left: Hashable) -> None:
        """Offer what is still kept, for another minute, with what is said now and ``more``."""
        if self._keeps(left):
            self._offer_left(f"{self._said} {more}", left)

    def _offer_left(self, text: str, left: Hashable) -> None:
        self._left[left].timer.start(_KEPT_MS)
        self.show_notice(text, offer=_PUT_BACK, on_offer=partial(self._show_again, left))
        self._offered_left = left

    def put_back(self) -> bool:
        """Show again what was left last, whatever notice came since; False where nothing is."""
        left = next(filter(self._keeps, reversed(self._left)), None)
        return left is not None and self._show_again(left)

    def forget_left(self, left: Hashable) -> None:
        """Offer no more what is there again, or gone."""
        if (kept := self._left.pop(left, None)) is not None:
            kept.timer.stop()
            kept.timer.deleteLater()
            if self._offered_left is left:
                self.hide()

    def _keeps(self, left: Hashable) -> bool:
        """Tell whether something is kept; a form may have gone with the window below it."""
        return left in self._left and isValid(left)

    def _show_again(self, left: Hashable) -> bool:
        if not self._keeps(left):
            return False
        back = self._left[left].back
        self.forget_left(left)
        back()
        return True

    def _expire(self, left: Hashable, let_go: Callable[[], object]) -> None:
        keeps = self._keeps(left)
        self.forget_left(left)
        if keeps:
            let_go()

    def hide_with_workspace(self) -> None:
        """Go with the workspace that it was told in.

        What is wrong with the project is told in all, and what an act tells comes along where the
        act itself leads to another workspace.
        """
        if not self._loud and not self._fresh:
            self.hide()

    def _settle(self) -> None:
        self._fresh = False

    def show_problem(self, error: UserError) -> None:
        """Show what a person can fix, with its details folded; it was tried in this workspace."""
        self.show_notice(error.message, sign="problem", details=error.unsaid_details, stays=True)
        self._loud = False

    def offer_page(self, text: str, path: Path) -> None:
        """Show that a page was printed, and offer to open it."""
        self.show_notice(
            text,
            sign="done",
            offer="Open the page",
            on_offer=partial(self.open_file, path),
            details={"file": str(path)},
            stays=True,
        )

    def open_file(self, path: Path) -> None:
        """Have the system open a file or folder; where nothing does, its path can be copied."""
        self._opener.open(path)

    def _tell_unopened(self, error: UserError) -> None:
        path = error.details["path"]
        self.show_notice(
            error.message,
            sign="problem",
            offer="Copy the path",
            on_offer=lambda: QApplication.clipboard().setText(path),
            stays=True,
        )

    def place(self) -> None:
        """Stand near the lower edge, up to the width that reads well."""
        more_px = 0 if self.others.isHidden() else self.others.sizeHint().width() + GRID_PX
        most_px = _MOST_PX + more_px  # a second button takes no width from the sentence
        box = self.fit_over(self.page, PANEL_MARGIN_PX, least_px=_LEAST_PX, most_px=most_px)
        self.setGeometry(box)

    def _take_offer(self) -> None:
        offered, self._offered = self._offered, None
        self.hide()
        if offered is not None:
            offered()

    def _fold(self, shown: bool) -> None:
        self.details.setVisible(shown)
        self.place()


def _words(name: str) -> str:
    return name.replace("_", " ")


def _said(value: object) -> str:
    """Write a detail for a person: rows and lists without their brackets."""
    if isinstance(value, Mapping):
        return ", ".join(f"{_words(str(name))} {_said(part)}" for name, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_said, value))
    return "nothing" if value is None else str(value)


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
