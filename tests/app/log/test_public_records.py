"""The register of requests under the California Public Records Act."""

import csv
import hashlib
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from builders import OpenSession, project_from, refused

from zoneplanner.app.log.corrections import void_record
from zoneplanner.app.log.logbook import list_visits, log_record, log_visit
from zoneplanner.app.log.public_records import (
    PUPIL_LAW,
    TACTICAL_LAW,
    list_requests,
    log_request,
    parse_exemption,
    produce_copy,
    search_log,
)
from zoneplanner.app.session.session import Session
from zoneplanner.domain.roster.shift import Officer
from zoneplanner.messages import Message

NOW = datetime(2026, 11, 16, 17, 0, tzinfo=UTC)
ASKED = {"received_on": date(2026, 11, 2), "asked": "Visits to r1c1"}
LAW = "Gov. Code 7927.700"


@pytest.fixture
def session(open_session: OpenSession) -> Session:
    return open_session(project_from("AABB"), now=NOW)


def test_a_determination_is_due_in_ten_days_and_extended_by_at_most_fourteen(
    session: Session,
) -> None:
    uid = log_request(session, **ASKED, requester="A reporter")
    [request] = list_requests(session)
    assert request.due_on == date(2026, 11, 12)
    assert request.is_overdue(date(2026, 11, 13)) and not request.is_overdue(date(2026, 11, 12))
    first, last = date(2026, 11, 13), date(2026, 11, 26)
    for day in (date(2026, 11, 12), date(2026, 11, 27)):
        with refused("out_of_range.extension", first=first, last=last):
            log_request(session, uid, extended_to=day, extension_reason="many records")
    with refused("reason_missing.extension"):
        log_request(session, uid, extended_to=last)
    log_request(session, uid, extended_to=last, extension_reason="many records")
    [request] = list_requests(session)
    assert (request.uid, request.due_on, request.asked) == (uid, last, ASKED["asked"])


def test_a_withheld_record_needs_an_exemption(session: Session) -> None:
    uid = log_request(session, **ASKED)
    with refused("column_missing.exemptions"):
        log_request(session, uid, determined_on=NOW.date(), determination="partly_exempt")
    with refused("column_missing.determination"):
        log_request(session, uid, determined_on=NOW.date())
    with refused("days_out_of_order"):
        log_request(session, uid, determined_on=date(2026, 11, 1), determination="disclosable")
    said = {"determined_on": NOW.date(), "determination": "partly_exempt", "exemptions": (LAW,)}
    log_request(session, uid, **said)
    assert list_requests(session)[0].exemptions == (LAW,)
    with refused("unknown_entry.request", uid="x"):
        log_request(session, "x", closed_on=NOW.date())


