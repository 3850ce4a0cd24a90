"""A form to fill in."""

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
    QVBoxLayout,
    QWidget,
)

from zoneplanner.errors import UserError
from zoneplanner.ui.widgets.inputs.form_sheet import FormSheet, find_sheet_around
from zoneplanner.ui.widgets.inputs.forms import (
    FormRows,
    describe_unread,
    make_form_layout,
    name_fields,
)
from zoneplanner.ui.widgets.inputs.leave_question import DiscardQuestion
from zoneplanner.ui.widgets.inputs.site_combo_box import SiteComboBox
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import ClockBox, DayBox, MomentBox
from zoneplanner.ui.widgets.layout.basic_widgets import (
    WrappedLabel,
    make_dialog_title,
    make_muted_label,
)
from zoneplanner.ui.widgets.layout.window_geometry import (
    FITS_HEIGHT,
    find_frame_interior,
    fit_rect_to_screen,
)
from zoneplanner.ui.widgets.services.notices import NoticeBar
from zoneplanner.ui.widgets.style.theme import SPACING_PX, WIDE_MARGIN_PX

_LONG_TEXT_LETTERS = 40
"""From so many letters on a text took long enough to write that one key must not lose it."""


def _count_new_letters(before: Mapping[QWidget, str], now: Mapping[QWidget, str]) -> int:
    """Return how long the texts are that are no longer as they were."""
    changed = (text for field, text in now.items() if text != before.get(field, ""))
    return sum(len(text.strip()) for text in changed)


_Field = TypeVar("_Field", bound=QWidget)
NARROW_PX, WIDE_PX, TABLE_PX = 440, 720, 1080
"""The two widths that forms have at first, and that of a dialog around a large table or a map."""
_AROUND_PX = 110
"""What a form has above and below its content: margins, a line of what is required, buttons."""


class _FormContent(QWidget):
    """The content of a form, as high as its texts are at its width.

    Qt would have it no lower than with all texts wrapped as narrowly as they can be.
    """

    def minimumSizeHint(self) -> QSize:
        """Leave the height to the width."""
        return QSize(super().minimumSizeHint().width(), 0)


class _FittingScrollArea(QScrollArea):
    """Shows all of its content where the screen has the room; else it scrolls up and down."""

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
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._follow_focus)

    def _follow_focus(self, _: QWidget | None, now: QWidget | None) -> None:
        """Show the field that has the keys, by an underlined letter too; a click moves nothing."""
        clicked = QApplication.mouseButtons() != Qt.MouseButton.NoButton
        if now is not None and not clicked and self._content.isAncestorOf(now):
            self.ensureWidgetVisible(now)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ask for more or less room as the content does."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def sizeHint(self) -> QSize:
        """Ask for the room of the content."""
        return self._content.sizeHint()

    def minimumSizeHint(self) -> QSize:
        """Ask for no less than the content needs, up to what the screen has."""
        layout, most_px = self._content.layout(), self._most_px()
        least = layout.totalMinimumSize() if layout else self._content.minimumSizeHint()
        bar = self.verticalScrollBar().sizeHint().width() if least.height() > most_px else 0
        return QSize(least.width() + bar, min(least.height(), most_px))

    def heightForWidth(self, width: int) -> int:
        """Return the height that the content needs at a width, up to what the screen has."""
        layout, high = self._content.layout(), -1
        if layout is not None and layout.hasHeightForWidth():
            high = layout.totalHeightForWidth(width)
        return min(high if high > 0 else self._content.sizeHint().height(), self._most_px())

    def _most_px(self) -> int:
        if (sheet := find_sheet_around(self)) is not None:
            return sheet.height() - _AROUND_PX
        below = self.window().parentWidget() or self  # a form has a screen once it is shown
        return find_frame_interior(below.screen().availableGeometry()).height() - _AROUND_PX


