"""Small projects, entries and other processes for the tests of the store."""

import dataclasses
import multiprocessing
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from time import monotonic, sleep
from typing import Any

import pytest
import shapely
from shapely.geometry import LineString, MultiPolygon, Point, box
from shapely.geometry.base import BaseGeometry

from zoneplanner import storage
from zoneplanner.domain.assumptions import Assumptions
from zoneplanner.domain.calendar.bells import BellSchedule, BellTimes
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.calendar.year_rollover import YearRollover
from zoneplanner.domain.geography.basemap import ProjectBasemap
from zoneplanner.domain.geography.site import (
    Block,
    Jurisdiction,
    JurisdictionDecision,
    Site,
    SiteNotes,
)
from zoneplanner.domain.geography.travel_times import TravelProvider, TravelTimes
from zoneplanner.domain.locale_formats import Preferences
from zoneplanner.domain.log.journal import NewEntry
from zoneplanner.domain.log.response_action_terms import DistrictTerm, DistrictTerms
from zoneplanner.domain.log.visit_rule import VisitRule
from zoneplanner.domain.plans.closings import SiteClosing
from zoneplanner.domain.plans.plan import (
    LockScope,
    OptimalityProof,
    Pin,
    Plan,
    PlanLock,
    WhatIfChange,
    Zone,
)
from zoneplanner.domain.project import Feature, Layer, Project
from zoneplanner.domain.readiness.rule_pack import DistrictRule, RuleChoices
from zoneplanner.domain.roster.roster_rules import Enforcement, RosterRules
from zoneplanner.domain.roster.shift import (
    AvailabilityKind,
    AvailabilityPeriod,
    Officer,
    OfficerFile,
    RosterPost,
    RuleOverride,
    Shift,
    ShiftKind,
    ShiftStatus,
    ShiftSwap,
    SwapStatus,
)
from zoneplanner.domain.units import Agency, OfficeDirectory, SiteContact, Unit, UnitAccess

AT = datetime(2026, 11, 16, 16, 30, tzinfo=UTC)
LATER = AT + timedelta(minutes=5)
EDIT: dict[str, Any] = {"actor": "Officer A", "at": LATER}
LOG: dict[str, Any] = {"actor": "Officer A", "desk": "desk 1", "now": LATER}


def site(key: str, *, x_m: float = 640_010.0, y_m: float = 4_270_010.0, **changes: Any) -> Site:
    values: dict[str, Any] = {
        "id": key,
        "name": f"School {key}",
        "level": "high",
        "grades": "9-12",
        "street": "1 Main Avenue",
        "city": "Carmichael",
        "zip": "95608",
        "phone": "(916) 555-0100",
        "x_m": x_m,
        "y_m": y_m,
        "enrollment": 1200,
        "patrolled": True,
    }
    return Site(**{**values, **changes})


