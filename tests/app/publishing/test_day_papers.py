"""The day card shows the route and the printed week all its shifts, on the right dates."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from builders import create_store
from papers import page_texts
from rosters import CALENDAR, FRIDAY, MONDAY, officer, roster
from sentences import says

from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.publishing.handout import HandoutRequest, collect_handout
from zoneplanner.app.publishing.publication import render_edition
from zoneplanner.app.publishing.release_check import check_release
from zoneplanner.app.roster.schedule import export_roster
from zoneplanner.app.roster.visiting_order import compute_visiting_order
from zoneplanner.app.session.session import Session
from zoneplanner.cli.run import main
from zoneplanner.domain.locale_formats import US_FORMATS
from zoneplanner.domain.log.response_action_terms import DistrictTerm, DistrictTerms
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.shift import ShiftStatus
from zoneplanner.messages import Message, find_template
from zoneplanner.publish.documents.cards.unit_days import build_unit_days

PARTS = ("after-action", "coverage", "readiness")
_NO_VISIT = Message("open_item.no_visit")
FRIDAY_BEFORE = datetime(2026, 9, 11, 21, tzinfo=UTC)


def create_posted_week() -> Project:
    """Return a week of posted shifts, all with officers; two schools get two visits a day."""
    project = roster(officer("A", "A"), officer("B", "B"), officer("C", "c", kind="sro"))
    names = {"A": "A", "B": "B", "c": "C"}
    shifts = {
        uid: replace(shift, officer=names[shift.unit], status=ShiftStatus.FINAL)
        for uid, shift in project.shifts.items()
    }
    sites = {
        key: replace(site, level="middle" if key in ("r1c1", "r2c2") else site.level)
        for key, site in project.sites.items()
    }
    return replace(project, shifts=shifts, sites=sites, calendar=CALENDAR)


@pytest.fixture
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    path = tmp_path_factory.mktemp("papers") / "p.gpkg"
    store = create_store(path, create_posted_week(), actor="p", at=FRIDAY_BEFORE)
    own = Session(store, actor="p", desk="d", clock=lambda: FRIDAY_BEFORE)
    yield own
    own.close()


def test_the_printed_week_has_every_shift_of_the_week(session: Session) -> None:
    (page,) = page_texts(export_roster(session, "pdf", MONDAY, FRIDAY))
    assert page.count("Officer A") == page.count("Officer B") == page.count("Officer C") == 5
    assert "September 14, 2026 to September 18, 2026" in page
    assert "September 11, 2026" in page  # it is printed today, whatever week it shows


def test_each_week_of_a_longer_span_has_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the first of three requested weeks used to be printed."""
    monkeypatch.chdir(tmp_path)
    project = create_posted_week()
    later = timedelta(days=14)
    moved = {
        f"later-{uid}": replace(
            shift,
            uid=f"later-{uid}",
            starts_at=shift.starts_at + later,
            ends_at=shift.ends_at + later,
        )
        for uid, shift in project.shifts.items()
    }
    project = replace(project, shifts={**project.shifts, **moved})
    create_store(tmp_path / "p.gpkg", project, actor="p", at=FRIDAY_BEFORE).close()
    span = f"--from {MONDAY} --until {FRIDAY + later}"
    assert main([*f"roster p.gpkg export --as pdf {span} --to weeks.pdf".split()]) == 0
    pages = page_texts((tmp_path / "weeks.pdf").read_bytes())
    assert ["September 14, 2026 to" in pages[0], "September 28, 2026 to" in pages[1]] == [True] * 2
    assert len(pages) == 2  # the week between has no shift
    assert pages[1].count("Officer A") == 5


