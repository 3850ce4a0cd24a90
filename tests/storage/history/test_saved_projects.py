"""A saved project reads back the same."""

import dataclasses
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from builders import refused
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Point, box
from storage_samples import AT, EDIT, list_orders, project, site, to_plain

from zoneplanner import storage
from zoneplanner.domain.assumptions import Assumptions
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.clean_text import clean_name
from zoneplanner.domain.geography.site import Block, Jurisdiction, JurisdictionDecision, Site
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
from zoneplanner.domain.units import Agency, Unit, UnitAccess
from zoneplanner.messages import Message

words = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=8).map(
    clean_name
)
ids = st.text("abcdefghij-Ωé '\"%", min_size=1, max_size=4)
figures = st.floats(allow_nan=False, allow_infinity=False)
meters = st.floats(-1e7, 1e7)
moments = st.datetimes(timezones=st.just(AT.tzinfo))
days = st.dates()
counts = st.integers(0, 2**31 - 1)
corners = st.integers(0, 100)
areas = st.one_of(
    st.builds(lambda x, y: box(x, y, x + 7.5, y + 3.25), corners, corners),
    st.builds(
        lambda x, y: MultiPolygon([box(x, y, x + 1, y + 1), box(x + 5, y, x + 6, y + 2)]),
        corners,
        corners,
    ),
)


def by_id(values: st.SearchStrategy[Any], key: str = "id") -> st.SearchStrategy[dict[str, Any]]:
    unique = st.lists(values, max_size=3, unique_by=lambda item: getattr(item, key))
    return unique.map(lambda items: {getattr(item, key): item for item in items})


choices = st.builds(
    RuleChoices,
    st.dictionaries(words, words, max_size=2),
    st.lists(st.builds(DistrictRule, words, words, st.integers(1, 50), words), max_size=2).map(
        tuple
    ),
    st.dictionaries(words, st.integers(1, 365), max_size=2),
)
decisions = st.none() | st.builds(JurisdictionDecision, ids, words, moments, words)
sites = st.builds(
    Site,
    ids,
    *[words] * 7,
    meters,
    meters,
    st.none() | counts,
    st.booleans(),
    kind=words,
    charter=st.booleans(),
    enrollment_note=words,
    note=words,
    decision=decisions,
)
texts = st.dictionaries(words, words, max_size=2)
shapes = areas | st.builds(Point, meters, meters)
features = st.builds(Feature, words, words, shapes, texts)
layers = st.builds(Layer, ids, *[words] * 6, own=st.booleans(), color=counts)
locks = st.builds(
    PlanLock, st.sampled_from(LockScope), ids, words, st.dictionaries(ids, ids, max_size=2)
)
pins = st.builds(Pin, ids, meters, meters, words, words, moments)
assumed = st.builds(WhatIfChange, st.none() | st.booleans(), st.none() | counts)
units = st.builds(
    Unit,
    ids,
    words,
    words,
    words,
    st.booleans(),
    access=st.dictionaries(ids, st.sampled_from(UnitAccess), max_size=2),
    holds_zone=st.booleans(),
    posts=st.lists(ids, max_size=2).map(tuple),
)
levels = st.dictionaries(words, figures, max_size=3)
spans = st.lists(st.builds(DateRange, words, days, days), max_size=2).map(tuple)
calendars = st.builds(SchoolCalendar, spans, spans, st.none() | st.integers(1, 7), st.booleans())
zones = st.lists(
    st.builds(Zone, ids, words, words, counts), min_size=1, max_size=3, unique_by=lambda z: z.id
).map(tuple)


@st.composite
def plans(draw: st.DrawFn, site_ids: list[str], block_ids: list[str]) -> Plan:
    drawn = draw(zones)
    zone_ids = st.sampled_from([zone.id for zone in drawn])

    def pairs(keys: list[str], values: st.SearchStrategy[Any]) -> dict[str, Any]:
        return draw(st.dictionaries(st.sampled_from(keys), values)) if keys else {}

    return Plan(
        draw(ids),
        draw(words),
        drawn,
        pairs(site_ids, zone_ids),
        draw(figures),
        locks=draw(by_id(locks, "key")),
        block_overrides=pairs(block_ids, zone_ids),
        pins=draw(by_id(pins, "uid")),
        what_if=pairs(site_ids, assumed),
        note=draw(words),
        parent=draw(st.none() | ids),
        made_at=draw(st.none() | moments),
        proposed_on=draw(st.none() | days),
        effective_on=draw(st.none() | days),
        expires_on=draw(st.none() | days),
        proof=draw(st.none() | st.builds(OptimalityProof, figures, figures, words)),
    )


