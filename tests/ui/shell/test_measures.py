"""Heights of controls, columns of labels and cut-off text, measured in the running window."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from builders import project_from
from file_dialogs import QUIT_OR_FILES
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QToolButton,
    QWidget,
)

from zoneplanner.app.help.action_specs import ACTION_SPECS
from zoneplanner.app.session.session import Session
from zoneplanner.domain.project import Project
from zoneplanner.ui.shell.main_window import MainWindow
from zoneplanner.ui.shell.workspaces import WORKSPACES
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.forms import FormRows
from zoneplanner.ui.widgets.inputs.site_combo_box import SiteComboBox
from zoneplanner.ui.widgets.layout.basic_widgets import ElidedLabel, find_scroll_area
from zoneplanner.ui.widgets.layout.window_geometry import fit_size_to_screen
from zoneplanner.ui.widgets.tables.table_model import UNCUT_COLUMN_ROLE
from zoneplanner.ui.widgets.tables.table_view import TableView

HEIGHTS = {24, 28, 36}
"""Of a row, of any control, and of what is pressed in a hurry."""
ALLOWED = {"City", "County"}
"""Names in the texts of buttons."""
LEAVING = {"Close", "Cancel"}
TALL = {"lockdown"}
"""The one button that is larger, on purpose."""
SIZES = [(1280, 720), (1600, 1000), (1920, 1080), (2560, 1440)]
ARABIC = "مدرسة الوردة الابتدائية"
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsgrundschule Friedrich-Ebert-Platz"
_Role = QAccessible.Role
NAMED = {
    *(_Role.Button, _Role.CheckBox, _Role.RadioButton, _Role.ComboBox, _Role.SpinBox),
    *(_Role.EditableText, _Role.Slider, _Role.PageTab, _Role.Link, _Role.ProgressBar),
    *(_Role.Table, _Role.List, _Role.Tree, _Role.ButtonMenu, _Role.Chart),
}
"""What a screen reader stops at."""
_AROUND_TEXT_PX, _GAP_PX = 14, 16
ROWS = {_Role.Table, _Role.List, _Role.Tree}
"""Whose parts are rows; those have their own test."""


def find_controls(window: QWidget) -> Iterator[QWidget]:
    kinds = QPushButton | QToolButton | QLineEdit | QComboBox | QAbstractSpinBox
    for widget in window.findChildren(QWidget):
        inside = isinstance(widget.parentWidget(), QAbstractSpinBox | QComboBox)
        if isinstance(widget, kinds) and widget.isVisible() and not inside:
            yield widget


def describe_control(widget: QWidget) -> str:
    text = widget.text() if isinstance(widget, QAbstractButton | QLabel) else ""
    return f"{type(widget).__name__} {widget.objectName() or widget.accessibleName() or text}"


def find_odd_heights(window: QWidget) -> list[str]:
    """Return the controls that have none of the three heights."""
    return [
        f"{describe_control(one)}: {one.height()}"
        for one in find_controls(window)
        if not isinstance(one, QToolButton)
        and one.height() not in HEIGHTS
        and one.objectName() not in TALL
    ]


def find_ragged_forms(window: QWidget) -> list[str]:
    """Return the panels whose fields do not start in one column."""
    found = []
    for form in window.findChildren(FormRows):
        whole = form.parentWidget()
        if whole is None or not whole.isVisible():
            continue
        seen = [field for _, field in form.list_rows() if field.isVisible()]
        starts = {field.mapTo(whole, QPoint(0, 0)).x() for field in seen}
        if len(starts) > 1:
            found.append(f"{describe_control(whole)}: {sorted(starts)}")
    return found


def find_overflowing_controls(window: QWidget) -> list[str]:
    """Return the controls that extend beyond a panel that does not scroll sideways."""
    found = []
    for one in find_controls(window):
        area = find_scroll_area(one)
        if area is not None and not area.horizontalScrollBar().isVisible():
            right = one.mapTo(area.viewport(), QPoint(one.width(), 0)).x()
            if right > area.viewport().width():
                found.append(f"{describe_control(one)}: {right} of {area.viewport().width()}")
    return found


def find_cut_texts(window: QWidget) -> list[str]:
    """Return the labels, buttons and empty fields whose text is cut off."""
    found = []
    for one in window.findChildren(QWidget):
        if not one.isVisible() or isinstance(one, ElidedLabel):
            continue
        lone = isinstance(one, QToolButton) and not one.icon().isNull()
        plain = isinstance(one, QLabel) and one.text() and not one.wordWrap()
        button = isinstance(one, QPushButton | QToolButton) and one.text() and not lone
        if (plain or button) and one.width() < one.minimumSizeHint().width():
            found.append(
                f"{describe_control(one)}: {one.width()} of {one.minimumSizeHint().width()}"
            )
        if isinstance(one, QLineEdit) and not one.text() and one.placeholderText():
            wanted, room = one.fontMetrics().horizontalAdvance(one.placeholderText()), one.width()
            if room - _AROUND_TEXT_PX < wanted:
                found.append(f"{describe_control(one)}: {room} for “{one.placeholderText()}”")
        if isinstance(one, QLabel) and one.text() and one.wordWrap():
            wanted = one.heightForWidth(one.width())
            if one.height() < wanted:
                found.append(f"{describe_control(one)[:60]}: {one.height()} of {wanted} high")
    return found


def find_hidden_naming_columns(window: QWidget) -> list[str]:
    """Return the naming columns (the first two of text) that are hidden."""
    found = []
    for view in [one for one in window.findChildren(TableView) if one.isVisible()]:
        model, across = view.model(), Qt.Orientation.Horizontal
        columns = range(model.columnCount()) if model.rowCount() else ()
        text = [at for at in columns if not model.headerData(at, across, UNCUT_COLUMN_ROLE)]
        hidden = [at for at in text[:2] if view.isColumnHidden(at)]
        found += [f"{view.accessibleName()}: {model.headerData(at, across)}" for at in hidden]
    return found


def find_squeezed_columns(window: QWidget) -> list[str]:
    """Return the scrolling columns that squeeze their content or scroll needlessly."""
    found = []
    for area in window.findChildren(QScrollArea):
        content, layout = area.widget(), area.widget().layout()
        if not area.isVisible() or layout is None or not layout.hasHeightForWidth():
            continue
        wanted = layout.totalHeightForWidth(content.width())
        scrolls = area.verticalScrollBar().isVisible()
        if content.height() < wanted or (scrolls and wanted <= area.viewport().height()):
            found.append(f"{area.accessibleName()}: {content.height()} of {wanted}")
    return found


def find_cut_site_names(form: QWidget) -> list[str]:
    """Return the site names whose beginning is cut off in a form."""
    lines = [box.lineEdit() for box in form.findChildren(SiteComboBox)]
    return [line.text() for line in lines if line and line.selectedText() and line.cursorPosition()]


def find_gaps(form: QWidget) -> list[str]:
    """Return the form columns with a gap below their content."""
    found = []
    for area in form.findChildren(QScrollArea):
        layout, room = area.widget().layout(), area.viewport().size()
        wide = layout is not None and layout.hasHeightForWidth()
        wanted = layout.totalHeightForWidth(room.width()) if wide else area.sizeHint().height()
        if room.height() > wanted + _GAP_PX:
            found.append(f"{describe_control(form)}: {room.height()} for {wanted}")
    return found


def find_oversized_helps(form: QWidget) -> list[str]:
    """Return the help texts in form rows that are taller than their lines."""
    rows = [row for one in form.findChildren(FormRows) for row in one.list_rows()]
    helps = [field for _, field in rows if isinstance(field, QLabel) and field.wordWrap()]
    return [
        describe_control(one) for one in helps if one.height() > one.heightForWidth(one.width()) + 4
    ]


def find_check_boxes_as_labels(form: QWidget) -> list[str]:
    """Return the check boxes in the column of field labels."""
    rows = [row for one in form.findChildren(FormRows) for row in one.list_rows()]
    return [describe_control(label) for label, _ in rows if isinstance(label, QAbstractButton)]


def find_nameless_controls(whole: QWidget) -> list[str]:
    """Return the controls without a name in the accessibility tree."""
    found = []
    left = [QAccessible.queryAccessibleInterface(whole)]
    while left:
        part = left.pop()
        if part is None or not part.isValid() or part.state().invisible:
            continue
        own = part.object()
        inside = isinstance(own.parent() if own else None, QAbstractSpinBox | QComboBox)
        if part.role() in NAMED and not inside and not part.text(QAccessible.Text.Name):
            assert isinstance(own, QWidget)
            found.append(f"{part.role().name} of {describe_control(own)} in {own.parent()}")
        if part.role() not in ROWS:
            left += [part.child(at) for at in range(part.childCount())]
    return found


def find_filled_buttons(window: QWidget) -> list[str]:
    """Return the visible buttons filled with the accent color."""
    buttons = [one for one in window.findChildren(QPushButton) if one.isDefault()]
    return [one.text() for one in buttons if not one.visibleRegion().isEmpty()]


def find_filled_closing_buttons(dialog: QWidget) -> list[str]:
    """Return the filled buttons that only close a dialog, which is never its main action."""
    return [one for one in find_filled_buttons(dialog) if one.replace("&", "") in LEAVING]


def find_title_case_buttons(window: QWidget) -> list[str]:
    """Return the buttons with capitals after the first word."""
    texts = [one.text() for one in window.findChildren(QPushButton) if one.isVisible()]
    names = {*ALLOWED, *(name.capitalize() for name in WORKSPACES)}
    said = (re.sub(r"\s*\(.*\)", "", text).replace("&", "") for text in texts)
    return [text for text in said if any(w.istitle() and w not in names for w in text.split()[1:])]


def find_lower_case_words(title: str) -> list[str]:
    """Return the words of a title without the capital that menus use."""
    return [word for word in title.split() if len(word) > 3 and not word[:1].isupper()]


def find_nested_scroll_areas(window: QWidget) -> list[str]:
    """Return scroll areas inside scroll areas."""
    areas = [one for one in window.findChildren(QScrollArea) if one.isVisible()]
    return [one.accessibleName() for one in areas if find_scroll_area(one) is not None]


@pytest.fixture
def session(open_session: Callable[[Project], Session]) -> Session:
    """Two county zones over one city zone; schools and a zone with names that are hard to fit."""
    project = project_from("AABB / AABB / aaaa")
    for site, name in (("r1c1", LONG), ("r1c2", ARABIC)):
        project = project.with_site(replace(project.sites[site], name=name))
    return open_session(replace(project, name=f"{LONG} {ARABIC}"))


def test_controls_have_three_heights_forms_one_column_and_no_text_is_cut_off(
    window: MainWindow,
) -> None:
    for wide, high in SIZES:
        window.resize(wide, high)
        for name in WORKSPACES:
            window.show_workspace(name)
            window.tabs.set_open(bool(WORKSPACES[name].tables))
            window.desk.bridge.select(site="r1c1" if wide < 1600 else "r1c2")
            for _ in range(4):
                QApplication.processEvents()
            where = f"{name} {wide}"
            assert (window.width(), window.height()) == (wide, high), where
            assert len(list(find_controls(window))) >= 5, where
            assert find_odd_heights(window) == [], where
            assert find_ragged_forms(window) == [], where
            assert find_cut_texts(window) == [], where
            assert find_overflowing_controls(window) == [], where
            assert find_squeezed_columns(window) == [], where
            assert len(find_filled_buttons(window)) <= 1, where
            assert find_title_case_buttons(window) == [], where
            assert find_nameless_controls(window) == [], where
            for table in WORKSPACES[name].tables if wide == 1280 else ():
                window.tabs.show_table(window.tabs.panels[table])
                for _ in range(4):
                    QApplication.processEvents()
                assert find_cut_texts(window.tabs) == [], f"{where} {table}"
                assert find_hidden_naming_columns(window.tabs) == [], f"{where} {table}"


@pytest.mark.long
def test_controls_forms_and_texts_also_fit_at_scale_1_5() -> None:
    """Qt reads the scale once per process."""
    scaled = {**os.environ, "QT_SCALE_FACTOR": "1.5", "QT_QPA_PLATFORM": "offscreen"}
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(Path(__file__))]
    done = subprocess.run(
        [*run, "-m", "not long"], env=scaled, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:]


def test_forms_have_one_of_two_widths_one_title_and_one_column_of_fields(
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
            assert form.windowTitle() and form.title.isVisible() is not form.isWindow(), spec.name
            assert find_odd_heights(form) == [] and find_ragged_forms(form) == [], spec.name
            assert find_cut_texts(form) == [] and find_nameless_controls(form) == [], spec.name
            assert len(find_filled_buttons(form)) <= 1 and find_title_case_buttons(form) == [], (
                spec.name
            )
            assert find_lower_case_words(form.windowTitle()) == [], spec.name
            assert find_nested_scroll_areas(form) == [] and find_gaps(form) == [], spec.name
            assert find_cut_site_names(form) == [], spec.name
            assert find_oversized_helps(form) == [] and find_check_boxes_as_labels(form) == [], (
                spec.name
            )
            assert not isinstance(form.focusWidget(), QPushButton), spec.name
            starts |= {label.width() for label, _ in form.form.list_rows()[:1]}
        for dialog in [one for one in window.findChildren(QDialog) if one.isVisible()]:
            most = fit_size_to_screen(QSize(1080, 720), dialog.screen().availableGeometry()).width()
            assert dialog.width() in {min(width, most) for width in (440, 720, 1080)}, spec.name
            assert find_cut_texts(dialog) == [] and find_nameless_controls(dialog) == [], spec.name
            assert (
                find_filled_closing_buttons(dialog) == [] and find_title_case_buttons(dialog) == []
            ), spec.name
            dialog.reject()
            QApplication.processEvents()
    window.desk.jobs.cancel_all()
    assert len(opened) >= 15, sorted(opened)
    assert starts and min(starts) >= 88
