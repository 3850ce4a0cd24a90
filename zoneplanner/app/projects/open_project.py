"""Open and create projects, and say who sits at this desk."""

import getpass
import hashlib
import platform
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from zoneplanner import storage
from zoneplanner.app.desk.project_location import ProjectLocation
from zoneplanner.app.desk.settings import find_data_folder
from zoneplanner.app.projects.backups import describe_newest_backup
from zoneplanner.app.session.session import Clock, Session
from zoneplanner.domain.changes import EditKind
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.errors import Damaged, Superseded, UserError
from zoneplanner.exchange.presets import bundled_district
from zoneplanner.storage import PresentDesk, ServerAddress, Store

DEFAULT_PROJECT_PRESET = bundled_district.DEFAULT_PRESET_ID
_DEFAULT_NAME = "San Juan Unified"
FIRST_PLAN = "Proposed"
_CLOCKS_APART = timedelta(minutes=2)
"""So much may the clocks of two desks differ."""


def get_utc_now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


def get_actor_name() -> str:
    """Return the name of the person logged in on this machine."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"


def get_desk_name() -> str:
    """Return the name of this machine."""
    return platform.node() or "desk"


def new_uid() -> str:
    """Return an identifier that no other record has."""
    return uuid.uuid4().hex


def create_project(
    path: Path,
    *,
    preset: str = DEFAULT_PROJECT_PRESET,
    empty: bool = False,
    clock: Clock = get_utc_now,
) -> Session:
    """Create a project file with the bundled layers and a preset's agencies and units.

    Raises
    ------
    UserError
        The path exists, does not end in .gpkg or cannot be written, or the preset is unknown.
    """
    if path.suffix != ".gpkg":
        raise UserError(
            f"A project file ends in .gpkg; name it “{path.name}.gpkg”.",
            {"file": path.name},
            code="bad_name",
        )
    project = bundled_district.build_bundled_project(
        preset, uid=new_uid(), name=_DEFAULT_NAME, empty=empty
    )
    store = storage.create(path, project, actor=get_actor_name(), at=clock())
    return Session(
        store, actor=get_actor_name(), desk=get_desk_name(), clock=clock, project=project
    )


def open_session(
    place: ProjectLocation,
    *,
    read_only: bool = False,
    stays: bool = False,
    clock: Clock = get_utc_now,
) -> Session:
    """Open a project file, or a shared project by its address.

    ``stays``: it is open for long, as in a window, so that entries wait on this desk while the
    server is away, and a copy of a project that was shared opens for reading only. Anything that
    is no project, or cannot be read, is a UserError.
    """
    desk = get_desk_name()
    outbox = find_outbox_path(place) if stays and isinstance(place, ServerAddress) else None
    try:
        store = open_checked_store(place, read_only=read_only, desk=desk, outbox=outbox)
    except Superseded:
        if not stays:
            raise
        store = open_checked_store(place, read_only=True)
    session = Session(store, actor=get_actor_name(), desk=desk, clock=clock)
    if stays:
        store.announce_presence(PresentDesk(session.actor, desk, clock()))
    store.notice = f"{store.notice} {_describe_clock_problem(session)}".strip()
    return session


def open_checked_store(place: ProjectLocation, **options: Any) -> Store:
    """Open a project as ``storage.open`` does; of a damaged file its newest backup is told."""
    try:
        store = storage.open(place, **options)
    except Damaged as error:
        raise Damaged(_add_backup_hint(error.message, place), error.details) from None
    if store.damaged:
        store.notice = _add_backup_hint(store.notice, place)
    return store


def _add_backup_hint(text: str, place: ProjectLocation) -> str:
    return f"{text} {describe_newest_backup(place)}".strip() if isinstance(place, Path) else text


def _describe_clock_problem(session: Session) -> str:
    """Say that this machine's clock was set back, as the last entry shows."""
    last = session.store.entries(after_seq=session.store.head().entries - 1)
    if not last or last[-1].recorded_at <= session.clock() + _CLOCKS_APART:
        return ""
    at = last[-1].recorded_at.astimezone(ZoneInfo(session.project.time_zone))
    return (
        f"The clock of this machine seems to be set back: the last entry was recorded on "
        f"{at:%Y-%m-%d} at {at:%H:%M}. Set it, or entries look older than they are."
    )


def find_outbox_path(address: ServerAddress) -> Path:
    """Return where the entries of a shared project wait on this desk."""
    name = hashlib.sha256(str(address).encode()).hexdigest()[:16]
    return find_data_folder() / "outbox" / f"{name}.sqlite"


def add_first_plan(session: Session) -> Plan:
    """Propose zones for a new project and keep the first good plan, within a moment."""
    # opening a project has no use for it
    from zoneplanner.app.plans.optimization import build_empty_plan, search_proposals

    plan = build_empty_plan(session.project, FIRST_PLAN, new_uid(), session.clock())
    first = next(search_proposals(session.project, plan, session.state.basis))
    save_plan(session, first.plan, f"Propose “{FIRST_PLAN}”", kind=EditKind.IMPORT)
    return first.plan


def save_plan(session: Session, plan: Plan, label: str, *, kind: EditKind = EditKind.EDIT) -> None:
    """Add a plan to the project, or replace the draft with its uid, as one step."""
    session.apply(label, lambda project: project.with_plan(plan), kind=kind)