def project() -> Project:
    """Build three sites in two zones, with a value in every field."""
    west = box(640_000, 4_270_000, 641_000, 4_271_000)
    east = MultiPolygon(
        [
            box(641_000, 4_270_000, 642_000, 4_271_000),
            box(643_000, 4_270_000, 643_500, 4_270_500),
        ]
    )
    decision = JurisdictionDecision("city", "Officer A", AT, "the gate is in the city")
    sites = (
        site("a"),
        site("b", x_m=640_500.25, enrollment=None, enrollment_note="virtual"),
        site("c", x_m=641_500.0, decision=decision, note="Ñandú", charter=True),
    )
    access = {"county": UnitAccess.PRIMARY, "city": UnitAccess.ASSIST}
    units = (
        Unit("S1", "Sheriff 1", "Sheriff", "deputy", True, access),
        Unit("S2", "Sheriff 2", "Sheriff", "deputy", True, access, posts=("b", "a")),
        Unit("L1", "Liaison", "District", "liaison", False, holds_zone=False),
    )
    plan = Plan(
        uid="plan-1",
        name="Draft A",
        zones=(Zone("S1", "Zone 1", "S1", 0), Zone("S2", "Zone 2", "S2", 1)),
        assignment={"a": "S1", "b": "S2", "c": "S2"},
        tolerance=0.125,
        locks={
            lock.key: lock
            for lock in (
                PlanLock(LockScope.SITE, "c", "asked for by the principal", {"c": "S2"}),
                PlanLock(LockScope.ZONE, "S1", "", {"a": "S1"}),
                PlanLock(LockScope.AGENCY, "District", "new contract"),
            )
        },
        block_overrides={"block-2": "S1"},
        pins={"pin-1": Pin("pin-1", 640_200.5, 4_270_200.25, "Gate is shut", "Officer A", AT)},
        what_if={"b": WhatIfChange(patrolled=False), "c": WhatIfChange(enrollment=900)},
        note="for the board",
        parent="plan-0",
        made_at=AT,
        proposed_on=date(2026, 6, 1),
        effective_on=date(2026, 8, 17),
        expires_on=date(2027, 6, 12),
        proof=OptimalityProof(870.5, 860.25, "f00d"),
    )
    leave = AvailabilityPeriod(
        "leave-1",
        AvailabilityKind.LEAVE,
        date(2026, 9, 1),
        date(2026, 12, 1),
        time(20),
        time(6),
        frozenset((1, 3)),
        2,
        "nights",
    )
    officer = Officer(
        "A",
        "Officer A",
        "Sheriff",
        "deputy",
        ("S1", "S2"),
        ("county",),
        ("K9",),
        ("S2",),
        "(916) 555-0101",
        (leave,),
        date(2027, 6, 1),
    )
    post = RosterPost(
        "S1-day",
        "S1",
        time(7, 30),
        time(16),
        frozenset((1, 2)),
        time(15),
        ShiftKind.AFTER_SCHOOL,
        "Programme",
        date(2026, 9, 1),
        date(2026, 12, 1),
        False,
        2,
        ("K9",),
    )
    shift = Shift(
        "shift-1",
        "S1",
        "A",
        AT,
        LATER,
        ShiftStatus.CANCELLED,
        ShiftKind.EVENT,
        "Game",
        "S1-day",
        ("K9",),
        True,
        "gate 2",
        ("B",),
        (RuleOverride("rest", "A", "agreed", "Planner", AT),),
        3,
        AT,
        LATER,
    )
    swap = ShiftSwap(
        "swap-1", "shift-1", "A", "B", AT, "shift-2", SwapStatus.APPROVED, LATER, "Planner", "fine"
    )
    return Project(
        uid="project-1",
        name="Sample district",
        crs="EPSG:26910",
        time_zone="America/Los_Angeles",
        preset="sample",
        sites={item.id: item for item in sites},
        jurisdictions={
            "county": Jurisdiction("county", "County", "county", west),
            "city": Jurisdiction("city", "City", "city", east),
        },
        blocks={
            "block-1": Block("block-1", "county", west),
            "block-2": Block("block-2", "city", east),
        },
        features=(
            Feature("arterial", "Main Avenue", LineString([(640_000, 4_270_500), (642_000, 0)])),
            Feature("district", "District", west),
            Feature("bridge", "Watt", Point(640_100, 4_270_100)),
            Feature("stops", "Bus 1", Point(640_300, 4_270_100), {"Línea": "1", "shelter": ""}),
        ),
        layers={
            "stops": Layer(
                "stops",
                "Bus stops",
                "Regional Transit",
                "2026-10",
                "open data",
                "EPSG:4326",
                "stops.geojson",
                own=True,
                color=3,
            )
        },
        agencies={
            "Sheriff": Agency("Sheriff", "SO", "911"),
            "District": Agency("District", "SJUSD"),
        },
        units={unit.id: unit for unit in units},
        plans={plan.uid: plan},
        rules=RuleChoices(
            {"fire.intermediate": "Ed. Code 32001"},
            (DistrictRule("lockdown", "secondary", 1, "semester"),),
        ),
        assumptions=Assumptions(speed_mph=31.0, visits_per_day={"high": 3.0, "other": 1.0}),
        calendar=SchoolCalendar(
            (DateRange("Autumn", date(2026, 8, 13), date(2026, 12, 18)),),
            (DateRange("Labor Day", date(2026, 9, 7), date(2026, 9, 7)),),
            None,
            False,
            (DateRange("Last day", date(2026, 12, 18), date(2026, 12, 18)),),
            BellSchedule(
                by_site={"a": BellTimes(*(time(hour) for hour in (9, 12, 13, 16, 15, 14)))}
            ),
        ),
        officers={"A": officer},
        posts={"S1-day": post},
        shifts={"shift-1": shift, "shift-2": dataclasses.replace(shift, uid="shift-2")},
        swaps={"swap-1": swap},
        officer_files={"A": OfficerFile(date(2019, 7, 1), ("radio 12", "vest"))},
        closings={"plan-1": (SiteClosing("a", date(2027, 8, 12), {"b": 300}, 12),)},
        openings={"plan-1": {"c": date(2027, 8, 19)}},
        terms=DistrictTerms({"shelter": DistrictTerm("Shelter-in-place", "Stay inside.")}),
        directory=OfficeDirectory(
            {"a": (SiteContact("principal", "Principal A", "911"),)},
            {"Sheriff": "so.example"},
            {"speed_mph": "Drives of October 2026"},
        ),
        basemap=ProjectBasemap("county.osm.pbf", "2026-10-01", "OSM", "ab12", {"local": 3}, b"12"),
        preferences=Preferences("iso", "24", "kilometers", "a4-gray", "dark", "desktop", "streets"),
        site_notes={"a": SiteNotes("Sign in at the office.", "Parking on the east side.")},
        year_rollover=YearRollover(date(2026, 6, 30), {"2026-27": ("bells", "officers")}),
        visit_rule=VisitRule({"high": {"arrival": 5, "": 2}}, 30, 10),
        roster_rules=RosterRules({"rest": Enforcement.WARN}, {"rest_h": 9.5}, ("deputy",)),
        travel=TravelTimes(
            TravelProvider.ROADS,
            "county.osm.pbf",
            "2026-10-01",
            "ab12",
            ("a", "b"),
            ((640_000.25, 4_270_000.5), (640_100.0, 4_270_100.0)),
            struct.pack("<4f", 0.0, 2.5, float("inf"), 0.0),
            {"residential": 18.5},
        ),
    )


