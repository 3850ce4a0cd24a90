"""Who may do what in a shared project: three roles, whose grants are laid with its tables."""

from enum import StrEnum


class ProjectRole(StrEnum):
    """What a person may do; ``owner`` shared the project, and has a file for oneself."""

    OWNER = "owner"
    PLANNER = "planner"
    DISPATCHER = "dispatcher"
    VIEWER = "viewer"

    @property
    def may_edit(self) -> bool:
        """True where plans, sites and settings may be changed."""
        return self in (ProjectRole.OWNER, ProjectRole.PLANNER)

    @property
    def may_log(self) -> bool:
        """True where entries may be added to the journal."""
        return self is not ProjectRole.VIEWER


SERVER_ROLES = (ProjectRole.PLANNER, ProjectRole.DISPATCHER, ProjectRole.VIEWER)
"""The roles that people are members of, the most able first."""
