"""Shared by all tests: this folder is on the import path, and Qt needs no display.

``screens.json`` defines the screens: a desk's and smaller ones.
"""

import atexit
import functools
import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import cluster as clusters
import pytest
from builders import MONDAY_AT_8, OpenSession, create_store

from zoneplanner.app.desk.settings import find_data_folder
from zoneplanner.app.session.session import Session
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.exchange.sandbox.process import fork_later_readers
from zoneplanner.messages import Message, list_template_facts

if os.environ.get("QT_QPA_PLATFORM", "offscreen") == "offscreen":
    screens = Path(__file__).with_name("screens.json")
    os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={screens}"
os.environ["XDG_DATA_HOME"] = tempfile.mkdtemp(prefix="planner-data-")
atexit.register(shutil.rmtree, os.environ["XDG_DATA_HOME"], ignore_errors=True)
fork_later_readers()  # as the window does


@functools.cache
def find_message_fault(template: str, *given: str) -> str:
    try:
        lacking = list_template_facts(template) - set(given)
    except KeyError:
        return f"no sentence has the code {template}"
    return f"{template} lacks {', '.join(sorted(lacking))}" if lacking else ""


def check_each(kind: Any, facts: str) -> None:
    """A test fails when it makes a message or error that cannot be said, even if nobody says it."""
    init = kind.__init__

    @functools.wraps(init)
    def init_checked(self: Any, *args: Any, **named: Any) -> None:
        init(self, *args, **named)
        if fault := find_message_fault(self.template, *getattr(self, facts)):
            pytest.fail(fault)

    kind.__init__ = init_checked


check_each(Message, "facts")
check_each(UserError, "details")


@pytest.fixture(autouse=True)
def forget_seen_projects() -> None:
    """Test projects share a uid, so the last seen version of one must not be used for the next."""
    (find_data_folder() / "heads.json").unlink(missing_ok=True)


@pytest.fixture
def open_session(tmp_path: Path) -> Iterator[OpenSession]:
    sessions: list[Session] = []

    def open_file(project: Project, *, now: datetime = MONDAY_AT_8) -> Session:
        store = create_store(tmp_path / f"{len(sessions)}.gpkg", project, actor="planner", at=now)
        sessions.append(Session(store, actor="planner", desk="desk 1", clock=lambda: now))
        return sessions[-1]

    yield open_file
    for session in sessions:
        session.close()


@pytest.fixture(scope="session")
def cluster() -> Iterator[clusters.Cluster]:
    """A PostgreSQL server; without one its tests are skipped, or fail in CI."""
    if clusters.find_programs() is None:
        why = "PostgreSQL with PostGIS is not installed; sh .ci/packages test installs it"
        if os.environ.get("NEED_POSTGRES"):
            pytest.fail(why)
        pytest.skip(why)
    with clusters.running_cluster() as server:
        yield server


@pytest.fixture
def without_garbage_collection() -> Iterator[None]:
    """Finalizers of another test's objects would fail at a depth of a thousand calls."""
    gc.disable()
    yield
    gc.enable()