def test_a_released_copy_is_redacted_and_the_log_keeps_its_texts(
    session: Session, tmp_path: Path
) -> None:
    log_visit(session, "r1c1", note="Spoke with Jane Roe", uid="v1", arrived_at="2026-11-03T10:00")
    log_visit(session, "r1c1", note="all calm", uid="v2", arrived_at="2026-11-04T10:00")
    log_visit(session, "r1c2", note="all calm", uid="v3", arrived_at="2026-11-05T10:00")
    void_record(session, "v2", reason="twice")
    log_visit(session, "r1c1", note="=cmd", uid="v4", arrived_at="2026-11-06T10:00")
    assert [one.uid for one in search_log(session, "CALM visit")] == ["v3"]
    assert [one.uid for one in search_log(session, last=date(2026, 11, 4))] == ["v1"]
    found = search_log(session, site="r1c1")
    assert [one.uid for one in found] == ["v1", "v4"]
    uid = log_request(session, **ASKED)
    plain = produce_copy(session, uid, found, tmp_path / "plain.csv", {})
    assert plain.redacted == 0
    assert plain.warnings == (Message("personal_data.name", text="Jane Roe"),)
    exempt = dict([parse_exemption(f"v1:note={LAW}", found)])
    made = produce_copy(session, uid, found, tmp_path / "copy.csv", exempt)
    assert (made.records, made.redacted, made.warnings) == (2, 1, ())
    with (tmp_path / "copy.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert f"note: [redacted: {LAW}]" in rows[1][-1] and "Jane" not in str(rows)
    [request] = list_requests(session)
    assert (request.copy, request.produced_on, request.exemptions) == (
        "copy.csv", NOW.date(), (LAW,),
    )  # fmt: skip
    content = (tmp_path / "copy.csv").read_bytes()
    assert request.copy_sha256 == hashlib.sha256(content).hexdigest()
    assert "Spoke with Jane Roe" in [visit.note for visit in list_visits(session)]
    for text in ("note", "note=", "v9:note=law", "salary=law"):
        with refused("not_an_exemption"):
            parse_exemption(text, found)
    with refused("nothing_to_copy"):
        produce_copy(session, uid, (), tmp_path / "none.csv", {})
    assert not (tmp_path / "none.csv").exists()


def test_a_released_copy_has_no_internal_id(session: Session, tmp_path: Path) -> None:
    """Copies used to show a uid of 32 characters and the code of an officer."""
    officer = Officer("o-17", "Pat Roe", "Sheriff", "deputy")
    session.apply("Officer", lambda project: replace(project, officers={"o-17": officer}))
    log_visit(session, "r1c1", officer="o-17", arrived_at="2026-11-03T10:00")
    review = log_record(
        *(session, "after_action"),
        {"site": "r1c1", "event": "Lockdown", "event_on": "2026-11-02"},
    )
    action = {"site": "r1c1", "review": review.uid, "action": "Keys", "due_on": "2026-12-01"} | {
        "owner_role": "Principal"
    }
    log_record(session, "corrective_action", action)
    uid = log_request(session, **ASKED)
    produce_copy(session, uid, search_log(session), tmp_path / "copy.csv", {})
    text = (tmp_path / "copy.csv").read_text(encoding="utf-8-sig")
    assert "officer: named on file" in text and f"review: entry {review.seq}" in text
    assert not re.search("o-17|Roe|[0-9a-f]{32}", text)


def test_a_dated_record_has_no_time_in_a_released_copy(session: Session, tmp_path: Path) -> None:
    """A review dated November 3 used to show midnight."""
    log_record(session, "review", {"site": "r1c1", "stage": "drafted", "on": "2026-11-03"})
    log_visit(session, "r1c1", arrived_at="2026-11-03T10:00")
    uid = log_request(session, **ASKED)
    produce_copy(session, uid, search_log(session), tmp_path / "copy.csv", {})
    with (tmp_path / "copy.csv").open(encoding="utf-8-sig", newline="") as file:
        when = {row["Record"]: row["When"] for row in csv.DictReader(file)}
    assert when["review"] == "2026-11-03" and when["visit"].startswith("2026-11-03T10:00")


def test_records_for_responders_only_are_withheld_under_their_law(
    session: Session, tmp_path: Path
) -> None:
    site = {"name": "Hidden Park", "how": "walking", "capacity": "900", "at_site": "r1c2"}
    log_record(session, "reunification_site", site)
    tip = log_record(session, "concern", {"site": "r1c1", "reference": "TS-100"})
    step = {"concern": tip.uid, "step": "triaged", "source": "student"}
    log_record(session, "concern_step", step)
    uid = log_request(session, **ASKED)
    made = produce_copy(session, uid, search_log(session), tmp_path / "copy.csv", {})
    text = made.file.read_text("utf-8")
    assert made.redacted and "Hidden Park" not in text and TACTICAL_LAW in text
    assert "TS-100" not in text and "triaged" not in text and PUPIL_LAW in text
    assert set(list_requests(session)[0].exemptions) == {TACTICAL_LAW, PUPIL_LAW}
