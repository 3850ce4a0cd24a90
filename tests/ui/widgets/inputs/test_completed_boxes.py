"""Fields with a list of completions, by the keys that the platform sends."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from builders import project_from
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from zoneplanner.errors import UserError
from zoneplanner.ui.widgets.inputs.form_dialog import FormDialog
from zoneplanner.ui.widgets.inputs.forms import FormRows, make_editable_box
from zoneplanner.ui.widgets.inputs.match_field import MatchList, SiteField
from zoneplanner.ui.widgets.inputs.site_combo_box import make_site_combo_box, read_chosen_site
from zoneplanner.ui.widgets.layout.basic_widgets import WrappedLabel, make_column_layout

_DOWN, _ENTER = Qt.Key.Key_Down, Qt.Key.Key_Return


@pytest.fixture
def form(qtbot: QtBot) -> Iterator[FormDialog]:
    """A form without fields."""
    made = FormDialog("Form", "Do It", lambda: None)
    qtbot.addWidget(made)
    yield made
    made.close()


def type_into(form: FormDialog, box: QComboBox, *keys: str | Qt.Key) -> None:
    """Press keys in a field; an open list of completions takes them first."""
    form.add_field("Field", box)
    form.open()
    QApplication.processEvents()
    box.setFocus()
    press(form, *keys)


def press(form: FormDialog, *keys: str | Qt.Key) -> None:
    for key in [one for text in keys for one in (text if isinstance(text, str) else [text])]:
        QTest.keyClick(form.windowHandle(), key)  # type: ignore[call-overload]  # a QWindow


def test_arrows_go_through_all_matches_and_enter_selects_before_confirming(
    form: FormDialog,
) -> None:
    box = make_editable_box(("City police", "Sheriff", "State police"), "", by_substring=True)
    type_into(form, box, "police", _DOWN)
    assert box.currentText() == "City police"
    press(form, _DOWN)
    assert box.currentText() == "State police" and form.isVisible()
    press(form, _ENTER)
    assert box.currentText() == "State police" and form.isVisible()
    press(form, _ENTER)
    assert form.result() == FormDialog.DialogCode.Accepted


@pytest.mark.parametrize(
    ("keys", "shown"),
    [
        (("School r1c1", _ENTER, _ENTER), "School r1c1"),
        (("r1c1", _ENTER, _ENTER), "School r1c1"),
        (("School", _DOWN, _DOWN, _ENTER, _ENTER), "School r1c2"),
        (("School", _ENTER, _ENTER), "School r1c1"),
        (("shcool r2", _DOWN, _DOWN, _ENTER, _ENTER), "School r2c2"),
    ],
)
def test_enter_shows_the_matching_site_and_enter_again_confirms(
    form: FormDialog, keys: tuple[str | Qt.Key, ...], shown: str
) -> None:
    box = make_site_combo_box(project_from("AABB / AABB / aaaa"), None)
    type_into(form, box, *keys[:-1])
    assert (box.currentText(), form.isVisible()) == (shown, True)
    press(form, keys[-1])
    assert form.result() == FormDialog.DialogCode.Accepted


def test_long_matches_stay_within_the_panel_on_one_line_each(qtbot: QtBot) -> None:
    column, field = QWidget(), SiteField()
    rows, fitting = FormRows(), MatchList(field)
    rows.addRow("Site", field)
    rows.addRow(fitting)
    make_column_layout(column, rows, WrappedLabel(), None)
    qtbot.addWidget(column)
    names = ("San Juan High", "California Montessori Project-San Juan Campuses", "San Juan Choices")
    field.set_sites([(name, name) for name in names])
    column.resize(270, 400)
    column.show()
    column.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    qtbot.keyClicks(field, "san juan")
    needed = fitting.names.fontMetrics().lineSpacing() * len(names)
    qtbot.waitUntil(lambda: fitting.names.height() >= needed)
    assert column.width() == 270 and len(fitting.text().splitlines()) == len(names)
    assert fitting.names.heightForWidth(240) <= needed, "a second line would hide others"


_NAMES = ("Casa Arden Elementary", "Mardena Prep", "Arden Middle", "Arcade Middle")


def test_a_site_is_found_in_a_form_as_on_the_console(form: FormDialog) -> None:
    plain = project_from("AABB / AABB / aaaa")
    named = zip(list(plain.sites.values()), _NAMES, strict=False)
    sites = {site.id: replace(site, name=name) for site, name in named}
    box, field = make_site_combo_box(replace(plain, sites=sites), None), SiteField()
    field.set_sites([(site.name, site.id) for site in sites.values()])
    type_into(form, box)
    line = box.lineEdit()
    assert line is not None
    for part in ("arden", "mid", "arc", "ardne", "elementary arden", "am"):
        field.setText(part)
        line.clear()
        press(form, part)
        assert box.list_matches() == [name for name, _ in field.matches], part
        press(form, _ENTER)
        assert box.currentText() == (field.match[0] if field.match else part)
        assert form.isVisible(), "the school was not seen in full yet"
    line.clear()
    press(form, "arden", Qt.Key.Key_Tab)
    middle = next(site.id for site in sites.values() if site.name == "Arden Middle")
    assert (box.currentText(), box.currentData()) == ("Arden Middle", middle)


def test_a_slow_desktop_does_not_return_the_focus_to_the_previous_field(
    form: FormDialog,
) -> None:
    box, what = make_site_combo_box(project_from("AABB / AABB / aaaa"), None), QLineEdit()
    form.add_field("What", what)
    type_into(form, box)
    QWidget.setTabOrder(box, what)
    press(form, "r1c2", Qt.Key.Key_Tab, "t")
    QTest.keyClick(box, "h")  # type: ignore[arg-type]  # the list, activated late, hands it on
    box.setFocus(Qt.FocusReason.ActiveWindowFocusReason)
    press(form, "eft")
    assert (box.currentText(), what.text()) == ("School r1c2", "theft")
    press(form, Qt.Key.Key_Backtab, "r2c2", _ENTER)
    assert (box.currentText(), what.text()) == ("School r2c2", "theft")


@pytest.mark.parametrize(("part", "shown"), [("citr", "City of Citrus Heights"), ("cit", "cit")])
def test_enter_completes_a_unique_match_and_leaves_other_text_alone(
    form: FormDialog, part: str, shown: str
) -> None:
    agencies = ("City of Citrus Heights", "City Police", "Sheriff")
    box = make_editable_box(agencies, "", by_substring=True)
    type_into(form, box, part, _ENTER)
    assert box.currentText() == shown and form.isVisible() == (shown != part)
    press(form, *([_ENTER] if form.isVisible() else []))
    assert form.result() == FormDialog.DialogCode.Accepted


def test_corrected_text_is_not_completed_to_the_old_text(form: FormDialog) -> None:
    box = make_editable_box(("Fight", "Theft"), "Stolen car 2")
    assert box.currentText() == "Stolen car 2"
    type_into(form, box, "stolen car", Qt.Key.Key_Tab)
    assert box.currentText() == "stolen car"
    line = box.lineEdit()
    assert line is not None
    for _ in range(2):  # also where the same letter is typed again over all that stands there
        box.setFocus()
        line.selectAll()
        press(form, "f")
        assert box.currentText() == "fight"
    press(form, Qt.Key.Key_Backspace, Qt.Key.Key_Tab)
    assert box.currentText() == "f", "what was erased is not completed again"


def test_a_sites_full_name_matches_it_and_enter_shows_it_before_confirming(
    form: FormDialog,
) -> None:
    plain = project_from("AAA / AAA")
    names = dict(zip(plain.sites, (1, 5, 15, 50, 51, 2), strict=True))
    sites = {key: replace(own, name=f"Elm {names[key]}") for key, own in plain.sites.items()}
    project = replace(plain, sites=sites)
    box = make_site_combo_box(project, None)
    form.add_field("School", box)
    box.setEditText("elm 5")
    assert project.sites[read_chosen_site(box, "a school")].name == "Elm 5"
    box.setEditText("elm")
    with pytest.raises(UserError) as refused:
        read_chosen_site(box, "a school")
    assert len(refused.value.details["sites"]) == 6
    box.clearEditText()
    form.open()
    QApplication.processEvents()
    box.setFocus()
    press(form, "Elm 5", _ENTER)
    assert (box.currentText(), form.isVisible()) == ("Elm 5", True)
    assert project.sites[box.currentData()].name == "Elm 5"
    press(form, _ENTER)
    assert form.result() == FormDialog.DialogCode.Accepted
