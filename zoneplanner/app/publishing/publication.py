"""Make an audience's edition: a folder of files that is complete or not written at all.

The folder is for one audience and one day, and is put in place by a rename. Its data folder has the
released data in formats of `export`.
"""

import json
import os
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from zoneplanner.analysis.geometry.crs import geometries_to_lonlat, to_lonlat
from zoneplanner.app.exports.atomic_files import (
    EDITION_LIST,
    explain_write_failure,
    read_edition_list,
    refuse_place_in_edition,
    write_files_atomically,
)
from zoneplanner.app.plans.comparison import compare_project_plans, order_plans
from zoneplanner.app.plans.what_if import derive_factual_state
from zoneplanner.app.publishing.handout import (
    HandoutRequest,
    collect_handout,
    find_last_record_time,
)
from zoneplanner.app.publishing.month import add_month_data
from zoneplanner.app.publishing.release_check import (
    ReleaseWarning,
    check_release,
    refuse_unreleased_plan,
)
from zoneplanner.app.publishing.year import add_year_data
from zoneplanner.app.readiness.campus_pages import list_campus_pages, read_placed_picture
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import derive_state, require_plan
from zoneplanner.domain.locale_formats import CSV_ENCODING
from zoneplanner.domain.log.office_entries import read_text_reviews
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.domain.readiness.campus_pages import PlacedPicture
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.formats.export_layer import ColumnKind, ExportColumn, ExportLayer
from zoneplanner.exchange.formats.kml import build_zone_kml
from zoneplanner.exchange.formats.spreadsheets import build_csv
from zoneplanner.messages import Message
from zoneplanner.publish.audience import OWN, find_audience, is_released, redact_for_audience
from zoneplanner.publish.data.data_folder import DataFile, build_data_files
from zoneplanner.publish.handout import WITHOUT_PLAN, ComparedPlan, Handout
from zoneplanner.publish.maps.backdrop import build_backdrop
from zoneplanner.publish.publications import PUBLICATIONS, Publication, explain_no_comparison
from zoneplanner.publish.summaries import summarize_sites, summarize_zones
from zoneplanner.tokens import zone_color

if TYPE_CHECKING:
    from zoneplanner.publish.pdf.page import Booklet


def name_edition(audience: str, day: date) -> str:
    """Return the name of an edition's folder."""
    return f"{audience}-{day.isoformat()}"


def check_edition_folder(folder: Path) -> None:
    """Refuse a folder that contains anything other than an edition of its name, or is in an
    edition.

    Raises
    ------
    UserError
        The folder has files that no earlier run of this edition made, or it would be in another
        edition and be sent with it.
    """
    refuse_place_in_edition(folder)
    if not folder.exists() and not folder.is_symlink():
        return
    present = _list_files(folder) if folder.is_dir() and not folder.is_symlink() else None
    if present is None:
        raise UserError("edition_folder_taken.file", folder=folder.name, path=str(folder))
    listed = read_edition_list(folder)
    other_files = sorted(present - listed - {EDITION_LIST})
    if other_files or (present and not listed):
        raise UserError(
            "edition_folder_taken",
            folder=folder.name,
            path=str(folder),
            files=other_files or sorted(present),
        )


def list_replaced_files(folder: Path, names: Collection[str]) -> tuple[str, ...]:
    """Return the files of the folder's present edition that are not among ``names``."""
    return tuple(sorted(read_edition_list(folder) - set(names)))


def replace_edition_folder(
    folder: Path,
    audience: str,
    day: date,
    contents: Mapping[str, bytes],
    *,
    before_moving: Callable[[], None] = lambda: None,
) -> list[Path]:
    """Write an edition next to its place, then rename it; an earlier edition is replaced as a
    whole.

    Raises
    ------
    UserError
        Something else is in its place, or it cannot be written; what was there stays.
    """
    check_edition_folder(folder)
    edition = {"audience": audience, "day": day.isoformat(), "files": sorted(contents)}
    text = json.dumps(edition, indent=1) + "\n"
    part = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    new_folders = [
        parent for parent in (folder.parent, *folder.parent.parents) if not parent.exists()
    ]
    try:
        write_files_atomically(
            part, {**contents, EDITION_LIST: text.encode()}, before_moving=before_moving
        )
        _swap_folders(part, folder)
    except BaseException as error:
        shutil.rmtree(part, ignore_errors=True)
        for parent in new_folders:
            if parent.is_dir() and not any(parent.iterdir()):
                parent.rmdir()
        if isinstance(error, OSError):
            raise explain_write_failure(error, "cannot_write.into_folder", folder) from error
        raise
    return [folder / name for name in contents]


