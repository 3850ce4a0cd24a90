"""Private data stays private: every declared text has a mark that is searched in every file.

The tests use the declared fields, so a new field is covered. What may
leave is repeated here instead of read from the program's own lists.
"""

import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from builders import create_example_columns, create_store, project_from
from pictures import create_attachment
from pypdf import PdfReader
from pypdf.generic import TextStringObject

from zoneplanner.app.exports.file_export import EXPORT_FORMATS, export_file
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.publishing.handout import HandoutRequest
from zoneplanner.app.publishing.publication import (
    collect_edition,
    list_documents,
    render_edition,
)
from zoneplanner.app.readiness.records import RECORD_LINKS
from zoneplanner.app.session.session import Session
from zoneplanner.domain.geography.site import JurisdictionDecision, SiteNotes
from zoneplanner.domain.log.entries import DECLARED_RECORDS, RECORD_KINDS
from zoneplanner.domain.log.record_schema import ValueType
from zoneplanner.domain.plans.plan import LockScope, Pin, PlanLock
from zoneplanner.domain.project import Feature, Layer, Project
from zoneplanner.domain.roster.shift import (
    AvailabilityKind,
    AvailabilityPeriod,
    Officer,
    RuleOverride,
    Shift,
    ShiftStatus,
)
from zoneplanner.domain.units import UnitAccess

