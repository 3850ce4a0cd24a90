"""The roles of a shared project; the server grants their rights when it creates the tables."""

from enum import StrEnum


class ProjectRole(StrEnum):
    """What a person may do, from the most rights to the fewest.

    The person who shared a project, or who works on a file, is its ``owner``.
    """

    OWNER = "owner"
    PLANNER = "planner"
    DISPATCHER = "dispatcher"
    VIEWER = "viewer"

    def covers(self, least: "ProjectRole") -> bool:
        """Whether this role has all the rights of another."""
        every = list(ProjectRole)
        return every.index(self) <= every.index(least)

    @property
    def may_edit(self) -> bool:
        """Whether this role may change plans, sites and settings."""
        return self.covers(ProjectRole.PLANNER)

    @property
    def may_log(self) -> bool:
        """Whether this role may add entries to the journal."""
        return self.covers(ProjectRole.DISPATCHER)

    @property
    def may_grant_access(self) -> bool:
        """Whether this role may grant and revoke access."""
        return self.covers(ProjectRole.OWNER)


SERVER_ROLES = (ProjectRole.PLANNER, ProjectRole.DISPATCHER, ProjectRole.VIEWER)
"""The roles that people can be members of, from the most rights to the fewest."""