def _swap_folders(part: Path, folder: Path) -> None:
    """Replace a folder by another; if that fails, the first is restored."""
    if not folder.exists():
        part.rename(folder)
        return
    old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    folder.rename(old)
    try:
        part.rename(folder)
    except BaseException:
        old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _list_files(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if not path.is_dir() or path.is_symlink()
    }


_COLLECTING, _MAKING, _WRITING = 0.0, 0.1, 0.95


def list_documents(key: str) -> tuple[Publication, ...]:
    """Return the parts that an audience may get, in order."""
    return tuple(part for part in PUBLICATIONS.values() if key in part.audiences)


@dataclass(frozen=True, eq=False, slots=True)
class PublishedEdition:
    """The folder of an edition, its files, and warnings about them.

    ``gone`` are files of the folder's previous edition that this one does not have.
    """

    folder: Path
    files: list[Path]
    warnings: list[ReleaseWarning]
    gone: tuple[str, ...] = ()


def publish_edition(
    session: Session,
    below: Path,
    *,
    wanted: HandoutRequest,
    only: Sequence[str] | None = None,
    allow_draft: bool = False,
    report: ProgressReport = lambda _fraction, _text: None,
) -> PublishedEdition:
    """Make all or some parts for an audience, in a new folder below another.

    Raises
    ------
    UserError
        A part shows the plan, which is not released, and ``allow_draft`` is not set; a part is
        unknown, not for this audience or empty; or the folder cannot be written or contains
        something else. Nothing is left behind then.
    """
    parts = _choose_documents(wanted.audience, only)
    day = session.day_of(wanted.as_of or find_last_record_time(session))
    shows_plan = session.plan is not None or any(part.needs_plan for part in parts)
    if not allow_draft and shows_plan and any(part.shows_plan for part in parts):
        refuse_unreleased_plan(find_published_plan(session), day)
    check_edition_folder(below / name_edition(wanted.audience, wanted.day or day))
    report(_COLLECTING, "Collecting")
    content = collect_edition(session, wanted, only)
    return write_edition(content, below, only=only, report=report)


def find_published_plan(session: Session) -> Plan:
    """Return the plan that is published: the plan on screen or, for a what-if, the plan it began
    from.

    Raises
    ------
    UserError
        There is no plan yet.
    """
    return require_plan(derive_factual_state(session))


def collect_edition(
    session: Session, wanted: HandoutRequest, only: Sequence[str] | None = None
) -> Handout:
    """Collect everything that an edition may show, with the plan to compare; see ``handout``.

    If none of the parts in ``only`` needs a plan, no plan is required. Data that only other parts
    show may be missing then, see ``collect_handout``.
    """
    state = derive_factual_state(session)
    if state.plan is None and only and not any(PUBLICATIONS[part].needs_plan for part in only):
        state = replace(derive_state(state.saved_project, WITHOUT_PLAN, state), problems=())
    content = collect_handout(session, wanted, state, only=only)
    content = add_year_data(session, add_month_data(session, content, wanted), wanted)
    reviews = read_text_reviews(session.store.entries(kinds=("text_review", "void")))
    content = replace(
        content,
        text_reviews=tuple(part for part in reviews if part.on <= content.today),
        campus_pages=_list_campus_pages(session, content),
    )
    other = _find_plan_to_compare(
        session.saved_project, content.plan, content.audience, content.today
    )
    if other is None:
        return content
    sides = order_plans(session.saved_project, other, content.plan)
    compared = compare_project_plans(session, *(plan.uid for plan in sides))
    other_state = compared.before if sides[0] is other else compared.after
    other_content = collect_handout(session, wanted, other_state, log=False)
    return replace(content, compared=ComparedPlan(other_content, compared.comparison))


