"""Bring sites, jurisdictions or blocks into the project out of a foreign file, as one step."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from zoneplanner.app.imported import LIKENESS
from zoneplanner.app.settings import profile_folder
from zoneplanner.app.taking import Fate, RowFate, Taken
from zoneplanner.domain.areas import extent
from zoneplanner.domain.clock import ClockChanges
from zoneplanner.domain.effects import EditKind
from zoneplanner.domain.project import Project
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.mapped import Mapped, mapped
from zoneplanner.exchange.profiles import (
    Profile,
    file_name,
    likely_profile,
    profile_text,
    profiles_in,
    read_profile,
)
from zoneplanner.publish.files import write_whole

if TYPE_CHECKING:
    from zoneplanner.app.session import Session
    from zoneplanner.exchange.vector import ForeignRows

MAP_KINDS = ("sites", "jurisdictions", "blocks")
_ONE = {"sites": "site", "jurisdictions": "jurisdiction", "blocks": "block"}


@dataclass(frozen=True, eq=False, slots=True)
class MapAsked:
    """A file of sites, jurisdictions or blocks, and how a person wants it read.

    ``profile`` is the id or the path of one, ``likeness`` for none, or empty for the one that
    fits; ``columns`` names a column of the file for each of ours, ``only`` the rows wanted as
    values by column. ``layer`` is one of several in the file, ``crs`` its coordinate system where
    it names none. ``instead`` replaces all blocks.
    """

    path: Path
    kind: str
    profile: str = ""
    layer: str | None = None
    crs: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    only: Mapping[str, Sequence[str]] = field(default_factory=dict)
    instead: bool = False
    clocks: ClockChanges | None = None
    """What times of the log mean that the change of the clocks makes doubtful; as the profile says
    where this is None."""


def profiles_of(kind: str | None = None) -> dict[str, Profile]:
    """Return the profiles that ship and the user's own, of one kind or all."""
    found = profiles_in(profile_folder())
    return {key: own for key, own in found.items() if kind in (None, own.kind)}


def map_reader(
    session: "Session", asked: MapAsked, *, first: int | None = None
) -> Callable[[ProgressReport], "ForeignRows"]:
    """Return what reads a file for the open project, in any thread; it changes nothing.

    Arguments and errors are those of ``exchange.vector.read_rows``.
    """
    keep_off, project = session.store.files, session.reading.kept

    def read(report: ProgressReport) -> "ForeignRows":
        from zoneplanner.exchange.vector import Limits, Places, read_rows

        across, up = asked.columns.get("longitude"), asked.columns.get("latitude")
        places = Places(across or None, up or None, needed=False)
        if not (across and up):
            places = Places(needed=False)
        return read_rows(
            asked.path,
            crs=project.crs,
            report=report,
            sublayer=asked.layer,
            source_crs=asked.crs,
            places=places,
            near=extent(project),
            keep_off=keep_off,
            first=first,
            limits=Limits(
                file_bytes=600_000_000,
                features=400_000,
                vertices=5_000_000,
                columns=200,
                text=1_000,
                seconds=300.0,
            ),
        )

    return read


def how_read(asked: MapAsked, found: "ForeignRows") -> Mapped:
    """Return how the columns of a file that was read are ours.

    Raises
    ------
    UserError
        The profile is unknown or of another kind, or a column that is needed is not there.
    """
    return mapping_of(asked, list(dict.fromkeys([*found.columns, *found.places])))


def mapping_of(asked: MapAsked, columns: Sequence[str]) -> Mapped:
    """Return how columns of a file are ours; see ``how_read``."""
    kind, profile = asked.kind, None
    if asked.profile.endswith(".toml"):
        profile = read_profile(Path(asked.profile).expanduser())
    elif asked.profile and asked.profile != LIKENESS:
        known = profiles_of()
        if asked.profile not in known:
            names = ", ".join(key for key, own in known.items() if own.kind == kind)
            raise UserError(
                f"There is no profile “{asked.profile}”. Choose one of {names}, or give the path "
                f"of a .toml file.",
                code="unknown_profile",
            )
        profile = known[asked.profile]
    elif not asked.profile:
        profile = likely_profile(profiles_of(kind), columns, kind)
    if profile is not None and profile.kind != kind:
        raise UserError(f"The profile “{profile.title}” is for {profile.kind}, not for {kind}.")
    return mapped(kind, columns, profile, given=asked.columns, only=asked.only)


def taken(project: Project, found: "ForeignRows", how: Mapped, asked: MapAsked) -> Taken:
    """Return the project with the rows of a file, and each row's fate; nothing is kept yet."""
    from zoneplanner.app.import_areas import blocks_taken, jurisdictions_taken
    from zoneplanner.app.import_sites import sites_taken

    near = extent(project)
    if asked.kind == "sites":
        done = sites_taken(project, found.rows, how, near=near)
    elif asked.kind == "jurisdictions":
        done = jurisdictions_taken(project, found.rows, how, near=near)
    else:
        done = blocks_taken(project, found.rows, how, near=near, instead=asked.instead)
    told = (found.warning, *found.notes)
    return replace(done, warnings=(*(text for text in told if text), *done.warnings))


def check_something(rows: Sequence[RowFate], source: str) -> None:
    """Refuse a file of which nothing can be taken; the first reason is told."""
    if not rows:
        raise UserError(f"“{source}” has no rows; there is nothing to import.", code="no_rows")
    if any(row.fate in (Fate.NEW, Fate.CHANGED, Fate.KNOWN) for row in rows):
        return
    first = next((row for row in rows if row.fate is Fate.REFUSED), rows[0])
    raise UserError(
        f"None of the rows of “{source}” can be taken. Row {first.row:,}: {first.why}",
        {"first_row": first.row, "reason": first.why},
        code="no_row_imported",
    )


def keep(
    session: "Session", found: "ForeignRows", how: Mapped, asked: MapAsked, done: Taken
) -> None:
    """Keep what a file brought as one step of the history; without a change nothing is kept."""
    count = done.count(Fate.NEW, Fate.CHANGED)
    if not count:
        return
    what = _ONE[asked.kind] if count == 1 else asked.kind
    before = session.reading.kept

    def edit(project: Project) -> Project:
        return done.project if project is before else taken(project, found, how, asked).project

    session.apply(f"Import {count:,} {what} from “{found.source}”", edit, kind=EditKind.IMPORT)


def save_profile(title: str, asked: MapAsked, how: Mapped) -> str:
    """Keep how a file is read as a profile of the user's own; return its id.

    Raises
    ------
    UserError
        The name is empty, or it cannot be written.
    """
    name = file_name(title)
    profile = _in_force(title.strip(), asked, how)
    folder = profile_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"The profile cannot be kept in {folder} ({error.strerror}).") from error
    write_whole(folder / name, profile_text(profile).encode())
    return name.removesuffix(".toml")


def _in_force(title: str, asked: MapAsked, how: Mapped) -> Profile:
    """Return all that tells how a file is read as one profile: the starting one and the choices.

    Its signs are the columns that the file is read from.
    """
    began, chosen = how.profile, asked.columns
    columns = {name: own for name, own in began.columns.items() if name not in chosen}
    columns |= {name: own for name, own in how.columns.items() if name not in columns}
    read = [*(own[0] for own in how.columns.values()), *how.only]
    read += (column for own in began.joined.values() for column in own)
    return replace(
        began,
        id="",
        title=title,
        kind=asked.kind,
        about="",
        signs=tuple(dict.fromkeys(read)),
        columns=columns,
        only=how.only,
        clocks=began.clocks if asked.clocks is None else asked.clocks,
    )
