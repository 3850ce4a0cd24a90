"""What all tests share: this folder is on the path for ``builders``; Qt needs no display.

Its screens are those of ``screens.json``: that of a desk, and small ones beside it.
"""

import atexit
import os
import pickle
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import cluster as clusters
import pytest
from builders import MONDAY_AT_8, OpenSession

from zoneplanner import storage
from zoneplanner.app.desk.settings import find_data_folder
from zoneplanner.app.session.session import Session
from zoneplanner.domain.project import Project

if os.environ.get("QT_QPA_PLATFORM", "offscreen") == "offscreen":
    screens = Path(__file__).with_name("screens.json")
    os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={screens}"
os.environ["XDG_DATA_HOME"] = tempfile.mkdtemp(prefix="planner-data-")
atexit.register(shutil.rmtree, os.environ["XDG_DATA_HOME"], ignore_errors=True)


@pytest.fixture(autouse=True)
def desk_saw_no_project() -> None:
    """Projects of tests have the same uid: what the desk saw of one says nothing of the next."""
    (find_data_folder() / "heads.json").unlink(missing_ok=True)


@pytest.fixture(scope="session")
def made_files(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Project, datetime], Path]:
    """The file of a project as it was made, for copies: most tests begin with one of a few."""
    folder, made = tmp_path_factory.mktemp("made"), dict[bytes, Path]()

    def find(project: Project, now: datetime) -> Path:
        key = pickle.dumps((project, now))
        if key not in made:
            path = folder / f"{len(made)}.gpkg"
            storage.create(path, project, actor="planner", at=now).close()
            made[key] = path
        return made[key]

    return find


@pytest.fixture
def open_session(
    tmp_path: Path, made_files: Callable[[Project, datetime], Path]
) -> Iterator[OpenSession]:
    sessions: list[Session] = []

    def opened(project: Project, *, now: datetime = MONDAY_AT_8) -> Session:
        path = shutil.copy(made_files(project, now), tmp_path / f"{len(sessions)}.gpkg")
        store = storage.open(path)
        sessions.append(Session(store, actor="planner", desk="desk 1", clock=lambda: now))
        return sessions[-1]

    yield opened
    for session in sessions:
        session.close()


@pytest.fixture(scope="session")
def cluster() -> Iterator[clusters.Cluster]:
    """A PostgreSQL server; where none is installed the tests are skipped, in CI they fail."""
    if clusters.programs() is None:
        why = "PostgreSQL with PostGIS is not installed; sh .ci/packages test installs it"
        if os.environ.get("NEED_POSTGRES"):
            pytest.fail(why)
        pytest.skip(why)
    with clusters.running() as server:
        yield server
