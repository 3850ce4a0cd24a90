"""What somebody may not do in an open project, in one sentence; empty where they may."""

from zoneplanner.storage import Store

_ASK = "ask its owner for another role."


def explain_edit_denied(store: Store) -> str:
    """Say why plans, shifts, sites and settings cannot be changed here, or nothing."""
    if store.read_only or not store.role.may_log:
        return _explain_read_only(store)
    if store.role.may_edit:
        return ""
    return f"You are here as a {store.role}: you can log, but not change plans; {_ASK}"


def explain_log_denied(store: Store) -> str:
    """Say why nothing can be logged here, or nothing."""
    return _explain_read_only(store) if store.read_only or not store.role.may_log else ""


def _explain_read_only(store: Store) -> str:
    if not store.read_only:
        return (
            f"You are here as a {store.role}: you can look at everything, but neither log nor "
            f"change plans; {_ASK}"
        )
    what = "This copy of a shared project" if store.shared_to else "This project"
    return f"{what} is open for reading only: it can be looked at, not changed."
