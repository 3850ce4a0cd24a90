"""Publish: make the set of files that an audience holds in its hands, whole or not at all.

The folder of one edition: one audience, one day, made whole and put in place by a rename.

Data of a handout in the formats of `export`: what is released of it, for other programs.
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
    """Refuse a folder in which is anything else than an edition of its name, or that is in one.

    Raises
    ------
    UserError
        Something is there that no earlier run of this edition made, or the folder would lie within
        another edition, with which it would be sent.
    """
    refuse_place_in_edition(folder)
    if not folder.exists() and not folder.is_symlink():
        return
    present = _list_files(folder) if folder.is_dir() and not folder.is_symlink() else None
    if present is None:
        raise UserError("edition_folder_taken.file", folder=folder.name, path=str(folder))
    listed = read_edition_list(folder)
    foreign = sorted(present - listed - {EDITION_LIST})
    if foreign or (present and not listed):
        raise UserError(
            "edition_folder_taken",
            folder=folder.name,
            path=str(folder),
            files=foreign or sorted(present),
        )


def list_replaced_files(folder: Path, names: Collection[str]) -> tuple[str, ...]:
    """Return the files of the edition that is in a folder which one of ``names`` would not have."""
    return tuple(sorted(read_edition_list(folder) - set(names)))


def replace_edition_folder(
    folder: Path,
    audience: str,
    day: date,
    contents: Mapping[str, bytes],
    *,
    before_moving: Callable[[], None] = lambda: None,
) -> list[Path]:
    """Write an edition beside its place and rename it there; the one of before goes whole.

    Raises
    ------
    UserError
        The place is taken by something else, or it cannot be written; what was there stays.
    """
    check_edition_folder(folder)
    listed = {"audience": audience, "day": day.isoformat(), "files": sorted(contents)}
    text = json.dumps(listed, indent=1) + "\n"
    part = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    made = [one for one in (folder.parent, *folder.parent.parents) if not one.exists()]
    try:
        write_files_atomically(
            part, {**contents, EDITION_LIST: text.encode()}, before_moving=before_moving
        )
        _swap(part, folder)
    except BaseException as error:
        shutil.rmtree(part, ignore_errors=True)
        for one in made:
            if one.is_dir() and not any(one.iterdir()):
                one.rmdir()
        if isinstance(error, OSError):
            raise explain_write_failure(error, "cannot_write.into_folder", folder) from error
        raise
    return [folder / name for name in contents]


def _swap(part: Path, folder: Path) -> None:
    """Put a folder in the place of another; where that fails the other is back in its place."""
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
        one.relative_to(folder).as_posix()
        for one in folder.rglob("*")
        if not one.is_dir() or one.is_symlink()
    }


_COLLECTING, _MAKING, _WRITING = 0.0, 0.1, 0.95


def list_documents(key: str) -> tuple[Publication, ...]:
    """Return the parts that an audience may have, in order."""
    return tuple(part for part in PUBLICATIONS.values() if key in part.audiences)


@dataclass(frozen=True, eq=False, slots=True)
class PublishedEdition:
    """The folder of an edition, its files, and what readers would stumble over.

    ``gone`` are the files of the folder's edition of before that this one does not have.
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
    """Make an audience's set, or only some parts of it, in a folder of its own below another.

    Raises
    ------
    UserError
        A part shows the plan, which is not released, and ``allow_draft`` is not given; a part is
        unknown, not for this audience or has nothing to show; or the folder cannot be written or
        holds something else;
        nothing is left behind.
    """
    parts = _choose_documents(wanted.audience, only)
    day = session.day_of(wanted.as_of or find_last_record_time(session))
    shown = session.plan is not None or any(part.needs_plan for part in parts)
    if not allow_draft and shown and any(part.shows_plan for part in parts):
        refuse_unreleased_plan(find_published_plan(session), day)
    check_edition_folder(below / name_edition(wanted.audience, wanted.day or day))
    report(_COLLECTING, "Collecting")
    found = collect_edition(session, wanted, only)
    return write_edition(found, below, only=only, report=report)


