"""Publish: make the set of files that an audience holds in its hands, whole or not at all."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from zoneplanner.app.compare import compare_plans
from zoneplanner.app.handout import Wanted, handout
from zoneplanner.app.session import Session
from zoneplanner.domain.plan import Plan
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.publish.audience import AUDIENCES, audience, released
from zoneplanner.publish.content import Compared, Handout
from zoneplanner.publish.files import write_set
from zoneplanner.publish.parts import PARTS, Part

if TYPE_CHECKING:
    from zoneplanner.publish.paper import Booklet

__all__ = [
    "AUDIENCES",
    "PARTS",
    "Wanted",
    "collect",
    "make",
    "parts_for",
    "publish",
    "publish_handout",
]

_COLLECTING, _MAKING, _WRITING = 0.0, 0.1, 0.95


def parts_for(key: str) -> tuple[Part, ...]:
    """Return the parts that an audience may have, in order."""
    return tuple(part for part in PARTS.values() if key in part.audiences)


def publish(
    session: Session,
    folder: Path,
    *,
    wanted: Wanted,
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
    _chosen(wanted.audience, only)
    report(_COLLECTING, "Collecting")
    return publish_handout(collect(session, wanted), folder, only=only, report=report)


def collect(session: Session, wanted: Wanted) -> Handout:
    """Collect all that a set may show, the plan beside this one included; see ``handout``."""
    found = handout(session, wanted)
    other = _beside(session, found)
    if other is None:
        return found
    compared = compare_plans(session, other.uid, found.plan.uid)
    before = handout(session, wanted, compared.before, log=False)
    return replace(found, compared=Compared(before, compared.comparison))


def _beside(session: Session, found: Handout) -> Plan | None:
    """Return the plan to compare with: the one in force, else the parent, else the latest other."""
    project, own = session.reading.kept, found.plan
    others = [plan for plan in project.plans.values() if plan.uid != own.uid]
    in_force = project.plan_in_force(found.today)
    if in_force in others:
        return in_force
    return project.plans.get(own.parent or "") or next(reversed(others), None)


def publish_handout(
    content: Handout,
    folder: Path,
    *,
    only: Sequence[str] | None = None,
    skip_empty: bool = False,
    report: ProgressReport = lambda _fraction, _text: None,
) -> list[Path]:
    """Write a handout that was collected before; touches no project, so it may run as a job."""
    files = make(content, only=only, skip_empty=skip_empty, report=report)
    report(_WRITING, "Writing")
    paths = write_set(folder, files, before_moving=lambda: report(_WRITING, "Writing"))
    report(1.0, "Published")
    return paths


def make(
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
    parts = _chosen(content.audience, only)
    shown = released(content)
    files: dict[str, bytes] = {}
    for number, part in enumerate(parts):
        why = part.missing(shown)
        if why and only is not None and not skip_empty:
            raise UserError(
                f"There is no {part.title.lower()} to publish: {why}", code="nothing_to_write"
            )
        if not why:
            report(_MAKING + (_WRITING - _MAKING) * number / len(parts), part.title)
            files |= _data(shown) if part.key == "data" else part.files(shown)
    return files


def looked_at(content: Handout, only: Sequence[str]) -> dict[str, "Booklet"]:
    """Return the printed files of some parts by name, as booklets whose pages can be drawn."""
    if not only:
        return {}
    shown = released(content)
    found: dict[str, Booklet] = {}
    for part in _chosen(content.audience, only):
        if not part.missing(shown):
            found |= part.booklets(shown)
    return found


def _data(shown: Handout) -> dict[str, bytes]:
    """Return the data folder, with what the formats of `export` make of a released handout."""
    from zoneplanner.app.published_data import for_other_programs
    from zoneplanner.publish.data import data_folder

    return data_folder(shown, for_other_programs(shown))


def missing(content: Handout) -> dict[str, str]:
    """Return why parts that the audience may have have nothing to show, by part."""
    shown = released(content)
    told = {part.key: part.missing(shown) for part in parts_for(content.audience)}
    return {key: why for key, why in told.items() if why}


def _chosen(key: str, only: Sequence[str] | None) -> list[Part]:
    """Return the parts to make for an audience; see ``make`` for the errors."""
    reader = audience(key)
    may = parts_for(key)
    if only is None:
        return [part for part in may if part.usual]
    if not only:
        raise UserError(
            f"Name what to publish: {', '.join(part.key for part in may)}.", code="unknown_document"
        )
    for name in only:
        if name not in PARTS:
            names = ", ".join(part.key for part in may)
            raise UserError(
                f"There is nothing called “{name}” to publish: {names}.", code="unknown_document"
            )
        if PARTS[name] not in may:
            whom = " or ".join(PARTS[name].audiences)
            raise UserError(
                f"The {PARTS[name].title.lower()} is not for {reader.title.lower()}; "
                f"leave it out, or choose the audience {whom}.",
                {"document": PARTS[name].key, "audience": reader.key},
                code="not_for_audience",
            )
    return [part for part in may if part.key in only]
