"""Create and open projects, and describe who has a shared project open."""

import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from zoneplanner import storage
from zoneplanner.app.desk.known_heads import describe_lost_heads, note_heads
from zoneplanner.app.desk.project_location import ProjectLocation
from zoneplanner.app.desk.settings import find_data_folder
from zoneplanner.app.projects.backups import list_backups_of, open_checked_store
from zoneplanner.app.session.external_edits import describe_external_changes
from zoneplanner.app.session.identity import get_actor_name, get_desk_name, get_utc_now, new_uid
from zoneplanner.app.session.session import (
    Clock,
    Session,
    add_days_of_earlier_files,
    save_days_of_earlier_files,
)
from zoneplanner.domain.demand import DemandChoice, make_public_demand
from zoneplanner.domain.project import Project
from zoneplanner.errors import Superseded, UserError
from zoneplanner.exchange.presets import bundled_district
from zoneplanner.messages import Message
from zoneplanner.storage import PresentDesk, ProjectRole, ServerAddress
from zoneplanner.storage.postgres.outbox import Outbox

DEFAULT_PROJECT_PRESET = bundled_district.DEFAULT_PRESET_ID
_DEFAULT_NAME = "San Juan Unified"
_CLOCKS_APART = timedelta(minutes=2)
"""The clocks of two desks may differ by this much."""


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
    check_new_project_path(path)
    project = bundled_district.build_bundled_project(
        preset, uid=new_uid(), name=_DEFAULT_NAME, empty=empty
    )
    return write_new_project(path, project, clock)


def check_new_project_path(path: Path) -> None:
    """Refuse a new project's file that exists already, or whose name does not end in .gpkg."""
    if path.suffix != ".gpkg":
        raise UserError("bad_name", file=path.name)
    try:
        exists = path.exists()
    except OSError as error:  # the name is too long, or the folder cannot be read
        reason = os.strerror(error.errno or 0)
        facts = {"path": str(path), "name": path.name, "reason": reason}
        raise UserError("cannot_write.file", facts) from None
    if exists:
        raise UserError("file_exists.project", file=str(path))


def write_new_project(path: Path, project: Project, clock: Clock) -> Session:
    """Write a project to a new file and open it; it starts with a demand from public figures."""
    project = project.with_demand(DemandChoice().with_demand(make_public_demand(), use=True))
    actor = get_actor_name()
    store = storage.create(path, project, actor=actor, at=clock())
    return Session(store, actor=actor, desk=get_desk_name(), clock=clock, project=project)


def open_session(
    place: ProjectLocation,
    *,
    read_only: bool = False,
    stays: bool = False,
    clock: Clock = get_utc_now,
) -> Session:
    """Open a project file, or a shared project by its address.

    ``stays`` means that it stays open, as in a window: entries wait on this desk while the server
    is away, and a copy of a shared project opens read-only. What is not a project, or cannot
    be read, is a UserError.
    """
    desk = get_desk_name()
    outbox = find_outbox_path(place) if stays and isinstance(place, ServerAddress) else None
    try:
        store = open_checked_store(place, read_only=read_only, desk=desk, outbox=outbox)
    except Superseded:
        if not stays:
            raise
        store = open_checked_store(place, read_only=True)
    can_edit = store.may_edit and not store.read_only
    project = None if can_edit else add_days_of_earlier_files(store, store.project(), clock())
    session = Session(store, actor=get_actor_name(), desk=desk, clock=clock, project=project)
    if can_edit:
        with suppress(UserError):  # another desk is writing, and does the same
            save_days_of_earlier_files(session)
    if stays:
        if not store.read_only:  # a command does not touch a file that it does not change
            with suppress(UserError):  # another desk is writing: try again at the next opening
                store.refresh_for_other_programs(session.saved_project, clock())
        store.announce_presence(PresentDesk(session.actor, desk, clock()))
    notices = (
        describe_external_changes(session.external),
        _describe_clock_problem(session),
        _compare_heads(session),
    )
    store.notices += tuple(filter(None, notices))
    return session


def open_last_copy(address: ServerAddress, *, clock: Clock = get_utc_now) -> Session | None:
    """Open this desk's newest backup of a shared project while its server is away.

    New entries wait on this desk and are sent when the project itself is open again. None if there
    is not a backup.
    """
    backups = list_backups_of(address)
    if not backups:
        return None
    newest = backups[0]
    role = ProjectRole(newest.role or ProjectRole.DISPATCHER)
    store = storage.open_copy(newest.file, address, role, find_outbox_path(address))
    store.notices = (Message("server_away.last_copy", at=newest.local_time),)
    return Session(store, actor=get_actor_name(), desk=get_desk_name(), clock=clock)


def _compare_heads(session: Session) -> Message | None:
    """Return a warning if the project lacks its known heads; note its heads when it is closed."""
    store, uid = session.store, session.state.saved_project.uid
    lost = None if store.damaged else describe_lost_heads(store, uid)

    def note() -> None:
        with suppress(UserError):  # the server is away, or the file is gone
            if not store.damaged and not (lost and store.read_only):
                note_heads(store, uid, session.clock())

    session.before_close = note
    return lost


def _describe_clock_problem(session: Session) -> Message | None:
    """Return a warning if this computer's clock was set back, judged by the last entry."""
    last = session.store.entries(after_seq=session.store.head().entries - 1)
    if not last or last[-1].recorded_at <= session.clock() + _CLOCKS_APART:
        return None
    at = last[-1].recorded_at.astimezone(ZoneInfo(session.project.time_zone))
    return Message("clock_set_back", at=at)


def find_outbox_path(address: ServerAddress) -> Path:
    """Return the file in which entries of a shared project wait on this desk."""
    name = hashlib.sha256(str(address).encode()).hexdigest()[:16]
    return find_data_folder() / "outbox" / f"{name}.sqlite"


def describe_shared_project(session: Session, present: Sequence[PresentDesk]) -> str:
    """Return which shared project is open, where, in which role, and who else has it open."""
    store = session.store
    assert store.address is not None
    where = {"project": session.project.name, "server": store.address.server, "role": store.role}
    if not store.online:
        return str(Message("shared_project.away", **where))
    names = _name_people(present)
    code = "shared_project.desks" if names else "shared_project"
    return str(Message(code, **where, n=len(names), names=", ".join(names)))


def _name_people(present: Sequence[PresentDesk]) -> list[str]:
    """Return the names of people who have a project open, with their desk if a name is repeated."""
    counts = Counter(each.actor for each in present)
    return sorted(
        each.actor if counts[each.actor] == 1 else f"{each.actor} ({each.desk})" for each in present
    )


def describe_waiting_outbox(address: ServerAddress) -> Message | None:
    """Return how many entries wait on this desk for a shared project, or None."""
    to_send = 0
    with suppress(UserError):  # entries that cannot be read now are not lost
        to_send = len(Outbox(find_outbox_path(address)).waiting())
    return Message("outbox", n=to_send) if to_send else None