NOW = datetime(2026, 12, 1, 18, 0, tzinfo=UTC)
MONTH = (date(2026, 11, 1), date(2026, 11, 30))
"""The days of reports, in which all records are."""
PUBLIC = {
    *("Site.name", "Site.grades", "Site.street", "Site.city", "Site.zip", "Site.phone"),
    *("Zone.name", "Unit.name", "Agency.short", "Agency.phone", "Jurisdiction.name"),
    *("Project.name", "Plan.name", "Feature.name", "agency_total.agency"),
    *("DistrictTerm.term", "DistrictTerm.text", "SiteNotes.public_note", "Layer.publisher"),
}
"""All that the public may read. Whoever adds to it decides that parents and strangers read it."""
STAFF = PUBLIC | {"Layer.title", "SiteNotes.staff_note"}
"""A note is for staff where it was written for staff, and no other."""
LAW = STAFF | {
    *("drill.note", "district_report.note"),
    *("Site.note", "Site.enrollment_note", "Plan.note", "Pin.text", "PlanLock.reason"),
    *("Officer.name", "Shift.title", "visit.officer", "visit.note", "action.note"),
    *("incident.type", "incident.disposition", "incident.note"),
    *("action.all_clear_by", "action.all_clear_agency"),
    *("after_action.event", "after_action.overview", "after_action.objectives"),
    *("after_action.strengths", "after_action.improvements", "after_action.participants"),
    *("corrective_action.action", "corrective_action.owner_role", "review.note"),
    *("command_entry.who", "command_entry.place", "command_entry.note"),
    *(f"reunification_site.{name}" for name in ("name", "position", "agency", "note")),
    *(f"campus_page.{name}" for name in ("role", "source", "note")),
}
MAY_LEAVE = {"public": PUBLIC, "staff": STAFF, "law-enforcement": LAW}
LINKS = {
    *("Project.uid", "Project.crs", "Project.time_zone", "Project.preset"),
    *("Site.id", "Site.level", "Site.kind", "Zone.id", "Zone.unit", "Plan.uid", "Plan.parent"),
    *(
        "Unit.id",
        "Unit.agency",
        "Unit.kind",
        "Agency.id",
        "Officer.id",
        "Officer.agency",
        "Officer.kind",
    ),
    *("Officer.units", "Officer.jurisdictions", "Officer.prefers", "Officer.qualifications"),
    *("Shift.uid", "Shift.unit", "Shift.officer", "Shift.former", "Shift.needs", "Shift.post"),
    *("Jurisdiction.id", "Jurisdiction.kind", "Block.id", "Block.jurisdiction", "Layer.id"),
    *("Feature.layer", "Pin.uid", "PlanLock.target", "JurisdictionDecision.jurisdiction"),
    *("Layer.crs", "AvailabilityPeriod.uid", "RuleOverride.rule", "RuleOverride.officer"),
    *("Plan.assignment", "PlanLock.held", "Unit.posts", "OptimalityProof.inputs"),
}
"""What links one thing to another, or is one of some words: a mark there would break it."""
SETTINGS = (
    *(
        "calendar",
        "travel",
        "rules",
        "rule_pack",
        "district_rules",
        "roster_rules",
        "visit_rule",
        "posts",
    ),
    "preferences",
)
TIP = "Zqvw-7719"
"""The reference of a tip, which leaves for nobody."""
RECORDS = {
    "visit": {"site": "r1c1", "unit": "A", "arrived_at": "2026-11-17T09:37", "purpose": "teaching"},
    "incident": {"site": "r1c1", "units": "A", "received_at": "2026-11-17T10:41"},
    "drill": {"site": "r1c1", "kind": "fire", "held_at": "2026-11-17T09:00"},
    "review": {"site": "r1c1", "stage": "drafted", "on": "2026-11-17", "school_year": "2026-27"},
    "action": {
        **{"site": "r1c1", "action": "lockdown", "began_at": "2026-11-17T10:42", "units": "A"},
        "ended_at": "2026-11-17T11:42",
    },
    "after_action": {"site": "r1c1", "event_on": "2026-11-16", "held_on": "2026-11-17"},
    "corrective_action": {"site": "r1c1", "due_on": "2026-12-01"},
    "concern": {"site": "r1c1", "reference": TIP, "received_at": "2026-11-17T08:00"},
    "district_report": {
        "on": "2026-10-10",
        "school_year": "2026-27",
        "duty": "violence_plan_review",
    },
    "hours": {
        **{"uid": "w", "officer": "o", "shift": "s", "pay_code": "overtime"},
        **{"began_at": "2026-11-17T07:31", "ended_at": "2026-11-17T15:29"},
    },
    "training": {
        **{"site": "r1c1", "course": "first_aid", "held_on": "2026-11-17", "trained": "13"},
        "officer": "o",
    },
    "partner": {"level": "federal", "kind": "agreement", "on": "2026-11-17"},
    "concern_step": {
        **{"site": "r1c1", "step": "outcome", "outcome": "discipline", "source": "student"},
        "at": "2026-11-17T09:11",
    },
    "unit_status": {"unit": "A", "status": "court", "at": "2026-11-17T09:13"},
    "violent_incident": {
        **{"site": "r1c1", "occurred_at": "2026-11-17T09:12", "type": "2", "place": "parking"},
        **{"committed_by": "visitor", "circumstances": "isolated", "violence": "threat"},
    },
    "approval": {
        **{"on": "2026-11-17", "worked": "w", "officer": "o", "hours": "7.97", "rate": "91.37"},
        **{"agency": "Sheriff", "pay_code": "overtime"},
    },
}
RECORDS |= {
    kind.name: create_example_columns(kind) for kind in DECLARED_RECORDS if kind.name not in RECORDS
}
RECORDS["relief_call"]["shift"] = "s"
RECORDS["text_review"]["on"] = "2026-11-30"  # later than the text that was read
RECORDS["campus_page"] = {
    **{"site": "r1c1", "on": "2026-11-16", "review_on": "2027-11-16"},
    **{"picture": create_attachment().sha256, "points": ""},
}
_UNIT = ("id", "name", "agency", "kind", "sworn", "holds_zone", "primary")
_ZONE = ("zone", "name", "unit", "agency", "plan", "sites", "pieces")
_SITE = (
    *("id", "name", "level", "grades", "street", "city", "zip", "phone", "patrolled", "charter"),
    *("zone", "juris"),
)
PUBLIC_COLUMNS = {
    "sites": {*_SITE, "longitude", "latitude"},
    "zones": {*_ZONE},
    "jurisdictions": {"wkt", "id", "name", "kind"},
    "blocks": {"wkt", "id", "juris"},
    "district": {"wkt", "name", "kind"},
    "plan": {"site", "site_name", "zone"},
    "agencies": {"id", "short", "phone"},
    "units": {*_UNIT},
}
STAFF_COLUMNS = PUBLIC_COLUMNS | {
    "sites": {*_SITE, "longitude", "latitude", "enrollment"},
    "zones": {*_ZONE, "students", "load_min", "deviation"},
    "units": {*_UNIT, "assist"},
    "drills": {
        *("uid", "site", "site_name", "kind", "held_at", "minutes", "officer_present"),
        *("checklist", "sample"),
    },
    "reviews": {
        *("uid", "site", "site_name", "school_year", "stage", "on", "who_kind", "elements"),
        "sample",
    },
    "district_reports": {"uid", "school_year", "on", "duty", "sample"},
    "trainings": {"uid", "site", "site_name", "course", "held_on", "who_kind"},
    "monitor_posts": {"uid", "site", "site_name", "on", "post", "ends_on"},
    "monthly_returns": {
        *("uid", "site", "site_name", "on", "month", "drills", "plan_steps"),
        "contacts_checked",
    },
    "agency_totals": {"uid", "on", "agency", "school_year", "arrests", "citations"},
}
LAW_TABLES = {
    *("shifts", "visits", "incidents", "actions", "after_actions"),
    *("corrective_actions", "officers", "command_entrys", "reunification_sites", "campus_pages"),
}
"""What those who respond have besides all that staff have: of these the columns with a mark in
``LAW`` are looked at, and of no other table any."""
BRIEF = ("csv", "xlsx", "kmz", "gpkg", "ics")
"""Formats that are looked at with every run; each of the others needs a process a layer."""
REFERENCES = ("status", "who_kind", "incident", "review", "officer", "concern")


