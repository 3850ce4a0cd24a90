"""Open a project for a subcommand, report what is wrong with it, and close it again."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from zoneplanner.app.desk.known_heads import describe_lost_heads
from zoneplanner.app.desk.project_location import ProjectLocation
from zoneplanner.app.desk.terminal import print_error_line
from zoneplanner.app.projects.backups import back_up, back_up_if_due, open_checked_store
from zoneplanner.errors import UserError
from zoneplanner.messages import say_all
from zoneplanner.storage import Store

if TYPE_CHECKING:
    from zoneplanner.app.session.session import Session


@contextmanager
def open_session_for_command(
    place: ProjectLocation, *, plan: str | None = None, read_only: bool = False
) -> Iterator["Session"]:
    """Open a project, show the named plan if any, and close the project again."""
    # a command that only needs the store does not import these, which takes 50 ms
    from zoneplanner.app.projects.open_project import open_session
    from zoneplanner.app.session.external_edits import describe_external_changes

    session = open_session(place, read_only=read_only)
    try:
        _report_damage(session.store)
        external_changes = describe_external_changes(session.external)
        lost_heads = describe_lost_heads(session.store, session.project.uid)
        for message in filter(None, (external_changes, lost_heads)):
            print_error_line(str(message))
        _back_up(session)
        if plan is not None:
            session.show_plan(session.project.plan(plan).uid)
        yield session
    finally:
        session.close()


def back_up_before(session: "Session", why: str) -> None:
    """Back up a file before a command changes much of it; if that fails, the command stops.

    For a thousand schools, it takes 0.03 s of processor time.
    """
    if session.store.path is not None:
        back_up(session, why)


@contextmanager
def open_store_for_command(place: ProjectLocation, *, read_only: bool = False) -> Iterator[Store]:
    """Open a project's store and close it again."""
    with open_checked_store(place, read_only=read_only) as store:
        _report_damage(store)
        yield store


def _report_damage(store: Store) -> None:
    """Report what could be recovered from a damaged file, in addition to the result."""
    if store.damaged:
        print_error_line(say_all(store.notices))


def _back_up(session: "Session") -> None:
    """Back up a file that is written to; a failure is reported and stops nothing."""
    from zoneplanner.app.projects.copy_cleaning import clean_copies

    for place, why in clean_copies(session).left.items():
        print_error_line(f"Text that was removed is still in {place}: {why}")
    if session.store.path is None:
        return  # an open window backs up a shared project
    try:
        back_up_if_due(session)
    except UserError as error:
        print_error_line(error.message)
