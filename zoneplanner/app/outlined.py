"""What of a reading is saved for other programs: outlines of zones and their figures."""

from typing import Any

from zoneplanner.app.reading import ProjectState


def collect_zone_outlines(
    after: ProjectState, before: ProjectState | None = None
) -> dict[str, Any]:
    """Return the outlines and figures of a reading that the store writes for other programs.

    With ``before``, only of the zones whose outline or figures are not the very same there.
    """
    if after.plan is None or after.figures is None:
        return {}
    same_plan = before is not None and get_plan_uid(before) == get_plan_uid(after)
    old_lines = before.outlines if before is not None and same_plan else {}
    old_rows = before.figures.zones if before is not None and same_plan and before.figures else {}
    rows = after.figures.zones
    changed = [
        zone
        for zone, line in after.outlines.items()
        if old_lines.get(zone) is not line or old_rows.get(zone) != rows[zone]
    ]
    uid = after.plan.uid
    return {
        "outlines": {(uid, zone): after.outlines[zone].area for zone in changed},
        "figures": {
            (uid, zone): {
                "load_min": rows[zone].load_min,
                "deviation": rows[zone].deviation,
                "pieces": rows[zone].pieces,
            }
            for zone in changed
        },
    }


def get_plan_uid(reading: ProjectState) -> str | None:
    """Return the uid of the plan that a reading shows, if any."""
    return reading.plan.uid if reading.plan else None
