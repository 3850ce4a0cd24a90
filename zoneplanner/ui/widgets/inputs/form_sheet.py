"""A form over the window that it belongs to, with that window's keys.

A window of its own gets the keys only once the desktop has drawn it, and gives them back only some
time after it is gone: what is typed meanwhile is lost, or acts on the window behind. A sheet is a
part of the window. The keys are the form's with the call that opens it and the window's with the
call that closes it, so there is no moment in between.
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

from zoneplanner.ui.widgets.layout.basic_widgets import make_column_layout
from zoneplanner.ui.widgets.layout.window_geometry import DimmedOverlay
from zoneplanner.ui.widgets.style.theme import SPACING_PX

OVER_FORMS = "over_forms"
"""Property of an action whose shortcut leaves an open form aside, and of a form left so."""
_ABOVE_SHARE = 3
"""Of the room that a form leaves, one part in so many is above it."""


class FormSheet(DimmedOverlay):
    """Shows a form, which is its own window no longer, over the window of the form's parent.

    Nothing below is reached meanwhile, by mouse or by keys. What takes the focus below by itself
    has it once the form is closed, as below a window of its own. The form goes back to its parent
    when it is closed, so that it can be shown again; then it ``goes_on`` where it was left.
    """

    def __init__(
        self, form: QDialog, over: QWidget, first: QWidget | None, *, goes_on: bool
    ) -> None:
        home = form.parentWidget()
        assert home is not None
        super().__init__(over)
        self.setWindowFlags(Qt.WindowType.SubWindow)  # Tab stays within, by Qt itself
        self._form, self._home = form, home
        buttons = form.findChildren(QPushButton)
        self._default = next((one for one in buttons if one.isDefault()), None)
        self._open, self._by_mouse, self._above = True, False, -1
        self._asked_px = form.minimumWidth()
        for one in buttons:
            one.installEventFilter(self)
        self._twice_ms = QApplication.styleHints().mouseDoubleClickInterval()
        self.setAccessibleName(form.windowTitle())
        self.frame = QFrame(self)
        self.frame.setObjectName("sheet")
        self.frame.setAutoFillBackground(True)
        form.setModal(False)
        form.setParent(self.frame, Qt.WindowType.Widget)
        make_column_layout(self.frame, form, margin_px=0, spacing_px=0)
        self.frame.installEventFilter(self)
        self.placed.connect(self._place_anew)
        form.finished.connect(self._give_back)
        for gone in (form.destroyed, home.destroyed):
            gone.connect(self._leave)
        self._let_no_click_through()
        form.show()
        self.place()
        self.show()
        self.raise_()
        begin = first or form
        begin.setFocus(Qt.FocusReason.ActiveWindowFocusReason)
        if not goes_on:  # a time begins with its hour, as in Qt's own dialogs
            by_tab = QFocusEvent(QEvent.Type.FocusIn, Qt.FocusReason.TabFocusReason)
            QApplication.sendEvent(begin, by_tab)
        over.activateWindow()
        self._fill_one_button(begin)
        _program().focusChanged.connect(self._keep_focus)

    def place(self) -> None:
        """Stand above the middle, as wide and high as the form asks for where there is room.

        A form that grows or shrinks stays where it begins: no field moves under the pointer. It
        stands beside a window in front of this one, such as the console of a lockdown, and is
        no wider there than it needs to be.
        """
        layout, free_px = self.frame.layout(), self._find_free_px()
        assert layout is not None
        least_px = self._form.minimumSizeHint().width()
        room_px = free_px - SPACING_PX if free_px < self.width() else self._asked_px
        self._form.setMinimumWidth(max(least_px, min(self._asked_px, room_px)))
        least = layout.totalMinimumSize()
        wide = min(least.width(), self.width() - 2 * SPACING_PX)
        # texts that wrap have their least height for less than this width
        needed = layout.totalHeightForWidth(wide) if layout.hasHeightForWidth() else least.height()
        high = min(needed, self.height() - 2 * SPACING_PX)
        if self._above < 0 or self._above + high > self.height():
            self._above = (self.height() - high) // _ABOVE_SHARE
        left = min((self.width() - wide) // 2, free_px - wide)
        self.frame.setGeometry(max(left, SPACING_PX), self._above, wide, high)

    def _find_free_px(self) -> int:
        """Return how much of the width is free, from the left, beside windows in front of it."""
        direct = Qt.FindChildOption.FindDirectChildrenOnly
        others = self.window().findChildren(QDialog, options=direct)
        before = [one for one in others if one.isWindow() and one.isVisible()]
        lefts = [self.mapFromGlobal(one.frameGeometry().topLeft()).x() for one in before]
        return min((at - SPACING_PX for at in lefts if at > 0), default=self.width())

    def _place_anew(self) -> None:
        self._above = -1
        self.place()

    def event(self, event: QEvent) -> bool:
        """Keep the keys from the actions of the window below; the form keeps its own letters."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if not self._is_mnemonic(event) and not self._is_over_forms(event):
                event.accept()
            return True
        return super().event(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the form's needs; the window below is not closed from outside meanwhile."""
        if isinstance(watched, QPushButton):
            if event.type() in (QEvent.Type.MouseButtonPress, QEvent.Type.KeyPress):
                self._by_mouse = event.type() == QEvent.Type.MouseButtonPress
            return False
        if watched is self.frame:
            if event.type() == QEvent.Type.LayoutRequest and self._open:
                self.place()
            return False
        if event.type() == QEvent.Type.Close and event.spontaneous() and self._open:
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let no key of the form go further."""
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Let no click beside the form go further."""
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Let no turn of the wheel go further."""
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Dim what is below while the form is there."""
        if self._open:
            super().paintEvent(event)

    @property
    def has_keys(self) -> bool:
        """True while the form is there."""
        return self._open and self.isVisible()

    def _let_no_click_through(self) -> None:
        """Take the second click of a double one, whose first opened the form, as none in it."""
        through = Qt.WidgetAttribute.WA_TransparentForMouseEvents
        self.frame.setAttribute(through)
        QTimer.singleShot(
            self._twice_ms, self.frame, lambda: self.frame.setAttribute(through, on=False)
        )

    @property
    def form(self) -> QDialog:
        """The form that it shows."""
        return self._form

    def _is_over_forms(self, event: QKeyEvent) -> bool:
        """Tell whether a key is the shortcut of an action that waits for no form: a lockdown."""
        keys, window = QKeySequence(event.keyCombination()), self.window()
        actions = [one for one in window.findChildren(QAction) if one.property(OVER_FORMS)]
        others = [one for one in window.findChildren(QShortcut) if one.property(OVER_FORMS)]
        return any(one.isEnabled() and keys in one.shortcuts() for one in actions) or any(
            keys == one.key() for one in others
        )

    def _is_mnemonic(self, event: QKeyEvent) -> bool:
        """Tell whether a key is the underlined letter of a field or button of the form."""
        if event.modifiers() != Qt.KeyboardModifier.AltModifier:
            return False
        pressed = QKeySequence(QKeyCombination(event.modifiers(), Qt.Key(event.key())))
        named = [one.text() for one in self.findChildren(QLabel) if one.buddy() is not None]
        named += [one.text() for one in self.findChildren(QAbstractButton)]
        return pressed in [QKeySequence.mnemonic(text) for text in named]

    def _keep_focus(self, _: QWidget | None, now: QWidget | None) -> None:
        """Keep the keys; what took them below has them afterwards."""
        if now is None or now.window() is not self.window():
            return
        if self.isAncestorOf(now):
            self._fill_one_button(now)
            return
        if find_sheet(self) is not self:
            return
        self._before = weakref.ref(now)
        (self.focusWidget() or self._form).setFocus(Qt.FocusReason.ActiveWindowFocusReason)

    def _fill_one_button(self, now: QWidget) -> None:
        """Fill the button that Enter presses alone: one that has the keys, or the form's own.

        Qt sees to it in windows, and in no part of one.
        """
        if self._default is None:
            return
        has_keys = isinstance(now, QPushButton) and now.autoDefault()
        filled = now if has_keys else self._default
        for one in self._form.findChildren(QPushButton):
            one.setDefault(one is filled)

    def _give_back(self) -> None:
        """Give the form back to its parent and the keys to the window."""
        if not self._open:
            return
        self._leave()
        self._form.setParent(self._home)
        self._fill_one_button(self._form)  # it may be shown again

    def _leave(self) -> None:
        if not self._open:
            return
        self._open = False
        _program().focusChanged.disconnect(self._keep_focus)
        self.give_focus_back(self)
        self.frame.hide()
        if self._by_mouse:  # a second click at that place is meant for nothing below
            QTimer.singleShot(self._twice_ms, self, self.deleteLater)
            self.update()
            return
        self.hide()
        self.deleteLater()


def _program() -> QApplication:
    program = QApplication.instance()
    assert isinstance(program, QApplication)
    return program


def find_sheet(of: QWidget) -> FormSheet | None:
    """Return the sheet that is on top in a widget's window, and has its keys; None without one."""
    found = of.window().findChildren(FormSheet, options=Qt.FindChildOption.FindDirectChildrenOnly)
    return next((one for one in reversed(found) if one.has_keys), None)


def find_sheet_around(widget: QWidget) -> FormSheet | None:
    """Return the sheet that a widget stands in; None in a window of its own."""
    around = widget.parentWidget()
    while around is not None and not isinstance(around, FormSheet):
        around = around.parentWidget()
    return around
