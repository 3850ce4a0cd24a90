"""A stored sample project, in a file or on a server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from builders import create_store
from cluster import Cluster
from storage_samples import AT, project
from two_homes import Home, InFile, OnServer

from zoneplanner import storage


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "district.gpkg"


@pytest.fixture
def store(path: Path) -> Iterator[storage.Store]:
    with create_store(path, project(), actor="Officer A", at=AT) as opened:
        yield opened


@pytest.fixture
def shared(cluster: Cluster, path: Path) -> Iterator[OnServer]:
    """The sample project on a server."""
    with OnServer(cluster, path) as home:
        yield home


@pytest.fixture(params=["file", "server"])
def home(request: pytest.FixtureRequest, path: Path) -> Iterator[Home]:
    """The sample project in a file and on a server."""
    if request.param == "file":
        yield InFile(path)
    else:
        with OnServer(request.getfixturevalue("cluster"), path) as made:
            yield made