_LETTERS = str.maketrans("0123456789", "abcdefghij")
"""A mark is a word, as a role has to be, and longer than what a font in Base64 may hold."""


@dataclass(frozen=True)
class Marks:
    """Gives each declared field a unique word, short enough that no page truncates it."""

    by_field: dict[str, str]

    def of(self, name: str) -> str:
        number = f"{len(self.by_field):03d}".translate(_LETTERS)
        return self.by_field.setdefault(name, f"Zqvw{number}")

    def fields_in(self, text: str) -> set[str]:
        return {name for name, mark in self.by_field.items() if mark.casefold() in text.casefold()}


def inside(value: Any, name: str, change: Callable[[Any, str], Any]) -> Any:
    """Return a value with each of its parts changed recursively."""
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return tuple(change(one, name) for one in value)
    if isinstance(value, Mapping):
        return {key: change(one, name) for key, one in value.items()}
    if not is_dataclass(value):
        return value
    kind = type(value).__name__
    return replace(
        value,  # type: ignore[type-var]  # an instance, never a class
        **{
            one.name: change(getattr(value, one.name), f"{kind}.{one.name}")
            for one in fields(value)
            if one.name not in SETTINGS
        },
    )


def mark_texts(value: Any, marks: Marks, name: str = "") -> Any:
    """Return a value with a mark in every text that is not a link."""
    if name in LINKS or isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return marks.of(name)
    return inside(value, name, lambda one, its: mark_texts(one, marks, its))


def create_filled_district() -> Project:
    """Return a small district with at least one item of every kind."""
    project = project_from("AAB / aab")
    site, plan = project.sites["r1c1"], project.plans["plan"]
    decision = JurisdictionDecision("county", "w", NOW, "w")
    lock = PlanLock(LockScope.SITE, site.id, "w", {site.id: "A"})
    pin = Pin("pin", site.x_m, site.y_m, "w", "w", NOW)
    leave = AvailabilityPeriod("t", AvailabilityKind.SICK, NOW.date(), NOW.date(), note="w")
    officer = Officer("o", "w", "Sheriff", "deputy", ("A",), times=(leave,), contact="w")
    over = RuleOverride("rest", "o", "w", "w", NOW)
    own = Layer("own-1", "w", "w", "w", "w", source="w", own=True)
    imported = Layer("sites", "w", "w", "w", "w", source="w")
    shift = Shift(
        "s", "A", "o", NOW, NOW + timedelta(hours=6), ShiftStatus.FINAL, overrides=(over,)
    )
    day = date(2026, 8, 14)
    return replace(
        project.with_site(replace(site, decision=decision)).with_plan(
            replace(plan, pins={"pin": pin}, locks={lock.key: lock}, effective_on=day)
        ),
        officers={"o": officer},
        shifts={"s": shift},
        layers={"sites": imported, "own-1": own},
        site_notes={site.id: SiteNotes("w", "w")},
        features=(
            *project.features,
            Feature("own-1", "w", site.point, {"code": "w"}),
            Feature("own-1", "w", site.point.buffer(1_500.0), {"code": "w"}),
        ),
    )


