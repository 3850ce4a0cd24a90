"""The log of unexpected errors."""

from pathlib import Path

import pytest

from zoneplanner.app.desk.error_log import log_unexpected_error


def test_an_error_is_kept_even_where_the_log_may_not_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    no_folder = tmp_path / "a file"
    no_folder.touch()
    kept = log_unexpected_error(ValueError("wrong turn"), no_folder / "zoneplanner.log")
    assert kept == tmp_path / "zoneplanner.log"
    assert "wrong turn" in kept.read_text(encoding="utf-8")
