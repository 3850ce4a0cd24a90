"""Dialogs with a form to fill in."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFrame,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QWidget,
)

from zoneplanner.errors import UserError
from zoneplanner.ui.widgets.inputs.form_sheet import FormSheet, find_sheet_around
from zoneplanner.ui.widgets.inputs.forms import FormRows, describe_unread
from zoneplanner.ui.widgets.inputs.leave_question import DiscardQuestion
from zoneplanner.ui.widgets.inputs.site_combo_box import SiteComboBox
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import MomentBox
from zoneplanner.ui.widgets.layout.basic_widgets import (
    find_application,
    make_column_layout,
    make_dialog_title,
    make_hiding_note,
    make_problem_label,
)
from zoneplanner.ui.widgets.layout.window_geometry import (
    FITS_HEIGHT,
    find_frame_interior,
    fit_rect_to_screen,
)
from zoneplanner.ui.widgets.services.notices import NoticeBar
from zoneplanner.ui.widgets.style.theme import SPACING_PX, WIDE_MARGIN_PX

_LONG_TEXT_LETTERS = 40
"""The number of new letters from which closing a form asks before discarding them."""


def _count_new_letters(before: Mapping[QWidget, str], now: Mapping[QWidget, str]) -> int:
    """Return the total length of the fields' texts that changed."""
    changed = (text for field, text in now.items() if text != before.get(field, ""))
    return sum(len(text.strip()) for text in changed)


_Field = TypeVar("_Field", bound=QWidget)
NARROW_PX, WIDE_PX, TABLE_PX = 440, 720, 1080
"""The two initial widths of forms, and the width of a dialog with a large table or a map."""
_SURROUNDINGS_PX = 110
"""The height of a form's margins, its line of required input, and its buttons."""


class _FormContent(QWidget):
    """The content of a form, as high as its texts need at the current width.

    Qt would reserve the height that the texts need at their narrowest.
    """

    def minimumSizeHint(self) -> QSize:
        """Return the minimum width; the height follows from the width."""
        return QSize(super().minimumSizeHint().width(), 0)


class _FittingScrollArea(QScrollArea):
    """A vertical scroll area that shows all of its content if it fits on the screen."""

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self._content = content
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        policy = self.sizePolicy()
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        content.installEventFilter(self)
        find_application().focusChanged.connect(self._on_focus_changed)

    def _on_focus_changed(self, _: QWidget | None, focus: QWidget | None) -> None:
        """Scroll to a field that was focused with the keyboard; a click scrolls nothing."""
        clicked = QApplication.mouseButtons() != Qt.MouseButton.NoButton
        if focus is not None and not clicked and self._content.isAncestorOf(focus):
            self.ensureWidgetVisible(focus)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ask for another size when the content does."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def sizeHint(self) -> QSize:
        """Return the content's size."""
        return self._content.sizeHint()

    def minimumSizeHint(self) -> QSize:
        """Return the content's minimum size, limited by the screen."""
        layout, max_px = self._content.layout(), self._max_height_px()
        minimum = layout.totalMinimumSize() if layout else self._content.minimumSizeHint()
        bar_px = self.verticalScrollBar().sizeHint().width() if minimum.height() > max_px else 0
        return QSize(minimum.width() + bar_px, min(minimum.height(), max_px))

    def heightForWidth(self, width: int) -> int:
        """Return the content's height at a width, limited by the screen."""
        layout, height = self._content.layout(), -1
        if layout is not None and layout.hasHeightForWidth():
            height = layout.totalHeightForWidth(width)
        return min(
            height if height > 0 else self._content.sizeHint().height(), self._max_height_px()
        )

    def _max_height_px(self) -> int:
        if (sheet := find_sheet_around(self)) is not None:
            return sheet.height() - _SURROUNDINGS_PX
        below = self.window().parentWidget() or self  # an unshown form has no screen yet
        screen = below.screen().availableGeometry()
        return find_frame_interior(screen).height() - _SURROUNDINGS_PX