def test_the_day_card_is_the_route_of_the_next_school_day(session: Session) -> None:
    content = collect_handout(session, HandoutRequest("own", as_of=FRIDAY_BEFORE))
    assert content.card_day == MONDAY
    twice = 0
    for day in build_unit_days(content):
        route = compute_visiting_order(session.state, day.card.zone.unit, MONDAY)
        zone = content.local_time.tzinfo
        assert [
            (stop.card.site.id, stop.time.split("–")[0].split(" ")[0], stop.window)
            for stop in day.stops
        ] == [
            (
                stop.site,
                US_FORMATS.clock(stop.arrive_at.astimezone(zone)).split(" ")[0],
                str(stop.window or ""),
            )
            for stop in route.stops
        ]
        twice += sum(stop.visit == 2 for stop in day.stops)
    assert twice == 2
    files = render_edition(content, only=["cards"])
    for name in ("day-cards.pdf", "night-cards.pdf", "visor-cards.pdf"):
        said = " ".join(page_texts(files[name]))
        assert "School r1c1, visit 2" in said, name
        assert "14, 2026" in said or "Sep 14" in said, name
    chosen = collect_handout(session, HandoutRequest("own", as_of=FRIDAY_BEFORE, day=FRIDAY))
    assert (
        "Friday, September 18, 2026"
        in page_texts(render_edition(chosen, only=["cards"])["day-cards.pdf"])[0]
    )


def test_a_day_card_flags_a_day_without_a_shift(session: Session) -> None:
    """If the roster ends before the day of the cards, no card looks staffed."""
    later = FRIDAY + timedelta(days=3)
    for day, absent in ((MONDAY, False), (later, True)):
        content = collect_handout(session, HandoutRequest("own", as_of=FRIDAY_BEFORE, day=day))
        files = render_edition(content, only=["cards"])
        for name in ("day-cards.pdf", "night-cards.pdf", "visor-cards.pdf"):
            said = " ".join(" ".join(page_texts(files[name])).split())
            assert said.count(find_template("cards.no_shift")) == 3 * absent, name
        coming = replace(content.plan, effective_on=day)
        found = check_release(replace(content, plan=coming), ["cards"])
        (warned,) = [one for one in found if one.code == "no_shift"] or [None]
        assert (warned.facts["units"] if warned else None) == (["A", "B", "c"] if absent else None)


def test_a_day_card_counts_visits_up_to_its_day(session: Session) -> None:
    """Nothing is late in a future week; a past day shows no later visits."""
    for arrived in ("2026-09-08T09:00", "2026-09-10T09:00"):
        log_record(session, "visit", {"site": "r1c1", "arrived_at": arrived})

    def told(day: date) -> tuple[set[str], set[bool]]:
        content = collect_handout(session, HandoutRequest("own", as_of=FRIDAY_BEFORE, day=day))
        stops = [stop for one in build_unit_days(content) for stop in one.stops]
        last = {stop.last_visit for stop in stops if stop.card.site.id == "r1c1"}
        return last, {_NO_VISIT in stop.open for stop in stops}

    assert told(MONDAY) == ({"Sep 10"}, {False})
    assert told(date(2026, 9, 9)) == ({"Sep 8"}, {False, True})
    assert told(date(2026, 9, 8)) == ({"none"}, {True})
    assert told(date(2026, 9, 11)) == ({"Sep 10"}, {False, True})


def test_schools_have_no_times_on_a_day_without_school(session: Session) -> None:
    sunday = HandoutRequest("own", as_of=FRIDAY_BEFORE, day=date(2026, 9, 13))
    for day in build_unit_days(collect_handout(session, sunday)):
        assert {stop.time for stop in day.stops} == {""}
        assert {stop.card.site.id for stop in day.stops} == {
            site.site.id for site in day.card.sites
        }


def test_the_last_day_of_a_plan_is_never_truncated(session: Session) -> None:
    content = collect_handout(session, HandoutRequest("public", as_of=FRIDAY_BEFORE))
    plan = replace(
        content.plan,
        name="Patrol zones of the school year 2026-27, as adopted by the board",
        effective_on=date(2026, 8, 14),
        expires_on=date(2027, 6, 12),
    )
    said = page_texts(render_edition(replace(content, plan=plan), only=["atlas"])["atlas.pdf"])[1]
    assert said.count("ast day Jun 11, 2027") == 2  # in the heading and in the foot


