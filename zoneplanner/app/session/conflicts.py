"""Describe a conflict in plain words: what another desk changed first, with both versions."""

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
_HIDDEN_COLUMNS = (
    "position",
    "sequence",
    "former",
    "revised_at",
    "proof_inputs",
    "proof_bound",
    "made_at",
)
"""Columns that nobody edits directly."""

_LONG_COLUMNS = ("times", "geom", "overrides", "proof_cost", "fields", "source")
"""Columns whose values are too long to show."""


def describe_conflict(
    conflict: Conflict, mine: Project, theirs: Project, formats: LocaleFormats = ISO_FORMATS
) -> Conflict:
    """Return a conflict with names instead of tables, ids and columns.

    ``mine`` is the project as this desk knew it, ``theirs`` the project as it is now.
    """
    facts = conflict.details
    if "table" not in facts:
        return conflict
    table, key = facts["table"], facts.get("key", ())
    plan_uid, site = [*key, "", ""][:2]
    if table == "assignment" and site in theirs.sites:
        yours, now = (_name_zone(facts.get(side), theirs, plan_uid) for side in ("yours", "theirs"))
        who = _describe_author(facts, theirs, "changed it", formats)
        name = theirs.sites[site].name
        return Conflict("conflict.zone", site=name, yours=yours, theirs=now, who=who)
    thing = _name_subject(table, key, mine, theirs, formats)
    if "yours" not in facts:
        return Conflict("conflict.added", thing=thing)
    yours, other = _describe_sides(facts, theirs, formats)
    wanted = f"set {yours}" if yours else "remove it"
    shown = {"thing": thing, "wanted": wanted, "yours": yours or "removed"}
    if facts.get("theirs") is None:
        return Conflict("conflict.removed", shown, theirs="removed")
    who = _describe_author(facts, theirs, f"set {other}" if other else "changed it", formats)
    return Conflict("conflict.both_set", shown, theirs=other or "changed", who=who)


def _name_subject(
    table: str, key: Any, mine: Project, theirs: Project, formats: LocaleFormats = ISO_FORMATS
) -> str:
    """Return what a row of a table is about, in a planner's words."""
    first, second = [*map(str, key), "", ""][:2]
    words = load_templates()
    if table in ("setting", "app_meta"):
        return words.get(f"{table}.{first}") or words[table]
    names = (_name_record(table, first, second, each, formats) for each in (theirs, mine))
    return next(filter(None, names), f"{table.replace('_', ' ').capitalize()} {second or first}")


def _name_record(
    table: str, first: str, second: str, project: Project, formats: LocaleFormats
) -> str:
    site, officer = project.sites.get(first), project.officers.get(first)
    unit, plan = project.units.get(first), project.plans.get(first)
    shift, swap = project.shifts.get(first), project.swaps.get(first)
    if table == "shift" and shift is not None:
        return f"The shift {describe_shift(shift, project.time_zone).say(formats)}"
    if table == "swap" and swap is not None:
        swapped = project.shifts.get(swap.shift)
        if swapped is None:
            return "The swap"
        return f"The swap of {describe_shift(swapped, project.time_zone).say(formats)}"
    if table == "post" and first in project.posts:
        post = project.posts[first]
        return f"The post {post.title or post.unit} {formats.span(post.starts, post.ends)}"
    names = {
        "site": site and site.name,
        "officer": officer and officer.name,
        "unit": unit and f"Unit {unit.id}",
        "site_alias": site and f"The other names of {site.name}",
        "unit_access": unit and f"Where unit {unit.id} may go",
        "plan": plan and f"The plan “{plan.name}”",
    }
    return names.get(table) or (_name_part_of_plan(table, second, plan, project) if plan else "")


def _name_part_of_plan(table: str, second: str, plan: Any, project: Project) -> str:
    if f"plan_part.{table}" not in load_templates():
        return ""
    site = project.sites.get(second)
    facts = {"part": second, "site": site.name if site else second, "plan": plan.name}
    return render_message(f"plan_part.{table}", facts)


def _describe_sides(
    facts: Mapping[str, Any], project: Project, formats: LocaleFormats
) -> tuple[str, str]:
    """Return what this desk wanted and what the other desk set, column by column."""
    yours, theirs = facts.get("yours") or {}, facts.get("theirs") or {}
    if facts["table"] == "setting":
        yours, theirs = _select_differing(yours.get("value"), theirs.get("value"))
    return _describe_row(yours, project, formats), _describe_row(theirs, project, formats)


def _select_differing(yours: object, theirs: object) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the fields in which two settings, stored as JSON, differ."""
    try:
        mine, other = json.loads(str(yours)), json.loads(str(theirs))
    except ValueError:
        return {}, {}
    if not isinstance(mine, dict) or not isinstance(other, dict):
        return {}, {}
    names = [name for name in mine if mine.get(name) != other.get(name)]
    return {name: mine[name] for name in names}, {name: other.get(name) for name in names}


def _describe_row(row: Mapping[str, Any], project: Project, formats: LocaleFormats) -> str:
    words = load_templates()
    values = {
        words.get(f"field.{name}", name.replace("_", " ")): _describe_value(
            name, value, project, formats
        )
        for name, value in row.items()
        if name not in _HIDDEN_COLUMNS
    }
    texts = [f"{title} {value}" for title, value in values.items()]
    more = len(texts) - _MAX_COLUMNS_SHOWN
    return ", ".join(texts[:_MAX_COLUMNS_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _describe_value(name: str, value: object, project: Project, formats: LocaleFormats) -> str:
    text = str(value).strip()
    if name in _LONG_COLUMNS or isinstance(value, dict | list):
        return "otherwise"
    if value is None or text in ("", "[]"):
        return "to none"
    return f"to {_format_value(name, value, text, project, formats)}"


def _format_value(
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
    facts: Mapping[str, Any], project: Project, action: str, formats: LocaleFormats
) -> str:
    if not facts.get("by"):
        return f"another desk {action}"
    at = datetime.fromisoformat(str(facts["at"])).astimezone(ZoneInfo(project.time_zone))
    return f"{facts['by']} {action} at {formats.clock(at)}"


def _name_zone(row: object, project: Project, plan_uid: str) -> str:
    if not isinstance(row, dict) or not row.get("zone"):
        return "in no zone"
    plan = project.plans.get(plan_uid)
    names = {zone.id: zone.name for zone in plan.zones} if plan else {}
    return f"in {names.get(str(row['zone']), row['zone'])}"
