"""The response page of each campus: attach a drawing, place it by three points, verify it again.

The picture is kept in the project and named by its hash in the record. It leaves for responders
alone.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from zoneplanner.analysis.geometry.crs import from_lonlat
from zoneplanner.app.log.logbook import log_record
from zoneplanner.app.session.session import Session
from zoneplanner.domain.geography.picture_placement import (
    PicturePlacement,
    check_control_points,
    parse_control_point,
    solve_placement,
)
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.log.journal import JournalEntry
from zoneplanner.domain.log.office_entries import CampusPage, read_campus_pages
from zoneplanner.domain.log.record_schema import parse_list
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness.campus_pages import PlacedPicture, find_standing_pages
from zoneplanner.domain.readiness.office_requirements import CAMPUS_PAGE
from zoneplanner.errors import UserError
from zoneplanner.exchange.pictures import read_drawing_file
from zoneplanner.storage.attachments import Attachment


def list_campus_pages(session: Session, on: date | None = None) -> dict[str, CampusPage]:
    """Return the page that stands on a day, today where none is given, by site."""
    entries = session.store.entries(kinds=(CAMPUS_PAGE, "void"))
    return find_standing_pages(read_campus_pages(entries), on or session.today)


def list_sites_without_page(session: Session, pages: Mapping[str, CampusPage]) -> list[Site]:
    """Return the schools in patrol that have none."""
    return [site for site in session.saved_project.patrolled if site.id not in pages]


def log_campus_page(
    session: Session, columns: Mapping[str, str], picture: Attachment | None = None
) -> JournalEntry:
    """Log that a page was verified; without a picture that of the page before, with its points.

    Pictures that no record names any more are let go of.

    Raises
    ------
    UserError
        There is no page yet and no picture, who is here may not edit the project, or a column or
        a point makes no sense; nothing is kept then.
    """
    site = session.saved_project.site(columns.get("site", ""))
    given = {**columns, "site": site.id}
    if picture is None:
        before = list_campus_pages(session).get(site.id)
        if before is None:
            raise UserError("no_campus_page", name=site.name)
        given.setdefault("picture", before.picture)
        given.setdefault("points", ";".join(before.points))
        given.setdefault("source", before.source)
        return log_record(session, CAMPUS_PAGE, given)
    check_points(given.get("points", ""))
    given["picture"] = attach_picture(session, picture)
    return log_record(session, CAMPUS_PAGE, given)


def attach_picture(session: Session, picture: Attachment) -> str:
    """Keep a picture in the project, with those that records name; return its hash."""
    records = read_campus_pages(session.store.entries(kinds=(CAMPUS_PAGE, "void")))
    return session.store.attach(picture, keep=[one.picture for one in records])


def find_next_verification(day: date) -> date:
    """Return the day a year after one on which a page was verified."""
    return day.replace(year=day.year + 1, day=min(day.day, 28))


def check_points(text: str) -> None:
    """Refuse points that place no picture, before it is kept."""
    points = tuple(map(parse_control_point, parse_list(text)))
    if points:
        check_control_points(points)


def read_placed_picture(session: Session, page: CampusPage) -> PlacedPicture:
    """Return a page with its picture.

    Raises
    ------
    UserError
        The picture is gone, or is not the one that was attached.
    """
    found = session.store.attachment(page.picture)
    if found is None:
        site = session.saved_project.sites.get(page.site)
        raise UserError("no_campus_page.picture_gone", name=site.name if site else page.site)
    placement = place_picture(session.saved_project, page.points)
    return PlacedPicture(page, found.data, found.size_px, placement)


def read_drawn_picture(session: Session, path: Path, page: int = 1) -> Attachment:
    """Read a page of a file of others in the guard, as it would be kept; nothing is kept yet."""
    drawn = read_drawing_file(path, page=page, keep_off=session.store.files)
    return Attachment(drawn.media_type, drawn.data)


def place_picture(project: Project, points: Sequence[str]) -> PicturePlacement | None:
    """Return where three points place a picture, in meters of the project; None without points."""
    if not points:
        return None
    read = [parse_control_point(one) for one in points]
    xs, ys = from_lonlat(
        project.crs, [one.longitude for one in read], [one.latitude for one in read]
    )
    return solve_placement(read, list(zip(xs.tolist(), ys.tolist(), strict=True)))
