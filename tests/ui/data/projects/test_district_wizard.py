"""The steps of setting up a district: files, units, zones, and refusals."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from file_dialogs import answered
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot
from raw_files import write_made_up_district
from sentences import says

from zoneplanner.app.projects.district_setup import (
    DistrictFile,
    add_district_file,
    begin_district,
)
from zoneplanner.app.session.session import Session
from zoneplanner.domain.units import UNNAMED_AGENCY
from zoneplanner.messages import Message
from zoneplanner.ui.data.data_panel import OfficeDataPanel
from zoneplanner.ui.data.imports.file_options import LayerChoiceDialog
from zoneplanner.ui.data.imports.import_dialog import ImportDialog
from zoneplanner.ui.data.projects.district_wizard import DistrictWizard
from zoneplanner.ui.shell.main_window import MainWindow


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    return write_made_up_district(tmp_path)


@pytest.fixture
def elm(tmp_path: Path, files: dict[str, Path]) -> Iterator[Session]:
    """Elm Unified with its schools and three placeholder units."""
    first = DistrictFile("schools", files["schools"])
    made = begin_district(tmp_path / "elm.gpkg", first, name="Elm Unified", zones=3)
    add_district_file(made, first)
    yield made
    made.close()


@pytest.fixture
def main(elm: Session, open_window: Callable[[Session], MainWindow]) -> MainWindow:
    return open_window(elm)


@pytest.fixture
def wizard(main: MainWindow) -> DistrictWizard:
    main.desk.actions["district_setup"].trigger()
    return main.findChildren(DistrictWizard)[-1]


def go_to(wizard: DistrictWizard, qtbot: QtBot, step: str) -> int:
    row = [own.step.key for own in wizard.states].index(step)
    place = wizard.view.visualRect(wizard.view.model().index(row, 1)).center()
    qtbot.mouseClick(wizard.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert wizard.step == step
    return row


def import_file(wizard: DistrictWizard, qtbot: QtBot, step: str, named: str) -> str:
    """Select a step and type its file into the dialog."""

    def act(dialog: QFileDialog) -> None:
        field = dialog.findChild(QLineEdit)
        field.setText(named)
        QTest.keyClick(field, Qt.Key.Key_Return)

    go_to(wizard, qtbot, step)
    with answered(act):
        qtbot.mouseClick(wizard.choose, Qt.MouseButton.LeftButton)
    return wait_for_message(wizard, qtbot)


def wait_for_message(wizard: DistrictWizard, qtbot: QtBot) -> str:
    qtbot.waitUntil(
        lambda: wizard.choose.isEnabled() and bool(wizard.message.text()), timeout=60_000
    )
    return wizard.message.text()


def propose(wizard: DistrictWizard, qtbot: QtBot, zones: int | None = None) -> str:
    go_to(wizard, qtbot, "zones")
    if zones is not None:
        wizard.zones.setValue(zones)
    qtbot.mouseClick(wizard.propose, Qt.MouseButton.LeftButton)
    return wait_for_message(wizard, qtbot)


def write_units(folder: Path) -> Path:
    path = folder / "units.csv"
    path.write_text("id,name,agency\nE1,Officer Kim,Elm Police\nE2,Officer Lee,Elm Police\n")
    return path


def test_imported_units_replace_the_placeholders(
    wizard: DistrictWizard, elm: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    told = import_file(wizard, qtbot, "units", str(write_units(tmp_path)))
    project = elm.saved_project
    assert {key: unit.name for key, unit in project.units.items()} == {
        "E1": "Officer Kim",
        "E2": "Officer Lee",
    }, told
    assert list(project.agencies) == ["Elm Police"]
    assert {unit.agency for unit in project.units.values()} == {"Elm Police"}
    elm.undo()  # one step
    assert len(elm.saved_project.units) == 3 and UNNAMED_AGENCY in elm.saved_project.agencies


def test_the_choose_button_stays_in_place_whatever_the_message(
    wizard: DistrictWizard, qtbot: QtBot, tmp_path: Path
) -> None:
    """A second line of the message moved "Choose file…" by 16 pixels."""
    go_to(wizard, qtbot, "units")
    before = wizard.choose.mapTo(wizard, QPoint(0, 0)).y()
    for step in ("boundary", "schools", "enrollment", "roads"):
        go_to(wizard, qtbot, step)
        assert wizard.choose.mapTo(wizard, QPoint(0, 0)).y() == before, step
    wrong = tmp_path / f"{'a very long name of a file ' * 8}.csv"
    wrong.write_text("id,name\nE1,Officer Kim\n")
    import_file(wizard, qtbot, "schools", str(wrong))
    qtbot.wait(10)
    lines = (
        wizard.message.heightForWidth(wizard.message.width())
        // wizard.message.fontMetrics().height()
    )
    assert lines >= 2, wizard.message.text()
    assert wizard.choose.mapTo(wizard, QPoint(0, 0)).y() == before


def test_units_without_an_area_are_listed_as_missing(
    wizard: DistrictWizard, elm: Session, qtbot: QtBot, tmp_path: Path, files: dict[str, Path]
) -> None:
    import_file(wizard, qtbot, "jurisdictions", str(files["county"]))
    path = tmp_path / "units.csv"
    path.write_text("id,name,agency\nE1,Officer Kim,Elm Police\nO1,Officer Oak,Oak Police\n")
    import_file(wizard, qtbot, "units", str(path))
    assert list(elm.saved_project.agencies) == ["Elm Police", "Oak Police"]
    state = next(own for own in wizard.states if own.step.key == "units")
    assert state.missing == Message("setup_missing.place_of_units", units=["O1"])


def test_a_file_of_agencies_sets_their_names(
    wizard: DistrictWizard, elm: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "agencies.csv"
    path.write_text("id,name,phone\nEPD,Elm Police,9165550100\n")
    import_file(wizard, qtbot, "units", str(path))
    (agency,) = elm.saved_project.agencies.values()
    assert (agency.id, agency.short) == ("Elm Police", "EPD")
    assert {unit.agency for unit in elm.saved_project.units.values()} == {"Elm Police"}


def test_the_number_of_zones_starts_at_the_number_of_units(
    wizard: DistrictWizard, elm: Session, qtbot: QtBot
) -> None:
    go_to(wizard, qtbot, "zones")
    assert wizard.zones.value() == 3
    propose(wizard, qtbot)
    assert elm.plan is not None and len(elm.plan.zones) == 3
    elm.undo()  # one step: units and plan
    assert not elm.saved_project.plans and len(elm.saved_project.units) == 3


def test_fewer_zones_keep_a_named_unit_without_a_zone(
    wizard: DistrictWizard, elm: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    import_file(wizard, qtbot, "units", str(write_units(tmp_path)))
    told = propose(wizard, qtbot, 1)
    assert elm.plan is not None and len(elm.plan.zones) == 1
    assert list(elm.saved_project.units) == ["E1", "E2"]
    assert "Officer Lee" in told


def test_placeholder_units_follow_the_number_of_zones_in_one_step(
    wizard: DistrictWizard, elm: Session, qtbot: QtBot
) -> None:
    propose(wizard, qtbot, 2)
    assert len(elm.saved_project.units) == 2 and len(elm.saved_project.plans) == 1
    elm.undo()
    assert len(elm.saved_project.units) == 3 and not elm.saved_project.plans


def test_a_refused_proposal_changes_nothing_and_says_what_to_do(
    wizard: DistrictWizard, elm: Session, qtbot: QtBot
) -> None:
    before = elm.saved_project
    told = propose(wizard, qtbot, 40)
    assert elm.saved_project is before
    assert wizard.zones.value() == 40 and wizard.zones.isEnabled()  # the typed number stays
    assert says(told, "zones_infeasible")


def test_the_plan_can_be_shown_and_a_second_one_gets_a_free_name(
    wizard: DistrictWizard, elm: Session, qtbot: QtBot
) -> None:
    propose(wizard, qtbot)
    (first,) = elm.saved_project.plans.values()
    assert wizard.show_plan.isVisible() and wizard.show_plan.isDefault()
    propose(wizard, qtbot)
    assert [plan.name for plan in elm.saved_project.plans.values()] == [first.name, "Proposed 2"]
    elm.show_plan(first.uid)
    qtbot.mouseClick(wizard.show_plan, Qt.MouseButton.LeftButton)
    assert elm.plan is not None and elm.plan.name == "Proposed 2"


def test_ctrl_z_undoes_a_step(
    wizard: DistrictWizard, elm: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    import_file(wizard, qtbot, "units", str(write_units(tmp_path)))
    assert list(elm.saved_project.units) == ["E1", "E2"]
    wizard.activateWindow()
    wizard.view.setFocus()
    QTest.keyClick(wizard.view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert len(elm.saved_project.units) == 3


def test_two_files_chosen_at_once_are_both_imported(
    wizard: DistrictWizard, elm: Session, qtbot: QtBot, files: dict[str, Path]
) -> None:
    both = f'"{files["county"]}" "{files["places"]}"'
    import_file(wizard, qtbot, "jurisdictions", both)
    qtbot.waitUntil(lambda: len(elm.saved_project.jurisdictions) == 2, timeout=20_000)


def test_cities_alone_do_not_cover_the_district(
    wizard: DistrictWizard, elm: Session, qtbot: QtBot, files: dict[str, Path]
) -> None:
    import_file(wizard, qtbot, "boundary", str(files["boundary"]))
    told = import_file(wizard, qtbot, "jurisdictions", str(files["places"]))
    state = next(own for own in wizard.states if own.step.key == "jurisdictions")
    assert state.missing == Message("setup_missing.county"), told
    import_file(wizard, qtbot, "jurisdictions", str(files["county"]))
    assert next(own for own in wizard.states if own.step.key == "jurisdictions").done


def test_the_agencys_name_and_phone_are_entered_and_corrected_in_the_step(
    wizard: DistrictWizard, elm: Session, qtbot: QtBot
) -> None:
    row = go_to(wizard, qtbot, "units")
    for name in ("Elm Police", "Elm City Police"):
        qtbot.mouseClick(wizard.agency, Qt.MouseButton.LeftButton)
        wizard.agency.selectAll()
        QTest.keyClicks(wizard.agency, name)
        QTest.keyClick(wizard.agency, Qt.Key.Key_Return)
        assert list(elm.saved_project.agencies) == [name] and wizard.isVisible()
    QTest.keyClicks(wizard.phone, "9165550100")
    QTest.keyClick(wizard.phone, Qt.Key.Key_Return)
    assert elm.saved_project.agencies["Elm City Police"].phone
    assert wizard.states[row].done


@pytest.mark.parametrize(
    ("step", "file", "meant"),
    [
        ("jurisdictions", "schools", "“Schools”"),
        ("jurisdictions", "boundary", "“Boundary”"),
        ("schools", "boundary", "“Boundary”"),
        ("boundary", "schools", "“Schools”"),
    ],
)
def test_a_file_in_the_wrong_step_is_referred_to_its_own(
    wizard: DistrictWizard,
    qtbot: QtBot,
    files: dict[str, Path],
    *,
    step: str,
    file: str,
    meant: str,
) -> None:
    told = import_file(wizard, qtbot, step, str(files[file]))
    assert meant in told and not next(own for own in wizard.states if own.step.key == "zones").done


def test_an_enrollment_file_in_the_schools_step_is_referred_to_its_own(
    wizard: DistrictWizard, elm: Session, qtbot: QtBot, files: dict[str, Path]
) -> None:
    before = elm.saved_project
    import_file(wizard, qtbot, "schools", str(files["enrollment"]))
    asked = wizard.findChild(LayerChoiceDialog)
    assert isinstance(asked, LayerChoiceDialog)
    wizard.message.clear()
    qtbot.mouseClick(asked.ok, Qt.MouseButton.LeftButton)
    told = wait_for_message(wizard, qtbot)
    meant = {"source": files["enrollment"].name, "step": "“Levels and enrollment”"}
    assert says(told, "file_of_another_step.later", **meant) and elm.saved_project is before


def test_a_missing_district_is_reported_without_a_command_line_option(
    wizard: DistrictWizard, elm: Session, qtbot: QtBot, files: dict[str, Path]
) -> None:
    elsewhere = files["schools"].with_name("others.txt")
    text = files["schools"].read_text(encoding="utf-8")
    elsewhere.write_text(text.replace("Elm Unified", "Ash Unified"), encoding="utf-8")
    told = import_file(wizard, qtbot, "schools", str(elsewhere))
    assert "Ash Unified" in told or "district" in told
    assert "--" not in told


@pytest.mark.parametrize(("shown", "kind"), [("unit", "units"), ("site", "officers")])
def test_import_starts_with_the_kind_of_rows_that_data_shows(
    main: MainWindow, qtbot: QtBot, tmp_path: Path, *, shown: str, kind: str
) -> None:
    panel = main.show_part("data", "data")
    assert isinstance(panel, OfficeDataPanel)
    panel.show_kind(shown)
    qtbot.mouseClick(panel.import_button, Qt.MouseButton.LeftButton)
    dialog = main.findChildren(ImportDialog)[-1]
    dialog.open_file(write_units(tmp_path))
    qtbot.waitUntil(lambda: dialog.file is not None, timeout=20_000)
    assert dialog.options.kind == kind
    dialog.reject()