def list_free_texts(kind: str) -> list[str]:
    """Return the fields of a kind that take any text."""
    return [
        name
        for name, one in RECORD_KINDS[kind].fields.items()
        if one.blank == "" and name not in RECORDS[kind] and name not in REFERENCES
    ]


def log_marked(session: Session, marks: Marks) -> None:
    """Log a record of every kind with a mark in every free text."""
    uids: dict[str, str] = {}
    for kind, record in RECORD_KINDS.items():
        given = {name: marks.of(f"{kind}.{name}") for name in list_free_texts(kind)}
        given |= {"incident": uids["incident"]} if "incident" in record.fields and uids else {}
        if link := RECORD_LINKS.get(kind):
            given[link.column] = uids[link.kind]
        uids[kind] = log_record(session, kind, {**RECORDS[kind], **given}).uid


@pytest.fixture(scope="module")
def marks() -> Marks:
    return Marks({"concern.reference": TIP})


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory, marks: Marks) -> Iterator[Session]:
    path = tmp_path_factory.mktemp("marked") / "p.gpkg"
    store = create_store(path, mark_texts(create_filled_district(), marks), actor="p", at=NOW)
    own = Session(store, actor=marks.of("actor"), desk=marks.of("desk"), clock=lambda: NOW)
    store.attach(create_attachment(), keep=())
    log_marked(own, marks)
    yield own
    own.close()


def read_file(name: str, content: bytes) -> Iterator[str]:
    """Yield everything readable in a file: text, metadata and packed files."""
    yield name
    if name.endswith(".pdf"):
        yield from read_pdf(content)
    elif name.endswith((".xlsx", ".kmz", ".zip")):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for inner in packed.namelist():
                yield from read_file(inner, packed.read(inner))
    else:
        yield content.decode("utf-8", errors="replace")
        if name.endswith((".gpkg", ".dbf", ".shp", ".fgb")):
            yield content.decode("utf-16-le", errors="replace")


def read_pdf(content: bytes) -> Iterator[str]:
    """Yield all texts of a PDF: pages, metadata, outline and alternative texts."""
    tool = shutil.which("pdftotext")
    reader = PdfReader(io.BytesIO(content))
    if tool:
        done = subprocess.run([tool, "-", "-"], input=content, capture_output=True, check=True)
        yield done.stdout.decode("utf-8")
    else:
        yield from (page.extract_text() for page in reader.pages)
    seen: list[Any] = [reader.get_object(number + 1) for number in range(len(reader.xref[0]))]
    while seen:
        one = seen.pop()
        if isinstance(one, TextStringObject):
            yield str(one)
        if hasattr(one, "get_data") and str(one.get("/Type")) == "/Metadata":
            yield one.get_data().decode("utf-8", errors="replace")
        if isinstance(one, dict):
            seen += [inner for inner in one.values() if isinstance(inner, (str, dict, list))]
        elif isinstance(one, list):
            seen += [inner for inner in one if isinstance(inner, (str, dict, list))]


def render_editions(session: Session, audience: str) -> dict[str, bytes]:
    """Return every file an audience can get."""
    content = collect_edition(session, HandoutRequest(audience, None, *MONTH, areas="own-1"))
    parts = [part.key for part in list_documents(audience)]
    return dict(render_edition(content, only=parts, skip_empty=True))


