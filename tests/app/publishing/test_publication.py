"""What each audience gets: no planted secrets, complete editions, no hidden clock."""

import io
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from builders import OpenSession, project_from, refused
from pypdf import PdfReader
from sentences import says

from zoneplanner.analysis.geometry.crs import to_lonlat
from zoneplanner.app.coverage.demand import declare_records
from zoneplanner.app.exports.file_export import export_file
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.plans.zone_proposals import add_first_plan
from zoneplanner.app.projects.open_project import create_project
from zoneplanner.app.publishing.handout import (
    HandoutRequest,
    collect_handout,
    find_last_record_time,
)
from zoneplanner.app.publishing.publication import (
    collect_edition,
    explain_missing_documents,
    publish_edition,
    render_edition,
)
from zoneplanner.app.publishing.release_check import check_release
from zoneplanner.app.readiness.records import log_after_action
from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.geography.site import JurisdictionDecision
from zoneplanner.domain.log.days_on_record import INCIDENT_RECORDS, VISIT_RECORDS, DaySpan
from zoneplanner.domain.plans.plan import LockScope, Pin, Plan, PlanLock
from zoneplanner.domain.project import Feature, Layer, Project
from zoneplanner.domain.readiness.requirements import RequirementStatus
from zoneplanner.domain.roster.shift import (
    AvailabilityKind,
    AvailabilityPeriod,
    Officer,
    Shift,
    ShiftStatus,
)
from zoneplanner.errors import Cancelled
from zoneplanner.messages import Message
from zoneplanner.publish.audience import AUDIENCES, is_exported
from zoneplanner.publish.publications import PUBLICATIONS
from zoneplanner.publish.web.web_map import render_web_map

NOW = datetime(2026, 11, 18, 18, 0, tzinfo=UTC)
SITE = "Del Campo High"
TACTICAL = {
    "a site's note": "SECRETGATECODE",
    "a plan's note": "SECRETPLANNOTE",
    "a pin": "SECRETPINTEXT",
    "a lock's reason": "SECRETLOCKREASON",
    "who decided": "SECRETDECIDER",
}
POPPLER = shutil.which("pdftotext")
"""Far faster at reading pages; they can be read without it too."""
OFFICER = "SECRETOFFICER"
DETAILS = {"an incident's note": "SECRETINCIDENTNOTE", "its type": "SECRETTYPE"}


