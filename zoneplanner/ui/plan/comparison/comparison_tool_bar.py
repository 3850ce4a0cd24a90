"""The bar above compared maps: which two plans, in which way, and what it comes to."""

from functools import partial

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtWidgets import QButtonGroup, QFrame, QMenu, QSizePolicy, QToolButton, QWidget

from zoneplanner.app.publishing.release_check import is_released_plan
from zoneplanner.publish.audience import AUDIENCES, PUBLIC, name_audience
from zoneplanner.ui.map.compare.comparison_view import DIFFERENCE, SIDE, SWIPE
from zoneplanner.ui.plan.plans.plan_rows import build_plan_rows
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import ChoiceBox, make_choice_box
from zoneplanner.ui.widgets.layout.basic_widgets import (
    LayoutPart,
    PlainTextLabel,
    WrappedLabel,
    make_column_layout,
    make_row_layout,
    push_button,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX, SPACING_PX, make_strong_font

_MODES = {
    SWIPE: ("Swipe", "One map: plan A left of the divider, plan B right of it."),
    SIDE: ("Side by side", "Two maps that move together."),
    DIFFERENCE: ("Difference", "One map of the areas and sites that change zones."),
}
_NAME_LETTERS = 10
_TIP = Qt.ItemDataRole.ToolTipRole


class ComparisonToolBar(QFrame):
    """``chosen``: another plan is wanted on a side; ``mode_chosen``: another way to compare.

    ``print_asked`` carries the audience of the printed page.
    """

    chosen = Signal(str, str)
    mode_chosen = Signal(str)
    swapped = Signal()
    print_asked = Signal(str)
    close_asked = Signal()

    def __init__(self, desk: UiContext, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self.setObjectName("compareBar")
        self.setAccessibleName("Comparison of two plans")
        self.before = self._choice("Plan A", "Plan A: the plan to compare with.")
        self.after = self._choice("Plan B", "Plan B: the plan to compare.")
        self.swap = _tool("Swap the plans", "Swap plan A and plan B.", self.swapped)
        print_tip = "Print the comparison on one page (PDF)."
        self.print = push_button("Print…", print_tip)
        self.print.setMenu(self._make_audience_menu())
        self.close_button = _tool(
            "Close the comparison", "Close the comparison. (Esc)", self.close_asked
        )
        self.modes = {name: self._mode(name) for name in _MODES}
        self._group = QButtonGroup(self)
        for button in self.modes.values():
            self._group.addButton(button)
        self.modes[SWIPE].setChecked(True)
        self.headline = WrappedLabel()
        self.headline.setFont(make_strong_font())
        self._lay_out()
        self.paint_icons()

    def show_pair(self, before: str, after: str) -> None:
        """Show which plans are compared, by uid; one that is gone leaves its field empty."""
        rows = build_plan_rows(self._desk.session)
        for box, uid in ((self.before, before), (self.after, after)):
            box.blockSignals(True)
            box.clear()
            for row in rows:
                box.addItem(self._desk.icons(*row.sign), row.name, row.uid)
                box.setItemData(box.count() - 1, f"{row.name}: {row.status}", _TIP)
            box.setCurrentIndex(box.findData(uid))
            box.blockSignals(False)

    def say(self, text: str, *, whole: bool) -> None:
        """Say what the comparison comes to; one that is not whole cannot be printed or swapped."""
        self.headline.setText(text)
        self.print.setEnabled(whole)
        self.swap.setEnabled(whole)
        for button in self.modes.values():
            button.setEnabled(whole)

    def paint_icons(self) -> None:
        """Take the icons anew, as after a change of theme."""
        for button, name in (
            (self.swap, "swap"),
            (self.close_button, "close"),
            (self.print, "publish"),
        ):
            button.setIcon(self._desk.icons(name))

    def _lay_out(self) -> None:
        sides: list[LayoutPart] = []
        for name, box in (("A", self.before), ("B", self.after)):
            label = PlainTextLabel(name)
            label.setFont(make_strong_font())
            label.setBuddy(box)
            sides += [label, (box, 1)]
        sides.insert(2, self.swap)
        upper = make_row_layout(*sides, SPACING_PX, self.print, self.close_button)
        modes = self.modes.values()
        lower = make_row_layout(*modes, SPACING_PX, (self.headline, 1), spacing_px=2)
        rows = make_column_layout(self, upper, lower, spacing_px=GRID_PX)
        rows.setContentsMargins(SPACING_PX, GRID_PX, SPACING_PX, GRID_PX)

    def _make_audience_menu(self) -> QMenu:
        """Return the audiences of the printed page, the most careful choice first."""
        menu = QMenu("Print for", self)
        menu.setToolTipsVisible(True)
        for key, reader in AUDIENCES.items():
            menu.addAction("", partial(self.print_asked.emit, key)).setToolTip(reader.never)
        menu.aboutToShow.connect(self._name_audiences)
        return menu

    def _name_audiences(self) -> None:
        """Say before a page leaves for everyone that a plan on it is a draft."""
        session = self._desk.session
        plans = (session.project.plans.get(box.currentData()) for box in (self.before, self.after))
        is_draft = any(plan and not is_released_plan(plan, session.today) for plan in plans)
        for key, action in zip(AUDIENCES, self.print.menu().actions(), strict=True):
            marked = ", marked as a draft" if is_draft and key == PUBLIC else ""
            action.setText(f"For {name_audience(key)}{marked}…")

    def _choice(self, name: str, tip: str) -> ChoiceBox:
        box = make_choice_box({}, name=name, least_letters=_NAME_LETTERS)
        box.setToolTip(tip)
        box.setPlaceholderText("Choose a plan")
        box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        box.activated.connect(self._choose)
        return box

    def _choose(self) -> None:
        before, after = (box.currentData() or "" for box in (self.before, self.after))
        self.chosen.emit(before, after)

    def _mode(self, name: str) -> QToolButton:
        text, tip = _MODES[name]
        button = QToolButton()
        button.setText(text)
        button.setToolTip(tip)
        button.setCheckable(True)
        button.setAutoRaise(True)
        button.toggled.connect(lambda on: self.mode_chosen.emit(name) if on else None)
        return button


def _tool(name: str, tip: str, clicked: SignalInstance) -> QToolButton:
    button = QToolButton()
    button.setAutoRaise(True)
    button.setAccessibleName(name)
    button.setToolTip(tip)
    button.clicked.connect(lambda _=False: clicked.emit())
    return button