def write_exports(
    session: Session, audience: str, folder: Path, kinds: Collection[str]
) -> dict[str, bytes]:
    """Return every file that `export` writes in some formats."""
    found: dict[str, bytes] = {}
    (folder / audience).mkdir(parents=True)
    for kind in kinds:
        own = EXPORT_FORMATS[kind]
        if kind == "ics" and audience in ("public", "staff"):
            continue
        place = folder / audience / (f"all{own.ending}" if own.several and kind != "ics" else kind)
        for file in export_file(session, kind, place, audience=audience).files:
            found[f"{kind}/{file.name}"] = file.read_bytes()
    return found


@pytest.mark.parametrize("audience", MAY_LEAVE)
def test_an_edition_contains_only_approved_texts(
    session: Session, marks: Marks, audience: str
) -> None:
    found: dict[str, set[str]] = {}
    names = set[str]()
    for name, content in render_editions(session, audience).items():
        names.add(name)
        for field in marks.fields_in("\n".join(read_file(name, content))):
            found.setdefault(field, set()).add(name)
    assert ("campus-pages.pdf" in names) == (audience == "law-enforcement")
    assert {
        field: names for field, names in found.items() if field not in MAY_LEAVE[audience]
    } == {}
    assert {"Site.name", "Plan.name", "Agency.phone"} <= set(found)  # the marks can be read
    assert "SiteNotes.public_note" in found
    assert ("SiteNotes.staff_note" in found) is (audience != "public")


@pytest.mark.parametrize(
    "kinds",
    [BRIEF, pytest.param(tuple(EXPORT_FORMATS), marks=pytest.mark.long)],
    ids=["brief", "all"],
)
@pytest.mark.parametrize("audience", MAY_LEAVE)
def test_an_export_contains_only_approved_texts(
    session: Session, marks: Marks, audience: str, kinds: Collection[str], tmp_path: Path
) -> None:
    found: dict[str, set[str]] = {}
    for name, content in write_exports(session, audience, tmp_path, kinds).items():
        for field in marks.fields_in("\n".join(read_file(name, content))):
            found.setdefault(field, set()).add(name)
    assert {
        field: names for field, names in found.items() if field not in MAY_LEAVE[audience]
    } == {}
    assert "Site.name" in found


@pytest.mark.parametrize("audience", MAY_LEAVE)
def test_an_export_contains_only_approved_columns(
    session: Session, audience: str, tmp_path: Path
) -> None:
    """Codes, places and times cannot be marked, so their columns are checked by name."""
    found = {}
    for name, content in write_exports(session, audience, tmp_path, ("csv",)).items():
        header = content.decode("utf-8-sig").partition("\n")[0]
        found[Path(name).stem] = set(header.strip().split(","))
    if audience == "law-enforcement":
        assert set(found) == {*STAFF_COLUMNS, *LAW_TABLES}
        return
    may = PUBLIC_COLUMNS if audience == "public" else STAFF_COLUMNS
    assert found == {name: found.get(name, set()) & may[name] for name in may}


OPEN_FIGURES = {
    *("Site.x_m", "Site.y_m", "Pin.x_m", "Pin.y_m", "Zone.color", "Layer.color"),
    *("Site.patrolled", "Site.charter", "Unit.sworn", "Unit.holds_zone", "Layer.own"),
}
"""The figures that the public may read, or that say what is drawn where."""
WRITTEN_AT = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
"""When a file was written, as formats say it by themselves."""
MORE = {
    "visit": {},
    "incident": {"type": "fight"},
    "campus_page": {},
    "reunification_site": {"name": "Park", "at_site": "r1c2"},
}
INTERNAL_FIGURES = {
    *("Site.enrollment", "WhatIfChange.enrollment", "Plan.tolerance", "Project.assumptions"),
    "Project.demand",
}
"""What only staff may have of the rest, with all that is computed from it."""


def change_figures(value: Any, keep: set[str], name: str = "") -> Any:
    """Return a value with every figure changed except those in ``keep``."""
    if name in keep or isinstance(value, (str, Enum)):
        return value
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value * 3
    return inside(value, name, lambda one, its: change_figures(one, keep, its))