@st.composite
def projects(draw: st.DrawFn, *, like: Project | None = None) -> Project:
    """Draw a project; some values are taken from ``like``, so that a part stays the same."""

    def drawn(name: str, values: st.SearchStrategy[Any]) -> Any:
        if like is not None and draw(st.booleans()):
            return getattr(like, name)
        return draw(values)

    # Plans name sites and blocks, so these stay where a lent plan may name them.
    keep = like is not None and draw(st.booleans())
    kept_sites = like.sites if keep and like else draw(by_id(sites))
    kept_blocks = like.blocks if keep and like else draw(by_id(st.builds(Block, ids, words, areas)))
    new_plans = by_id(plans(list(kept_sites), list(kept_blocks)), "uid")
    return Project(
        "project-1",
        draw(words),
        "EPSG:26910",
        "America/Los_Angeles",
        draw(words),
        sites=kept_sites,
        jurisdictions=drawn(
            "jurisdictions", by_id(st.builds(Jurisdiction, ids, words, words, areas))
        ),
        blocks=kept_blocks,
        features=drawn("features", st.lists(features, max_size=3).map(tuple)),
        layers=drawn("layers", by_id(layers)),
        agencies=drawn("agencies", by_id(st.builds(Agency, ids, words, words))),
        units=drawn("units", by_id(units)),
        plans=like.plans if keep and like and draw(st.booleans()) else draw(new_plans),
        assumptions=drawn("assumptions", st.builds(Assumptions, levels, levels, figures, levels)),
        calendar=drawn("calendar", calendars),
        rules=drawn("rules", choices),
    )


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_saving_rewinding_and_replaying_round_trip(data: st.DataObject) -> None:
    first = data.draw(projects())
    second = data.draw(projects(like=first))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "any.gpkg"
        with storage.create(path, first, actor="Officer A", at=AT) as store:
            assert to_plain(store.project()) == to_plain(first)
            assert list_orders(store.project()) == list_orders(first)
            saved = store.save(first, second, label="Any edit", **EDIT)
            if saved is not None:
                assert to_plain(store.rewind(second, [saved.seq])) == to_plain(first)
                assert list_orders(store.rewind(second, [saved.seq])) == list_orders(first)
                assert to_plain(store.replay(first, [saved.seq])) == to_plain(second)
                assert list_orders(store.replay(first, [saved.seq])) == list_orders(second)
        with storage.open(path, read_only=True) as store:
            assert to_plain(store.project()) == to_plain(second)
            assert list_orders(store.project()) == list_orders(second)
            assert store.verify().ok


def test_a_project_without_any_layer_can_be_saved(path: Path) -> None:
    empty = Project("p", "Nothing yet", "EPSG:32611", "America/Los_Angeles")
    with storage.create(path, empty, actor="Officer A", at=AT) as store:
        assert to_plain(store.project()) == to_plain(empty)


def test_a_site_with_an_invalid_position_is_rejected_by_name(path: Path) -> None:
    broken = project().with_site(site("a", x_m=float("nan")))
    place = Message("changed_row", noun="Site", name="School a")
    with refused("unstorable_shape.not_finite", place=place):
        storage.create(path, broken, actor="Officer A", at=AT)
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("crs", "why"),
    [
        ("EPSG:4326", "not_projected"),
        ("EPSG:999999", "no_such"),
        ("metres", "no_code"),
        ("ESRI:102100", "no_code"),
    ],
)
def test_a_crs_not_in_meters_is_rejected(path: Path, crs: str, why: str) -> None:
    with refused(f"unknown_crs.{why}"):
        storage.create(path, dataclasses.replace(project(), crs=crs), actor="Officer A", at=AT)
    assert list(path.parent.iterdir()) == []
