"""Say in the planner's words that another desk was faster, with both versions."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from zoneplanner.domain.locale_formats import ISO_FORMATS, LocaleFormats
from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.checker import describe_shift
from zoneplanner.errors import Conflict
from zoneplanner.messages import load_templates, render_message

_MAX_COLUMNS_SHOWN = 3
_HIDDEN = ("position", "sequence", "former", "revised_at", "proof_inputs", "proof_bound", "made_at")
"""Columns that nobody edits by name."""

_LONG = ("times", "geom", "overrides", "proof_cost", "fields", "source")
"""Columns whose value is no word or figure."""


def describe_conflict(
    conflict: Conflict, mine: Project, theirs: Project, formats: LocaleFormats = ISO_FORMATS
) -> Conflict:
    """Return a conflict with names in the place of tables, ids and columns.

    ``mine`` is the project as this desk knew it, ``theirs`` as it stands now.
    """
    said = conflict.details
    if "table" not in said:
        return conflict
    place, site = [*said.get("key", ()), "", ""][:2]
    if said["table"] == "assignment" and site in theirs.sites:
        yours, stands = (_zone(said.get(side), theirs, place) for side in ("yours", "theirs"))
        who = _describe_author(said, theirs, "changed it", formats)
        name = theirs.sites[site].name
        return Conflict("conflict.zone", site=name, yours=yours, theirs=stands, who=who)
    thing = _name_subject(said["table"], said.get("key", ()), mine, theirs, formats)
    if "yours" not in said:
        return Conflict("conflict.added", thing=thing)
    yours, other = _sides(said, theirs, formats)
    wanted = f"set {yours}" if yours else "remove it"
    facts = {"thing": thing, "wanted": wanted, "yours": yours or "removed"}
    if said.get("theirs") is None:
        return Conflict("conflict.removed", facts, theirs="removed")
    who = _describe_author(said, theirs, f"set {other}" if other else "changed it", formats)
    return Conflict("conflict.both_set", facts, theirs=other or "changed", who=who)


def _name_subject(
    table: str, key: Any, mine: Project, theirs: Project, formats: LocaleFormats = ISO_FORMATS
) -> str:
    """Name what a row of a table is about, as a planner would."""
    first, second = [*map(str, key), "", ""][:2]
    words = load_templates()
    if table in ("setting", "app_meta"):
        return words.get(f"{table}.{first}") or words[table]
    named = (_name_record(table, first, second, each, formats) for each in (theirs, mine))
    return next(filter(None, named), f"{table.replace('_', ' ').capitalize()} {second or first}")


def _name_record(
    table: str, first: str, second: str, project: Project, formats: LocaleFormats
) -> str:
    site, officer = project.sites.get(first), project.officers.get(first)
    unit, plan = project.units.get(first), project.plans.get(first)
    shift, swap = project.shifts.get(first), project.swaps.get(first)
    if table == "shift" and shift is not None:
        return f"The shift {describe_shift(shift, project.time_zone, formats)}"
    if table == "swap" and swap is not None:
        asked = project.shifts.get(swap.shift)
        words = describe_shift(asked, project.time_zone, formats) if asked else ""
        return f"The swap of {words}" if words else "The swap"
    if table == "post" and first in project.posts:
        post = project.posts[first]
        return f"The post {post.title or post.unit} {formats.span(post.starts, post.ends)}"
    named = {
        "site": site and site.name,
        "officer": officer and officer.name,
        "unit": unit and f"Unit {unit.id}",
        "site_alias": site and f"The other names of {site.name}",
        "unit_access": unit and f"Where unit {unit.id} may go",
        "plan": plan and f"The plan “{plan.name}”",
    }
    return named.get(table) or (_part_of_plan(table, second, plan, project) if plan else "")


def _part_of_plan(table: str, second: str, plan: Any, project: Project) -> str:
    if f"plan_part.{table}" not in load_templates():
        return ""
    site = project.sites.get(second)
    facts = {"part": second, "site": site.name if site else second, "plan": plan.name}
    return render_message(f"plan_part.{table}", facts)


def _sides(said: Mapping[str, Any], project: Project, formats: LocaleFormats) -> tuple[str, str]:
    """Return what this desk wanted and what the other set, column by column."""
    yours, theirs = said.get("yours") or {}, said.get("theirs") or {}
    if said["table"] == "setting":
        yours, theirs = _differing(yours.get("value"), theirs.get("value"))
    return _row_words(yours, project, formats), _row_words(theirs, project, formats)


def _differing(yours: object, theirs: object) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what differs between two settings, which are JSON."""
    try:
        one, two = json.loads(str(yours)), json.loads(str(theirs))
    except ValueError:
        return {}, {}
    if not isinstance(one, dict) or not isinstance(two, dict):
        return {}, {}
    names = [name for name in one if one.get(name) != two.get(name)]
    return {name: one[name] for name in names}, {name: two.get(name) for name in names}


def _row_words(row: Mapping[str, Any], project: Project, formats: LocaleFormats) -> str:
    words = load_templates()
    values = {
        words.get(f"field.{name}", name.replace("_", " ")): _value(name, value, project, formats)
        for name, value in row.items()
        if name not in _HIDDEN
    }
    shown = [f"{name} {value}" for name, value in values.items()]
    more = len(shown) - _MAX_COLUMNS_SHOWN
    return ", ".join(shown[:_MAX_COLUMNS_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _value(name: str, value: object, project: Project, formats: LocaleFormats) -> str:
    text = str(value).strip()
    if name in _LONG or isinstance(value, dict | list):
        return "otherwise"
    if value is None or text in ("", "[]"):
        return "to none"
    return f"to {_format_plain(name, value, text, project, formats)}"


def _format_plain(
    name: str, value: object, text: str, project: Project, formats: LocaleFormats
) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name in ("officer", "taker", "other") and text in project.officers:
        return project.officers[text].name
    if name.endswith("_at"):
        at = datetime.fromisoformat(text).astimezone(ZoneInfo(project.time_zone))
        comma = "," if formats.month_first else ""
        return f"{formats.weekday(at)}{comma} {formats.clock(at)}"
    if isinstance(value, int | float):
        return f"{value:g}"
    return ", ".join(map(str, json.loads(text))) if text.startswith("[") else f"“{text}”"


def _describe_author(
    said: Mapping[str, Any], project: Project, deed: str, formats: LocaleFormats
) -> str:
    if not said.get("by"):
        return f"another desk {deed}"
    at = datetime.fromisoformat(str(said["at"])).astimezone(ZoneInfo(project.time_zone))
    return f"{said['by']} {deed} at {formats.clock(at)}"


def _zone(row: object, project: Project, plan_uid: str) -> str:
    if not isinstance(row, dict) or not row.get("zone"):
        return "in no zone"
    plan = project.plans.get(plan_uid)
    known = {zone.id: zone.name for zone in plan.zones} if plan else {}
    return f"in {known.get(str(row['zone']), row['zone'])}"
