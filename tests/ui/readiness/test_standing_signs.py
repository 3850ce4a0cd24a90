"""The signs of requirements: due within the district's horizon, or held late."""

from dataclasses import replace
from datetime import UTC, date, datetime

from builders import OpenSession, project_from

from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.readiness.requirements import compute_readiness
from zoneplanner.app.readiness.rules import change_follow_up_days
from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolCalendar
from zoneplanner.ui.readiness.requirement_rows import (
    build_matrix_columns,
    build_requirement_rows,
    build_site_standing_rows,
)

NOW = datetime(2026, 9, 29, 18, 0, tzinfo=UTC)
FALL = DateRange("Fall", date(2026, 8, 13), date(2026, 12, 18))


def test_signs_follow_the_horizon_and_a_made_up_month_reads_held_late(
    open_session: OpenSession,
) -> None:
    project = replace(project_from("A / a"), calendar=SchoolCalendar((FALL,), ()))
    session = open_session(project, now=NOW)

    def read_cells() -> dict[str, str]:
        found = compute_readiness(session)
        (row,) = (one for one in build_site_standing_rows(found, session) if one.key == "r1c1")
        columns = build_matrix_columns(found, session.formats)
        return {one.title: one.text(row) if one.text else "" for one in columns}

    for held in ("2026-09-01T09:00", "2026-09-02T09:00"):
        log_record(session, "drill", {"site": "r1c1", "kind": "fire", "held_at": held})
    assert read_cells()["Fire drill"] == "~ held late", "the second one made up for August"
    (drop,) = (
        row
        for row in build_requirement_rows(compute_readiness(session), session, include_done=False)
        if (row.item.site, row.item.kind) == ("r1c1", "drop")
    )
    assert drop.days is not None and drop.days > 10 and not drop.soon
    assert not read_cells()["Drop drill"].startswith("▲")
    change_follow_up_days(session, {"horizon_days": drop.days})
    assert read_cells()["Drop drill"].startswith("▲")
