"""Describe a conflict in plain words: what another desk changed first, with both versions."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.checker import describe_shift
from zoneplanner.errors import Conflict
from zoneplanner.messages import Message, load_templates

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


def describe_conflict(conflict: Conflict, mine: Project, theirs: Project) -> Conflict:
    """Return a conflict with names instead of tables, ids and columns.

    ``mine`` is the project as this desk knew it, ``theirs`` the project as it is now.
    """
    facts = conflict.details
    if "table" not in facts:
        return conflict
    table, key = facts["table"], facts.get("key", ())
    plan_uid, site = [*key, "", ""][:2]
    if table == "assignment" and site in theirs.sites:
        chosen, now = (
            _name_zone(facts.get(side), theirs, plan_uid) for side in ("yours", "theirs")
        )
        who = _name_author(facts, theirs, Message("conflict_act.changed"))
        name = theirs.sites[site].name
        return Conflict("conflict.zone", site=name, yours=chosen, theirs=now, who=who)
    thing = _name_subject(table, key, mine, theirs)
    if "yours" not in facts:
        return Conflict("conflict.added", thing=thing)
    yours, other = _describe_sides(facts, theirs)
    wanted = Message("conflict_act.set", fields=yours) if yours else Message("conflict_act.remove")
    shown = {"thing": thing, "wanted": wanted, "yours": yours or "removed"}
    if facts.get("theirs") is None:
        return Conflict("conflict.removed", shown, theirs="removed")
    act = Message("conflict_act.set", fields=other) if other else Message("conflict_act.changed")
    who = _name_author(facts, theirs, act)
    return Conflict("conflict.both_set", shown, theirs=other or "changed", who=who)


def _name_subject(table: str, key: Any, mine: Project, theirs: Project) -> Message | str:
    """Return what a row of a table is about, in a planner's words."""
    first, second = [*map(str, key), "", ""][:2]
    if table in ("setting", "app_meta"):
        code = f"{table}.{first}"
        return Message(code if code in load_templates() else table)
    names = (_name_record(table, first, second, each) for each in (theirs, mine))
    unnamed = f"{table.replace('_', ' ').capitalize()} {second or first}"
    return next((name for name in names if name), unnamed)


def _name_record(table: str, first: str, second: str, project: Project) -> Message | str:
    site, officer = project.sites.get(first), project.officers.get(first)
    unit, plan = project.units.get(first), project.plans.get(first)
    shift, swap = project.shifts.get(first), project.swaps.get(first)
    if table == "shift" and shift is not None:
        return Message("record.shift", shift=describe_shift(shift, project.time_zone))
    if table == "swap" and swap is not None:
        swapped = project.shifts.get(swap.shift)
        if swapped is None:
            return Message("record.swap")
        return Message("record.swap_of", shift=describe_shift(swapped, project.time_zone))
    if table == "post" and first in project.posts:
        post = project.posts[first]
        title = post.title or post.unit
        return Message("record.post", title=title, starts=post.starts, ends=post.ends)
    names: dict[str, Any] = {
        "site": site and site.name,
        "officer": officer and officer.name,
        "unit": unit and Message("record.unit", unit=unit.id),
        "site_alias": site and Message("record.site_alias", site=site.name),
        "unit_access": unit and Message("record.unit_access", unit=unit.id),
        "plan": plan and Message("record.plan", plan=plan.name),
    }
    return names.get(table) or (_name_part_of_plan(table, second, plan, project) if plan else "")


def _name_part_of_plan(table: str, second: str, plan: Any, project: Project) -> Message | str:
    code = f"plan_part.{table}"
    if code not in load_templates():
        return ""
    site = project.sites.get(second)
    return Message(code, part=second, site=site.name if site else second, plan=plan.name)


def _describe_sides(
    facts: Mapping[str, Any], project: Project
) -> tuple[Message | None, Message | None]:
    """Return what this desk wanted and what the other desk set, column by column."""
    yours, theirs = facts.get("yours") or {}, facts.get("theirs") or {}
    if facts["table"] == "setting":
        yours, theirs = _select_differing(yours.get("value"), theirs.get("value"))
    return _describe_row(yours, project), _describe_row(theirs, project)


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


def _describe_row(row: Mapping[str, Any], project: Project) -> Message | None:
    """Return the columns of a row with their values, or None without any; each title once."""
    values = {
        _name_field(name): _describe_value(name, value, project)
        for name, value in row.items()
        if name not in _HIDDEN_COLUMNS
    }
    fields = [Message("field_set", field=title, value=value) for title, value in values.items()]
    return Message("fields_set", fields=fields) if fields else None


def _name_field(name: str) -> str:
    return load_templates().get(f"field.{name}", name.replace("_", " "))


def _describe_value(name: str, value: object, project: Project) -> Message:
    text = str(value).strip()
    if name in _LONG_COLUMNS or isinstance(value, dict | list):
        return Message("field_value.long")
    if value is None or text in ("", "[]"):
        return Message("field_value.none")
    return _describe_set_value(name, value, text, project)


def _describe_set_value(name: str, value: object, text: str, project: Project) -> Message:
    if isinstance(value, bool):
        return Message("field_value.yes" if value else "field_value.no")
    if name in ("officer", "taker", "other") and text in project.officers:
        return Message("field_value", value=project.officers[text].name)
    if name.endswith("_at"):
        at = datetime.fromisoformat(text).astimezone(ZoneInfo(project.time_zone))
        return Message("field_value.moment", at=at)
    if isinstance(value, int | float):
        return Message("field_value", value=f"{value:g}")
    if text.startswith("["):
        return Message("field_value", value=", ".join(map(str, json.loads(text))))
    return Message("field_value.text", text=text)


def _name_author(facts: Mapping[str, Any], project: Project, act: Message) -> Message:
    """Return who did what when."""
    if not facts.get("by"):
        return Message("conflict_author.unknown", act=act)
    at = datetime.fromisoformat(str(facts["at"])).astimezone(ZoneInfo(project.time_zone))
    return Message("conflict_author", person=facts["by"], act=act, at=at)


def _name_zone(row: object, project: Project, plan_uid: str) -> Message:
    if not isinstance(row, dict) or not row.get("zone"):
        return Message("conflict_zone.none")
    plan = project.plans.get(plan_uid)
    names = {zone.id: zone.name for zone in plan.zones} if plan else {}
    return Message("conflict_zone", zone=names.get(str(row["zone"]), row["zone"]))
