"""What mends a broken rule where that is mechanical: one edit, and a sentence that says it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from zoneplanner.app.mend_moves import (
    _find_balancing_moves,
    _find_cut_off_sites,
    _find_releasable_blocks,
)
from zoneplanner.app.reading import ProjectState, derive_state
from zoneplanner.app.starting import assign_nearest_zone
from zoneplanner.domain.checks import CheckFinding
from zoneplanner.domain.edits import assign_sites, find_nearest_eligible_zone, move_block
from zoneplanner.domain.locks import restore_locked_sites
from zoneplanner.domain.plan import Plan
from zoneplanner.domain.planning import retire_plan
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

_MAX_FIXES = 1000
_MOST_NAMES = 3


@dataclass(frozen=True, eq=False, slots=True)
class PlanFix:
    """One edit. ``label`` is what Undo reads, ``text`` says in a sentence what it will do."""

    label: str
    text: str
    edit: Callable[[Project], Project]


@dataclass(frozen=True, eq=False, slots=True)
class FixResult:
    """What mending one after the other came to: the project after it, and what was done."""

    project: Project
    done: tuple[str, ...]


def find_fix(reading: ProjectState, finding: CheckFinding) -> PlanFix | None:
    """Return what mends a finding, or None where a person has to decide."""
    make = _FIXES.get(finding.code)
    plan = reading.plan
    if make is None or plan is None or not (plan.open or finding.code == "dates_overlap"):
        return None
    try:
        return make(reading, plan, finding.where)
    except UserError:
        return None


def is_fixable(finding: CheckFinding) -> bool:
    """True of a rule that can often be mended without asking."""
    return finding.code in _FIXES


def fix_all_problems(reading: ProjectState, report: Callable[[float, str], None]) -> FixResult:
    """Mend what can be, one after the other, each on what the one before left.

    An empty plan starts from the nearest posts. A mend that would not make the plan better as a
    whole is left out. ``report`` hears how far it is and may raise to stop.
    """
    now, done, left_out = reading, list[str](), set[str]()
    plan = reading.plan
    if plan is not None and plan.open and not plan.assignment and not plan.locks:
        sketch = assign_nearest_zone(reading.project, reading.basis, plan, {})
        now = derive_state(reading.kept.with_plan(sketch), sketch, reading)
        done += ["Give each site to the nearest post"] if sketch.assignment else []
    while len(done) < _MAX_FIXES:
        finding = next((f for f in now.problems if is_fixable(f) and f.text not in left_out), None)
        if finding is None:
            break
        mend = find_fix(now, finding)
        after = None if mend is None else _derive_after(now, mend)
        if mend is None or after is None or not _rank_badness(after) < _rank_badness(now):
            left_out.add(finding.text)
            continue
        now = after
        done.append(mend.label)
        report(len(done) / (len(done) + len(now.problems)), mend.label)
    return FixResult(now.kept, tuple(done))


def _derive_after(reading: ProjectState, mend: PlanFix) -> ProjectState | None:
    try:
        project = mend.edit(reading.kept)
    except UserError:
        return None
    return derive_state(project, project.plans[reading.plan.uid] if reading.plan else None, reading)


def _rank_badness(reading: ProjectState) -> tuple[int, int, float]:
    """How bad a plan is: rules broken one by one, pieces too many, load beyond the tolerance."""
    single = sum(f.code not in ("in_pieces", "over_tolerance") for f in reading.problems)
    if reading.plan is None or reading.figures is None:
        return (single, 0, 0.0)
    zones, tolerance = reading.figures.zones.values(), reading.plan.tolerance
    over = sum(max(0.0, abs(zone.deviation) - tolerance) for zone in zones if zone.target_min > 0)
    return (single, sum(max(0, zone.pieces - 1) for zone in zones), round(over, 9))


def _fix_by_nearest(reading: ProjectState, plan: Plan, where: Mapping[str, str]) -> PlanFix:
    site = reading.project.site(where["site"])
    zone = find_nearest_eligible_zone(reading.project, plan, site)
    return PlanFix(
        f"Give {site.name} to {zone}",
        f"Give {site.name} to {zone}, the nearest zone that may hold it.",
        partial(assign_sites, plan_uid=plan.uid, changes={site.id: zone}),
    )


def _fix_by_lock(reading: ProjectState, plan: Plan, where: Mapping[str, str]) -> PlanFix | None:
    site, home = reading.project.site(where["site"]), where.get("zone")
    if home is None:
        return _fix_by_moving_out(reading, plan, where)
    edit = partial(restore_locked_sites, plan_uid=plan.uid, homes={site.id: home})
    edit(reading.kept)  # refused where the zone may not hold the site any more
    return PlanFix(
        f"Put {site.name} back to {home}",
        f"Put {site.name} back to {home}, where the lock holds it.",
        edit,
    )


def _fix_by_moving_out(
    reading: ProjectState, plan: Plan, where: Mapping[str, str]
) -> PlanFix | None:
    """Give a site that came into a locked zone to the nearest zone that is not locked."""
    site = reading.project.site(where["site"])
    others = {key: zone for key, zone in plan.assignment.items() if key != site.id}
    zone = find_nearest_eligible_zone(reading.project, replace(plan, assignment=others), site)
    return PlanFix(
        f"Give {site.name} to {zone}",
        f"Give {site.name} to {zone}, the nearest zone that is not locked.",
        partial(restore_locked_sites, plan_uid=plan.uid, homes={site.id: zone}),
    )


def _fix_pieces(reading: ProjectState, plan: Plan, where: Mapping[str, str]) -> PlanFix | None:
    zone = where["zone"]
    given = _find_cut_off_sites(reading, zone)
    if given:
        parts = [
            f"{_format_site_names(reading, [s for s, to in given.items() if to == end])} to {end}"
            for end in dict.fromkeys(given.values())
        ]
        what = f"Give {' and '.join(parts)}"
        return PlanFix(
            what,
            f"{what}: cut off from {zone}, with that zone around.",
            partial(assign_sites, plan_uid=plan.uid, changes=given),
        )
    blocks = _find_releasable_blocks(reading, zone)
    if not blocks:
        return None
    what = f"Let {_format_blocks(blocks)} follow the schools again"
    return PlanFix(
        what,
        f"{what}, so that zone {zone} is in fewer pieces.",
        partial(_release_blocks, plan_uid=plan.uid, blocks=blocks),
    )


def _fix_balance(reading: ProjectState, plan: Plan, where: Mapping[str, str]) -> PlanFix | None:
    found = _find_balancing_moves(reading, where["zone"])
    if found is None:
        return None
    named = [
        (_format_site_names(reading, move.sites), move.before, move.after) for move in found.moves
    ]
    what = " and ".join(f"{names} to {after}" for names, _, after in named)
    whole = " and ".join(f"{names} from {before} to {after}" for names, before, after in named)
    zones = ", ".join(
        f"{zone} {100 * before:+.1f} → {100 * after:+.1f} %"
        for zone, before, after in found.deviations
    )
    given = {site: move.after for move in found.moves for site in move.sites}
    return PlanFix(
        f"Move {what}",
        f"Move {whole}: {zones.replace('-', chr(0x2212))}.",
        partial(assign_sites, plan_uid=plan.uid, changes=given),
    )


def _fix_date_overlap(
    reading: ProjectState, plan: Plan, where: Mapping[str, str]
) -> PlanFix | None:
    early, late = reading.kept.plan(where["plan"]), reading.kept.plan(where["next"])
    if late.effective_on is None or late.effective_on == early.effective_on:
        return None
    day = late.effective_on
    return PlanFix(
        f"End “{early.name}” on {day}",
        f"End “{early.name}” on {day}, when “{late.name}” takes effect.",
        partial(retire_plan, plan_uid=early.uid, expires_on=day),
    )


def _release_blocks(project: Project, plan_uid: str, blocks: Iterable[str]) -> Project:
    for block in blocks:
        project = move_block(project, plan_uid, block, None)
    return project


def _format_site_names(reading: ProjectState, sites: Iterable[str]) -> str:
    names = [reading.project.sites[site].name for site in sites]
    if len(names) > _MOST_NAMES:
        return f"{len(names)} sites"
    return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else names[0]


def _format_blocks(blocks: tuple[str, ...]) -> str:
    return f"block {blocks[0]}" if len(blocks) == 1 else f"{len(blocks)} blocks"


_FIXES: Mapping[str, Callable[[ProjectState, Plan, Mapping[str, str]], PlanFix | None]] = {
    "unassigned": _fix_by_nearest,
    "wrong_jurisdiction": _fix_by_nearest,
    "lock_not_kept": _fix_by_lock,
    "in_pieces": _fix_pieces,
    "over_tolerance": _fix_balance,
    "dates_overlap": _fix_date_overlap,
}
