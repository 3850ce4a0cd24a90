"""Show the response pages of campuses; attach and place one, or verify one again."""

import argparse
from datetime import date
from pathlib import Path

from zoneplanner.app.exports.atomic_files import write_file_atomically
from zoneplanner.app.readiness.campus_pages import (
    find_next_verification,
    list_campus_pages,
    list_sites_without_page,
    log_campus_page,
    read_drawn_picture,
    read_placed_picture,
)
from zoneplanner.app.session.session import Session
from zoneplanner.cli.output import CommandResult, OutputLine, make_table, to_json
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.domain.log.office_entries import CampusPage
from zoneplanner.domain.readiness.campus_pages import STRETCHED, PlacedPicture
from zoneplanner.errors import UserError
from zoneplanner.messages import Message

_HEADERS = ("School", "Verified on", "Due again", "Placed", "Drawn by")
_COLUMNS = {"on": "verified", "review_on": "due", "role": "role", "source": "source"}


def run(args: argparse.Namespace) -> CommandResult:
    """Attach or verify a site's page or save its picture, or else show all pages."""
    columns = {
        column: str(value)
        for column, option in _COLUMNS.items()
        if (value := getattr(args, option)) is not None
    }
    writes = bool(args.picture or args.point or columns)
    if args.site is None and (writes or args.save):
        raise UserError("option_missing.site")
    with open_session_for_command(args.project, read_only=not writes) as session:
        if writes:
            _log(session, args, columns)
        pages = list_campus_pages(session)
        if args.site is not None:
            site = session.saved_project.site(args.site)
            pages = {key: page for key, page in pages.items() if key == site.id}
            if args.save is not None:
                _save(session, pages.get(site.id), site.name, args.save)
        return _answer(session, pages, args)


def _log(session: Session, args: argparse.Namespace, columns: dict[str, str]) -> None:
    columns["site"] = args.site
    columns.setdefault("on", session.today.isoformat())
    columns.setdefault(
        "review_on", find_next_verification(date.fromisoformat(columns["on"])).isoformat()
    )
    if args.point:
        columns["points"] = ";".join(args.point)
    picture = None
    if args.picture is not None:
        picture = read_drawn_picture(session, args.picture, args.page)
    log_campus_page(session, columns, picture)


def _save(session: Session, page: CampusPage | None, name: str, path: Path) -> None:
    if page is None:
        raise UserError("no_campus_page", name=name)
    session.store.check_target(path)
    write_file_atomically(path, read_placed_picture(session, page).data)


def _answer(
    session: Session, pages: dict[str, CampusPage], args: argparse.Namespace
) -> CommandResult:
    sites = session.saved_project.sites
    missing = [] if args.site else list_sites_without_page(session, pages)
    placed = {key: read_placed_picture(session, page) for key, page in pages.items()}
    stretched = [page for page in placed.values() if page.is_stretched]
    data = {
        "pages": [_describe(placed[key], sites[key].name) for key in pages if key in sites],
        "missing": [{"site": page.id, "name": page.name} for page in missing],
    }
    rows = [
        (
            sites[key].name,
            str(page.on),
            str(page.review_on or "–"),
            "yes" if page.points else "no",
            page.source,
        )
        for key, page in pages.items()
        if key in sites
    ]
    without_page = len(missing) or (1 if args.site and not rows else 0)
    lines_missing = [str(Message("nothing_listed.pages", n=without_page))] if without_page else []
    lines_stretched = [f"{sites[page.page.site].name}: {STRETCHED}" for page in stretched]
    table = [make_table(_HEADERS, rows)] if rows else []
    lines: list[OutputLine] = [*table, *lines_missing, *lines_stretched]
    return CommandResult(data, lines, bool(stretched), session.saved_project.formats)


def _describe(placed: PlacedPicture, name: str) -> dict[str, object]:
    page, placement = placed.page, placed.placement
    width, height = placed.size_px
    return {
        "site": page.site,
        "name": name,
        **to_json(page, "uid on review_on role source picture"),
        "width_px": width,
        "height_px": height,
        "points": list(page.points),
        "width_m": placement and placement.width_m,
        "height_m": placement and placement.height_m,
        "north_deg": placement and placement.north_deg,
        "stretch": placed.stretch,
    }
