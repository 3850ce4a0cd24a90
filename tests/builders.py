"""Small projects drawn with letters, so that a test shows its map in one line."""

import pickle
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import pytest
from shapely import unary_union
from shapely.geometry import Polygon, box

from zoneplanner import storage
from zoneplanner.app.log.due_visits import log_visit_step, prepare_visit
from zoneplanner.app.session.session import Session
from zoneplanner.domain.geography.site import Block, Jurisdiction, Site
from zoneplanner.domain.log.journal import Incident, JournalEntry, Visit
from zoneplanner.domain.log.record_schema import RecordKind, ValueType
from zoneplanner.domain.plans.plan import LockScope, Plan, PlanLock, Zone
from zoneplanner.domain.project import Feature, Project
from zoneplanner.domain.units import Agency, Unit, UnitAccess
from zoneplanner.errors import UserError

SIDE_M = 1000.0
COUNTY, CITY = "county", "city"
EARLIER_RULES = Path(__file__).parent / "exchange" / "presets" / "california-2026-11-24.toml"
"""A rule pack of the form before elements and steps; its texts on fire drills leave a choice."""
MONDAY_AT_8 = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)
"""Eight in the morning in California, on a school day."""


RecordProperty = Callable[[str, object], None]
"""The fixture ``record_property``; what is told as "measured" goes to docs/test-long.md."""


class OpenSession(Protocol):
    """The fixture ``open_session``: a project in a file of its own; ``now`` stays on its clock."""

    def __call__(self, project: Project, *, now: datetime = MONDAY_AT_8) -> Session: ...


_MADE = tempfile.TemporaryDirectory(prefix="planner-made-")
_FILES: dict[bytes, Path] = {}


def create_store(path: Path, project: Project, *, actor: str, at: datetime) -> storage.Store:
    """Open a new file of a project: a copy of the one made before, where it was made before.

    Most tests begin with one of a few projects, and making a file takes more than many a test.
    """
    key = pickle.dumps((project, actor, at))
    if key not in _FILES:
        _FILES[key] = Path(_MADE.name) / f"{len(_FILES)}.gpkg"
        storage.create(_FILES[key], project, actor=actor, at=at).close()
    assert not path.exists()
    shutil.copy(_FILES[key], path)
    return storage.open(path)


@contextmanager
def refused(template: str, **facts: object) -> Iterator[None]:
    """Assert that a UserError of this code, or of this template of a code, has these facts."""
    with pytest.raises(UserError) as caught:
        yield
    assert caught.value.template == template
    assert caught.value.message
    assert {name: caught.value.details.get(name) for name in facts} == facts


def declare_from_first(
    project: Project, visits: Iterable[Visit], calls: Iterable[Incident]
) -> Project:
    """Declare that all is kept from the first visit and the first call on, if nothing is declared.

    The days that count are those that count where nobody declared any.
    """
    zone, records = ZoneInfo(project.time_zone), project.records
    first = {
        "visits": min((one.arrived_at.astimezone(zone).date() for one in visits), default=None),
        "incidents": min((one.received_at.astimezone(zone).date() for one in calls), default=None),
    }
    for kind, day in first.items():
        if day is not None and not records.kind(kind).is_declared:
            records = records.with_since(kind, day)
    return replace(project, records=records)


def project_from(layout: str, *, tolerance: float = 0.10, blocks: bool = True) -> Project:
    """Lay out square blocks of 1 km, rows from north to south parted by ``/``.

    A capital letter is a county site in the zone of that name, a small one a city site in its; the
    two agencies hold only their own. ``.`` and ``,`` are county and city blocks without a site,
    ``?`` and ``!`` such sites without a zone, ``_`` is outside the district. The site in the
    second row's first square is ``r2c1``, its block ``B2-1``; the plan's uid is ``plan``.
    """
    squares = _squares(layout)
    home = {at: CITY if mark.islower() or mark in ",!" else COUNTY for at, mark in squares.items()}
    areas = {at: _square(*at) for at in squares}
    letters = sorted({mark for mark in squares.values() if mark.isalpha()})
    units = {
        letter: Unit(
            id=letter,
            name=f"Unit {letter}",
            agency="Police" if letter.islower() else "Sheriff",
            kind="sro" if letter.islower() else "deputy",
            sworn=True,
            access={CITY if letter.islower() else COUNTY: UnitAccess.PRIMARY},
        )
        for letter in letters
    }
    sites = {at: _site(*at) for at, mark in squares.items() if mark not in ".,"}
    plan = Plan(
        uid="plan",
        name="Plan",
        zones=tuple(Zone(key, f"Zone {key}", key, n) for n, key in enumerate(letters)),
        assignment={sites[at].id: mark for at, mark in squares.items() if mark.isalpha()},
        tolerance=tolerance,
    )
    jurisdictions = {
        key: Jurisdiction(key, key.title(), key, unary_union([areas[at] for at in own]))
        for key in (COUNTY, CITY)
        if (own := [at for at in squares if home[at] == key])
    }
    return Project(
        uid="project",
        name="Letters",
        crs="EPSG:26910",
        time_zone="America/Los_Angeles",
        sites={site.id: site for site in sites.values()},
        jurisdictions=jurisdictions,
        blocks={
            f"B{row}-{column}": Block(f"B{row}-{column}", home[row, column], area)
            for (row, column), area in areas.items()
            if blocks
        },
        features=(Feature("district", "District", unary_union(list(areas.values()))),),
        agencies={"Sheriff": Agency("Sheriff", "SO"), "Police": Agency("Police", "PD")},
        units=units,
        plans={"plan": plan},
    )


