"""The Python API: a project's data as frames of pandas and geopandas, and edits as steps.

>>> import zoneplanner as zp
>>> with zp.open(path) as district:
...     schools = district.sites()
...     zones = district.zones()
>>> sorted(schools["zone"].dropna().unique())
['S1', 'S2', 'S3', 'S4', 'S5', 'SRO1', 'SRO2']
>>> zones.crs.to_epsg()
26910

It uses the same use cases as the window and the command line. A problem that a person can cause
and fix is a ``UserError`` with a sentence, a ``code`` and ``details``. These are numbers, names,
days and phrases; ``str`` turns each into words.
"""

from zoneplanner.api.points import propose_zones
from zoneplanner.api.project import ZoneProject, open_project
from zoneplanner.api.results import PlanDifference, PlanEvaluation, ProposedZones

__all__ = [
    "PlanDifference",
    "PlanEvaluation",
    "ProposedZones",
    "ZoneProject",
    "open_project",
    "propose_zones",
]