class Clock:
    """A clock that moves only when set."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Iterator[Session]:
    session = create_project(tmp_path_factory.mktemp("secrets") / "district.gpkg", clock=clock)
    add_first_plan(session)
    session.apply("Plant", plant_secrets)
    columns = {"site": SITE, "officer": OFFICER, "note": "SECRETVISITNOTE"}
    times = {"arrived_at": "2026-11-17T09:37", "departed_at": "2026-11-17T09:52"}
    log_record(session, "visit", columns | times)
    session.apply("Roster", add_roster)
    review = {
        "site": session.project.site(SITE).id,
        "event": "SECRETEVENT",
        "event_on": "2026-11-16",
    }
    review |= {"held_on": "2026-11-17", "overview": "SECRETREVIEW", "participants": "SECRETROLE"}
    action = {"action": "SECRETACTION", "owner_role": "Principal", "due_on": "2026-12-01"}
    log_after_action(session, review, [action])
    call = {"site": SITE, "type": DETAILS["its type"], "note": DETAILS["an incident's note"]}
    log_record(session, "incident", call | {"received_at": "2026-11-17T10:41", "units": "S1"})
    yield session
    session.close()


def plant_secrets(project: Project) -> Project:
    """Put a secret into every text field."""
    site = project.site(SITE)
    who = TACTICAL["who decided"]
    decision = JurisdictionDecision("Unincorporated Sacramento County", who, NOW, who)
    site = replace(site, note=TACTICAL["a site's note"], decision=decision)
    plan = next(iter(project.plans.values()))
    lock = PlanLock(LockScope.SITE, site.id, TACTICAL["a lock's reason"], {site.id: "S5"})
    pin = Pin("pin", site.x_m, site.y_m, TACTICAL["a pin"], OFFICER, NOW)
    noted = replace(plan, note=TACTICAL["a plan's note"], pins={"pin": pin}, locks={lock.key: lock})
    own = Layer("own-1", "SECRETLAYER", own=True)
    inside = Feature("own-1", "SECRETFEATURE", site.point, {"code": "SECRETFIELD"})
    return replace(
        project.with_site(site).with_plan(noted),
        layers={**project.layers, own.id: own},
        features=(*project.features, inside),
    )


def add_roster(project: Project) -> Project:
    """Put an officer with private data on a shift of the week."""
    leave = AvailabilityPeriod(
        "t", AvailabilityKind.SICK, NOW.date(), NOW.date(), note="SECRETILLNESS"
    )
    officer = Officer(
        *("o", "SECRETSERVING", "Sacramento County Sheriff's Office", "deputy"),
        contact="SECRETCONTACT",
        times=(leave,),
    )
    end = NOW + timedelta(hours=6)
    shift = Shift("s", "S1", "o", NOW, end, ShiftStatus.FINAL, note="SECRETSHIFTNOTE")
    return replace(project, officers={"o": officer}, shifts={"s": shift})


def read_text(files: dict[str, bytes]) -> str:
    """Return all text of the files, including PDF pages, outlines and metadata."""
    said = []
    for name, content in files.items():
        if not name.endswith(".pdf"):
            said.append(content.decode("utf-8"))
            continue
        reader = PdfReader(io.BytesIO(content))
        said.append(str(reader.metadata) + str(reader.outline))
        if POPPLER:
            run = [POPPLER, "-", "-"]
            done = subprocess.run(run, input=content, capture_output=True, check=True)
            said.append(done.stdout.decode("utf-8"))
        else:
            said += [page.extract_text() for page in reader.pages]
    return "\n".join(said)


def test_every_edition_states_its_audience_and_contents(session: Session) -> None:
    for key, reader in AUDIENCES.items():
        readme = render_edition(collect_handout(session, key), only=["data"])[
            "data/README.txt"
        ].decode()
        assert f"For: {reader.title}. {reader.never}" in readme
        assert ("Tactical notes" in readme) == (key in ("law-enforcement", "own"))
        one_by_one = "an export lists visits and incidents one by one" in readme
        assert one_by_one == (is_exported(key, "visits") and key != "own")


def test_the_readme_names_every_file_of_its_folder(session: Session) -> None:
    files = render_edition(collect_handout(session, "public"), only=["data"])
    readme = files["data/README.txt"].decode()
    for name, content in files.items():
        if name != "data/README.txt":
            assert f"{name.removeprefix('data/')}  ({len(content):,} bytes)" in readme


def test_the_same_project_gives_the_same_bytes_at_any_time(session: Session, clock: Clock) -> None:
    first = render_edition(collect_handout(session, "staff"))
    clock.now = NOW + timedelta(days=40)
    again = render_edition(collect_handout(session, "staff"))
    clock.now = NOW
    assert [name for name in first if first[name] != again[name]] == []
    assert collect_handout(session, "staff").as_of == find_last_record_time(session) == NOW


def test_an_unknown_or_unavailable_part_is_refused_and_leaves_nothing(
    session: Session, tmp_path: Path
) -> None:
    wanted = HandoutRequest("public")
    with refused("unknown_document", name="poster"):
        publish_edition(session, tmp_path / "out", wanted=wanted, only=["poster"])
    with refused("unknown_document.none"):
        publish_edition(session, tmp_path / "out", wanted=wanted, only=[])
    with refused("unknown_audience", audience="parents"):
        publish_edition(session, tmp_path / "out", wanted=HandoutRequest("parents"))
    assert list(tmp_path.iterdir()) == []


def test_weeks_of_the_map_count_the_same_days_as_coverage(
    open_session: OpenSession,
) -> None:
    year = (DateRange("Year", date(2026, 8, 14), date(2027, 6, 3)),)
    session = open_session(replace(project_from("AB"), calendar=SchoolCalendar(year, ())), now=NOW)
    for day in ("2026-11-16", "2026-11-17"):
        log_record(session, "visit", {"site": "r1c1", "arrived_at": f"{day}T09:00"})

    def read_map() -> tuple[list[str], list[list[int | None]]]:
        page = render_web_map(collect_handout(session, "own")).decode()
        data = json.loads(re.search(r'id="data" type="application/json">(.*?)</script>', page)[1])  # type: ignore[index]
        return data["weeks"], [site["visits"] for site in data["sites"]]

    assert [week.visits for week in collect_handout(session, "own").weeks] == [{"r1c1": 2}]
    (week,), visits = read_map()
    assert week == "Week of November 16, 2026 (so far; no one has declared the days for visits)"
    (recorded,) = collect_handout(session, "own").weeks
    assert [one.template for one in recorded.remarks] == ["week_so_far", "week_not_declared"]
    assert visits == [[2], [None]], "no school is without a visit by days that nobody declared"
    declare_records(session, complete=((VISIT_RECORDS, DaySpan(date(2026, 11, 17))),))
    assert [week.visits for week in collect_handout(session, "own").weeks] == [{"r1c1": 1}]
    (week,), visits = read_map()
    (recorded,) = collect_handout(session, "own").weeks
    visits_on = Message("on_record_days", kind="visits", n=2)
    told = Message("week_in_part", kinds=[visits_on], days=3)
    assert recorded.remarks == (Message("week_so_far"), told)
    assert says(week, "map_week.partial", monday="November 16, 2026", remarks=f"so far; {told}")
    assert visits == [[1], [None]], "nor by a part of a week"
    declare_records(session, complete=((VISIT_RECORDS, DaySpan(date(2026, 11, 16))),))
    assert read_map()[1] == [[2], [0]]
    (recorded,) = collect_handout(session, "own").weeks
    assert recorded.remarks == (Message("week_so_far"),)


def test_the_map_leaves_out_a_week_off_record(
    open_session: OpenSession,
) -> None:
    year = (DateRange("Year", date(2026, 8, 14), date(2027, 6, 3)),)
    off = (DateRange("Break", date(2026, 11, 9), date(2026, 11, 13)),)
    project = replace(project_from("AB"), calendar=SchoolCalendar(year, off))
    session = open_session(project, now=NOW)
    for day in ("2026-10-27", "2026-11-10"):
        log_record(session, "visit", {"site": "r1c1", "arrived_at": f"{day}T09:00"})
        log_record(
            session, "incident", {"site": "r1c1", "type": "fight", "received_at": f"{day}T09:00"}
        )
    undeclared = collect_handout(session, "own").weeks
    assert [week.visits for week in undeclared] == [{"r1c1": 1}, None, {"r1c1": 1}, None]
    assert [week.calls for week in undeclared] == [{"r1c1": 1}, None, {"r1c1": 1}, None]
    for kind in (VISIT_RECORDS, INCIDENT_RECORDS):
        spans = (
            DaySpan(date(2026, 10, 26), date(2026, 10, 30)),
            DaySpan(date(2026, 11, 9), date(2026, 11, 15)),
        )
        declare_records(session, complete=tuple((kind, span) for span in spans))
    weeks = collect_handout(session, "own").weeks
    assert [week.visits for week in weeks] == [{"r1c1": 1}, None, {"r1c1": 1}, None]
    assert [week.calls for week in weeks] == [{"r1c1": 1}, None, {"r1c1": 1}, None]
    assert [week.in_school for week in weeks] == [True, True, False, True]
    page = render_web_map(collect_handout(session, "own")).decode()
    data = json.loads(re.search(r'id="data" type="application/json">(.*?)</script>', page)[1])  # type: ignore[index]
    assert data["sites"][0]["visits"] == [1, None, 1, None]
    assert re.search(r'id="week" type="range" min="0" max="3" value="0"', page)


def test_the_map_shows_a_school_without_records_as_such_even_with_a_review_due(
    open_session: OpenSession,
) -> None:
    year = (DateRange("Year", date(2026, 8, 14), date(2027, 6, 3)),)
    project = replace(project_from("AB"), calendar=SchoolCalendar(year, ()))
    session = open_session(project, now=NOW)
    log_record(session, "visit", {"site": "r1c1", "arrived_at": "2026-11-17T09:00"})
    (week,) = collect_handout(session, "own").weeks
    assert set(week.readiness.values()) == {RequirementStatus.NOT_RECORDED}


def test_publishing_a_draft_needs_permission(session: Session, tmp_path: Path) -> None:
    for audience in AUDIENCES:
        wanted = HandoutRequest(audience)
        with refused("unreleased_plan", plan=find_plan(session).name, status="draft"):
            publish_edition(session, tmp_path / "out", wanted=wanted, only=["data"])
    assert list(tmp_path.iterdir()) == []
    wanted = HandoutRequest("public")
    made = publish_edition(
        session, tmp_path / "out", wanted=wanted, only=["data"], allow_draft=True
    )
    assert made.folder == tmp_path / "out" / "public-2026-11-18"
    assert {file.parent for file in made.files} == {made.folder / "data"}


def find_plan(session: Session) -> Plan:
    assert session.plan is not None
    return session.plan


def test_editions_do_not_mix(session: Session, tmp_path: Path) -> None:
    def publish(audience: str, *only: str) -> Path:
        wanted = HandoutRequest(audience)
        made = publish_edition(session, tmp_path, wanted=wanted, only=only, allow_draft=True)
        gone.append(made.gone)
        return made.folder

    gone: list[tuple[str, ...]] = []
    staff, public = publish("staff", "data", "readiness"), publish("public", "data")
    assert (staff.name, public.name) == ("staff-2026-11-18", "public-2026-11-18")
    assert publish("staff", "data") == staff
    assert gone == [(), (), ("readiness.pdf",)]
    assert not (staff / "readiness.pdf").exists()  # the edition of before went as a whole
    assert sorted(one.name for one in tmp_path.iterdir()) == [public.name, staff.name]
    (staff / "mine.txt").write_text("mine")
    with refused("edition_folder_taken", files=["mine.txt"]):
        publish("staff", "data")
    assert (staff / "mine.txt").read_text() == "mine"
    for inside in (public, public / "data", public / "new" / "place"):
        wanted = HandoutRequest("own")
        with refused("edition_folder_inside", folder=public.name):
            publish_edition(session, inside, wanted=wanted, only=["data"], allow_draft=True)
    assert not list(public.rglob("own-*"))
    for place in (public / "all.xlsx", public / "data" / "sites.csv", public / "tables"):
        with refused("edition_folder_inside", folder=public.name):
            export_file(session, "xlsx" if place.suffix == ".xlsx" else "csv", place)
    assert not (public / "tables").exists() and not (public / "all.xlsx").exists()
    (tmp_path / "own-2026-11-18").mkdir()
    (tmp_path / "own-2026-11-18" / "edition.json").write_text("{}")
    with refused("edition_folder_taken"):
        publish("own", "data")


def test_possible_mistakes_are_listed_before_publishing(
    session: Session,
) -> None:
    released = replace(find_plan(session), name="Proposed", effective_on=date(2026, 8, 14))
    content = replace(collect_handout(session, "law-enforcement"), plan=released)
    assert "data_note" not in {one.code for one in check_release(content, ["cards"])}
    sites = {
        key: replace(site, note="Coordinates ~300 m apart")
        for key, site in content.project.sites.items()
    }
    content = replace(content, project=replace(content.project, sites=sites))
    for audience in ("law-enforcement", "own"):
        shown = replace(content, audience=audience)
        assert "data_note" in {one.code for one in check_release(shown, ["cards"])}
    found = check_release(content, ["cards"])
    assert {one.code for one in found} == {
        *("breaks_rules", "unfinished_name", "no_phone", "no_shift", "data_note"),
    }
    sound = replace(content, broken_rules=())
    assert "breaks_rules" not in {one.code for one in check_release(sound, ["cards"])}
    assert "breaks_rules" not in {one.code for one in check_release(content, ["sro-year"])}
    assert ("unfinished_name", "Proposed") in {(one.code, one.where) for one in found}
    (notes,) = (one for one in found if one.code == "data_note")  # one warning, however many
    assert "Mesa Verde High" in notes.facts["names"] and len(notes.facts["names"]) > 5
    assert len(notes.text) < 400
    assert all(one.text for one in found)
    sunday = replace(content, day=date(2026, 11, 22))
    assert "no_school_day" in {one.code for one in check_release(sunday, ["cards"])}
    coming = replace(content, plan=replace(released, effective_on=date(2027, 1, 4)))
    assert "not_in_force" in {one.code for one in check_release(coming, ["cards"])}
    public = replace(content, audience="public")
    why = {one: explain_missing_documents(replace(content, audience=one)) for one in AUDIENCES}
    reasons = {audience: own["comparison"].template for audience, own in why.items()}
    assert reasons.pop("own") == "nothing_published.no_plan"
    assert set(reasons.values()) == {"nothing_published.no_released_plan"}
    marked = ["breaks_rules", "unfinished_name"]
    assert [one.code for one in check_release(public, ["map"])] == marked
    codes = [one.code for one in check_release(public, ["atlas"])]
    assert set(codes) == {*marked, "no_phone"}
    for phone, code in (("9165550", "no_area_code"), ("(916) 555-0100", ""), ("311", "")):
        agencies = {key: replace(one, phone=phone) for key, one in public.project.agencies.items()}
        told = replace(public, project=replace(public.project, agencies=agencies))
        codes = [one.code for one in check_release(told, ["atlas"])]
        assert set(codes) == {*marked, *filter(None, [code])}


def test_stopping_leaves_no_folder(session: Session, tmp_path: Path) -> None:
    def stop(fraction: float, _text: str) -> None:
        if fraction >= 0.95:
            raise Cancelled

    with pytest.raises(Cancelled):
        publish_edition(
            session,
            tmp_path / "out",
            wanted=HandoutRequest("public"),
            allow_draft=True,
            report=stop,
        )
    assert list(tmp_path.iterdir()) == []


def test_a_plan_that_breaks_rules_is_marked_on_every_page(session: Session) -> None:
    shown = collect_handout(session, "public")
    clean = render_edition(replace(shown, broken_rules=()))
    assert "HAS PROBLEMS" not in read_text(clean)
    for name in ("map.html", "atlas.pdf", "data/README.txt"):
        assert "DRAFT PLAN" in read_text({name: clean[name]}), name
    adopted = replace(shown.plan, effective_on=date(2026, 8, 14))
    page = read_text(
        render_edition(replace(shown, broken_rules=("in_pieces",), plan=adopted), only=["atlas"])
    )
    assert "HAS PROBLEMS" in page and "DRAFT" not in page, "what is in force is no draft"
    assert says(page, "broken_rule.in_pieces"), "a parent read that, and not what"
    marked = render_edition(replace(shown, broken_rules=("in_pieces",)))
    for name, content in marked.items():
        if name.endswith((".pdf", ".html", ".txt")):
            assert "DRAFT - HAS PROBLEMS" in read_text({name: content}), name
    content = replace(
        collect_edition(session, HandoutRequest("public")), broken_rules=("in_pieces",)
    )
    year = read_text(render_edition(content, only=["sro-year"]))
    assert "PROBLEMS" not in year and "DRAFT" not in year, "it shows no plan"


def test_a_school_without_a_reunification_site_is_listed_first_with_the_reason(
    open_session: OpenSession,
) -> None:
    session = open_session(project_from("AAA / aaa"), now=NOW)
    place = {"name": "Park", "capacity": "5000", "on": "2026-09-01", "agency": "Parks"}
    log_record(
        session,
        "reunification_site",
        {**place, "site": "r2c1", "how": "walking", "at_site": "r2c2"},
    )
    content = collect_edition(session, HandoutRequest("own"), ["reunification"])
    said = " ".join(read_text(dict(render_edition(content, only=["reunification"]))).split())
    names = [site.name for site in session.project.patrolled]
    assert all(name in said for name in names)
    assert says(said, "reunification.all_lack")
    assert says(said, "reunification.missing", missing="2", needed="2")
    assert says(said, "reunification.missing", missing="1", needed="2")


def test_responders_see_the_position_and_owner_of_a_reunification_site(
    open_session: OpenSession,
) -> None:
    """The list used to omit the position and the owner although both were entered."""
    session = open_session(project_from("AAA / aaa"), now=NOW)
    place = {"name": "Hall", "capacity": "5000", "on": "2026-09-01", "agency": "Parks District"}
    near = session.project.site("r2c2")
    (longitude,), (latitude,) = to_lonlat(session.project.crs, [near.x_m], [near.y_m])
    position = f"{latitude:.5f}, {longitude:.5f}"
    place |= {"site": "r2c1", "how": "walking", "position": position}
    log_record(session, "reunification_site", place)
    content = collect_edition(session, HandoutRequest("law-enforcement"), ["reunification"])
    said = " ".join(read_text(dict(render_edition(content, only=["reunification"]))).split())
    assert position in said and "lent by Parks District" in said


def test_a_part_collected_alone_equals_that_of_a_whole_edition(
    open_session: OpenSession,
) -> None:
    session = open_session(project_from("AAA / BBB"), now=NOW)
    log_record(session, "visit", {"site": "r1c1", "arrived_at": "2026-11-17T09:00"})
    log_record(session, "incident", {"site": "r2c1", "type": "Fight", "unit": ""})
    wanted = HandoutRequest("own")
    whole = collect_edition(session, wanted)
    assert whole.weeks
    made = 0
    for part in PUBLICATIONS:
        alone = collect_edition(session, wanted, [part])
        files = render_edition(whole, only=[part], skip_empty=True)
        again = render_edition(alone, only=[part], skip_empty=True)
        assert again.keys() == files.keys()
        for name in files:  # a workbook says when it was made
            assert again[name] == files[name] or name.endswith(".xlsx")
        made += len(files)
    assert made > len(PUBLICATIONS)
    assert not collect_edition(session, wanted, ["month"]).weeks
