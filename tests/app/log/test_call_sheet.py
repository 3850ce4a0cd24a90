"""A call sheet says whom to call for a school and nothing about units or officers."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import OpenSession, create_store, project_from, refused

from zoneplanner.app.data.edits import set_data_row
from zoneplanner.app.log.call_sheet import (
    CALL_SHEET_LABELS,
    NO_CONTACT,
    NO_NUMBER,
    describe_call_sheet,
    list_missing_facts,
    make_call_sheet,
)
from zoneplanner.cli.run import main
from zoneplanner.domain.units import Agency
from zoneplanner.exchange.presets.bundled_district import build_bundled_project
from zoneplanner.messages import Message


def test_the_call_sheet_names_the_agency_of_the_schools_area(open_session: OpenSession) -> None:
    session = open_session(project_from("AAB / aaa"))
    set_data_row(session, "agency", "Police", {"phone": "(916) 555-0199"})
    set_data_row(session, "term", "tip_line", {"term": "Tell Someone", "text": "tell.example"})
    county = make_call_sheet(session.state, "r1c1")
    city = make_call_sheet(session.state, "School r2c1")
    assert (county.agency and county.agency.id) == "Sheriff"
    assert city.agency is not None
    assert (city.agency.id, city.agency.phone) == ("Police", "(916) 555-0199")
    assert (city.tip_line.term, city.tip_line.text) == ("Tell Someone", "tell.example")
    assert session.store.entries() == []
    with refused("unknown_site"):
        make_call_sheet(session.state, "nowhere")


def test_a_missing_number_leaves_no_gap_in_the_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It used to end in “Not an emergency: .”"""
    at = datetime(2026, 11, 16, 8, tzinfo=UTC)
    create_store(tmp_path / "p.gpkg", project_from("AAB / aaa"), actor="test", at=at).close()
    assert main(["callsheet", str(tmp_path / "p.gpkg"), "--site", "r1c1"]) == 0
    said = capsys.readouterr().out
    assert ": ." not in said and ", ." not in said
    assert f"{CALL_SHEET_LABELS['phone']}: {NO_NUMBER}" in said


def test_the_bundled_district_names_tell_someone_and_lists_missing_numbers(
    open_session: OpenSession,
) -> None:
    session = open_session(build_bundled_project(uid="bundled"))
    sheet = make_call_sheet(session.state, "Encina High")
    said = describe_call_sheet(sheet)
    assert sheet.agency is not None
    assert (said["agency"], said["phone"]) == (sheet.agency.id, NO_NUMBER)
    assert said["tip"] == f"Tell Someone: {NO_CONTACT}"
    assert list_missing_facts(sheet) == [
        Message("sheet_lacks.phone", agency=sheet.agency.id),
        Message("sheet_lacks.tip_line_contact", tip_line="Tell Someone"),
    ]
    set_data_row(session, "term", "tip_line", {"text": "tell.example"})
    set_data_row(session, "agency", said["agency"], {"phone": "(916) 555-0199"})
    sheet = make_call_sheet(session.state, "Encina High")
    assert describe_call_sheet(sheet)["tip"] == "Tell Someone: tell.example"
    assert list_missing_facts(sheet) == []


def test_a_school_without_a_zone_has_the_same_number_as_in_the_atlas(
    open_session: OpenSession,
) -> None:
    """The call sheet used to give the sheriff's number, the atlas the office's."""
    project = project_from("AAB / AB?")
    office = Agency("office", "Safe Schools", "(916) 971-7700")
    session = open_session(replace(project, agencies={**project.agencies, "office": office}))
    set_data_row(session, "agency", "Sheriff", {"phone": "(916) 555-0100"})
    (without,) = (
        site
        for site in session.project.sites
        if session.plan and site not in session.plan.assignment
    )
    sheet = make_call_sheet(session.state, without)
    assert describe_call_sheet(sheet)["phone"] == "(916) 971-7700"
    assert describe_call_sheet(make_call_sheet(session.state, "r1c1"))["phone"] == "(916) 555-0100"
