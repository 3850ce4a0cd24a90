"""Bars that float over the map: notices, and the countdown before an entry is logged."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QFontMetrics, QKeyEvent, QKeySequence
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
from zoneplanner.messages import Message
from zoneplanner.ui.widgets.layout.basic_widgets import (
    ENTER_KEYS,
    PlainTextLabel,
    make_flat_button,
    make_row_layout,
)
from zoneplanner.ui.widgets.services.file_opener import FileOpener
from zoneplanner.ui.widgets.style.theme import (
    GRID_PX,
    PANEL_MARGIN_PX,
    SPACING_PX,
    Icons,
    make_strong_font,
)

_MOVED = (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show, QEvent.Type.Hide)
_SIGN_PX = 18
_BOTTOM_GAP_PX = 40
"""The gap below the bar, which leaves the map's scale bar and credits visible."""


class FloatingBar(QFrame):
    """A bar with an icon, a text and other widgets, as wide as the text needs if that fits.

    A subclass implements ``place``, which is called whenever the page below changes.
    """

    def __init__(self, parent: QWidget, icon: Icons, name: str) -> None:
        super().__init__(parent)
        self._parent = parent
        self._pages: list[QWidget] = []
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
        """Place the bar over the page in a size that fits its text."""
        raise NotImplementedError

    def lay_out(self, beside: Sequence[QWidget], below: QWidget) -> None:
        """Put widgets next to the text, and one below."""
        self._rows.addLayout(make_row_layout(self._sign, (self.text, 1), *beside))
        self._rows.addWidget(below)

    def show_sign(self, icon: str, role: str) -> None:
        """Show an icon before the text, in a color of the theme."""
        self._sign.setPixmap(self._icon(icon, role).pixmap(_SIGN_PX, _SIGN_PX))

    def stand_over(self, page: QWidget) -> None:
        """Float over a part of the parent while it is visible; the page added last has priority."""
        self._pages.insert(0, page)
        page.installEventFilter(self)

    @property
    def page(self) -> QWidget:
        """The widget that the bar floats over now."""
        return next((page for page in self._pages if page.isVisible()), self._parent)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Place the bar again when the page moves or changes its size."""
        if event.type() in _MOVED:
            self.place()
        return False

    def fit_over(self, page: QWidget, gap_px: int, *, min_px: int = 0, max_px: int) -> QRect:
        """Return a geometry in the middle of a page's lower edge."""
        self._rows.activate()
        others_px = self._rows.minimumSize().width() - self.text.minimumSizeHint().width()
        text_px = QFontMetrics(self.text.font()).horizontalAdvance(self.text.text())
        available_px = min(page.width() - 2 * PANEL_MARGIN_PX, max_px)
        width = max(1, min(available_px, max(text_px + others_px + gap_px, min_px)))
        corner = page.mapTo(self._parent, QPoint(0, 0))
        left = corner.x() + (page.width() - width) // 2
        height = self._rows.totalHeightForWidth(width)
        top = max(PANEL_MARGIN_PX, page.height() - height - _BOTTOM_GAP_PX)
        return QRect(left, corner.y() + top, width, height)


_SIGNS = {
    "info": ("info", "accent"),
    "done": ("check", "good"),
    "problem": ("error", "late"),
}
PUT_BACK = "Put it back"
"""The text of the buttons that restore a form or call."""
_SHOWN_MS = 6_000
_RESTORABLE_MS = 60_000
_MIN_WIDTH_PX, _MAX_WIDTH_PX = 320, 560


@dataclass(frozen=True, slots=True)
class _Restorable:
    """How to show a closed form or call again, and the timer that ends the offer to do so."""

    restore: Callable[[], object]
    timer: QTimer