def test_lockdowns_and_their_drills_are_in_the_reports(session: Session) -> None:
    lockdown = {"site": "r1c1", "action": "lockdown", "began_at": "2026-09-10T10:42", "units": "A"}
    cleared = {"ended_at": "2026-09-10T11:20", "all_clear_by": "Watch commander"}
    log_record(session, "action", lockdown | cleared)
    hold = {"site": "r1c2", "action": "hold", "began_at": "2026-09-10T12:00"}
    log_record(session, "action", hold | {"ended_at": "2026-09-10T12:05"})
    drill = {"site": "r1c1", "kind": "lockdown", "held_at": "2026-09-09T09:00", "minutes": "12"}
    log_record(session, "drill", drill)
    review = {"site": "r1c1", "event": "Lockdown", "event_on": "2026-09-10"}
    log_record(session, "after_action", review | {"held_on": "2026-09-11"})
    log_record(session, "review", {"site": "r1c1", "stage": "adopted", "on": "2026-09-08"})
    content = collect_handout(session, HandoutRequest("own", as_of=FRIDAY_BEFORE))
    said = {
        name: " ".join(" ".join(page_texts(pdf)).split())
        for name, pdf in render_edition(content, only=PARTS).items()
    }
    told = said["after-action.pdf"]
    assert "Lockdown, began 10:42 AM, ended 11:20 AM after 38 min, unit A" in told
    assert says(told, "response_action.all_clear", by="Watch commander")
    assert "12:00 PM" not in said["after-action.pdf"]  # the hold was at another school
    assert "Hold: 1, Lockdown: 1" in said["coverage.pdf"]
    assert "Lockdown drill School r1c1 Sep 9, 2026 12" in said["readiness.pdf"]
    (review,) = (one for one in content.readiness["r1c1"] if one.kind == "plan_review")
    left = f"Adopted on Sep 8, 2026; {len(review.lacking)} points open"
    assert len(review.lacking) > 20 and left in said["readiness.pdf"]
    table = said["readiness.pdf"].partition(find_template("readiness.plan_reviews"))[2]
    assert f"School r1c1 {len(review.lacking)} " in table


def test_papers_use_the_districts_terms_and_a_review_names_its_call(session: Session) -> None:
    own = DistrictTerms({"lockdown": DistrictTerm("Code Red")})
    session.apply("Terms", lambda project: replace(project, terms=own))
    action = {"site": "r1c1", "action": "lockdown", "began_at": "2026-08-27T10:42"}
    log_record(session, "action", action | {"ended_at": "2026-08-27T11:20"})
    call = {"site": "r1c1", "type": "fence climbed", "received_at": "2026-08-27T10:41"}
    incident = log_record(session, "incident", call | {"onscene_at": "2026-08-27T10:49"}).uid
    review = {"event": "Fence climbed", "event_on": "2026-08-27", "incident": incident}
    log_record(session, "after_action", review | {"held_on": "2026-09-04", "site": "r1c1"})
    august = HandoutRequest("own", FRIDAY_BEFORE, date(2026, 8, 1), date(2026, 8, 31))
    for name, pdf in render_edition(collect_handout(session, august), only=PARTS[:2]).items():
        said = " ".join(page_texts(pdf))
        assert "Code Red" in said, name
        assert not says(said, "response_action.ended", action="Lockdown"), name
        assert "1 lockdown" not in said, name
    september = HandoutRequest("own", FRIDAY_BEFORE, date(2026, 9, 1), date(2026, 9, 11))
    content = collect_handout(session, september)
    said = {
        name: " ".join(" ".join(page_texts(pdf)).split())
        for name, pdf in render_edition(content, only=PARTS[:2]).items()
    }
    assert "received 10:41 AM, on scene 10:49 AM" in said["after-action.pdf"]
    assert "10:41 AM" not in said["coverage.pdf"]  # it was before the period


def test_each_officer_has_a_calendar_whatever_their_id(session: Session) -> None:
    content = collect_handout(session, HandoutRequest("own", as_of=FRIDAY_BEFORE))
    own = replace(content.officers["A"], id="o-12_a")
    shifts = {
        uid: replace(shift, officer=own.id) if shift.officer == "A" else shift
        for uid, shift in content.final_shifts.items()
    }
    changed = replace(content, final_shifts=shifts, officers={**content.officers, own.id: own})
    files = render_edition(changed, only=("calendar",))
    assert files["calendars/officer-o-12_a.ics"].count(b"BEGIN:VEVENT") == 5
