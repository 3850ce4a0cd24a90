"""The cells of a large project are kept on the desk, and taken for no other project."""

from dataclasses import replace
from pathlib import Path

import platformdirs
import pytest
from builders import OpenSession, moved, project_from

from zoneplanner.app.session.cells_cache import keep_cells, recall_cells
from zoneplanner.domain.project import Project


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda *_, **__: str(tmp_path / "cache"))
    return tmp_path / "cache" / "cells"


def large() -> Project:
    return project_from(" / ".join(["A" * 15] * 15))


def test_the_second_opening_takes_the_cells_of_the_first(
    open_session: OpenSession, folder: Path
) -> None:
    project = large()
    assert recall_cells(project) is None
    first = open_session(project).state
    assert len(list(folder.iterdir())) == 1
    kept = recall_cells(project)
    assert kept is not None
    for name in ("vertices", "jurisdiction", "bordering", "vertex_of", "neighbors"):
        assert getattr(kept, name) == getattr(first.basis.cells, name)
    again = open_session(project).state
    assert again.figures is not None and first.figures is not None
    assert again.figures.zones == first.figures.zones
    assert [own.text for own in again.notes] == [own.text for own in first.notes]


def test_other_land_has_other_cells_and_a_damaged_file_none(
    open_session: OpenSession, folder: Path
) -> None:
    project = large()
    open_session(project)
    assert recall_cells(moved(project, "r1c1", 600.0, -500.0)) is None
    fewer = replace(project, blocks=dict(list(project.blocks.items())[1:]))
    assert recall_cells(fewer) is None
    (file,) = folder.iterdir()
    file.write_bytes(file.read_bytes()[:500])
    assert recall_cells(project) is None


def test_a_small_project_keeps_none(open_session: OpenSession, folder: Path) -> None:
    session = open_session(project_from("AABB"))
    keep_cells(session.project, session.state.basis.cells)
    assert not folder.exists()