class NoticeBar(FloatingBar):
    """One sentence with a button, details that unfold, and a close button.

    Problems stay until they are closed; other notices disappear after some seconds. Refusals and
    other notices of one workspace also disappear when the person switches workspaces. ``rewrite``
    formats the days in a sentence for this desk.

    The bar also remembers the forms and calls that were closed, each for a minute after it was last
    offered, so that they can be restored.
    """

    def __init__(
        self,
        parent: QWidget,
        icon: Icons,
        rewrite: Callable[[Message | str], str] = str,
    ) -> None:
        super().__init__(parent, icon, "notice")
        self._rewrite = rewrite
        self._on_offer: Callable[[], object] | None = None
        self._outlasts_workspace = self._is_new = False
        self._restorables: dict[Hashable, _Restorable] = {}
        self._offered_closed: Hashable = None
        self._original_text: Message | str = ""
        self._of: object = None
        self.setAccessibleName("Notice")
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.offer, self.others = QPushButton(), QPushButton()
        self.others.setMenu(QMenu(self.others))
        self.more = QToolButton()
        self.more.setText("Details")
        self.more.setCheckable(True)
        self.more.toggled.connect(self._fold)
        self.close_button = make_flat_button("Close notice", "Close", self.hide)
        self.details = PlainTextLabel()
        self.details.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.details.setWordWrap(True)
        self._rows.setContentsMargins(12, 6, 8, 6)
        self.lay_out((self.offer, self.others, self.more, self.close_button), self.details)
        self._hide_timer = QTimer(self, singleShot=True, interval=_SHOWN_MS)
        self._hide_timer.timeout.connect(self.hide)
        self._opener = FileOpener(self)
        self._opener.refused.connect(self._show_unopened)
        self.offer.clicked.connect(self._accept_offer)

    def show_notice(
        self,
        text: str | Message,
        *,
        sign: str = "info",
        offer: str = "",
        on_offer: Callable[[], object] | None = None,
        others: tuple[str, Sequence[QAction]] = ("", ()),
        details: Mapping[str, Any] | None = None,
        stays: bool = False,
        of: object = None,
    ) -> None:
        """Show a sentence. ``sign`` is info, done or problem; ``offer`` labels a button.

        ``others`` labels another button, whose menu has the actions. ``hide_notice`` hides only
        the notice ``of`` its caller.
        """
        icon, role = _SIGNS[sign]
        self.show_sign(icon, role)
        self.close_button.setIcon(self._icon("close"))
        self._original_text = text
        self.text.setText(self._rewrite(text))
        self.setAccessibleDescription(self.text.text())
        self._on_offer, self._outlasts_workspace = on_offer, stays and sign == "problem"
        self._offered_closed, self._of = None, of
        self._is_new = True
        QTimer.singleShot(0, self, self._mark_old)
        self.offer.setText(offer)
        self.offer.setVisible(bool(offer))
        title, actions = others
        self.others.setText(title)
        self.others.setVisible(bool(title))
        self.others.menu().clear()
        self.others.menu().addActions(actions)
        lines = [
            f"{_write_name(name)}: {self._rewrite(_write_detail(value))}"
            for name, value in (details or {}).items()
        ]
        self.details.setText("\n".join(lines))
        self.more.setVisible(bool(lines))
        self.more.setChecked(False)
        self._fold(False)
        self.show()
        self.raise_()
        if stays:
            self._hide_timer.stop()
        else:
            self._hide_timer.start()

    def hide_notice(self, of: object) -> None:
        """Hide the notice of a panel, unless another one has replaced it."""
        if self._of is of:
            self.hide()

    def offer_back(
        self,
        text: str | Message,
        closed: Hashable,
        restore: Callable[[], object],
        discard: Callable[[], object] = lambda: None,
    ) -> None:
        """Show that a form or call was closed, and offer to restore it, as ``put_back`` also does.

        ``restore`` shows it again; ``discard`` is called when the offer ends.
        """
        self.forget_left(closed)
        timer = QTimer(self, singleShot=True)
        timer.timeout.connect(partial(self._expire, closed, discard))
        self._restorables[closed] = _Restorable(restore, timer)
        self._show_offer(text, closed)

    def offer_again(self, more: str | Message, closed: Hashable) -> None:
        """Extend an offer by another minute, and add a sentence to the current notice."""
        if self._can_restore(closed):
            self._show_offer(f"{self._original_text} {more}", closed)

    def _show_offer(self, text: str | Message, closed: Hashable) -> None:
        self._restorables[closed].timer.start(_RESTORABLE_MS)
        self.show_notice(text, offer=PUT_BACK, on_offer=partial(self._restore, closed))
        self._offered_closed = closed

    def put_back(self) -> bool:
        """Restore what was closed last, even after other notices; return False if there is none."""
        closed = next(filter(self._can_restore, reversed(self._restorables)), None)
        return closed is not None and self._restore(closed)

    def forget_left(self, closed: Hashable) -> None:
        """End the offer to restore a form or call."""
        if (restorable := self._restorables.pop(closed, None)) is not None:
            restorable.timer.stop()
            restorable.timer.deleteLater()
            if self._offered_closed is closed:
                self.hide()

    def _can_restore(self, closed: Hashable) -> bool:
        """Return whether something can be restored; Qt may have deleted a form with its parent."""
        return closed in self._restorables and isValid(closed)

    def _restore(self, closed: Hashable) -> bool:
        if not self._can_restore(closed):
            return False
        restore = self._restorables[closed].restore
        self.forget_left(closed)
        restore()
        return True

    def _expire(self, closed: Hashable, discard: Callable[[], object]) -> None:
        can_restore = self._can_restore(closed)
        self.forget_left(closed)
        if can_restore:
            discard()

    def hide_with_workspace(self) -> None:
        """Hide the notice when the person leaves its workspace.

        Problems with the project stay, and so does a notice of an action that itself leads to
        another workspace.
        """
        if not self._outlasts_workspace and not self._is_new:
            self.hide()

    def _mark_old(self) -> None:
        self._is_new = False

    def show_problem(self, error: UserError) -> None:
        """Show what a person can fix in this workspace, with its details folded."""
        self.show_notice(error.message, sign="problem", details=error.unsaid_details, stays=True)
        self._outlasts_workspace = False

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
        """Have the system open a file or folder; if nothing can, offer to copy its path."""
        self._opener.open(path)

    def _show_unopened(self, error: UserError) -> None:
        path = error.details["path"]
        self.show_notice(
            error.message,
            sign="problem",
            offer="Copy the path",
            on_offer=lambda: QApplication.clipboard().setText(path),
            stays=True,
        )

    def place(self) -> None:
        """Place the bar near the lower edge, no wider than is comfortable to read."""
        max_px = _MAX_WIDTH_PX
        if not self.others.isHidden():  # a second button takes no width from the sentence
            max_px += self.others.sizeHint().width() + GRID_PX
        self.setGeometry(
            self.fit_over(self.page, PANEL_MARGIN_PX, min_px=_MIN_WIDTH_PX, max_px=max_px)
        )

    def _accept_offer(self) -> None:
        on_offer, self._on_offer = self._on_offer, None
        self.hide()
        if on_offer is not None:
            on_offer()

    def _fold(self, shown: bool) -> None:
        self.details.setVisible(shown)
        self.place()


