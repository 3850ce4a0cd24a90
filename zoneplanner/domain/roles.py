"""Who may do what in a shared project: three roles, whose grants are laid with its tables."""

from enum import StrEnum


class ProjectRole(StrEnum):
    """What a person may do, the most able first.

    ``owner`` shared the project, and has a file for oneself.
    """

    OWNER = "owner"
    PLANNER = "planner"
    DISPATCHER = "dispatcher"
    VIEWER = "viewer"

    def covers(self, least: "ProjectRole") -> bool:
        """True where it may do all that another may."""
        every = list(ProjectRole)
        return every.index(self) <= every.index(least)

    @property
    def may_edit(self) -> bool:
        """True where plans, sites and settings may be changed."""
        return self.covers(ProjectRole.PLANNER)

    @property
    def may_log(self) -> bool:
        """True where entries may be added to the journal."""
        return self.covers(ProjectRole.DISPATCHER)

    @property
    def may_give_access(self) -> bool:
        """True where people may be let in and their access be taken."""
        return self.covers(ProjectRole.OWNER)


SERVER_ROLES = (ProjectRole.PLANNER, ProjectRole.DISPATCHER, ProjectRole.VIEWER)
"""The roles that people are members of, the most able first."""
