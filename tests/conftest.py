"""What all tests share: this folder is on the path for ``builders``; Qt needs no display."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator

import cluster as clusters
import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["XDG_DATA_HOME"] = tempfile.mkdtemp(prefix="planner-data-")
atexit.register(shutil.rmtree, os.environ["XDG_DATA_HOME"], ignore_errors=True)


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