def find_published_plan(session: Session) -> Plan:
    """Return the plan that is published: the one on screen, of a what-if that it started from.

    Raises
    ------
    UserError
        There is no plan yet.
    """
    return require_plan(derive_factual_state(session))


def collect_edition(
    session: Session, wanted: HandoutRequest, only: Sequence[str] | None = None
) -> Handout:
    """Collect all that a set may show, the plan beside this one included; see ``handout``.

    Parts ``only`` of which none needs a plan are collected without one, too; what others alone
    show may be missing then, see ``collect_handout``.
    """
    state = derive_factual_state(session)
    if state.plan is None and only and not any(PUBLICATIONS[one].needs_plan for one in only):
        state = replace(derive_state(state.saved_project, WITHOUT_PLAN, state), problems=())
    found = collect_handout(session, wanted, state, only=only)
    found = add_year_data(session, add_month_data(session, found, wanted), wanted)
    reviews = read_text_reviews(session.store.entries(kinds=("text_review", "void")))
    found = replace(
        found,
        text_reviews=tuple(one for one in reviews if one.on <= found.today),
        campus_pages=_list_campus_pages(session, found),
    )
    other = _find_plan_to_compare(session.saved_project, found.plan, found.audience, found.today)
    if other is None:
        return found
    sides = order_plans(session.saved_project, other, found.plan)
    compared = compare_project_plans(session, *(plan.uid for plan in sides))
    beside = compared.before if sides[0] is other else compared.after
    shown = collect_handout(session, wanted, beside, log=False)
    return replace(found, compared=ComparedPlan(shown, compared.comparison))


def _list_campus_pages(session: Session, found: Handout) -> tuple[PlacedPicture, ...]:
    """Return the pages of all campuses with their pictures, for those whom they leave for.

    One whose picture is gone has none, and its page says so.
    """
    if not is_released(found.audience, "handout.campus_pages"):
        return ()
    pages = list_campus_pages(session, found.today)
    placed = []
    for one in pages.values():
        if one.site in found.project.sites:
            try:
                placed.append(read_placed_picture(session, one))
            except UserError:
                placed.append(PlacedPicture(one, b"", (1, 1)))
    return tuple(placed)


def _find_plan_to_compare(project: Project, own: Plan, audience: str, today: date) -> Plan | None:
    """Return the plan to compare with: the one in force, else the one adopted to come.

    In our office it is the parent or the latest other where neither is another plan.
    """
    if own.uid not in project.plans:
        return None
    others = [plan for plan in project.plans.values() if plan.uid != own.uid]
    in_force = project.plan_in_force(today)
    coming = project.find_coming_plan(today)
    for released in (in_force, coming):
        if released in others:
            return released
    if audience != OWN:
        return None
    return project.plans.get(own.parent or "") or next(reversed(others), None)


def write_edition(
    content: Handout,
    below: Path,
    *,
    only: Sequence[str] | None = None,
    skip_empty: bool = False,
    report: ProgressReport = lambda _fraction, _text: None,
) -> PublishedEdition:
    """Write a handout that was collected before; touches no project, so it may run as a job."""
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
    """Return what may leave of a handout, with the lines that all its maps share."""
    shown = redact_for_audience(content)
    return replace(shown, backdrop=build_backdrop(shown.project, shown.outlines))


def render_edition(
    content: Handout,
    *,
    only: Sequence[str] | None = None,
    skip_empty: bool = False,
    report: ProgressReport = lambda _fraction, _text: None,
) -> dict[str, bytes]:
    """Return the files of a set by name.

    Parts that have nothing to show are left out where none are named, or with ``skip_empty``.

    Raises
    ------
    UserError
        A part is unknown, not for this audience, or was named and has nothing to show.
    """
    parts = _choose_documents(content.audience, only)
    shown = release_edition(content)
    missing = {part: why for part in parts if (why := part.explain_missing(shown))}
    if missing and only is not None and not skip_empty:
        _refuse_empty_parts(missing)
    parts = [part for part in parts if part not in missing]
    files: dict[str, bytes] = {}
    for number, part in enumerate(parts):
        begins = _MAKING + (_WRITING - _MAKING) * number / len(parts)
        ends = _MAKING + (_WRITING - _MAKING) * (number + 1) / len(parts)
        report(begins, part.title)
        within = partial(_report_within, report, (begins, ends), part.title)
        files |= _build_data_folder(shown) if part.key == "data" else part.files(shown, within)
    return files


