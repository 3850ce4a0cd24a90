"""What plans are called, as rows of text: an adopted one may be called otherwise too."""

from collections.abc import Mapping

from zoneplanner.app.data.data_table import DataColumn, DataTable, RowCells
from zoneplanner.domain.plans.lifecycle import rename_plan
from zoneplanner.domain.project import Project


def _read(project: Project) -> Mapping[str, RowCells]:
    """Return the plans, the one that was added last first."""
    return {plan.uid: {"name": plan.name} for plan in reversed(list(project.plans.values()))}


def _put(project: Project, key: str, cells: RowCells) -> Project:
    return rename_plan(project, key, cells["name"])


PLAN_TABLE = DataTable(
    "plan",
    "plan",
    "Plan names",
    "name",
    (DataColumn("name", "Name", required=True, about="On pages, in files and on the web map."),),
    (),
    _read,
    _put,
    grows=False,
)
