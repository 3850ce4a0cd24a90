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
from zoneplanner.app.backups import newest_words
from zoneplanner.app.places import Place
from zoneplanner.app.session import Clock, Session
from zoneplanner.app.settings import data_folder
from zoneplanner.domain.effects import EditKind
from zoneplanner.domain.plan import Plan
from zoneplanner.errors import Damaged, Superseded, UserError
from zoneplanner.exchange import bundle
from zoneplanner.storage import Address, Present, Store

DEFAULT_PRESET = bundle.DEFAULT_PRESET
_DEFAULT_NAME = "San Juan Unified"
FIRST_PLAN = "Proposed"
_CLOCKS_APART = timedelta(minutes=2)
"""So much may the clocks of two desks differ."""


def now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


def this_actor() -> str:
    """Return the name of the person logged in on this machine."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"


def this_desk() -> str:
    """Return the name of this machine."""
    return platform.node() or "desk"


def new_uid() -> str:
    """Return an identifier that no other record has."""
    return uuid.uuid4().hex


def create(
    path: Path, *, preset: str = DEFAULT_PRESET, empty: bool = False, clock: Clock = now
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
    project = bundle.bundled_project(preset, uid=new_uid(), name=_DEFAULT_NAME, empty=empty)
    store = storage.create(path, project, actor=this_actor(), at=clock())
    return Session(store, actor=this_actor(), desk=this_desk(), clock=clock, project=project)


def open_session(
    place: Place, *, read_only: bool = False, stays: bool = False, clock: Clock = now
) -> Session:
    """Open a project file, or a shared project by its address.

    ``stays``: it is open for long, as in a window, so that entries wait on this desk while the
    server is away, and a copy of a project that was shared opens for reading only. Anything that
    is no project, or cannot be read, is a UserError.
    """
    desk = this_desk()
    outbox = outbox_of(place) if stays and isinstance(place, Address) else None
    try:
        store = open_store(place, read_only=read_only, desk=desk, outbox=outbox)
    except Superseded:
        if not stays:
            raise
        store = open_store(place, read_only=True)
    session = Session(store, actor=this_actor(), desk=desk, clock=clock)
    if stays:
        store.arrive(Present(session.actor, desk, clock()))
    store.notice = f"{store.notice} {_clock_problem(session)}".strip()
    return session


def open_store(place: Place, **options: Any) -> Store:
    """Open a project as ``storage.open`` does; of a damaged file its newest backup is told."""
    try:
        store = storage.open(place, **options)
    except Damaged as error:
        raise Damaged(_with_backup(error.message, place), error.details) from None
    if store.damaged:
        store.notice = _with_backup(store.notice, place)
    return store


def _with_backup(text: str, place: Place) -> str:
    return f"{text} {newest_words(place)}".strip() if isinstance(place, Path) else text


def _clock_problem(session: Session) -> str:
    """Say that this machine's clock was set back, as the last entry shows."""
    last = session.store.entries(after_seq=session.store.head().entries - 1)
    if not last or last[-1].recorded_at <= session.clock() + _CLOCKS_APART:
        return ""
    at = last[-1].recorded_at.astimezone(ZoneInfo(session.project.time_zone))
    return (
        f"The clock of this machine seems to be set back: the last entry was recorded on "
        f"{at:%Y-%m-%d} at {at:%H:%M}. Set it, or entries look older than they are."
    )


def outbox_of(address: Address) -> Path:
    """Return where the entries of a shared project wait on this desk."""
    name = hashlib.sha256(str(address).encode()).hexdigest()[:16]
    return data_folder() / "outbox" / f"{name}.sqlite"


def add_first_plan(session: Session) -> Plan:
    """Propose zones for a new project and keep the first good plan, within a moment."""
    # opening a project has no use for it
    from zoneplanner.app.propose import new_plan, propose

    plan = new_plan(session.project, FIRST_PLAN, new_uid(), session.clock())
    first = next(propose(session.project, plan, session.reading.basis))
    keep_plan(session, first.plan, f"Propose “{FIRST_PLAN}”", kind=EditKind.IMPORT)
    return first.plan


def keep_plan(session: Session, plan: Plan, label: str, *, kind: EditKind = EditKind.EDIT) -> None:
    """Add a plan to the project, or replace the draft with its uid, as one step."""
    session.apply(label, lambda project: project.with_plan(plan), kind=kind)