class FormDialog(QDialog):
    """A short dialog. ``do`` runs at OK; what it refuses is shown and the dialog stays.

    With ``notices`` a form that is left after something was filled in can be put back for a while.
    """

    in_window = True
    """False of a form that outlives the project which is open; it is a window of its own."""

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
        self._inputs_at_first: list[str] = []
        self.setWindowTitle(title)
        self.setModal(True)
        self.setMinimumWidth(NARROW_PX)
        inside = _FormContent()
        rows = QVBoxLayout(inside)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(SPACING_PX)
        self.title = make_dialog_title(title)
        self.about = make_muted_label()
        self.about.setMinimumWidth(NARROW_PX - 2 * WIDE_MARGIN_PX)
        self.about.hide()
        rows.addWidget(self.title)
        rows.addWidget(self.about)
        self.form = make_form_layout()
        rows.addLayout(self.form)
        rows.addStretch(1)
        self._inside = rows
        self.refused = WrappedLabel()
        self.refused.setProperty("role", "problem")
        self.refused.hide()
        self.required = make_muted_label()
        self.required.hide()
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.ok = self.buttons.addButton(ok, QDialogButtonBox.ButtonRole.AcceptRole)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(WIDE_MARGIN_PX, WIDE_MARGIN_PX, WIDE_MARGIN_PX, WIDE_MARGIN_PX)
        whole.setSpacing(SPACING_PX)
        whole.addWidget(_FittingScrollArea(inside), 1)
        whole.addWidget(self.refused)
        whole.addWidget(self.required)
        whole.addWidget(self.buttons)
        self.ok.setDefault(True)  # a button is its dialog's default only once it stands in it
        self._arranged = False
        self._left_in: QWidget | None = None
        self._texts_at_first: dict[QWidget, str] = {}

    def fill_height(self) -> None:
        """Let the fields have the height that is left: one of them is a table."""
        self._inside.setStretchFactor(self.form, 100)

    def setVisible(self, visible: bool) -> None:
        """Begin in the first field, whatever stands in the form; its buttons come last."""
        if visible:
            self._arrange()
        super().setVisible(visible)

    def _arrange(self) -> None:
        """Set the order of the keys and the size, once all that the form has stands in it."""
        if self._arranged:
            return
        self._arranged = True
        self._texts_at_first = self.texts()
        self._inputs_at_first = self._read_inputs()
        for form in self.findChildren(FormRows):
            name_fields(form)
        cancel = self.buttons.button(QDialogButtonBox.StandardButton.Cancel)
        others = [one for one in self.buttons.buttons() if one not in (self.ok, cancel)]
        before = self._find_last_field()
        for button in (self.ok, cancel, *others):
            self.setTabOrder(before, button)
            before = button
        if self.focusWidget() is None:
            self._focus_first_field()
        if isinstance(first := self.focusWidget(), SiteComboBox):
            first.take_keys()
        least = max(self.minimumWidth(), self.minimumSizeHint().width())
        wanted = max(self.sizeHint().width(), least)
        wide = NARROW_PX if wanted <= NARROW_PX else WIDE_PX
        if not self.testAttribute(Qt.WidgetAttribute.WA_Resized):
            self.setMinimumWidth(wide)
            layout = self.layout()
            high = layout.totalHeightForWidth(wide) if layout else -1
            self.resize(wide, high if high > 0 else self.minimumSizeHint().height())
            self.setProperty(FITS_HEIGHT, True)

    def event(self, event: QEvent) -> bool:
        """Have the width of what came into sight; stay within the screen where it grows higher."""
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest and self._arranged:
            least = self.minimumSizeHint().width()
            if least > self.minimumWidth():
                self.setMinimumWidth(max(least, WIDE_PX))
        if event.type() == QEvent.Type.LayoutRequest and self.isWindow() and self.isVisible():
            self._stay_on_screen()
        return done

    def _stay_on_screen(self) -> None:
        room, layout = self.screen().availableGeometry(), self.layout()
        if layout is None or find_frame_interior(room).contains(self.geometry()):
            return
        place = self.geometry()
        if self.property(FITS_HEIGHT):
            place.setHeight(max(layout.totalHeightForWidth(place.width()), self.minimumHeight()))
        self.setGeometry(fit_rect_to_screen(place, room))

    def adjustSize(self) -> None:
        """Fit a window that is shown to its content; the first size and that of a sheet follow."""
        if self.isWindow() and self.isVisible():
            super().adjustSize()

    def _find_last_field(self) -> QWidget:
        """Return what the keys reach last: after anything else Qt leaves the order as it is."""
        field: QWidget | None = self.previousInFocusChain()
        while field is not None and field is not self:
            if field.focusPolicy() & Qt.FocusPolicy.TabFocus:
                return field
            field = field.previousInFocusChain()
        return self

    def _focus_first_field(self) -> None:
        """Take the first field; while the form is no part of a window its chain is its own."""
        field = self.nextInFocusChain()
        while field is not None and field is not self:
            if field.focusPolicy() & Qt.FocusPolicy.TabFocus and field.isEnabledTo(self):
                field.setFocus(Qt.FocusReason.TabFocusReason)
                return
            field = field.nextInFocusChain()

    def ask(self) -> None:
        """Open the form over the window of its parent; it is gone when it is closed.

        One with a size of its own, around a table or a map, is a window of its own.
        """
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._arrange()
        parent = self.parentWidget()
        below = parent.window() if parent is not None else None
        if below is not None and self._fits_in(below):
            self.title.show()
            left = self._left_in
            FormSheet(self, below, left or self.focusWidget(), goes_on=left is not None)
            return
        if not self.isWindow():  # it was a part of a window before
            self.setParent(parent, Qt.WindowType.Dialog)
        self.setMinimumWidth(max(self.minimumWidth(), self.minimumSizeHint().width()))
        self.open()

    def _fits_in(self, below: QWidget) -> bool:
        if not self.in_window or not self.property(FITS_HEIGHT) or not below.isVisible():
            return False
        wide = max(self.minimumWidth(), self.minimumSizeHint().width())
        return wide <= below.width() - 2 * SPACING_PX

    def texts(self) -> dict[QWidget, str]:
        """Return what stands in the fields for longer texts."""
        return {field: field.toPlainText() for field in self.findChildren(QPlainTextEdit)}

    def reject(self) -> None:
        """Close; where that would lose a text that somebody wrote, ask first."""
        if _count_new_letters(self._texts_at_first, self.texts()) >= _LONG_TEXT_LETTERS:
            DiscardQuestion(self, super().reject).open()
        else:
            self.put_aside(self._notices)

    def put_aside(self, notices: NoticeBar | None) -> bool:
        """Close without a question; ``notices`` offer what was filled in back for a while.

        False where nothing was filled in that could be put back.
        """
        self._left_in = self.focusWidget()
        if notices is None or self._read_inputs() == self._inputs_at_first:
            super().reject()
            return False
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        super().reject()
        text = f"{self.windowTitle()}: the form was closed and nothing was logged."
        notices.offer_back(text, self, self.ask, self.deleteLater)
        return True

    def _read_inputs(self) -> list[str]:
        """Return what all fields say, in order."""
        said = []
        for field in self.findChildren(QWidget):
            match field:
                case QLineEdit():
                    said.append(field.text())
                case QPlainTextEdit():
                    said.append(field.toPlainText())
                case QComboBox():
                    said.append(field.currentText())
                case QCheckBox():
                    said.append(str(field.isChecked()))
        return said

    def set_about(self, text: str) -> None:
        """Say under the title what the dialog is about."""
        self.about.setText(text)
        self.about.setVisible(bool(text))

    def accept(self) -> None:
        """Do it; a refusal is shown in the dialog, and so is a day that could not be read."""
        days: list[DayBox | ClockBox | MomentBox] = [
            *self.findChildren(DayBox),
            *self.findChildren(ClockBox),
            *self.findChildren(MomentBox),
        ]
        for unread in filter(None, map(describe_unread, days)):
            self.show_refusal(unread)
            return
        try:
            self._do()
        except UserError as error:
            self.show_refusal(error.message)
            return
        super().accept()

    def add_field(self, label: str, field: _Field) -> _Field:
        """Add a field below the others, with its label."""
        self.form.addRow(label, field)
        return field

    def add_rows(self, *rows: tuple[str, QWidget]) -> None:
        """Add fields, each below the other, with their labels."""
        for label, field in rows:
            self.form.addRow(label, field)

    def require(self, left: str) -> None:
        """Name what is still required before the default button opens; nothing opens it.

        The sentence leaves its room, or the button would go from under the pointer.
        """
        self.refused.hide()
        self.ok.setEnabled(not left)
        if self.required.isVisible():
            room = self.required.sizePolicy()
            room.setRetainSizeWhenHidden(True)
            self.required.setSizePolicy(room)
            self.required.setMinimumHeight(0 if left else self.required.height())
        self.required.setText(left)
        self.required.setVisible(bool(left))

    def show_refusal(self, text: str) -> None:
        """Say in the dialog why it was not done."""
        self.refused.setText(text)
        self.refused.show()
