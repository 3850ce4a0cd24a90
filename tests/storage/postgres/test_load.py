"""Several desks at once: nothing is lost or duplicated."""

from pathlib import Path

import pytest
from cluster import Cluster
from load import check_load, run_desks
from two_homes import OnServer


def test_four_desks_at_full_speed_lose_nothing(cluster: Cluster, path: Path) -> None:
    home = OnServer(cluster, path)
    load = run_desks(cluster, home, desks=4, seconds=1.0, pause_s=0.0)
    assert {uid.split("-")[0] for uid in load.entries} == {"desk0", "desk1", "desk2", "desk3"}
    assert load.edits
    check_load(home, load)


@pytest.mark.long
def test_eight_desks_lose_nothing_in_ten_minutes(cluster: Cluster, path: Path) -> None:
    home = OnServer(cluster, path)
    load = run_desks(cluster, home, desks=8, seconds=600.0, pause_s=0.5)
    check_load(home, load)
