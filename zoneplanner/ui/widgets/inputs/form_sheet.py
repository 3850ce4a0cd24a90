"""A form inside the window that it belongs to.

A separate window gets the keyboard focus only after the desktop has drawn it, and returns it some
time after it is closed. What a person types in between is lost or acts on the window behind. A
sheet is a widget of the window, so the focus moves to the form in the call that opens it and back
in the call that closes it.
"""

import weakref

from PySide6.QtCore import QEvent, QKeyCombination, QObject, Qt, QTimer
from PySide6.QtGui import (
    QAction,
    QFocusEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPaintEvent,
    QShortcut,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDialog,
    QFrame,
    QLabel,
    QPushButton,
    QWidget,
)

from zoneplanner.ui.widgets.layout.basic_widgets import find_application, make_column_layout
from zoneplanner.ui.widgets.layout.window_geometry import DimmedOverlay
from zoneplanner.ui.widgets.style.theme import SPACING_PX

OVER_FORMS = "over_forms"
"""Property of an action or shortcut that also works while a form is open."""
_SPACE_ABOVE_DIVISOR = 3
"""A third of the free height is above a form."""


class FormSheet(DimmedOverlay):
    """Shows a form inside the window of the form's parent.

    Until the form is closed, no click or key reaches the window below. A widget below that gets the
    focus programmatically has it after the form is closed, as it would below a separate window. A
    closed form returns to its parent, so that it can be shown again (``is_restored``).
    """

    def __init__(
        self, form: QDialog, over: QWidget, first: QWidget | None, *, is_restored: bool
    ) -> None:
        form_parent = form.parentWidget()
        assert form_parent is not None
        super().__init__(over)
        self.setWindowFlags(Qt.WindowType.SubWindow)  # makes Qt keep Tab inside
        self.form, self._form_parent = form, form_parent
        buttons = form.findChildren(QPushButton)
        self._default_button = next((button for button in buttons if button.isDefault()), None)
        self._is_open, self._is_closed_by_mouse, self._top_px = True, False, -1
        self._form_width_px = form.minimumWidth()
        for button in buttons:
            button.installEventFilter(self)
        self._double_click_ms = QApplication.styleHints().mouseDoubleClickInterval()
        self.setAccessibleName(form.windowTitle())
        self.frame = QFrame(self)
        self.frame.setObjectName("sheet")
        self.frame.setAutoFillBackground(True)
        form.setModal(False)
        form.setParent(self.frame, Qt.WindowType.Widget)
        make_column_layout(self.frame, form, margin_px=0, spacing_px=0)
        self.frame.installEventFilter(self)
        self.placed.connect(self._on_window_resized)
        form.finished.connect(self._return_form)
        for destroyed in (form.destroyed, form_parent.destroyed):
            destroyed.connect(self._close_sheet)
        self._ignore_second_click()
        form.show()
        self.place()
        self.show()
        self.raise_()
        focus = first or form
        focus.setFocus(Qt.FocusReason.ActiveWindowFocusReason)
        if not is_restored:  # a time starts in its hour, as in Qt's own dialogs
            by_tab = QFocusEvent(QEvent.Type.FocusIn, Qt.FocusReason.TabFocusReason)
            QApplication.sendEvent(focus, by_tab)
        over.activateWindow()
        self._mark_default_button(focus)
        find_application().focusChanged.connect(self._hold_focus)

    def place(self) -> None:
        """Put the form above the middle of the window, in its preferred size if that fits.

        A form that grows or shrinks keeps its top, so that no field moves under the pointer. Next
        to a window in front of this one, such as a lockdown's console, it is as narrow as possible.
        """
        layout, free_px = self.frame.layout(), self._measure_free_width_px()
        assert layout is not None
        max_px = free_px - SPACING_PX if free_px < self.width() else self._form_width_px
        min_px = self.form.minimumSizeHint().width()
        self.form.setMinimumWidth(max(min_px, min(self._form_width_px, max_px)))
        minimum = layout.totalMinimumSize()
        width = min(minimum.width(), self.width() - 2 * SPACING_PX)
        # the minimum height of wrapped texts is for a smaller width than this
        needed_px = (
            layout.totalHeightForWidth(width) if layout.hasHeightForWidth() else minimum.height()
        )
        height = min(needed_px, self.height() - 2 * SPACING_PX)
        if self._top_px < 0 or self._top_px + height > self.height():
            self._top_px = (self.height() - height) // _SPACE_ABOVE_DIVISOR
        left = min((self.width() - width) // 2, free_px - width)
        self.frame.setGeometry(max(left, SPACING_PX), self._top_px, width, height)

    def _measure_free_width_px(self) -> int:
        """Return the width of this window, from its left edge, that no other window covers."""
        direct = Qt.FindChildOption.FindDirectChildrenOnly
        dialogs = self.window().findChildren(QDialog, options=direct)
        in_front = [dialog for dialog in dialogs if dialog.isWindow() and dialog.isVisible()]
        lefts = [self.mapFromGlobal(dialog.frameGeometry().topLeft()).x() for dialog in in_front]
        return min((left - SPACING_PX for left in lefts if left > 0), default=self.width())

    def _on_window_resized(self) -> None:
        self._top_px = -1
        self.place()

    def event(self, event: QEvent) -> bool:
        """Block the shortcuts of the window below, but not the form's own mnemonics."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if not self._is_mnemonic(event) and not self._is_over_forms(event):
                event.accept()
            return True
        return super().event(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the form's size, and keep the desktop from closing the window below."""
        if isinstance(watched, QPushButton):
            if event.type() in (QEvent.Type.MouseButtonPress, QEvent.Type.KeyPress):
                self._is_closed_by_mouse = event.type() == QEvent.Type.MouseButtonPress
            return False
        if watched is self.frame:
            if event.type() == QEvent.Type.LayoutRequest and self._is_open:
                self.place()
            return False
        if event.type() == QEvent.Type.Close and event.spontaneous() and self._is_open:
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keep keys from the window below."""
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Keep clicks from the window below."""
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Keep wheel events from the window below."""
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Dim the window below while the form is open."""
        if self._is_open:
            super().paintEvent(event)

    @property
    def has_keys(self) -> bool:
        """Whether the form is open."""
        return self._is_open and self.isVisible()

    def _ignore_second_click(self) -> None:
        """Ignore the second click of a double click whose first click opened the form."""
        transparent = Qt.WidgetAttribute.WA_TransparentForMouseEvents
        self.frame.setAttribute(transparent)
        QTimer.singleShot(
            self._double_click_ms,
            self.frame,
            lambda: self.frame.setAttribute(transparent, on=False),
        )

    def _is_over_forms(self, event: QKeyEvent) -> bool:
        """Return whether a key is the shortcut of an action that works over forms: a lockdown."""
        keys, window = QKeySequence(event.keyCombination()), self.window()
        return any(
            action.property(OVER_FORMS) and action.isEnabled() and keys in action.shortcuts()
            for action in window.findChildren(QAction)
        ) or any(
            shortcut.property(OVER_FORMS) and keys == shortcut.key()
            for shortcut in window.findChildren(QShortcut)
        )

    def _is_mnemonic(self, event: QKeyEvent) -> bool:
        """Return whether a key is the underlined letter of a field or button of the form."""
        if event.modifiers() != Qt.KeyboardModifier.AltModifier:
            return False
        pressed = QKeySequence(QKeyCombination(event.modifiers(), Qt.Key(event.key())))
        texts = [label.text() for label in self.findChildren(QLabel) if label.buddy() is not None]
        texts += [button.text() for button in self.findChildren(QAbstractButton)]
        return pressed in [QKeySequence.mnemonic(text) for text in texts]

    def _hold_focus(self, _: QWidget | None, focus: QWidget | None) -> None:
        """Take the focus back from a widget below, which gets it when the form is closed."""
        if focus is None or focus.window() is not self.window():
            return
        if self.isAncestorOf(focus):
            self._mark_default_button(focus)
            return
        if find_sheet(self) is not self:
            return
        self._focus_before = weakref.ref(focus)
        (self.focusWidget() or self.form).setFocus(Qt.FocusReason.ActiveWindowFocusReason)

    def _mark_default_button(self, focus: QWidget) -> None:
        """Mark the button that Enter presses: the focused button, or the form's default.

        Qt does this only for separate windows.
        """
        if self._default_button is None:
            return
        is_focused = isinstance(focus, QPushButton) and focus.autoDefault()
        default = focus if is_focused else self._default_button
        for button in self.form.findChildren(QPushButton):
            button.setDefault(button is default)

    def _return_form(self) -> None:
        """Return the form to its parent and the focus to the window."""
        if not self._is_open:
            return
        self._close_sheet()
        self.form.setParent(self._form_parent)
        self._mark_default_button(self.form)  # the form may be shown again

    def _close_sheet(self) -> None:
        if not self._is_open:
            return
        self._is_open = False
        find_application().focusChanged.disconnect(self._hold_focus)
        self.restore_focus(self)
        self.frame.hide()
        if self._is_closed_by_mouse:  # stays to absorb the second click of a double click
            QTimer.singleShot(self._double_click_ms, self, self.deleteLater)
            self.update()
            return
        self.hide()
        self.deleteLater()


def find_sheet(widget: QWidget) -> FormSheet | None:
    """Return the topmost open sheet in a widget's window, or None."""
    direct = Qt.FindChildOption.FindDirectChildrenOnly
    sheets = widget.window().findChildren(FormSheet, options=direct)
    return next((sheet for sheet in reversed(sheets) if sheet.has_keys), None)


def find_sheet_around(widget: QWidget) -> FormSheet | None:
    """Return the sheet that contains a widget, or None."""
    ancestor = widget.parentWidget()
    while ancestor is not None and not isinstance(ancestor, FormSheet):
        ancestor = ancestor.parentWidget()
    return ancestor
