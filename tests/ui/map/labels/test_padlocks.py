"""Locks on the map: a padlock beside the number of a locked zone."""

from zoneplanner.app.session.session import Session
from zoneplanner.domain.plans.edits import add_plan_lock, remove_plan_lock
from zoneplanner.domain.plans.plan import LockScope
from zoneplanner.ui.shell.main_window import MainWindow


def list_padlocks(window: MainWindow) -> set[str]:
    return {key for key in window.map.map.label_boxes if key.startswith("lock ")}


def test_a_padlock_appears_and_disappears_with_the_lock(
    window: MainWindow, session: Session
) -> None:
    assert list_padlocks(window) == set()
    session.apply(
        "Lock", lambda project: add_plan_lock(project, "plan", LockScope.ZONE, "B", "trial")
    )
    assert list_padlocks(window) == {"lock B"}
    words = window.map.map.label_boxes
    assert words["lock B"].center().x() > words["zone B"].center().x()
    assert not words["lock B"].intersects(words["zone B"].adjusted(0, 0, -16, 0))
    session.apply("Unlock", lambda project: remove_plan_lock(project, "plan", LockScope.ZONE, "B"))
    assert list_padlocks(window) == set()


def test_a_locked_agency_shows_a_padlock_at_each_of_its_zones(
    window: MainWindow, session: Session
) -> None:
    session.apply(
        "Lock", lambda project: add_plan_lock(project, "plan", LockScope.AGENCY, "Sheriff", "")
    )
    assert list_padlocks(window) == {"lock A", "lock B"}