class FormDialog(QDialog):
    """A short dialog that calls ``do`` at OK, and stays open if that raises a UserError.

    With ``notices``, a form that is closed after input can be restored for a while.
    """

    in_window = True
    """False for a form that outlives the open project, which must be a separate window."""

    def __init__(
        self,
        title: str,
        ok: str,
        do: Callable[[], object],
        parent: QWidget | None = None,
        *,
        notices: NoticeBar | None = None,
    ) -> None:
        super().__init__(parent)
        self._do, self._notices = do, notices
        self._initial_inputs: list[str] = []
        self._initial_texts: dict[QWidget, str] = {}
        self.setWindowTitle(title)
        self.setModal(True)
        self.setMinimumWidth(NARROW_PX)
        self.title = make_dialog_title(title)
        self.about = make_hiding_note()
        self.about.setMinimumWidth(NARROW_PX - 2 * WIDE_MARGIN_PX)
        self.form = FormRows()
        content = _FormContent()
        self._content_rows = make_column_layout(
            content, self.title, self.about, self.form, None, margin_px=0, spacing_px=SPACING_PX
        )
        self.refused = make_problem_label()
        self.required = make_hiding_note()
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.ok = self.buttons.addButton(ok, QDialogButtonBox.ButtonRole.AcceptRole)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        make_column_layout(
            self,
            (_FittingScrollArea(content), 1),
            self.refused,
            self.required,
            self.buttons,
            margin_px=WIDE_MARGIN_PX,
            spacing_px=SPACING_PX,
        )
        self.ok.setDefault(True)  # has no effect before the button is in its dialog
        self._is_arranged = False
        self._last_focus: QWidget | None = None

    def fill_height(self) -> None:
        """Let the fields take the remaining height, since one of them is a table."""
        self._content_rows.setStretchFactor(self.form, 100)

    def setVisible(self, visible: bool) -> None:
        """Focus the first field before the form is shown."""
        if visible:
            self._arrange()
        super().setVisible(visible)

    def _arrange(self) -> None:
        """Set the tab order, buttons last, and the size once the form has all of its fields."""
        if self._is_arranged:
            return
        self._is_arranged = True
        self._initial_texts = self.texts()
        self._initial_inputs = self._read_inputs()
        for form in self.findChildren(FormRows):
            form.name_fields()
        cancel = self.buttons.button(QDialogButtonBox.StandardButton.Cancel)
        others = [button for button in self.buttons.buttons() if button not in (self.ok, cancel)]
        previous = self._find_last_field()
        for button in (self.ok, cancel, *others):
            self.setTabOrder(previous, button)
            previous = button
        if self.focusWidget() is None:
            self._focus_first_field()
        if isinstance(first := self.focusWidget(), SiteComboBox):
            first.take_keys()
        if not self.testAttribute(Qt.WidgetAttribute.WA_Resized):
            width = NARROW_PX
            if max(self._min_width_px(), self.sizeHint().width()) > NARROW_PX:
                width = WIDE_PX
            self.setMinimumWidth(width)
            layout = self.layout()
            height = layout.totalHeightForWidth(width) if layout else -1
            self.resize(width, height if height > 0 else self.minimumSizeHint().height())
            self.setProperty(FITS_HEIGHT, True)

    def _min_width_px(self) -> int:
        return max(self.minimumWidth(), self.minimumSizeHint().width())

    def event(self, event: QEvent) -> bool:
        """Widen the form when fields appear, and keep it on the screen when it gets taller."""
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            if self._is_arranged and self._min_width_px() > self.minimumWidth():
                self.setMinimumWidth(max(self._min_width_px(), WIDE_PX))
            if self.isWindow() and self.isVisible():
                self._stay_on_screen()
        return done

    def _stay_on_screen(self) -> None:
        screen, layout = self.screen().availableGeometry(), self.layout()
        if layout is None or find_frame_interior(screen).contains(self.geometry()):
            return
        wanted = self.geometry()
        if self.property(FITS_HEIGHT):
            wanted.setHeight(max(layout.totalHeightForWidth(wanted.width()), self.minimumHeight()))
        self.setGeometry(fit_rect_to_screen(wanted, screen))

    def adjustSize(self) -> None:
        """Fit a visible window to its content; the sheet fits a form inside another window."""
        if self.isWindow() and self.isVisible():
            super().adjustSize()

    def _find_last_field(self) -> QWidget:
        """Return the last field in the tab order, since ``setTabOrder`` ignores other widgets."""
        field: QWidget | None = self.previousInFocusChain()
        while field is not None and field is not self:
            if field.focusPolicy() & Qt.FocusPolicy.TabFocus:
                return field
            field = field.previousInFocusChain()
        return self

    def _focus_first_field(self) -> None:
        """Focus the first field; the focus chain has only this form's fields before it is shown."""
        field = self.nextInFocusChain()
        while field is not None and field is not self:
            if field.focusPolicy() & Qt.FocusPolicy.TabFocus and field.isEnabledTo(self):
                field.setFocus(Qt.FocusReason.TabFocusReason)
                return
            field = field.nextInFocusChain()

    def ask(self) -> None:
        """Open the form over its parent's window; it is deleted when it closes.

        A form with a fixed size, such as around a table or a map, opens as a separate window.
        """
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._arrange()
        parent = self.parentWidget()
        below = parent.window() if parent is not None else None
        if below is not None and self._fits_in(below):
            self.title.show()
            last_focus = self._last_focus
            FormSheet(
                self, below, last_focus or self.focusWidget(), is_restored=last_focus is not None
            )
            return
        if not self.isWindow():  # it was a sheet before
            self.setParent(parent, Qt.WindowType.Dialog)
        self.setMinimumWidth(self._min_width_px())
        self.open()

    def _fits_in(self, below: QWidget) -> bool:
        if not self.in_window or not self.property(FITS_HEIGHT) or not below.isVisible():
            return False
        return self._min_width_px() <= below.width() - 2 * SPACING_PX

    def texts(self) -> dict[QWidget, str]:
        """Return the contents of the fields for longer texts."""
        return {field: field.toPlainText() for field in self.findChildren(QPlainTextEdit)}

    def reject(self) -> None:
        """Close the form, but ask first if that would lose a longer text."""
        if _count_new_letters(self._initial_texts, self.texts()) >= _LONG_TEXT_LETTERS:
            DiscardQuestion(self, super().reject).open()
        else:
            self.put_aside(self._notices)

    def put_aside(self, notices: NoticeBar | None) -> bool:
        """Close without asking, and let ``notices`` offer to restore the input for a while.

        Return False if there is no input to restore.
        """
        self._last_focus = self.focusWidget()
        if notices is None or self._read_inputs() == self._initial_inputs:
            super().reject()
            return False
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        super().reject()
        text = f"{self.windowTitle()}: the form was closed and nothing was logged."
        notices.offer_back(text, self, self.ask, self.deleteLater)
        return True

    def _read_inputs(self) -> list[str]:
        """Return the contents of all fields, in order."""
        inputs = []
        for field in self.findChildren(QWidget):
            match field:
                case QLineEdit():
                    inputs.append(field.text())
                case QPlainTextEdit():
                    inputs.append(field.toPlainText())
                case QComboBox():
                    inputs.append(field.currentText())
                case QCheckBox():
                    inputs.append(str(field.isChecked()))
        return inputs

    def set_about(self, text: str) -> None:
        """Show below the title what the dialog is about."""
        self.about.setText(text)

    def accept(self) -> None:
        """Call ``do``, and show in the dialog why it failed or which day could not be read."""
        for unread in filter(None, map(describe_unread, self.findChildren(MomentBox))):
            self.show_refusal(unread)
            return
        try:
            self._do()
        except UserError as error:
            self.show_refusal(error.message)
            return
        super().accept()

    def add_field(self, label: str, field: _Field) -> _Field:
        """Add a labeled field below the others, and return it."""
        self.form.addRow(label, field)
        return field

    def add_rows(self, *rows: tuple[str, QWidget]) -> None:
        """Add labeled fields below the others."""
        for label, field in rows:
            self.form.addRow(label, field)

    def require(self, missing: str) -> None:
        """Show what is still required, and enable the default button if that is nothing.

        An empty sentence keeps its place, so that the button does not move away from the pointer.
        """
        self.refused.hide()
        self.ok.setEnabled(not missing)
        if self.required.isVisible():
            policy = self.required.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            self.required.setSizePolicy(policy)
            self.required.setMinimumHeight(0 if missing else self.required.height())
        self.required.setText(missing)

    def show_refusal(self, text: str) -> None:
        """Show in the dialog why the action failed."""
        self.refused.setText(text)
