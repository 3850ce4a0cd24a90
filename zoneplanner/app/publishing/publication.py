"""Publish: make the set of files that an audience holds in its hands, whole or not at all."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from zoneplanner.app.exports.atomic_files import write_files_atomically
from zoneplanner.app.plans.comparison import compare_project_plans
from zoneplanner.app.publishing.handout import HandoutRequest, collect_handout
from zoneplanner.app.session.session import Session
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.publish.audience import find_audience, redact_for_audience
from zoneplanner.publish.handout import ComparedPlan, Handout
from zoneplanner.publish.publications import PUBLICATIONS, Publication

if TYPE_CHECKING:
    from zoneplanner.publish.pdf.page import Booklet

_COLLECTING, _MAKING, _WRITING = 0.0, 0.1, 0.95


def list_documents(key: str) -> tuple[Publication, ...]:
    """Return the parts that an audience may have, in order."""
    return tuple(part for part in PUBLICATIONS.values() if key in part.audiences)


def publish_edition(
    session: Session,
    folder: Path,
    *,
    wanted: HandoutRequest,
    only: Sequence[str] | None = None,
    report: ProgressReport = lambda _fraction, _text: None,
) -> list[Path]:
    """Make the set, or only some parts of it, in a folder; return the files.

    Raises
    ------
    UserError
        A part is unknown, not for this audience or has nothing to show, or the folder cannot be
        written; nothing is left behind.
    """
    _choose_documents(wanted.audience, only)
    report(_COLLECTING, "Collecting")
    return write_edition(collect_edition(session, wanted), folder, only=only, report=report)


def collect_edition(session: Session, wanted: HandoutRequest) -> Handout:
    """Collect all that a set may show, the plan beside this one included; see ``handout``."""
    found = collect_handout(session, wanted)
    other = _find_plan_to_compare(session, found)
    if other is None:
        return found
    compared = compare_project_plans(session, other.uid, found.plan.uid)
    before = collect_handout(session, wanted, compared.before, log=False)
    return replace(found, compared=ComparedPlan(before, compared.comparison))


def _find_plan_to_compare(session: Session, found: Handout) -> Plan | None:
    """Return the plan to compare with: the one in force, else the parent, else the latest other."""
    project, own = session.state.saved_project, found.plan
    others = [plan for plan in project.plans.values() if plan.uid != own.uid]
    in_force = project.plan_in_force(found.today)
    if in_force in others:
        return in_force
    return project.plans.get(own.parent or "") or next(reversed(others), None)


def write_edition(
    content: Handout,
    folder: Path,
    *,
    only: Sequence[str] | None = None,
    skip_empty: bool = False,
    report: ProgressReport = lambda _fraction, _text: None,
) -> list[Path]:
    """Write a handout that was collected before; touches no project, so it may run as a job."""
    files = render_edition(content, only=only, skip_empty=skip_empty, report=report)
    report(_WRITING, "Writing")
    paths = write_files_atomically(folder, files, before_moving=lambda: report(_WRITING, "Writing"))
    report(1.0, "Published")
    return paths


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
    shown = redact_for_audience(content)
    files: dict[str, bytes] = {}
    for number, part in enumerate(parts):
        why = part.explain_missing(shown)
        if why and only is not None and not skip_empty:
            raise UserError("nothing_to_write.document", document=part.title.lower(), reason=why)
        if not why:
            report(_MAKING + (_WRITING - _MAKING) * number / len(parts), part.title)
            files |= _build_data_folder(shown) if part.key == "data" else part.files(shown)
    return files


def render_previews(content: Handout, only: Sequence[str]) -> dict[str, "Booklet"]:
    """Return the printed files of some parts by name, as booklets whose pages can be drawn."""
    if not only:
        return {}
    shown = redact_for_audience(content)
    found: dict[str, Booklet] = {}
    for part in _choose_documents(content.audience, only):
        if not part.explain_missing(shown):
            found |= part.booklets(shown)
    return found


def _build_data_folder(shown: Handout) -> dict[str, bytes]:
    """Return the data folder, with what the formats of `export` make of a released handout."""
    from zoneplanner.app.publishing.open_data import build_open_data_files
    from zoneplanner.publish.data.data_folder import build_data_files

    return build_data_files(shown, build_open_data_files(shown))


def explain_missing_documents(content: Handout) -> dict[str, str]:
    """Return why parts that the audience may have have nothing to show, by part."""
    shown = redact_for_audience(content)
    told = {part.key: part.explain_missing(shown) for part in list_documents(content.audience)}
    return {key: why for key, why in told.items() if why}


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
                title=PUBLICATIONS[name].title.lower(),
                reader=reader.title.lower(),
                audiences=" or ".join(PUBLICATIONS[name].audiences),
            )
    return [part for part in may if part.key in only]
