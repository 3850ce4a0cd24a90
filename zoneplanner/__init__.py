"""Patrol zones, log and coverage for a school district's Safe Schools office.

``import zoneplanner as zp`` gives the Python API; see ``zoneplanner.api``. Its modules are only
loaded when they are used, so they do not slow down the start of the program.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zoneplanner.api import (
        PlanDifference,
        PlanEvaluation,
        ProposedZones,
        ZoneProject,
        propose_zones,
    )
    from zoneplanner.api import open_project as open
    from zoneplanner.errors import UserError

    __version__: str

__all__ = [
    "PlanDifference",
    "PlanEvaluation",
    "ProposedZones",
    "UserError",
    "ZoneProject",
    "__version__",
    "open",
    "propose_zones",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("zoneplanner")
    if name == "UserError":
        from zoneplanner.errors import UserError

        return UserError
    if name in __all__:
        from zoneplanner import api

        return getattr(api, "open_project" if name == "open" else name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
