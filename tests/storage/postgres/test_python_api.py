"""The Python API on a shared project: what each role may do."""

from pathlib import Path
from typing import Any

import pytest
from builders import refused
from cluster import PASSWORD
from storage_samples import LOG, visit
from two_homes import OnServer

import zoneplanner as zp


def open_as(shared: OnServer, person: str, **options: Any) -> zp.ZoneProject:
    return zp.open(str(shared.cluster.address(person, shared.schema)), **options)


@pytest.fixture
def logged(shared: OnServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OnServer:
    """A shared project with a visit, and passwords in PostgreSQL's password file."""
    passwords = tmp_path / "pgpass"
    passwords.write_text(f"*:*:*:*:{PASSWORD}\n", encoding="utf-8")
    passwords.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(passwords))
    with shared.open("Officer A") as store:
        store.append(visit("v1"), **LOG)
    return shared


def test_a_viewer_reads_frames_and_cannot_change_anything(logged: OnServer) -> None:
    with open_as(logged, "Viewer V") as district:
        assert district.sites()["id"].tolist() == ["a", "b", "c"]
        assert district.visits()["uid"].tolist() == ["v1"]
    with open_as(logged, "Viewer V", write=True) as district, refused("role_may_not.viewer"):
        district.log("visit", site="a", arrived_at="2026-11-16 08:00")


def test_a_dispatcher_can_log_but_not_edit(logged: OnServer) -> None:
    with open_as(logged, "Dispatch D", write=True) as district:
        uid = district.log("visit", site="b", arrived_at="2026-11-16 08:00")
        assert uid in district.visits()["uid"].tolist()
        with pytest.raises(zp.UserError) as told:
            district.adopt("Draft A", "2027-08-01")
        assert told.value.code in ("role_may_not", "plan_adopted", "not_a_draft")
    assert len(logged.rows("SELECT 1 FROM visits")) == 2