def _write_name(name: object) -> str:
    return str(name).replace("_", " ")


def _write_detail(value: object) -> str:
    """Write a detail for a person: rows and lists without brackets."""
    if isinstance(value, Mapping):
        return ", ".join(
            f"{_write_name(name)} {_write_detail(part)}" for name, part in value.items()
        )
    if isinstance(value, list | tuple):
        return ", ".join(map(_write_detail, value))
    return "nothing" if value is None else str(value)


PENDING_WAIT_S = 5
_PROGRESS_BAR_PX = 3
_DISCARD_KEYS = (Qt.Key.Key_Escape, Qt.Key.Key_Z)
COMMAND_MODIFIERS = (
    Qt.KeyboardModifier.ControlModifier
    | Qt.KeyboardModifier.AltModifier
    | Qt.KeyboardModifier.MetaModifier
)


@dataclass(frozen=True, eq=False, slots=True)
class PendingEntry:
    """An entry that is ready to be logged.

    ``subject`` identifies what it is about, so that no second entry about it is prepared
    meanwhile. ``text`` is a sentence without its period. ``write`` logs the entry with the time of
    the key that asked for it, and returns whether that succeeded.
    """

    subject: tuple[str, ...]
    text: str | Message
    write: Callable[[], bool]
    icon: str = "visit"


