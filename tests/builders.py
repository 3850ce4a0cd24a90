"""Small projects drawn with letters, so that one line of a test shows its map."""

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
"""A rule pack in the format before elements and steps; its fire-drill texts allow a choice."""
MONDAY_AT_8 = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)
"""8 AM in California on a school day."""


RecordProperty = Callable[[str, object], None]
"""The fixture ``record_property``; a "measured" property is written to docs/test-long.md."""


class OpenSession(Protocol):
    """The fixture ``open_session``: opens a project whose clock stays at ``now``."""

    def __call__(self, project: Project, *, now: datetime = MONDAY_AT_8) -> Session: ...


_FOLDER = tempfile.TemporaryDirectory(prefix="planner-made-")
_FILES: dict[bytes, Path] = {}


def create_store(path: Path, project: Project, *, actor: str, at: datetime) -> storage.Store:
    """Create and open a project file, copied from an earlier one of the same project if possible.

    Most tests start with one of a few projects, and creating a file takes longer than many tests.
    """
    key = pickle.dumps((project, actor, at))
    if key not in _FILES:
        _FILES[key] = Path(_FOLDER.name) / f"{len(_FILES)}.gpkg"
        storage.create(_FILES[key], project, actor=actor, at=at).close()
    assert not path.exists()
    shutil.copy(_FILES[key], path)
    return storage.open(path)


@contextmanager
def refused(template: str, **facts: object) -> Iterator[None]:
    """Assert that a UserError with this code or template and these facts is raised."""
    with pytest.raises(UserError) as caught:
        yield
    assert caught.value.template == template
    assert caught.value.message not in ("", template)
    assert {name: caught.value.details.get(name) for name in facts} == facts


def declare_from_first(
    project: Project, visits: Iterable[Visit], calls: Iterable[Incident]
) -> Project:
    """Declare complete records from the first visit and the first call on, unless declared."""
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
    """Create a project of square 1 km blocks; ``/`` separates rows from north to south.

    A capital letter is a county site in the zone of that name, a small one a city site in its; the
    two agencies hold only their own. ``.`` and ``,`` are county and city blocks without a site,
    ``?`` and ``!`` such sites without a zone, ``_`` is outside the district. The site in the
    second row's first square is ``r2c1``, its block ``B2-1``; the plan's uid is ``plan``.
    """
    squares = _parse_layout(layout)
    home = {at: CITY if mark.islower() or mark in ",!" else COUNTY for at, mark in squares.items()}
    areas = {at: _create_square(*at) for at in squares}
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
    sites = {at: _create_site(*at) for at, mark in squares.items() if mark not in ".,"}
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


def _parse_layout(layout: str) -> dict[tuple[int, int], str]:
    rows = [row.strip() for row in layout.split("/")]
    return {
        (row, column): mark
        for row, marks in enumerate(rows, start=1)
        for column, mark in enumerate(marks, start=1)
        if mark != "_"
    }


def _create_square(row: int, column: int) -> Polygon:
    left, top = (column - 1) * SIDE_M, -(row - 1) * SIDE_M
    return box(left, top - SIDE_M, left + SIDE_M, top)


def _create_site(row: int, column: int) -> Site:
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
    """Return site locks by key, as a plan stores them."""
    own = (PlanLock(LockScope.SITE, site, "asked for") for site in site_ids)
    return {lock.key: lock for lock in own}


def run_behind_guards(path: Path, *statements: str) -> None:
    """Change a project file with its triggers dropped and restored afterward."""
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
        triggers = connection.execute(query).fetchall()
        for name, _ in triggers:
            connection.execute(f'DROP TRIGGER "{name}"')
        for statement in (*statements, *(text for _, text in triggers)):
            connection.execute(statement)
        connection.commit()


def log_visit_now(session: Session, site: str) -> JournalEntry:
    """Start a visit now, or end the one in progress at a site."""
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
"""Values for columns whose words are looked up."""


def create_example_columns(kind: RecordKind[Any], text: str = "") -> dict[str, str]:
    """Return an example value for every field of a kind; ``text`` fills the text fields.

    It follows the declaration, so that tests over all kinds include those declared later.
    """
    found = {name: _EXAMPLES.get(one.stored, text) for name, one in kind.fields.items()}
    found |= {name: words[0] for name, words in kind.choices.items()}
    found |= {name: ";".join(words[:2]) for name, words in kind.list_choices.items()}
    found |= {name: word for name, word in _EXAMPLE_WORDS.items() if name in kind.fields}
    return {name: value for name, value in found.items() if value}
