"""The wheel scrolls and edits nothing: over every input of every workspace, panel and dialog."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from builders import project_from
from file_dialogs import QUIT_OR_FILES
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QScrollBar,
    QSpinBox,
    QTabBar,
    QWidget,
)

import zoneplanner
from zoneplanner.app.help.action_specs import ACTION_SPECS
from zoneplanner.app.session.session import Session
from zoneplanner.domain.project import Project
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.shell.workspaces import PANEL_SECTIONS, TABLE_TABS, WORKSPACES
from zoneplanner.ui.widgets.inputs.record_form import RecordForm
from zoneplanner.ui.widgets.inputs.site_combo_box import SiteComboBox

INPUTS = (QComboBox, QAbstractSpinBox, QAbstractSlider, QTabBar)
RAW = {
    *("QComboBox", "QFontComboBox", "QSpinBox", "QDoubleSpinBox", "QDateEdit", "QTimeEdit"),
    *("QDateTimeEdit", "QSlider", "QDial", "QTabBar", "QTabWidget"),
}


def find_inputs(under: QWidget) -> Iterator[QWidget]:
    """Yield every input the wheel could change, visible or not, except scroll bars."""
    for widget in under.findChildren(QWidget):
        if isinstance(widget, INPUTS) and not isinstance(widget, QScrollBar):
            yield widget


def read_value(widget: QWidget) -> object:
    if isinstance(widget, QComboBox):
        return widget.currentIndex(), widget.currentText()
    if isinstance(widget, QAbstractSlider):
        return widget.value()
    return widget.currentIndex() if isinstance(widget, QTabBar) else widget.text()  # type: ignore[attr-defined]


def turn_wheel(widget: QWidget) -> bool:
    """Turn the wheel over a widget, down and up; return whether it was accepted."""
    middle, none = QPointF(widget.rect().center()), Qt.MouseButton.NoButton
    taken = False
    for notches in (-120, 120, 120, -120):
        event = QWheelEvent(
            middle,
            widget.mapToGlobal(middle),
            QPoint(),
            QPoint(0, notches),
            none,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        event.ignore()  # a widget that is shut leaves it as it is
        widget.event(event)
        taken = taken or event.isAccepted()
    if widget.visibleRegion().contains(middle.toPoint()):
        turn_wheel_in_window(widget, -120)
        turn_wheel_in_window(widget, 120)
    return taken


def turn_wheel_in_window(widget: QWidget, notches: int) -> None:
    """Turn the wheel over a widget as the window system does."""
    at = QPointF(widget.mapTo(widget.window(), widget.rect().center()))
    QTest.wheelEvent(widget.window().windowHandle(), at, QPoint(0, notches))


def list_changed_by_wheel(under: QWidget) -> list[str]:
    """Return the inputs that the wheel changes or focuses, or that swallow it."""
    found = []
    for widget in find_inputs(under):
        before = read_value(widget)
        takes_keys = bool(widget.focusPolicy() & ~Qt.FocusPolicy.StrongFocus)
        if turn_wheel(widget) or read_value(widget) != before or takes_keys:
            found.append(f"{type(widget).__name__} {widget.accessibleName() or widget.toolTip()}")
    return found


@pytest.fixture
def window(
    open_session: Callable[[Project], Session], open_window: Callable[[Session], MainWindow]
) -> MainWindow:
    """A window with a school selected."""
    window = open_window(open_session(project_from("AAB / aab")))
    window.desk.bridge.select(site="r1c1")
    return window


def test_the_wheel_changes_no_input_in_a_workspace(window: MainWindow) -> None:
    for name in WORKSPACES:
        window.show_workspace(name)
        QApplication.processEvents()
        assert list_changed_by_wheel(window) == [], name
    for name in PANEL_SECTIONS:
        _ = window.left.sections[name]
    for name in TABLE_TABS:
        _ = window.tabs.panels[name]
    for fold in window.left.folds.values():
        fold.open()
    QApplication.processEvents()
    seen = list(find_inputs(window))
    assert len(seen) > 30 and any(isinstance(one, QTabBar) for one in seen)
    assert list_changed_by_wheel(window) == []
    window.desk.jobs.cancel_all()


def starts_at_site(form: RecordForm, box: SiteComboBox) -> bool:
    """Return whether a form starts at its site field, focused, large and selected."""
    line = box.lineEdit()
    first = form.form.getWidgetPosition(box)[0] == 0 and form.focusWidget() is box
    large = line.font().pixelSize() > form.font().pixelSize()
    return first and large and line.selectedText() == line.text()


def test_the_wheel_changes_no_dialog_and_log_forms_start_with_the_school(
    window: MainWindow,
) -> None:
    opened: set[str] = set()
    of_schools: dict[str, bool] = {}
    for spec in ACTION_SPECS:
        action = window.desk.actions[spec.name]
        asks = spec.text.endswith("…") or spec.text.startswith("What If")
        if not asks or spec.name in QUIT_OR_FILES or not action.isEnabled():
            continue
        action.trigger()
        for dialog in [one for one in window.findChildren(QDialog) if one.isVisible()]:
            opened.add(type(dialog).__name__)
            box = dialog.findChild(SiteComboBox)
            if isinstance(dialog, RecordForm) and box is not None:
                of_schools[spec.name] = starts_at_site(dialog, box)
            assert list_changed_by_wheel(dialog) == [], spec.name
            dialog.reject()
    window.desk.jobs.cancel_all()
    assert len(opened) >= 15, sorted(opened)
    assert len(of_schools) >= 15
    assert [one for one, begins in of_schools.items() if not begins] == []


def test_a_panel_scrolls_under_the_pointer_even_over_a_focused_field(
    window: MainWindow,
) -> None:
    window.show_workspace("plan")
    window.resize(1000, 420)
    window.left.folds["optimizer"].open()
    QApplication.processEvents()
    field = next(one for one in window.left.findChildren(QSpinBox) if one.isVisible())
    area = field.parentWidget()
    while not isinstance(area, QAbstractScrollArea):
        area = area.parentWidget()
    bar = area.verticalScrollBar()
    assert bar.maximum() > 0
    for focused in (False, True):
        (field if focused else window.map).setFocus()
        bar.setValue(0)
        area.ensureWidgetVisible(field)
        before, scrolled = field.value(), bar.value()
        assert scrolled > 0
        turn_wheel_in_window(field, 120)
        assert field.value() == before and bar.value() < scrolled


def test_only_the_inputs_module_creates_inputs_that_the_wheel_could_change() -> None:
    package = Path(zoneplanner.__file__).parent / "ui"
    found = []
    for file in sorted(package.rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        if file == package / "widgets" / "inputs" / "wheel_safe_inputs.py" or not any(
            name in text for name in RAW
        ):
            continue
        for node in ast.walk(ast.parse(text)):
            called = node.func if isinstance(node, ast.Call) else None
            name = getattr(called, "id", getattr(called, "attr", ""))
            bases = getattr(node, "bases", []) if isinstance(node, ast.ClassDef) else []
            names = {name, *(getattr(base, "id", "") for base in bases)}
            if names & RAW - {"QTabWidget"}:
                found.append(f"{file.relative_to(package)}:{node.lineno}")
            if "QTabWidget" in names and "setTabBar" not in text:
                found.append(f"{file.relative_to(package)}:{node.lineno} without a TabRow")
    assert found == []