class PendingEntryBar(FloatingBar):
    """Counts down for one prepared entry, then writes it.

    Enter writes the entry at once, and Esc and Z discard it. The bar also writes it before another
    entry is prepared. ``began`` is emitted when an entry is prepared, ``settled`` when it was
    written or discarded.
    """

    began = Signal()
    settled = Signal()

    def __init__(self, parent: QWidget, icon: Icons) -> None:
        super().__init__(parent, icon, "pending")
        self._focus_before: QWidget | None = None
        self._remaining_s = 0
        self.entry: PendingEntry | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.text.setFont(make_strong_font())
        self.count = PlainTextLabel()
        self.yes, self.no = QPushButton("Log now"), QPushButton("Don’t log")
        self.yes.setToolTip("Log it without waiting (Enter)")
        self.no.setToolTip("Nothing is logged (Esc or Z)")
        self.yes.clicked.connect(lambda _=False: self.write_now())
        self.no.clicked.connect(lambda _=False: self.discard())
        for button in (self.yes, self.no):
            button.setAutoDefault(False)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(_PROGRESS_BAR_PX)
        self._rows.setContentsMargins(PANEL_MARGIN_PX, SPACING_PX, PANEL_MARGIN_PX, SPACING_PX)
        self.lay_out((self.count, self.yes, self.no), self.bar)
        self.timer = QTimer(self, interval=1000)
        self.timer.timeout.connect(self._count_down)

    @property
    def counting(self) -> bool:
        """Whether an entry is pending."""
        return self.entry is not None

    def prepare(self, entry: PendingEntry) -> None:
        """Count down for an entry, unless one about the same subject is already pending."""
        if self.entry is not None:
            if self.entry.subject == entry.subject:
                return
            self.write_now()
        focus = QApplication.focusWidget()
        self._focus_before = None if focus is not None and self.isAncestorOf(focus) else focus
        self.entry, self._remaining_s = entry, PENDING_WAIT_S
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
        """Write the pending entry, and return False if that failed."""
        entry = self._stop()
        return entry is None or entry.write()

    def discard(self) -> bool:
        """Discard the pending entry, and return whether there was one."""
        return self._stop() is not None

    def take_key(self, event: QKeyEvent) -> bool:
        """Handle Enter, Esc, Z and Ctrl+Z, and return whether the key was one of them."""
        if self.entry is None or not _answers_pending(event):
            return False
        if not event.isAutoRepeat():
            if event.key() in ENTER_KEYS and not self.no.hasFocus():
                self.write_now()
            else:
                self.discard()
        return True

    def event(self, event: QEvent) -> bool:
        """Claim the bar's keys before they undo something or choose a tool."""
        override = event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and _answers_pending(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Handle the bar's keys."""
        if not self.take_key(event):
            super().keyPressEvent(event)

    def _count_down(self) -> None:
        self._remaining_s -= 1
        if self._remaining_s <= 0:
            self.write_now()
        else:
            self._show_count()

    def _show_count(self) -> None:
        self.count.setText(f"Logging in {self._remaining_s} s")
        self.bar.setValue(self._remaining_s)

    def _stop(self) -> PendingEntry | None:
        """Stop counting, return the focus, and return the entry that was pending."""
        entry, self.entry = self.entry, None
        if entry is None:
            return None
        self.timer.stop()
        focus = QApplication.focusWidget()
        has_focus = focus is self or (focus is not None and self.isAncestorOf(focus))
        before, self._focus_before = self._focus_before, None
        self.hide()
        if has_focus and before is not None and isValid(before) and before.isVisible():
            before.setFocus(Qt.FocusReason.OtherFocusReason)
        self.settled.emit()
        return entry

    def place(self) -> None:
        """Place the bar near the lower edge, as wide as the text needs."""
        if self.entry is not None:
            self.setGeometry(self.fit_over(self.page, SPACING_PX, max_px=self.page.width()))


def _answers_pending(event: QKeyEvent) -> bool:
    """Return whether a key writes or discards the pending entry."""
    if event.modifiers() & COMMAND_MODIFIERS:
        return event.matches(QKeySequence.StandardKey.Undo)
    return event.key() in (*ENTER_KEYS, *_DISCARD_KEYS)
