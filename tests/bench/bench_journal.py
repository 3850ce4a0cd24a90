"""The coverage board beside pandas: a million visits and 50,000 calls, 40 years of the district.

Ours computes every figure of the board with its n; pandas the counts, gaps, last visits and
response percentiles of the same rows, its frames made beforehand. Seconds, and whether the two
agree on visits and mean gaps.
"""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
from peers import measure_run, name_missing

from zoneplanner.analysis.coverage.coverage_table import compute_coverage
from zoneplanner.analysis.coverage.figures import CoverageRow
from zoneplanner.analysis.coverage.log_period import select_period
from zoneplanner.analysis.log.log_arrays import CALL_DTYPE, VISIT_DTYPE, LocalClock, LogArrays
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.domain.project import Project
from zoneplanner.exchange.presets.bundled_district import build_bundled_project

VISITS, CALLS, YEARS = 1_000_000, 50_000, 40
NOW = datetime(2026, 11, 24, tzinfo=UTC)


def project() -> Project:
    """Return the bundled district with school all year, every year."""
    found = build_bundled_project(uid="bench")
    always = DateRange("Always", datetime(1980, 1, 1, tzinfo=UTC).date(), NOW.date())
    return replace(found, calendar=SchoolCalendar((always,), ()))


def draw_log(found: Project) -> LogArrays:
    """Return seeded visits and calls over forty years."""
    rng = np.random.default_rng(0)
    sites = [site.id for site in found.patrolled]
    end = int(NOW.timestamp())
    clock = LocalClock(found.time_zone)
    visits = np.zeros(VISITS, VISIT_DTYPE)
    visits["site"] = rng.integers(0, len(sites), VISITS)
    visits["at"] = end - rng.integers(60, YEARS * 365 * 86_400, VISITS)
    visits["stay"], visits["unit"], visits["seq"] = 900, -1, np.arange(VISITS)
    visits = visits[np.lexsort((visits["at"], visits["site"]))]
    calls = np.zeros(CALLS, CALL_DTYPE)
    calls["site"] = rng.integers(0, len(sites), CALLS)
    calls["received"] = np.sort(end - rng.integers(7200, YEARS * 365 * 86_400, CALLS))
    calls["dispatched"] = calls["received"] + rng.integers(10, 120, CALLS)
    calls["enroute"] = calls["dispatched"] + rng.integers(10, 60, CALLS)
    calls["onscene"] = calls["enroute"] + rng.integers(60, 900, CALLS)
    calls["cleared"] = calls["onscene"] + rng.integers(300, 3000, CALLS)
    calls["consumed"], calls["unit"], calls["priority"] = 1800, -1, 3
    for table, name in ((visits, "at"), (calls, "received")):
        read = np.array([clock.read(at) for at in table[name].tolist()])
        table["day"], table["minute"] = read[:, 0], read[:, 1]
    return LogArrays(tuple(sites), visits, calls)


def compute_by_pandas(visits: object, calls: object) -> object:
    """Return about the same figures by site."""
    import pandas

    assert isinstance(visits, pandas.DataFrame)
    assert isinstance(calls, pandas.DataFrame)
    gaps = visits.groupby("site")["at"].diff() / 3600
    by_gap = gaps.groupby(visits["site"])
    minutes = (calls["onscene"] - calls["received"]) / 60
    by_call = minutes.groupby(calls["site"])
    return pandas.DataFrame(
        {
            "visits": visits.groupby("site").size(),
            "last": visits.groupby("site")["at"].max(),
            "gap_mean_h": by_gap.mean(),
            "gap_max_h": by_gap.max(),
            "gap_min_h": by_gap.min(),
            "p50": by_call.quantile(0.5),
            "p90": by_call.quantile(0.9),
            "mean": by_call.mean(),
            "within": (minutes <= 8).groupby(calls["site"]).mean(),
        }
    )


def main() -> None:
    """Print a row for each program."""
    found = project()
    kept = draw_log(found)
    print(f"{VISITS:,} visits, {CALLS:,} calls, {YEARS} years; seconds on the wall (of processor)")
    rows = None
    for by in ("site", "zone", "week", "all"):

        def run(by: str = by) -> tuple[CoverageRow, ...]:
            return compute_coverage(select_period(kept, project=found, now=NOW), by=by)

        run()
        wall, cpu, told = measure_run(run)
        rows = told if by == "site" else rows
        print(f"  this package, all figures by {by:5} {wall:6.3f} s ({cpu:6.3f})", flush=True)
    gone = name_missing("pandas")
    if gone:
        print(f"  pandas {gone}")
        return
    import pandas

    frames = [
        pandas.DataFrame({name: table[name] for name in table.dtype.names})
        for table in (kept.visits, kept.calls)
    ]
    compute_by_pandas(*frames)
    wall, cpu, peer = measure_run(lambda: compute_by_pandas(*frames))
    assert isinstance(peer, pandas.DataFrame)
    assert isinstance(rows, tuple)
    ours = {row.key: row.figures for row in rows}
    same = all(
        ours[site]["visits"].value == peer["visits"][at]
        and abs((ours[site]["gap_mean_h"].value or 0) - peer["gap_mean_h"][at]) < 1e-6
        for at, site in enumerate(kept.names)
    )
    agreed = "agrees" if same else "differs"
    print(f"  pandas, nine figures by site        {wall:6.3f} s ({cpu:6.3f}), {agreed}")


if __name__ == "__main__":
    main()
