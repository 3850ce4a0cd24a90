"""The bar at the foot of the map: it tells what happened and offers what to do next."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QIcon
from PySide6.QtWidgets import (
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)
from shiboken6 import isValid

from zoneplanner.errors import UserError
from zoneplanner.ui.widgets.layout.basic_widgets import PlainTextLabel
from zoneplanner.ui.widgets.services.floating_bar import FloatingBar
from zoneplanner.ui.widgets.style.theme import PANEL_MARGIN_PX

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
        self.offer = QPushButton()
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
        self.lay_out((self.offer, self.more, self.close_button), self.details)
        self._clock = QTimer(self, singleShot=True)
        self._clock.timeout.connect(self.hide)
        self.offer.clicked.connect(self._take_offer)

    def show_notice(
        self,
        text: str,
        *,
        sign: str = "info",
        offer: str = "",
        on_offer: Callable[[], object] | None = None,
        details: Mapping[str, Any] | None = None,
        stays: bool = False,
    ) -> None:
        """Show a sentence. ``sign`` is info, done or problem; ``offer`` names a button."""
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
            on_offer=lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))),
            details={"file": str(path)},
            stays=True,
        )

    def place(self) -> None:
        """Stand near the lower edge, up to the width that reads well."""
        box = self.fit_over(self.page, PANEL_MARGIN_PX, least_px=_LEAST_PX, most_px=_MOST_PX)
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