def _list_campus_pages(session: Session, content: Handout) -> tuple[PlacedPicture, ...]:
    """Return the pages of all campuses with their pictures, if the audience may see them.

    A page whose picture is missing says so.
    """
    if not is_released(content.audience, "handout.campus_pages"):
        return ()
    pages = list_campus_pages(session, content.today)
    placed = []
    for page in pages.values():
        if page.site in content.project.sites:
            try:
                placed.append(read_placed_picture(session, page))
            except UserError:
                placed.append(PlacedPicture(page, b"", (1, 1)))
    return tuple(placed)


def _find_plan_to_compare(project: Project, plan: Plan, audience: str, today: date) -> Plan | None:
    """Return the plan to compare with: the one in force, or else the next adopted one.

    In our office, it is otherwise the parent plan or the latest other one.
    """
    if plan.uid not in project.plans:
        return None
    others = [other for other in project.plans.values() if other.uid != plan.uid]
    in_force = project.plan_in_force(today)
    coming = project.find_coming_plan(today)
    for released in (in_force, coming):
        if released in others:
            return released
    if audience != OWN:
        return None
    return project.plans.get(plan.parent or "") or next(reversed(others), None)


def write_edition(
    content: Handout,
    below: Path,
    *,
    only: Sequence[str] | None = None,
    skip_empty: bool = False,
    report: ProgressReport = lambda _fraction, _text: None,
) -> PublishedEdition:
    """Write a collected handout; needs no project, so it can run as a job."""
    day = content.day or content.today
    folder = below / name_edition(content.audience, day)
    check_edition_folder(folder)
    files = render_edition(content, only=only, skip_empty=skip_empty, report=report)
    report(_WRITING, "Writing")
    gone = list_replaced_files(folder, files)
    paths = replace_edition_folder(
        folder, content.audience, day, files, before_moving=lambda: report(_WRITING, "Writing")
    )
    report(1.0, "Published")
    parts = [part.key for part in _choose_documents(content.audience, only)]
    return PublishedEdition(folder, paths, check_release(content, parts), gone)


def release_edition(content: Handout) -> Handout:
    """Return what may be released of a handout, with the lines that all its maps share."""
    shown = redact_for_audience(content)
    return replace(shown, backdrop=build_backdrop(shown.project, shown.outlines))


def render_edition(
    content: Handout,
    *,
    only: Sequence[str] | None = None,
    skip_empty: bool = False,
    report: ProgressReport = lambda _fraction, _text: None,
) -> dict[str, bytes]:
    """Return the files of an edition by name.

    Empty parts are left out if none are named, or with ``skip_empty``.

    Raises
    ------
    UserError
        A part is unknown, not for this audience, or was named and is empty.
    """
    parts = _choose_documents(content.audience, only)
    shown = release_edition(content)
    missing = {part: why for part in parts if (why := part.explain_missing(shown))}
    if missing and only is not None and not skip_empty:
        _refuse_empty_parts(missing)
    parts = [part for part in parts if part not in missing]
    files: dict[str, bytes] = {}
    for number, part in enumerate(parts):
        start = _MAKING + (_WRITING - _MAKING) * number / len(parts)
        end = _MAKING + (_WRITING - _MAKING) * (number + 1) / len(parts)
        report(start, part.title)
        report_part = partial(_report_within, report, (start, end), part.title)
        if part.key == "data":
            files |= build_data_files(shown, build_open_data_files(shown))
        else:
            files |= part.files(shown, report_part)
    return files


def _refuse_empty_parts(missing: Mapping[Publication, Message]) -> NoReturn:
    """Refuse all named parts that have nothing to show."""
    reasons = {part.title.lower(): why for part, why in missing.items()}
    if len(reasons) > 1:
        parts = [
            Message("nothing_to_write.part", document=title, reason=why)
            for title, why in reasons.items()
        ]
        only = [part.key for part in missing]
        raise UserError("nothing_to_write.documents", parts=parts, documents=only)
    [(document, reason)] = reasons.items()
    raise UserError("nothing_to_write.document", document=document, reason=reason)


def _report_within(
    report: ProgressReport, span: tuple[float, float], title: str, fraction: float
) -> None:
    start, end = span
    report(start + fraction * (end - start), title)


def render_previews(content: Handout, only: Sequence[str]) -> dict[str, "Booklet"]:
    """Return the printed files of some parts by name, as booklets whose pages can be drawn."""
    if not only:
        return {}
    shown = release_edition(content)
    booklets: dict[str, Booklet] = {}
    for part in _choose_documents(content.audience, only):
        if not part.explain_missing(shown):
            booklets |= part.build_booklets(shown)
    return booklets


