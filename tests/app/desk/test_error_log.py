"""The log of unexpected errors."""

import sys
from pathlib import Path

import pytest

from zoneplanner.app.desk.error_log import log_unexpected_error


def test_an_error_is_logged_even_if_the_usual_log_is_not_writable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    no_folder = tmp_path / "a file"
    no_folder.touch()
    kept = log_unexpected_error(ValueError("wrong turn"), no_folder / "zoneplanner.log")
    assert kept.parent == tmp_path
    assert "wrong turn" in kept.read_text(encoding="utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no permission bits")
def test_the_log_is_private_and_follows_no_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    log, other = tmp_path / "log" / "zoneplanner.log", tmp_path / "somebody's"
    log_unexpected_error(ValueError("wrong turn"), log)
    assert (log.stat().st_mode & 0o777, log.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    other.write_text("mine")
    log.unlink()
    log.symlink_to(other)
    (tmp_path / "zoneplanner.log").symlink_to(other)
    kept = log_unexpected_error(ValueError("wrong turn"), log)
    assert other.read_text() == "mine"
    assert "wrong turn" in kept.read_text(encoding="utf-8")
    assert kept.stat().st_mode & 0o777 == 0o600
