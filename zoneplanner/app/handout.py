"""Publish: write what an audience holds in its hands into a folder."""

from collections.abc import Callable, Sequence
from pathlib import Path

from zoneplanner.app.reading import Reading
from zoneplanner.app.session import Session
from zoneplanner.errors import UserError
from zoneplanner.publish.content import AUDIENCES, Handout, ZoneNumbers

Report = Callable[[float, str], None]
__all__ = ["AUDIENCES", "PARTS", "handout", "publish", "publish_handout"]

PARTS = ("map", "sheets", "assignments")


def handout(session: Session, audience: str, reading: Reading | None = None) -> Handout:
    """Collect what is published of the plan on screen, or of another reading of the project.

    Raises
    ------
    UserError
        There is no plan yet, or the audience is unknown.
    """
    if audience not in AUDIENCES:
        raise UserError(f"There is no audience “{audience}”. Choose: {', '.join(AUDIENCES)}.")
    reading = reading or session.reading
    if reading.plan is None or reading.figures is None:
        raise UserError("There is no plan to publish yet; propose zones first.")
    count, head = session.store.head()
    return Handout(
        project=reading.project,
        plan=reading.plan,
        outlines={zone: line.area for zone, line in reading.outlines.items()},
        placements=reading.basis.placements,
        figures={
            zone: ZoneNumbers(
                load_min=row.load_min,
                deviation=row.deviation,
                students=row.students,
                drive_min=row.drive_min_per_day,
            )
            for zone, row in reading.figures.zones.items()
        },
        last_visits=dict(session.last_visits),
        as_of=session.clock(),
        head_hash=head,
        entries=count,
        audience=audience,
    )


def publish(
    session: Session,
    folder: Path,
    *,
    audience: str,
    only: Sequence[str] = PARTS,
    report: Report = lambda _fraction, _text: None,
) -> list[Path]:
    """Write the map, the zone sheets and the tables; return the files, each whole.

    Raises
    ------
    UserError
        A part is unknown or the folder cannot be written.
    """
    if not only:
        raise UserError(f"Name what to publish: {', '.join(PARTS)}.")
    unknown = [part for part in only if part not in PARTS]
    if unknown:
        raise UserError(f"There is nothing called “{unknown[0]}” to publish: {', '.join(PARTS)}.")
    return publish_handout(handout(session, audience), folder, only=only, report=report)


def publish_handout(
    content: Handout, folder: Path, *, only: Sequence[str], report: Report
) -> list[Path]:
    """Write a handout that was collected before; touches no project, so it may run as a job."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files: list[Path] = []
        if "map" in only:
            report(0.0, "Web map")
            from zoneplanner.publish.webmap import write_web_map

            files.append(write_web_map(content, folder / "map.html"))
        if "sheets" in only:
            report(0.5, "Zone sheets")
            from zoneplanner.publish.sheets import write_zone_sheets

            files.append(write_zone_sheets(content, folder / "zone-sheets.pdf"))
        if "assignments" in only:
            report(0.9, "Tables")
            from zoneplanner.publish.assignments import write_assignments, write_directory

            files.append(write_assignments(content, folder / "assignments.csv"))
            files.append(write_directory(content, folder / "directory.csv"))
        report(1.0, "Published")
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(
            f"Cannot write to {folder}: {reason}. Choose another folder.", {"folder": str(folder)}
        ) from error
    return files
