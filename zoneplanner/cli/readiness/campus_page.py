"""The response page of each campus: show them, attach and place one, verify one again."""

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
from zoneplanner.cli.output import CommandResult, OutputLine, make_table
from zoneplanner.cli.sessions import open_session_for_command
from zoneplanner.domain.log.office_entries import CampusPage
from zoneplanner.domain.readiness.campus_pages import STRETCHED, PlacedPicture
from zoneplanner.errors import UserError

_HEADERS = ("School", "Verified on", "Due again", "Placed", "Drawn by")
_COLUMNS = {"on": "verified", "review_on": "due", "role": "role", "source": "source"}


def run(args: argparse.Namespace) -> CommandResult:
    """Attach or verify the page of a site, or write its picture; else show all."""
    given = {
        column: str(value)
        for column, option in _COLUMNS.items()
        if (value := getattr(args, option)) is not None
    }
    writes = bool(args.picture or args.point or given)
    if args.site is None and (writes or args.save):
        raise UserError("option_missing.site")
    with open_session_for_command(args.project, read_only=not writes) as session:
        if writes:
            _log(session, args, given)
        pages = list_campus_pages(session)
        if args.site is not None:
            site = session.saved_project.site(args.site)
            pages = {key: one for key, one in pages.items() if key == site.id}
            if args.save is not None:
                _save(session, pages.get(site.id), site.name, args.save)
        return _answer(session, pages, args)


def _log(session: Session, args: argparse.Namespace, given: dict[str, str]) -> None:
    given["site"] = args.site
    given.setdefault("on", session.today.isoformat())
    given.setdefault(
        "review_on", find_next_verification(date.fromisoformat(given["on"])).isoformat()
    )
    if args.point:
        given["points"] = ";".join(args.point)
    picture = None
    if args.picture is not None:
        picture = read_drawn_picture(session, args.picture, args.page)
    log_campus_page(session, given, picture)


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
    placed = {key: read_placed_picture(session, one) for key, one in pages.items()}
    stretched = [one for one in placed.values() if one.is_stretched]
    data = {
        "pages": [_describe(placed[key], sites[key].name) for key in pages if key in sites],
        "missing": [{"site": one.id, "name": one.name} for one in missing],
    }
    rows = [
        (
            sites[key].name,
            str(one.on),
            str(one.review_on or "–"),
            "yes" if one.points else "no",
            one.source,
        )
        for key, one in pages.items()
        if key in sites
    ]
    said = [f"{len(missing)} schools have no response page."] if missing else []
    told = [f"{sites[one.page.site].name}: {STRETCHED}" for one in stretched]
    lines: list[OutputLine] = [make_table(_HEADERS, rows), *said, *told]
    return CommandResult(data, lines, bool(stretched), session.saved_project.formats)


def _describe(one: PlacedPicture, name: str) -> dict[str, object]:
    page, placement = one.page, one.placement
    width, height = one.size_px
    return {
        "site": page.site,
        "name": name,
        "uid": page.uid,
        "on": page.on.isoformat(),
        "review_on": page.review_on and page.review_on.isoformat(),
        "role": page.role,
        "source": page.source,
        "picture": page.picture,
        "width_px": width,
        "height_px": height,
        "points": list(page.points),
        "width_m": placement and placement.width_m,
        "height_m": placement and placement.height_m,
        "north_deg": placement and placement.north_deg,
        "stretch": one.stretch,
    }
