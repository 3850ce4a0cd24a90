"""Map layers as people see them: source, credits, labels and imported files."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import OpenSession, project_from, refused
from shapely.geometry import Point

from zoneplanner import storage
from zoneplanner.app.geography.map_layers import (
    LayerRequest,
    add_layer_file,
    build_layer_reader,
    describe_layer_source,
    find_name_field,
    format_credit_line,
    list_layer_fields,
    list_row_notes,
    list_source_layers,
    remove_own_layer,
)
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import derive_state
from zoneplanner.domain.geography.site import shorten_site_name
from zoneplanner.domain.project import Feature, Project
from zoneplanner.exchange.presets.bundled_district import build_bundled_project
from zoneplanner.exchange.row_results import RowOutcome, RowResult, refuse_row
from zoneplanner.exchange.sandbox.layer_reader import NO_GEOMETRY
from zoneplanner.exchange.vector.layers import ForeignLayer
from zoneplanner.messages import Message

NOW = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)
REPAIR = Message("shape_repaired.invalid", why="self-intersection")
STOPS = ForeignLayer(
    title="Bus stops",
    source="bus_stops.csv",
    crs="EPSG:4326",
    features=(
        Feature("", "Sunrise", Point(500, -500), {"route": "1", "name": "Sunrise"}),
        Feature("", "", Point(900, -500), {"route": "2", "shelter": "yes"}),
    ),
    read=4,
    repaired=(RowResult(3, RowOutcome.NEW, repaired=(REPAIR,)),),
    refused=(refuse_row(2, NO_GEOMETRY), refuse_row(4, NO_GEOMETRY)),
)


@pytest.fixture(scope="module")
def district() -> Project:
    return build_bundled_project(uid="p")


@pytest.fixture
def session(open_session: OpenSession) -> Session:
    return open_session(project_from("AB / aa"), now=NOW)


def test_a_layer_card_shows_publisher_vintage_rows_and_coordinates(district: Project) -> None:
    card = describe_layer_source(derive_state(district, None), "roads", "Main streets")
    assert (card.title, card.publisher, card.rows) == ("Main streets", "US Census Bureau", "29")
    assert card.crs.index("EPSG:4326") < card.crs.index("EPSG:26910")
    assert "2010" in card.vintage and card.terms and card.source == "arterials.geojson"


def test_a_layer_created_here_has_no_publisher(session: Session) -> None:
    card = describe_layer_source(session.state, "zones", "Zones")
    assert "“Plan”" in card.publisher and card.rows == "3 zones"
    assert describe_layer_source(session.state, "river", "River").publisher == "Not recorded"


def test_an_older_project_without_sources_still_names_the_bundled_layers(
    district: Project,
) -> None:
    older = replace(district, layers={})
    assert list_source_layers(older) == district.layers
    assert list_source_layers(project_from("A")) == {}


def test_credits_name_only_visible_layers(district: Project) -> None:
    sites, roads, blocks = format_credit_line(district, ["sites", "roads", "blocks"]).split(" · ")
    assert sites.endswith("Education 2023–2026") and roads.endswith("Bureau 2010–2018")
    assert blocks == "Sacramento County 2016"
    assert format_credit_line(district, ["roads"]) == "US Census Bureau 2010–2018"
    assert format_credit_line(district, [], "© Map makers") == "© Map makers"


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Del Campo High", "Del Campo"),
        ("Green Oaks Fundamental Elementary", "Green Oaks"),
        ("Orangevale Open K-8", "Orangevale"),
        ("Encina High", "Encina"),
        ("Visions In Education", "Visions In Education"),
        ("High School", "High"),
    ],
)
def test_a_short_site_name_leaves_out_the_level(name: str, short: str) -> None:
    assert shorten_site_name(name) == short


def test_importing_a_layer_is_one_step_that_can_be_undone(session: Session) -> None:
    (added,) = add_layer_file(session, STOPS, "stops")
    counts = [
        Message("layer_rows.read", n=4),
        Message("layer_rows.repaired", n=1),
        Message("layer_rows.rejected", n=2, row=2, reason=NO_GEOMETRY),
    ]
    assert added == Message("layer_added", title="Bus stops", counts=counts)
    assert session.undo_label == "Add layer “Bus stops”"
    card = describe_layer_source(session.state, "stops", "Bus stops")
    assert (card.rows, card.source) == ("2", "bus_stops.csv")
    assert list_layer_fields(session.project, "stops") == ("route", "name", "shelter")
    assert find_name_field(session.project, "stops") == "name"
    remove_own_layer(session, "stops")
    assert session.undo_label == "Remove layer “Bus stops”"
    assert not session.project.layers
    session.undo()
    session.undo()
    assert [item.layer for item in session.project.features] == ["district"]


def test_a_file_without_an_importable_row_changes_nothing(session: Session) -> None:
    empty = replace(STOPS, features=())
    with refused("nothing_to_show"):
        add_layer_file(session, empty, "stops")
    assert session.undo_label is None


def test_every_rejected_and_repaired_row_is_listed(session: Session) -> None:
    assert list_row_notes(STOPS) == {
        "row 2, rejected": str(NO_GEOMETRY),
        "row 4, rejected": str(NO_GEOMETRY),
        "row 3, repaired": str(REPAIR),
    }
    many = replace(STOPS, refused=tuple(refuse_row(row, NO_GEOMETRY) for row in range(1, 31)))
    assert list_row_notes(many)["more"] == "11 rows"


def test_the_live_project_is_never_read_as_a_layer(session: Session) -> None:
    with refused("project_itself.file"):
        build_layer_reader(session, LayerRequest(Path(session.store.path)))(
            lambda fraction, text: None
        )
    add_layer_file(session, STOPS, "stops")
    assert session.store.project().features[-1].layer == "stops"


def test_an_imported_layer_is_there_after_reopening_the_project(
    session: Session, tmp_path: Path
) -> None:
    add_layer_file(session, STOPS, "stops")
    session.close()
    again = Session(
        storage.open(session.store.path), actor="planner", desk="desk 1", clock=lambda: NOW
    )
    assert again.project.layers["stops"].title == "Bus stops"
    assert again.project.layers["stops"].own
    assert set(list_layer_fields(again.project, "stops")) == {"route", "name", "shelter"}
    assert again.history[-1].label == "Add layer “Bus stops”"
    again.restore_step(0)
    assert not again.project.layers
    again.close()
