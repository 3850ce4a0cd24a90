"""Heights of controls, columns of labels and cut texts, measured in the running window."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from file_dialogs import QUIT_OR_FILES
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QWidget,
)

from zoneplanner.app.help.action_specs import ACTION_SPECS
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.shell.workspaces import WORKSPACES
from zoneplanner.ui.widgets.inputs.forms import FormDialog
from zoneplanner.ui.widgets.layout.basic_widgets import ElidedLabel, find_scroll_area

HEIGHTS = {24, 28, 36}
"""Of a row, of any control, and of what is pressed in a hurry."""
TALL = {"lockdown"}
"""The one button that is larger, on purpose."""
SIZES = [(1280, 720), (1600, 1000)]


def controls(window: QWidget) -> Iterator[QWidget]:
    kinds = QPushButton | QToolButton | QLineEdit | QComboBox | QAbstractSpinBox
    for widget in window.findChildren(QWidget):
        inside = isinstance(widget.parentWidget(), QAbstractSpinBox | QComboBox)
        if isinstance(widget, kinds) and widget.isVisible() and not inside:
            yield widget


def name_of(widget: QWidget) -> str:
    text = widget.text() if isinstance(widget, QAbstractButton | QLabel) else ""
    return f"{type(widget).__name__} {widget.objectName() or widget.accessibleName() or text}"


def odd_heights(window: QWidget) -> list[str]:
    """Name the controls that have none of the three heights."""
    return [
        f"{name_of(one)}: {one.height()}"
        for one in controls(window)
        if not isinstance(one, QToolButton)
        and one.height() not in HEIGHTS
        and one.objectName() not in TALL
    ]


def ragged_forms(window: QWidget) -> list[str]:
    """Name the panels whose fields do not begin in one column."""
    found = []
    for form in window.findChildren(QFormLayout):
        whole = form.parentWidget()
        if whole is None or not whole.isVisible():
            continue
        starts = set()
        for at in range(form.rowCount()):
            label = form.itemAt(at, QFormLayout.ItemRole.LabelRole)
            field = form.itemAt(at, QFormLayout.ItemRole.FieldRole)
            if label and field and label.widget() and field.widget() and field.widget().isVisible():
                starts.add(field.widget().mapTo(whole, QPoint(0, 0)).x())
        if len(starts) > 1:
            found.append(f"{name_of(whole)}: {sorted(starts)}")
    return found


def beyond_their_panel(window: QWidget) -> list[str]:
    """Name the controls that reach out of a panel that does not scroll sideways."""
    found = []
    for one in controls(window):
        area = find_scroll_area(one)
        if area is not None and not area.horizontalScrollBar().isVisible():
            right = one.mapTo(area.viewport(), QPoint(one.width(), 0)).x()
            if right > area.viewport().width():
                found.append(f"{name_of(one)}: {right} of {area.viewport().width()}")
    return found


def cut_texts(window: QWidget) -> list[str]:
    """Name the labels and buttons whose text has no room."""
    found = []
    for one in window.findChildren(QWidget):
        if not one.isVisible() or isinstance(one, ElidedLabel):
            continue
        lone = isinstance(one, QToolButton) and not one.icon().isNull()
        plain = isinstance(one, QLabel) and one.text() and not one.wordWrap()
        button = isinstance(one, QPushButton | QToolButton) and one.text() and not lone
        if (plain or button) and one.width() < one.minimumSizeHint().width():
            found.append(f"{name_of(one)}: {one.width()} of {one.minimumSizeHint().width()}")
        if isinstance(one, QLabel) and one.text() and one.wordWrap():
            wanted = one.heightForWidth(one.width())
            if one.height() < wanted:
                found.append(f"{name_of(one)[:60]}: {one.height()} of {wanted} high")
    return found


@pytest.mark.parametrize(("wide", "high"), SIZES)
def test_controls_have_three_heights_forms_one_column_and_no_text_is_cut(
    window: MainWindow, wide: int, high: int
) -> None:
    window.resize(wide, high)
    for name in WORKSPACES:
        window.show_workspace(name)
        window.desk.bridge.select(site="r1c1")
        for _ in range(4):
            QApplication.processEvents()
        assert len(list(controls(window))) >= 5, name
        assert odd_heights(window) == [], name
        assert ragged_forms(window) == [], name
        assert cut_texts(window) == [], name
        assert beyond_their_panel(window) == [], name


@pytest.mark.long
def test_the_same_holds_at_a_scale_of_one_and_a_half() -> None:
    """Qt takes the scale once, at the start of a process."""
    scaled = {**os.environ, "QT_SCALE_FACTOR": "1.5", "QT_QPA_PLATFORM": "offscreen"}
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(Path(__file__))]
    done = subprocess.run(
        [*run, "-m", "not long"], env=scaled, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:]


def test_forms_open_in_one_of_two_widths_with_one_title_and_their_fields_in_one_column(
    window: MainWindow,
) -> None:
    window.resize(1280, 720)
    window.desk.bridge.select(site="r1c1")
    starts: set[int] = set()
    opened: set[str] = set()
    for spec in ACTION_SPECS:
        action = window.desk.actions[spec.name]
        if not spec.text.endswith("…") or spec.name in QUIT_OR_FILES or not action.isEnabled():
            continue
        action.trigger()
        QApplication.processEvents()
        for form in [one for one in window.findChildren(FormDialog) if one.isVisible()]:
            opened.add(type(form).__name__)
            assert form.width() in (440, 720), spec.name
            assert form.windowTitle() and not form.title.isVisible(), spec.name
            assert odd_heights(form) == [] and ragged_forms(form) == [], spec.name
            assert cut_texts(form) == [], spec.name
            assert not isinstance(form.focusWidget(), QPushButton), spec.name
            label = form.form.itemAt(0, QFormLayout.ItemRole.LabelRole)
            if label is not None and label.widget() is not None:
                starts.add(label.widget().width())
        for dialog in [one for one in window.findChildren(QDialog) if one.isVisible()]:
            dialog.reject()
            QApplication.processEvents()
    window.desk.jobs.cancel_all()
    assert len(opened) >= 15, sorted(opened)
    assert starts and min(starts) >= 88
