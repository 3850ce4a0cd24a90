"""Open and create projects, and say who sits at this desk."""

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
    keep_days_of_earlier_files,
)
from zoneplanner.domain.demand import DemandChoice, make_public_demand
from zoneplanner.domain.project import Project
from zoneplanner.errors import Superseded, UserError
from zoneplanner.exchange.presets import bundled_district
from zoneplanner.messages import render_message
from zoneplanner.storage import PresentDesk, ProjectRole, ServerAddress

DEFAULT_PROJECT_PRESET = bundled_district.DEFAULT_PRESET_ID
_DEFAULT_NAME = "San Juan Unified"
_CLOCKS_APART = timedelta(minutes=2)
"""So much may the clocks of two desks differ."""


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
    """Refuse a new project file that is there already, or whose name does not end in .gpkg."""
    if path.suffix != ".gpkg":
        raise UserError("bad_name", file=path.name)
    try:
        there = path.exists()
    except OSError as error:  # a name that is too long, a folder that may not be looked into
        reason = os.strerror(error.errno or 0)
        facts = {"path": str(path), "name": path.name, "reason": reason}
        raise UserError("cannot_write.file", facts) from None
    if there:
        raise UserError("file_exists.project", file=str(path))


def write_new_project(path: Path, project: Project, clock: Clock) -> Session:
    """Write a project to a new file and open it; its calls a day are those of public figures."""
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

    ``stays``: it is open for long, as in a window, so that entries wait on this desk while the
    server is away, and a copy of a project that was shared opens read-only. Anything that
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
    edits = store.may_edit and not store.read_only
    found = None if edits else add_days_of_earlier_files(store, store.project(), clock())
    session = Session(store, actor=get_actor_name(), desk=desk, clock=clock, project=found)
    if edits:
        with suppress(UserError):  # another desk is writing: it does so too
            keep_days_of_earlier_files(session)
    if stays:
        if not store.read_only:  # a command leaves a file that it changes nothing in as it is
            with suppress(UserError):  # another desk is writing: until the next time
                store.refresh_for_other_programs(session.saved_project, clock())
        store.announce_presence(PresentDesk(session.actor, desk, clock()))
    said = (describe_external_changes(session.external), _describe_clock_problem(session))
    store.notice = " ".join(filter(None, (store.notice, *said, _follow_heads(session))))
    return session


def open_last_copy(address: ServerAddress, *, clock: Clock = get_utc_now) -> Session | None:
    """Open this desk's newest backup of a shared project in its place, while its server is away.

    What is logged waits on this desk and is sent once the project itself is open. None where there
    is no such backup.
    """
    known = list_backups_of(address)
    if not known:
        return None
    role = ProjectRole(known[0].role or ProjectRole.DISPATCHER)
    store = storage.open_copy(known[0].file, address, role, find_outbox_path(address))
    store.notice = render_message("server_away.last_copy", {"at": known[0].local_time})
    return Session(store, actor=get_actor_name(), desk=get_desk_name(), clock=clock)


def _follow_heads(session: Session) -> str:
    """Remember how far this desk saw the project; say where it lacks what was seen before."""
    store, uid = session.store, session.state.saved_project.uid
    lost = "" if store.damaged else describe_lost_heads(store, uid)

    def note() -> None:
        with suppress(UserError):  # the server is away, or the file is gone
            if not store.damaged and not (lost and store.read_only):
                note_heads(store, uid, session.clock())

    session.before_close = note
    return lost


def _describe_clock_problem(session: Session) -> str:
    """Say that this machine's clock was set back, as the last entry shows."""
    last = session.store.entries(after_seq=session.store.head().entries - 1)
    if not last or last[-1].recorded_at <= session.clock() + _CLOCKS_APART:
        return ""
    at = last[-1].recorded_at.astimezone(ZoneInfo(session.project.time_zone))
    return (
        f"This computer's clock seems to have been set back: the last entry was recorded on "
        f"{at:%Y-%m-%d} at {at:%H:%M}. Set the clock, or entries will look older than they are."
    )


def find_outbox_path(address: ServerAddress) -> Path:
    """Return where the entries of a shared project wait on this desk."""
    name = hashlib.sha256(str(address).encode()).hexdigest()[:16]
    return find_data_folder() / "outbox" / f"{name}.sqlite"


def describe_shared_project(session: Session, present: Sequence[PresentDesk]) -> str:
    """Say which shared project is open, where, as whom, and at which desks it is open too."""
    store = session.store
    assert store.address is not None
    where = f"{session.project.name} — on {store.address.server} as {store.role}"
    if not store.online:
        return f"{where} — server away"
    names = _desk_names(present)
    if not names:
        return where
    return f"{where} — {render_message('desks', {'n': len(names)})}: {', '.join(names)}"


def _desk_names(present: Sequence[PresentDesk]) -> list[str]:
    """Return the names of those who have a project open; a name there twice names its desk."""
    times = Counter(one.actor for one in present)
    return sorted(
        one.actor if times[one.actor] == 1 else f"{one.actor} ({one.desk})" for one in present
    )


def describe_waiting_outbox(address: ServerAddress) -> str:
    """Say how many entries wait on this desk for a shared project, or nothing."""
    from zoneplanner.storage.postgres.outbox import Outbox

    to_send = 0
    with suppress(UserError):  # what cannot be read now is not lost
        to_send = len(Outbox(find_outbox_path(address)).waiting())
    return render_message("outbox", {"n": to_send}) if to_send else ""