def move_site(before: Project, site_id: str, zone_id: str) -> Project:
    return before.with_plan(before.plans["plan-1"].with_assignments({site_id: zone_id}))


def visit(uid: str, site_id: str | None = "a", **changes: Any) -> NewEntry:
    """Build a completed visit; ``status`` goes into the payload, other changes into the entry."""
    payload = {"status": changes.pop("status", "completed"), "note": "façade"}
    values = {"unit": "S1", "occurred_at": AT, "payload": payload, **changes}
    return NewEntry(uid, "visit", site_id, **values)


def void(uid: str, voids: str) -> NewEntry:
    return NewEntry(uid, "void", None, None, LATER, {"reason": "logged twice"}, voids)


def count_by_week(store: storage.Store) -> dict[tuple[str, date], int]:
    """Count the visits in the log by site and Monday of the local week."""
    log = store.log()
    days = [(log.names[one["site"]], date.fromordinal(one["day"])) for one in log.visits]
    return dict(Counter((where, day - timedelta(days=day.weekday())) for where, day in days))


def to_plain(value: Any) -> Any:
    """Convert a domain value to comparable data; a one-part multi-geometry becomes its part."""
    if isinstance(value, BaseGeometry):
        parts = shapely.get_parts(value)
        return (parts[0] if len(parts) == 1 else value).wkb
    if dataclasses.is_dataclass(value):
        named = {f.name: to_plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return (type(value).__name__, named)
    if isinstance(value, Mapping):
        return {key: to_plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(to_plain(item) for item in value)
    return value


def list_orders(value: Project) -> tuple[list[str], ...]:
    """Return the keys of everything whose order matters."""
    names = ("sites", "jurisdictions", "blocks", "agencies", "units", "plans")
    return tuple(list(getattr(value, name)) for name in names)


def wait_until(condition: Callable[[], bool], *, within_s: float = 20.0) -> bool:
    """Wait until a condition holds because of another process or thread; False on timeout."""
    deadline = monotonic() + within_s
    while not condition():
        if monotonic() > deadline:
            return False
        sleep(0.01)
    return True


def start_process(code: str, *args: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """Start Python code in a separate process; its arguments are sys.argv[1:]."""
    command = [sys.executable, "-c", code, *map(str, args)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, **options
    )


@contextmanager
def full_disk(most_bytes: int) -> Iterator[None]:
    """Limit the size of files that this process and its children can write.

    Bytecode is not written meanwhile, because truncated files would stay.
    """
    resource = pytest.importorskip("resource")
    start = multiprocessing.get_start_method()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, before[1]))
    multiprocessing.set_start_method("spawn", force=True)  # earlier forks have no limit
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "dont_write_bytecode", True)
            patch.setenv("PYTHONDONTWRITEBYTECODE", "1")
            yield
    finally:
        multiprocessing.set_start_method(start, force=True)
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