OPEN_RECORDS = {
    *("agency_total.arrests", "agency_total.citations"),
    *("training.trained", "training.employed", "monitor_post.monitors", "monitor_post.hours"),
    "monthly_return.monitors",
}
"""Figures of records that the public may read: totals of the district, such as its monitors by
posts or by the schools' returns, and what an agency released itself."""
STAFF_RECORDS = OPEN_RECORDS | {
    *("drill.minutes", "drill.officer_present", "monthly_return.contacts_checked"),
    *(f"monthly_return.{name}" for name in ("drills", "plan_steps", "trained")),
}


def log_figures(session: Session, keep: set[str], *, other: bool) -> None:
    """Log a record of every kind with a figure in every field, or other ones except in ``keep``.

    The ``other`` log also has ``MORE``.
    """
    links = {"incident": "incident-1", "review": "after_action-1", "concern": "concern-1"}
    figures = {ValueType.NUMBER: ("2", "6"), ValueType.BOOLEAN: ("yes", "no")}
    for kind, record in RECORD_KINDS.items():
        given = {
            name: figures[one.stored][other and f"{kind}.{name}" not in keep]
            for name, one in record.fields.items()
            if one.stored in figures
        }
        texts = dict.fromkeys(list_free_texts(kind), "word")
        texts |= {name: uid for name, uid in links.items() if name in record.fields}
        uid = RECORDS[kind].get("uid", f"{kind}-1")
        log_record(session, kind, {**RECORDS[kind], **texts, **given, "uid": uid})
    for kind, more in MORE.items() if other else ():
        log_record(session, kind, {**RECORDS[kind], **more})


def two_plans(project: Project) -> Project:
    """Return the plan in force and the coming one, for comparison."""
    first = replace(project.plans["plan"], tolerance=20.0, expires_on=date(2027, 1, 4))
    moved = {**first.assignment, "r1c2": "B"}
    coming = replace(
        first,
        **{"uid": "coming", "name": "Coming", "assignment": moved, "pins": {}, "locks": {}},
        effective_on=date(2027, 1, 4),
        expires_on=None,
    )
    return project.with_plan(first).with_plan(coming)


def station_units(project: Project, post: str, assists: str) -> Project:
    """Return a project whose units start at a site and one of which assists in the other area."""
    units = {key: replace(unit, posts=(post,)) for key, unit in project.units.items()}
    own = units[assists]
    other = next(key for key in project.jurisdictions if key not in own.access)
    units[assists] = replace(own, access={**own.access, other: UnitAccess.ASSIST})
    return replace(project, units=units)


@pytest.mark.parametrize(
    ("audience", "keep", "recorded"),
    [
        ("public", OPEN_FIGURES, OPEN_RECORDS),
        ("staff", OPEN_FIGURES | INTERNAL_FIGURES, STAFF_RECORDS),
    ],
)
def test_a_private_figure_changes_no_byte_of_an_edition(
    audience: str, keep: set[str], recorded: set[str], tmp_path: Path
) -> None:
    made = []
    base = station_units(two_plans(create_filled_district()), "r1c1", "A")
    other = change_figures(base, keep)
    if audience == "public":  # who backs up and where a unit waits is an answer for staff
        other = station_units(
            change_figures(two_plans(create_filled_district()), keep), "r1c2", "B"
        )
    for at, project in enumerate((base, other)):
        store = create_store(tmp_path / f"{at}.gpkg", project, actor="p", at=NOW)
        session = Session(store, actor="p", desk="d", clock=lambda: NOW)
        store.attach(create_attachment(), keep=())
        log_figures(session, recorded, other=at > 0)
        session.show_plan("coming")
        content = collect_edition(session, HandoutRequest(audience, NOW, *MONTH, areas="own-1"))
        parts = [part.key for part in list_documents(audience)]
        files = dict(render_edition(content, only=parts, skip_empty=True))
        files |= write_exports(session, audience, tmp_path / str(at), ("csv", "kml", "xlsx"))
        made.append(
            {
                name: [WRITTEN_AT.sub("", text) for text in read_file(name, content)]
                for name, content in files.items()
            }
        )
        session.close()
    assert "comparison.pdf" in made[0]
    assert [name for name in made[0] if made[0][name] != made[1].get(name)] == []
