"""What somebody may not do in an open project, in one sentence; empty where they may."""

from zoneplanner.storage import Store

ASK = "ask its owner for another role."


def why_not_edit(store: Store) -> str:
    """Say why plans, shifts, sites and settings cannot be changed here, or nothing."""
    if store.read_only:
        return _reading_only(store)
    if store.role.may_edit:
        return ""
    can = "log" if store.role.may_log else "look at everything"
    return f"You are here as a {store.role}: you can {can}, but not change plans; {ASK}"


def why_not_log(store: Store) -> str:
    """Say why nothing can be logged here, or nothing."""
    if store.read_only:
        return _reading_only(store)
    if store.role.may_log:
        return ""
    return f"You are here as a {store.role}: you can look at everything, but not log; {ASK}"


def _reading_only(store: Store) -> str:
    what = "This copy of a shared project" if store.shared_to else "This project"
    return f"{what} is open for reading only: it can be looked at, not changed."
