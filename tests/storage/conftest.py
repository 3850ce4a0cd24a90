"""A saved sample project for the tests of the store."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from storage_samples import AT, project

from zoneplanner import storage


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "district.gpkg"


@pytest.fixture
def store(path: Path) -> Iterator[storage.Store]:
    with storage.create(path, project(), actor="Officer A", at=AT) as opened:
        yield opened
