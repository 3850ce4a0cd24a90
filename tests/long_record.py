"""Writes the result of the long tests, with day and commit, where people look for it."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

FILE = Path(__file__).parent.parent / "docs" / "test-long.md"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
    """Write the record once every long test has run."""
    stats = terminalreporter.stats
    reports = [
        report
        for outcome in ("passed", "failed", "skipped", "error")
        for report in stats.get(outcome, [])
        if report.when == "call" or outcome in ("skipped", "error")
    ]
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    ).stdout.strip()
    lines = [
        "# The last run of the long tests",
        "",
        f"`make test-long` on {datetime.now(UTC):%Y-%m-%d} at commit {commit or 'unknown'}, "
        f"exit status {exitstatus}. Seconds are of the call alone.",
        "",
        "| test | outcome | s |",
        "|---|---|---:|",
        *(
            f"| {report.nodeid.removeprefix('tests/')} | {report.outcome} | {report.duration:.0f} |"
            for report in sorted(reports, key=lambda one: one.nodeid)
        ),
        "",
    ]
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text("\n".join(lines), encoding="utf-8")