def plan_from(layout: str) -> Plan:
    """Return the plan of ``project_from(layout)``."""
    return project_from(layout).plans["plan"]


def moved(project: Project, site_id: str, x_m: float, y_m: float) -> Project:
    """Return a project with a site at another position."""
    return project.with_site(replace(project.sites[site_id], x_m=x_m, y_m=y_m))


def _squares(layout: str) -> dict[tuple[int, int], str]:
    rows = [row.strip() for row in layout.split("/")]
    return {
        (row, column): mark
        for row, marks in enumerate(rows, start=1)
        for column, mark in enumerate(marks, start=1)
        if mark != "_"
    }


def _square(row: int, column: int) -> Polygon:
    left, top = (column - 1) * SIDE_M, -(row - 1) * SIDE_M
    return box(left, top - SIDE_M, left + SIDE_M, top)


def _site(row: int, column: int) -> Site:
    key = f"r{row}c{column}"
    x_m, y_m = (column - 0.5) * SIDE_M, -(row - 0.5) * SIDE_M
    return Site(
        id=key,
        name=f"School {key}",
        level="elementary",
        grades="K-5",
        street="1 Main Street",
        city="Fair Oaks",
        zip="95628",
        phone="(916) 555-0100",
        x_m=x_m,
        y_m=y_m,
        enrollment=400,
        patrolled=True,
    )


def locks(*site_ids: str) -> dict[str, PlanLock]:
    """Return locks on sites, as a plan keeps them."""
    own = (PlanLock(LockScope.SITE, site, "asked for") for site in site_ids)
    return {lock.key: lock for lock in own}


def run_behind_guards(path: Path, *statements: str) -> None:
    """Change a project file as one who puts its triggers aside, and puts them back."""
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
        triggers = connection.execute(query).fetchall()
        for name, _ in triggers:
            connection.execute(f'DROP TRIGGER "{name}"')
        for statement in (*statements, *(text for _, text in triggers)):
            connection.execute(statement)
        connection.commit()


def log_visit_now(session: Session, site: str) -> JournalEntry:
    """Log a visit that begins now, or end the one that goes on at a site."""
    return log_visit_step(session, prepare_visit(session, site))


_EXAMPLES = {
    ValueType.DAY: "2026-11-10",
    ValueType.TIME: "2026-11-10T08:00",
    ValueType.NUMBER: "2",
    ValueType.BOOLEAN: "yes",
}
_EXAMPLE_WORDS = {
    "site": "r1c1",
    "at_site": "r1c1",
    "officer": "o",
    "school_year": "2026-27",
    "language": "es",
    "picture": 32 * "ab",
    "points": "0.1 0.1 38.61 -121.39;0.9 0.1 38.61 -121.38;0.1 0.9 38.6 -121.39",
}
"""What may be said in a column whose words are looked up."""


def example_columns(kind: RecordKind[Any], text: str = "") -> dict[str, str]:
    """Columns with something in every field of a kind; ``text`` where the field is one.

    Made of the declaration, so that tests over all kinds know one that is declared later.
    """
    found = {name: _EXAMPLES.get(one.stored, text) for name, one in kind.fields.items()}
    found |= {name: words[0] for name, words in kind.choices.items()}
    found |= {name: ";".join(words[:2]) for name, words in kind.list_choices.items()}
    found |= {name: word for name, word in _EXAMPLE_WORDS.items() if name in kind.fields}
    return {name: value for name, value in found.items() if value}
