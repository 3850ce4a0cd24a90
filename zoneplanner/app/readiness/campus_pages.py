"""The response page of each campus: attach a drawing, place it by three points, verify it.

The picture is stored in the project, and the record names it by its hash. It is released only to
responders.
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
    """Return the valid page of each site on a day, by default today."""
    entries = session.store.entries(kinds=(CAMPUS_PAGE, "void"))
    return find_standing_pages(read_campus_pages(entries), on or session.today)


def list_sites_without_page(session: Session, pages: Mapping[str, CampusPage]) -> list[Site]:
    """Return the patrolled schools that have no page."""
    return [site for site in session.saved_project.patrolled if site.id not in pages]


def log_campus_page(
    session: Session, columns: Mapping[str, str], picture: Attachment | None = None
) -> JournalEntry:
    """Log that a page was verified; by default with the previous page's picture and points.

    Pictures that no record names any more are deleted.

    Raises
    ------
    UserError
        There is neither a page nor a picture, this user may not edit the project, or a column or
        a point is not valid. Nothing is saved then.
    """
    site = session.saved_project.site(columns.get("site", ""))
    values = {**columns, "site": site.id}
    if picture is None:
        previous = list_campus_pages(session).get(site.id)
        if previous is None:
            raise UserError("no_campus_page", name=site.name)
        values.setdefault("picture", previous.picture)
        values.setdefault("points", ";".join(previous.points))
        values.setdefault("source", previous.source)
        return log_record(session, CAMPUS_PAGE, values)
    check_points(values.get("points", ""))
    values["picture"] = attach_picture(session, picture)
    return log_record(session, CAMPUS_PAGE, values)


def attach_picture(session: Session, picture: Attachment) -> str:
    """Store a picture in the project, keep those that records name, and return its hash."""
    records = read_campus_pages(session.store.entries(kinds=(CAMPUS_PAGE, "void")))
    return session.store.attach(picture, keep=[record.picture for record in records])


def find_next_verification(day: date) -> date:
    """Return the same day of the next year, or the 28th if it was the 29th or later."""
    return day.replace(year=day.year + 1, day=min(day.day, 28))


def check_points(text: str) -> None:
    """Raise a UserError if points cannot place a picture. Call it before storing the picture."""
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
    attachment = session.store.attachment(page.picture)
    if attachment is None:
        site = session.saved_project.sites.get(page.site)
        raise UserError("no_campus_page.picture_gone", name=site.name if site else page.site)
    placement = place_picture(session.saved_project, page.points)
    return PlacedPicture(page, attachment.data, attachment.size_px, placement)


def read_drawn_picture(session: Session, path: Path, page: int = 1) -> Attachment:
    """Read a page of a foreign file in the guarded process; nothing is stored yet."""
    drawn = read_drawing_file(path, page=page, protected=session.store.files)
    return Attachment(drawn.media_type, drawn.data)


def place_picture(project: Project, points: Sequence[str]) -> PicturePlacement | None:
    """Return a picture's placement by three points, in the project's CRS.

    The result is None without points.
    """
    if not points:
        return None
    controls = [parse_control_point(point) for point in points]
    longitudes, latitudes = zip(
        *((each.longitude, each.latitude) for each in controls), strict=True
    )
    xs, ys = from_lonlat(project.crs, longitudes, latitudes)
    return solve_placement(controls, list(zip(xs.tolist(), ys.tolist(), strict=True)))