def _refuse_empty_parts(missing: Mapping[Publication, str]) -> NoReturn:
    """Refuse parts that were named and have nothing to show, all of them at once."""
    said = {part.title.lower(): why for part, why in missing.items()}
    if len(said) > 1:
        parts = [f"{title}: {why.rstrip('.')}" for title, why in said.items()]
        only = [part.key for part in missing]
        raise UserError("nothing_to_write.documents", parts=parts, documents=only)
    [(document, reason)] = said.items()
    raise UserError("nothing_to_write.document", document=document, reason=reason)


def _report_within(
    report: ProgressReport, span: tuple[float, float], title: str, fraction: float
) -> None:
    begins, ends = span
    report(begins + fraction * (ends - begins), title)


def render_previews(content: Handout, only: Sequence[str]) -> dict[str, "Booklet"]:
    """Return the printed files of some parts by name, as booklets whose pages can be drawn."""
    if not only:
        return {}
    shown = release_edition(content)
    found: dict[str, Booklet] = {}
    for part in _choose_documents(content.audience, only):
        if not part.explain_missing(shown):
            found |= part.build_booklets(shown)
    return found


def _build_data_folder(shown: Handout) -> dict[str, bytes]:
    """Return the data folder, with what the formats of `export` make of a released handout."""

    return build_data_files(shown, build_open_data_files(shown))


def explain_missing_documents(content: Handout) -> dict[str, str]:
    """Return why parts that the audience may have have nothing to show, by part."""
    shown = redact_for_audience(content)
    told = {part.key: part.explain_missing(shown) for part in list_documents(content.audience)}
    return {key: why for key, why in told.items() if why}


def explain_early(session: Session, audience: str) -> dict[str, str]:
    """Return what ``explain_missing_documents`` has, as far as nothing must be collected for it."""
    plan = derive_factual_state(session).plan
    if plan is None or _find_plan_to_compare(session.saved_project, plan, audience, session.today):
        return {}
    return {"comparison": explain_no_comparison(audience)}


def _choose_documents(key: str, only: Sequence[str] | None) -> list[Publication]:
    """Return the parts to make for an audience; see ``make`` for the errors."""
    reader = find_audience(key)
    may = list_documents(key)
    if only is None:
        return [part for part in may if part.is_default]
    if not only:
        raise UserError("unknown_document.none", known=[part.key for part in may])
    for name in only:
        if name not in PUBLICATIONS:
            raise UserError("unknown_document", name=name, known=[part.key for part in may])
        if PUBLICATIONS[name] not in may:
            raise UserError(
                "not_for_audience",
                document=name,
                audience=reader.key,
                title=PUBLICATIONS[name].title,
                reader=reader.title.lower(),
                audiences=" or ".join(PUBLICATIONS[name].audiences),
            )
    return [part for part in may if part.key in only]


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
    words = "Each school with its columns as the planner imports them (kind: sites)."
    yield DataFile("sites.csv", words, build_csv(sites).encode(CSV_ENCODING))
    crs = handout.project.crs
    areas, places = (
        (one, geometries_to_lonlat(crs, list(one.shapes or ()))) for one in (zones, sites)
    )
    words = "A folder for each zone, with its schools in its color, for Google Earth and phones."
    yield DataFile("zones.kml", words, build_zone_kml(handout.title, areas, places).encode())


def _build_site_layer(handout: Handout) -> ExportLayer:
    cards = [card for card in summarize_sites(handout) if card.site.has_position]
    project = handout.project
    rows = tuple(
        (
            *(site.id, site.name, site.level, site.grades, site.street, site.city, site.zip),
            *(site.phone, site.enrollment, site.patrolled),
            *(card.zone.id if card.zone else "", card.unit),
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
