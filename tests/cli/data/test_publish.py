"""What `publish` takes where nothing is said, and what it says beside the files."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from builders import create_store, project_from
from papers import page_texts

from zoneplanner.cli.run import main


def test_the_coming_plan_is_compared_with_that_in_force(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = project_from("AAABBB / A____B")
    first = replace(project.plans["plan"], name="Zones of now", effective_on=date(2026, 8, 14))
    first = replace(first, expires_on=date(2027, 8, 12), tolerance=20.0)
    moved = {**first.assignment, "r1c3": "B"}
    coming = replace(first, uid="coming", name="Zones of next", assignment=moved, expires_on=None)
    coming = replace(coming, effective_on=date(2027, 8, 12))
    path = tmp_path / "p.gpkg"
    made = datetime(2026, 11, 18, 18, 0, tzinfo=UTC)
    create_store(path, project.with_plan(first).with_plan(coming), actor="p", at=made).close()
    to = ["publish", str(path), "--audience", "public", "--to", str(tmp_path / "out"), "--only"]
    assert main([*to, "comparison"]) in (0, 1)
    (paper,) = tmp_path.rglob("comparison.pdf")
    said = " ".join(page_texts(paper.read_bytes()))
    assert "Before: Zones of now" in said and "After: Zones of next" in said
    own = ["publish", str(path), "--audience", "own", "--plan", "Zones of now"]
    assert main([*own, "--to", str(tmp_path / "own"), "--only", "comparison"]) in (0, 1)
    (paper,) = (tmp_path / "own").rglob("comparison.pdf")
    said = " ".join(page_texts(paper.read_bytes()))
    assert "Before: Zones of now" in said and "After: Zones of next" in said
    capsys.readouterr()
    assert main([*to, "families"]) in (0, 1)
    told = capsys.readouterr().out.replace("\n", " ")
    assert "No longer in this folder" in told and "comparison.pdf" in told