def explain_missing_documents(content: Handout) -> dict[str, Message]:
    """Return why parts for the audience have nothing to show, by part."""
    shown = redact_for_audience(content)
    reasons = {part.key: part.explain_missing(shown) for part in list_documents(content.audience)}
    return {key: why for key, why in reasons.items() if why}


def explain_early(session: Session, audience: str) -> dict[str, Message]:
    """Return the entries of ``explain_missing_documents`` that need no collected data."""
    plan = derive_factual_state(session).plan
    if plan is None or _find_plan_to_compare(session.saved_project, plan, audience, session.today):
        return {}
    return {"comparison": explain_no_comparison(audience)}


def _choose_documents(key: str, only: Sequence[str] | None) -> list[Publication]:
    """Return the parts to make for an audience; see ``render_edition`` for the errors."""
    reader = find_audience(key)
    parts = list_documents(key)
    if only is None:
        return [part for part in parts if part.is_default]
    if not only:
        raise UserError("unknown_document.none", known=[part.key for part in parts])
    for name in only:
        if name not in PUBLICATIONS:
            raise UserError("unknown_document", name=name, known=[part.key for part in parts])
        if PUBLICATIONS[name] not in parts:
            raise UserError(
                "not_for_audience",
                document=name,
                audience=reader.key,
                title=PUBLICATIONS[name].title,
                reader=reader.title.lower(),
                audiences=" or ".join(PUBLICATIONS[name].audiences),
            )
    return [part for part in parts if part.key in only]


_SITE_COLUMNS = (
    *map(ExportColumn, ("id", "name", "level", "grades", "street", "city", "zip", "phone")),
    ExportColumn("enrollment", ColumnKind.WHOLE),
    ExportColumn("patrolled", ColumnKind.FLAG),
    *map(ExportColumn, ("zone", "unit")),
)
_ZONE_COLUMNS = (
    *map(ExportColumn, ("zone", "name", "unit", "agency")),
    ExportColumn("sites", ColumnKind.WHOLE),
)


def build_open_data_files(handout: Handout) -> Iterator[DataFile]:
    """Yield a table of sites as the planner imports it, and a map for Google Earth."""
    sites, zones = _build_site_layer(handout), _build_zone_layer(handout)
    about = Message("data_file.site_table")
    yield DataFile("sites.csv", about, build_csv(sites).encode(CSV_ENCODING))
    crs = handout.project.crs
    areas, places = (
        (layer, geometries_to_lonlat(crs, list(layer.shapes or ()))) for layer in (zones, sites)
    )
    about = Message("data_file.zone_kml")
    yield DataFile("zones.kml", about, build_zone_kml(handout.title, areas, places).encode())


def _build_site_layer(handout: Handout) -> ExportLayer:
    cards = [card for card in summarize_sites(handout) if card.site.has_position]
    project = handout.project
    rows = tuple(
        (
            site.id,
            site.name,
            site.level,
            site.grades,
            site.street,
            site.city,
            site.zip,
            site.phone,
            site.enrollment,
            site.patrolled,
            card.zone.id if card.zone else "",
            card.unit,
        )
        for card in cards
        for site in (card.site,)
    )
    x_m, y_m = ([card.site.position[axis] for card in cards] for axis in (0, 1))
    lons, lats = to_lonlat(project.crs, x_m, y_m)
    return ExportLayer(
        "sites",
        "Schools",
        _SITE_COLUMNS,
        rows,
        tuple(card.site.point for card in cards),
        tuple(zip(lons.tolist(), lats.tolist(), strict=True)),
    )


def _build_zone_layer(handout: Handout) -> ExportLayer:
    cards = [card for card in summarize_zones(handout) if card.zone.id in handout.outlines]
    return ExportLayer(
        "zones",
        "Zones",
        _ZONE_COLUMNS,
        tuple(
            (card.zone.id, card.zone.name, card.unit, card.agency, len(card.sites))
            for card in cards
        ),
        tuple(handout.outlines[card.zone.id] for card in cards),
        colors={n: zone_color(card.zone.color) for n, card in enumerate(cards)},
        about=f"{handout.plan_text}. {handout.as_of_text}.",
    )
