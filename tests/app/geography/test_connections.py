"""Sites separated by water are reported, connected or cut by hand, and zones follow."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from builders import project_from, refused

from zoneplanner.analysis.geometry.cells_and_outlines import find_detached_sites
from zoneplanner.analysis.planning_basis import compute_planning_basis
from zoneplanner.app.data.edits import remove_data_row, set_data_row
from zoneplanner.app.geography.detached_choices import (
    connect_sites,
    cut_connection,
    remove_connection,
)
from zoneplanner.app.plans.zone_proposals import SearchRequest, build_empty_plan, search_proposals
from zoneplanner.app.session.session import Session
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

OpenSession = Callable[[Project], Session]


def create_island() -> Project:
    """Return a project with an island: the blocks around it are removed."""
    project = project_from("AAB / ___ / B__")
    water = {key: block for key, block in project.blocks.items() if not key.startswith("B2-")}
    return replace(project, blocks=water)


@pytest.fixture
def session(open_session: OpenSession) -> Session:
    return open_session(create_island())


def count_pieces(session: Session) -> dict[str, int]:
    return {zone: outline.pieces for zone, outline in session.state.outlines.items()}


def list_codes(session: Session) -> list[str]:
    return [note.code for note in session.state.notes]


def test_a_site_across_the_water_is_reported_with_its_nearest_site(session: Session) -> None:
    (found,) = find_detached_sites(session.project, session.state.basis.cells)
    assert found.sites == ("r3c1",)
    assert found.joins == ("r3c1", "r1c1")
    assert found.away_m == pytest.approx(1000)
    assert "detached_sites" in list_codes(session)


def test_a_ferry_joins_two_pieces_and_can_be_undone(session: Session) -> None:
    assert count_pieces(session)["B"] == 2
    connect_sites(session, "School r3c1", "r1c3")
    assert count_pieces(session) == {"A": 1, "B": 1}
    assert "detached_sites" not in list_codes(session)
    assert not [one for one in session.state.problems if one.code == "in_pieces"]
    session.undo()
    assert count_pieces(session)["B"] == 2


def test_a_plan_crosses_the_ferry_and_is_impossible_without_it(session: Session) -> None:
    draft = build_empty_plan(session.project, "Next", "next", session.clock())
    alone = compute_planning_basis(session.project)
    with pytest.raises(UserError) as caught:
        list(search_proposals(session.project, draft, alone, SearchRequest(time_limit_s=5)))
    assert caught.value.details["proven_infeasible"] is True
    connect_sites(session, "r3c1", "r1c3")
    basis = compute_planning_basis(session.project)
    *_, best = search_proposals(session.project, draft, basis, SearchRequest(time_limit_s=5))
    assert best.proven
    assert best.plan.assignment["r3c1"] == best.plan.assignment["r1c3"]


def test_a_freeway_separates_touching_sites(open_session: OpenSession) -> None:
    session = open_session(project_from("AABB"))
    cut_connection(session, "r1c1", "r1c2")
    assert count_pieces(session) == {"A": 2, "B": 1}
    (found,) = find_detached_sites(session.project, session.state.basis.cells)
    assert found.sites == ("r1c1",)
    connect_sites(session, "r1c1", "r1c2")
    assert session.saved_project.connections.cut == ()
    assert count_pieces(session) == {"A": 1, "B": 1}
    remove_connection(session, "r1c1", "r1c2")
    assert count_pieces(session) == {"A": 1, "B": 1}
    with refused("unknown_connection"):
        remove_connection(session, "r1c1", "r1c2")


def test_a_site_cannot_be_connected_to_itself(session: Session) -> None:
    with refused("pair_of_one", site="School r1c1"):
        connect_sites(session, "r1c1", "School r1c1")


def test_connections_are_stored_and_listed_as_data_rows(session: Session) -> None:
    cells = {"site": "r3c1", "other": "School r1c3", "kind": "joined"}
    set_data_row(session, "connection", "new", cells, new=True)
    assert session.store.project().connections.joined == (("r1c3", "r3c1"),)
    set_data_row(session, "connection", "School r1c3 – School r3c1", {"kind": "cut"})
    assert session.saved_project.connections.cut == (("r1c3", "r3c1"),)
    remove_data_row(session, "connection", "r1c3 r3c1")
    assert session.saved_project.connections.cut == ()
