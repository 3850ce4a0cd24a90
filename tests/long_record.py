"""Writes the results of the long tests with day and commit to docs/test-long.md.

A test reports measurements by ``record_property("measured", ...)``. Tests that did not run keep
the row of their last run.
"""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
FILE = TESTS.parent / "docs" / "test-long.md"
_HEAD = """# The last runs of the long tests

`make test-long` writes this page; `pytest -m long -p long_record FILES` updates the rows of these
files. The column *s* gives the seconds that the test itself took, without its setup.

| test | outcome | s | measured | day, commit |
|---|---|---:|---|---|
"""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write a row for each long test that ran."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    ).stdout.strip()
    when = f"{datetime.now(UTC):%Y-%m-%d}, {commit or 'unknown'}"
    rows = _read_rows()
    for outcome in ("passed", "failed", "skipped", "error"):
        for report in terminalreporter.stats.get(outcome, []):
            if report.when == "call" or outcome in ("skipped", "error"):
                name = report.nodeid.removeprefix("tests/")
                measured = dict(report.user_properties).get("measured", "")
                rows[name] = f"{outcome} | {report.duration:.0f} | {measured} | {when}"
    lines = (f"| {name} | {rows[name]} |\n" for name in sorted(rows))
    FILE.write_text(_HEAD + "".join(lines), encoding="utf-8")


def _read_rows() -> dict[str, str]:
    """Return the rows of tests that still exist, by name."""
    found = {}
    for line in FILE.read_text(encoding="utf-8").splitlines() if FILE.exists() else ():
        name, _, rest = line.strip("| ").partition(" | ")
        if "::" in name and rest.count(" | ") == 3 and (TESTS / name.split("::")[0]).exists():
            found[name] = rest
    return found
