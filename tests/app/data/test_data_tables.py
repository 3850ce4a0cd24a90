"""The office's data is read as rows of text; each edited cell is an undoable step."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path

import pytest
from builders import project_from, refused

from zoneplanner import storage
from zoneplanner.analysis.response_times.conditions import ResponseConditions
from zoneplanner.app.coverage.expected_response import evaluate_response
from zoneplanner.app.data.edits import (
    DATA_TABLES,
    list_data_changes,
    list_missing_cells,
    remove_data_row,
    set_data_row,
)
from zoneplanner.app.imports.file_import import import_file
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.bells import BellTimes, BellWindow
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.geography.site import SiteNotes
from zoneplanner.domain.locale_formats import US_FORMATS, Preferences
from zoneplanner.domain.plans.edits import add_plan_lock, adopt_plan
from zoneplanner.domain.plans.plan import LockScope
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.hours_rules import HoursRules, PayRate
from zoneplanner.domain.roster.shift import Officer
from zoneplanner.domain.units import SiteContact, UnitAccess

OpenSession = Callable[[Project], Session]
FALL = DateRange("Fall", date(2026, 8, 13), date(2026, 12, 18))


@pytest.fixture
def session(open_session: OpenSession) -> Session:
    project = project_from("AABB / aabb")
    return open_session(replace(project, calendar=SchoolCalendar((FALL,), ())))


def change_cells(
    session: Session, table: str, row: str, **cells: str
) -> list[tuple[str, str, str]]:
    found = set_data_row(session, table, row, cells)
    return [(one.column, one.before, one.after) for one in found]


@pytest.mark.parametrize("kind", DATA_TABLES)
def test_setting_a_cell_to_its_own_value_changes_nothing(session: Session, kind: str) -> None:
    project, table = session.saved_project, DATA_TABLES[kind]
    for row, cells in table.read(project).items():
        assert table.change_row(project, row, cells) is project
        again = table.put(project, row, cells)
        assert list_data_changes(project, again) == ()


def test_a_school_can_be_edited_by_its_name_and_undone(session: Session) -> None:
    before = session.saved_project.sites["r1c1"]
    said = change_cells(session, "site", before.name, phone="(916) 555-0199", enrollment="1,450")
    assert said == [
        ("phone", before.phone, "(916) 555-0199"),
        ("enrollment", f"{before.enrollment}", "1450"),
    ]
    assert session.saved_project.sites["r1c1"].enrollment == 1450
    change_cells(session, "site", "r1c1", enrollment="", phone="")
    assert session.saved_project.sites["r1c1"].enrollment is None
    session.undo()
    session.undo()
    assert session.saved_project.sites["r1c1"] == before


def test_a_school_that_is_no_longer_patrolled_leaves_its_zone(session: Session) -> None:
    change_cells(session, "site", "r1c1", patrolled="no")
    assert "r1c1" not in session.saved_project.plans["plan"].assignment


def test_only_a_typed_coordinate_moves_a_position(session: Session) -> None:
    before = session.saved_project.sites["r1c1"]
    cells = DATA_TABLES["site"].read(session.saved_project)["r1c1"]
    change_cells(session, "site", "r1c1", latitude=cells["latitude"], grades="9-12")
    assert session.saved_project.sites["r1c1"].position == before.position
    change_cells(session, "site", "r1c1", latitude=f"{float(cells['latitude']) + 0.001:.6f}")
    moved = session.saved_project.sites["r1c1"]
    assert moved.y_m - before.y_m == pytest.approx(111, abs=1)
    with refused("data_place_far", latitude=3.0):
        change_cells(session, "site", "r1c1", latitude="3")


def test_aliases_of_a_school_share_one_cell(session: Session) -> None:
    change_cells(session, "site", "r1c1", aliases="DCH; DEL CAMPO HS")
    change_cells(session, "site", "r1c1", aliases="DEL CAMPO HS")
    assert session.saved_project.sites["r1c1"].aliases == ("DEL CAMPO HS",)


def test_a_school_can_be_added(session: Session) -> None:
    places = DATA_TABLES["site"].read(session.saved_project)["r1c1"]
    cells = {"name": "Ridge High", "level": "high"}
    with refused("data_cell_empty", name="Latitude"):
        set_data_row(session, "site", "new", cells, new=True)
    place = {part: places[part] for part in ("latitude", "longitude")}
    set_data_row(session, "site", "new", {**cells, **place}, new=True)
    site = session.saved_project.sites["new"]
    assert (site.name, site.patrolled) == ("Ridge High", True)
    with refused("name_in_use.data_row", row="Ridge High"):
        set_data_row(session, "site", "Ridge High", cells, new=True)
    with refused("data_row_stays.site", row="new"):
        remove_data_row(session, "site", "new")


def test_an_adopted_plan_can_be_renamed(session: Session) -> None:
    session.apply("Adopt", lambda project: adopt_plan(project, "plan", FALL.first))
    name = session.saved_project.plans["plan"].name
    assert ("name", name, "Zones 2026-27") in change_cells(
        session, "plan", name, name="Zones 2026-27"
    )
    assert session.saved_project.plans["plan"].name == "Zones 2026-27"
    with refused("data_cell_empty", name="Name"):
        change_cells(session, "plan", "plan", name="")


def test_an_edit_of_a_derived_cell_is_rejected(session: Session) -> None:
    with refused("data_cell_follows", name="Unit"):
        change_cells(session, "zone", "plan A", unit="B")
    assert ("name", "Zone A", "North") in change_cells(
        session, "zone", "plan A", name="North", zone="A"
    )


def test_the_access_of_a_unit_is_two_lists_of_areas(session: Session) -> None:
    first, second = session.saved_project.jurisdictions
    change_cells(session, "unit", "A", primary=second, assist=f"{first}; {second}")
    access = session.saved_project.units["A"].access
    assert access == {first: UnitAccess.ASSIST, second: UnitAccess.PRIMARY}
    with refused("unknown_jurisdiction", name="Atlantis"):
        change_cells(session, "unit", "A", assist="Atlantis")
    with refused("unknown_agency", agency="Nobody"):
        change_cells(session, "unit", "A", agency="Nobody")


def test_renaming_an_agency_updates_its_references_in_one_step(session: Session) -> None:
    old, new = session.saved_project.units["A"].agency, "Elm County Sheriff"

    def hire(project: Project) -> Project:
        officers = {"o1": Officer("o1", "R. Vega", old, "deputy")}
        rules = HoursRules(funds={old: "Grant"}, rates=(PayRate(old, date(2026, 7, 1), 80.0),))
        directory = project.directory.with_domain(old, "elm.gov")
        more = {"officers": officers, "hours_rules": rules, "directory": directory}
        own = replace(project, **more)
        return add_plan_lock(own, "plan", LockScope.AGENCY, old, "agreed")

    session.apply("Hire", hire)
    before = session.saved_project
    others = [unit.id for unit in before.units.values() if unit.agency != old]
    change_cells(session, "agency", old, name=new)
    now = session.saved_project
    assert list(now.agencies) == [new if key == old else key for key in before.agencies]
    assert now.agencies[new].short == (new if before.agencies[old].short == old else
                                       before.agencies[old].short)  # fmt: skip
    assert {unit.id for unit in now.units.values() if unit.agency == new} == (
        before.units.keys() - others
    )
    assert now.officers["o1"].agency == new
    assert now.directory.domains == {new: "elm.gov"}
    assert now.hours_rules.funds == {new: "Grant"}
    assert now.hours_rules.find_rate(new, date(2026, 9, 1), "regular") == 80.0
    (lock,) = now.plans["plan"].locks.values()
    assert (lock.target, lock.key) == (new, f"agency {new}")
    assert session.state.problems == ()
    path = session.store.path
    assert path is not None
    with storage.open(path, read_only=True) as store:
        assert store.project().units["A"].agency == new
    session.undo()
    assert session.saved_project.units["A"].agency == old
    assert session.saved_project.plans["plan"].locks.keys() == {f"agency {old}"}


def test_an_agency_cannot_take_the_name_of_another(session: Session) -> None:
    own = session.saved_project.units["A"].agency
    set_data_row(session, "agency", "Fire District", {"phone": "(916) 555-0111"}, new=True)
    with refused("name_in_use.data_row", row="fire district"):
        change_cells(session, "agency", own, name="fire district")
    change_cells(session, "agency", "Fire District", name="FIRE District")
    assert session.saved_project.agencies["FIRE District"].phone == "(916) 555-0111"


def test_a_row_in_use_cannot_be_removed(session: Session) -> None:
    agency = session.saved_project.units["A"].agency
    with refused("data_row_in_use", row="A", by=["Plan"]):
        remove_data_row(session, "unit", "A")
    with refused("data_row_in_use", row=agency):
        remove_data_row(session, "agency", agency)
    with refused("agency_code_is_name", name="elm", wanted="Elm County Sheriff"):
        set_data_row(session, "agency", "elm", {"name": "Elm County Sheriff"}, new=True)
    set_data_row(session, "agency", "Fire District", {"phone": "(916) 555-0111"}, new=True)
    remove_data_row(session, "agency", "Fire District")
    assert "Fire District" not in session.saved_project.agencies


def test_calendar_days_can_be_added_and_removed(session: Session) -> None:
    set_data_row(session, "calendar", "In-service", {"first": "2026-10-09"}, new=True)
    calendar = session.saved_project.calendar
    assert calendar.holidays == (DateRange("In-service", date(2026, 10, 9), date(2026, 10, 9)),)
    assert not calendar.is_school_day(date(2026, 10, 9))
    with refused("data_last_before_first"):
        change_cells(session, "calendar", "In-service", last="2026-10-08")
    change_cells(session, "calendar", "In-service", kind="minimum_day")
    assert len(session.saved_project.calendar.minimum_days) == 1
    remove_data_row(session, "calendar", "In-service")
    assert session.saved_project.calendar.minimum_days == ()


def test_days_with_the_same_name_are_separate_rows_and_a_repeated_day_is_rejected(
    session: Session,
) -> None:
    early = {"name": "Minimum day", "kind": "minimum_day"}
    for first in ("2026-10-09", "2026-11-06"):
        made = set_data_row(session, "calendar", "Minimum day", {**early, "first": first}, new=True)
        assert ("first", "", first) in [(one.column, one.before, one.after) for one in made]
    assert [day.first.month for day in session.saved_project.calendar.minimum_days] == [10, 11]
    for key in ("Minimum day", "another"):
        before = session.saved_project
        with refused("name_in_use.data_row"):
            again = {**early, "first": "2026-11-06"}
            set_data_row(session, "calendar", key, again, new=True)
        assert session.saved_project is before
    with refused("name_in_use.data_row"):
        change_cells(session, "calendar", "Minimum day 2026-11-06", first="2026-10-09")
    with refused("data_cell_empty", name="First day"):
        set_data_row(session, "calendar", "Minimum day", early, new=True)


def test_a_connection_is_named_by_its_schools(session: Session) -> None:
    one, other = (session.saved_project.sites[key].name for key in ("r1c2", "r2c4"))
    for kind, label in (("joined", "Connect"), ("cut", "Cut")):
        cells = {"kind": kind, "site": "r2c4", "other": one}
        set_data_row(session, "connection", "4f1c", cells, new=True)
        assert session.undo_label == f"{label} {one} and {other}"
        session.undo()


def test_school_choices_are_sorted_by_name(session: Session) -> None:
    last = replace(session.saved_project.sites["r1c1"], name="zion Elementary")
    session.apply("Rename", lambda project: project.with_site(last))
    for kind, name in (("connection", "site"), ("contact", "site"), ("unit", "posts")):
        choices = DATA_TABLES[kind].column(name).list_choices
        assert choices is not None
        assert list(choices(session.saved_project))[-1] == "r1c1"


@pytest.mark.parametrize(
    ("kind", "row", "column"),
    [("bells", "high", "name"), ("assumption", "speed_mph", "name"),
     ("assumption", "speed_mph", "unit")],
)  # fmt: skip
def test_a_new_value_in_a_derived_column_is_rejected(
    session: Session, kind: str, row: str, column: str
) -> None:
    with refused("data_cell_follows"):
        change_cells(session, kind, row, **{column: "other"})


def test_new_bell_times_of_a_school_start_as_those_of_its_level(session: Session) -> None:
    site = session.saved_project.sites["r1c1"]
    level = session.saved_project.calendar.bells.find_bell_times("", site.level)
    set_data_row(session, "bells", site.name, {"starts": "7:45"}, new=True)
    own = session.saved_project.calendar.bells.by_site["r1c1"]
    assert own == replace(level, starts=time(7, 45))
    assert isinstance(own, BellTimes)
    with refused("bells_out_of_order", place="r1c1"):
        change_cells(session, "bells", site.name, ends="7:00")
    remove_data_row(session, "bells", "r1c1")
    assert session.saved_project.calendar.bells.by_site == {}


def test_assumptions_by_level_fall_back_to_all_others(session: Session) -> None:
    set_data_row(session, "assumption", "dwell_min.high", {"value": "25"}, new=True)
    assert session.saved_project.assumptions.dwell_min["high"] == 25
    remove_data_row(session, "assumption", "dwell_min.high")
    assert "high" not in session.saved_project.assumptions.dwell_min
    with refused("data_row_stays", row="speed_mph"):
        remove_data_row(session, "assumption", "speed_mph")
    with refused("out_of_range.zero_figure"):
        change_cells(session, "assumption", "speed_mph", value="0")


def test_an_unknown_table_column_or_row_is_named(session: Session) -> None:
    near = ["r1c1", "r1c2", "r1c3", "r1c4", "r2c1"]
    with refused("unknown_data_row.near", row="School", near=near):
        change_cells(session, "site", "School", phone="1")
    with refused("unknown_data_column", name="fone"):
        change_cells(session, "site", "r1c1", fone="1")
    with refused("unknown_data_row", row="Z9"):
        change_cells(session, "unit", "Z9", name="Nine")


def test_contacts_are_stored_by_school_and_role(session: Session) -> None:
    cells = {"name": "A. Moss", "site": "r1c1", "role": "principal", "phone": "916-555-0100"}
    set_data_row(session, "contact", "new", cells, new=True)
    with refused("name_in_use.contact", role="principal"):
        set_data_row(session, "contact", "other", {**cells, "name": "B"}, new=True)
    (key,) = list_named_contacts(session)
    set_data_row(session, "contact", key, {"role": "other"})
    (key,) = list_named_contacts(session)
    assert session.project.directory.find("r1c1", "other") == SiteContact(
        "other", "A. Moss", "916-555-0100"
    )
    remove_data_row(session, "contact", key)
    assert list_named_contacts(session) == []
    session.undo()
    assert list_named_contacts(session) == [key]
    with refused("unknown_data_row", row="r1c1 principal"):
        remove_data_row(session, "contact", "r1c1 principal")


def list_named_contacts(session: Session) -> list[str]:
    rows = DATA_TABLES["contact"].read(session.project)
    return [key for key, cells in rows.items() if cells["name"]]


def test_a_missing_cell_is_listed_until_it_is_filled_in(session: Session) -> None:
    before = Counter(own.what for own in list_missing_cells(session.project))
    schools = len(session.project.patrolled)
    assert before["principal"] == schools
    assert before["tip line text"] == 1
    set_data_row(session, "contact", "r1c1 principal", {"name": "A. Moss"})
    set_data_row(session, "term", "tip_line", {"text": "916-555-0100"})
    after = Counter(own.what for own in list_missing_cells(session.project))
    assert (after["principal"], after["tip line text"]) == (schools - 1, 0)
    for own in list_missing_cells(session.project):
        assert own.row in DATA_TABLES[own.kind].read(session.project)


def test_preferences_belong_to_the_office_and_can_be_undone(session: Session) -> None:
    change_cells(session, "preference", "office", dates="day first", clock="24", paper="a4")
    wants = session.saved_project.preferences
    formats = wants.change_formats(US_FORMATS)
    assert formats.moment(datetime(2026, 11, 26, 15, 45)) == "26 Nov 2026 15:45"  # noqa: DTZ001
    assert formats.miles_first
    with refused("unknown_choice", text="purple"):
        change_cells(session, "preference", "office", colors="purple")
    session.undo()
    assert session.saved_project.preferences == Preferences()


def test_notes_are_stored_by_audience(session: Session) -> None:
    change_cells(
        session, "site", "r1c1", note="Gate code", staff_note="Sign in", public_note="Lot B"
    )
    notes = session.saved_project.site_notes
    assert notes == {"r1c1": SiteNotes("Sign in", "Lot B")}
    change_cells(session, "site", "r1c1", staff_note="", public_note="")
    assert session.saved_project.site_notes == {}


def test_bell_windows_are_figures_with_a_source(session: Session) -> None:
    set_data_row(session, "assumption", "arrival_min", {"value": "20", "source": "Principals"})
    change_cells(session, "assumption", "evening", value="17.5")
    bells = session.saved_project.calendar.bells
    assert (bells.arrival_min, bells.evening) == (20, time(17, 30))
    assert DATA_TABLES["assumption"].read(session.project)["arrival_min"]["source"] == "Principals"
    with refused("out_of_range.bell_windows", most=120):
        change_cells(session, "assumption", "dismissal_min", value="400")


def test_an_assumption_has_a_source(session: Session) -> None:
    before = session.project.assumptions
    set_data_row(session, "assumption", "service_min", {"source": "CAD 2025, 412 calls"})
    row = DATA_TABLES["assumption"].read(session.project)["service_min"]
    assert (row["source"], row["value"]) == ("CAD 2025, 412 calls", "35")
    assert session.project.assumptions.service_min == before.service_min


def test_a_slower_part_of_the_day_lengthens_drives(session: Session) -> None:
    with refused("out_of_range.bell_windows", most=10.0):
        change_cells(session, "assumption", "drive_factor.arrival", value="0")
    change_cells(session, "assumption", "drive_factor.arrival", value="2")
    usual, early, late = (
        evaluate_response(session.state, under=ResponseConditions(window=window))
        for window in (None, BellWindow.ARRIVAL, BellWindow.DISMISSAL)
    )
    assert usual.mean_response_min == late.mean_response_min
    assert usual.mean_response_min is not None and early.mean_response_min is not None
    drive = usual.mean_response_min - session.project.assumptions.turnout_min
    assert early.mean_response_min == pytest.approx(usual.mean_response_min + drive, rel=0.1)


def test_a_zone_of_a_draft_can_be_renamed(session: Session) -> None:
    change_cells(session, "zone", "plan A", name="North County")
    assert session.saved_project.plans["plan"].zones[0].name == "North County"
    session.undo()
    assert session.saved_project.plans["plan"].zones[0].name == "Zone A"
    session.apply("Adopt", lambda project: adopt_plan(project, "plan", date(2026, 8, 13)))
    with refused("plan_adopted", plan="Plan"):
        change_cells(session, "zone", "plan A", name="North County")


def test_principals_can_be_imported_as_a_table(session: Session, tmp_path: Path) -> None:
    name = session.saved_project.sites["r1c2"].name
    rows = ("site,role,name,phone", "r1c1,,A. Moss,916-555-0100", f"{name},principal,B. Fern,",
            "r1c1,office_manager,C. Reed,", "nowhere,principal,D,")  # fmt: skip
    path = tmp_path / "people.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    done = import_file(session, path, "contacts")
    assert (done.read, done.taken, len(done.refused)) == (4, 3, 1)
    directory = session.saved_project.directory
    assert directory.find("r1c1", "principal") == SiteContact(
        "principal", "A. Moss", "916-555-0100"
    )
    assert directory.find("r1c2", "principal") == SiteContact("principal", "B. Fern")
    assert directory.find("r1c1", "office_manager") is not None
    assert import_file(session, path, "contacts").already == 3
    session.undo()
    assert session.saved_project.directory.contacts == {}
