"""What-ifs of the plan on screen: each one goes into a branch of it, as one step to undo."""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import date
from functools import partial

from zoneplanner.analysis.geometry.crs import from_lonlat
from zoneplanner.analysis.planning_basis import count_students
from zoneplanner.app.plans.zone_counts import PLANNED_UNIT_SUFFIX
from zoneplanner.app.plans.zone_proposals import make_unique_name
from zoneplanner.app.session.identity import new_uid
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import ProjectState, derive_state, require_plan
from zoneplanner.domain.geography.site import Site, find_jurisdiction
from zoneplanner.domain.locale_formats import ISO_FORMATS, LocaleFormats
from zoneplanner.domain.plans import what_ifs
from zoneplanner.domain.plans.closings import (
    DEFAULT_ROOM,
    SiteClosing,
    may_receive,
    share_among_chosen,
    share_students,
)
from zoneplanner.domain.plans.edits import add_plan, branch_plan, delete_plan
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.messages import join_names

PLANNED_LEVELS = (
    *("elementary", "k8", "middle", "high", "secondary_6_12", "k12"),
    *("alternative", "special_education", "preschool", "adult"),
)
DEFAULT_PLANNED_LEVEL = "elementary"
WHAT_IF_PREFIX = "What if: "
PLANNED_KIND, _REAL_KIND = "planned", "school"
_ADDED = "added"
_MOST_STUDENTS, _MOST_NAMED = 50_000, 3


def plan_site_closing(
    session: Session,
    site_id: str,
    *,
    on: date | None = None,
    receivers: Collection[str] = (),
    room: float = DEFAULT_ROOM,
) -> SiteClosing:
    """Return where the students of a site would go if it closed.

    They go to the nearest schools of their level by travel, each up to its room; to ``receivers``
    by their size where some are named.

    Raises
    ------
    UserError
        A receiver is the site itself, is not patrolled, or unknown.
    """
    project, basis = session.project, session.state.basis
    site, room = project.site(site_id), max(0.0, room)
    students = count_students(site, project.assumptions)
    chosen = [project.site(one) for one in receivers]
    for other in chosen:
        if other.id == site.id or not other.patrolled:
            raise UserError("not_a_receiver", site=other.id, name=other.name, closing=site.name)
    may = chosen or [other for other in project.patrolled if may_receive(site, other)]
    here = basis.index.get(site.id)
    minutes = [
        float(basis.travel_min[here, basis.index[other.id]]) if here is not None else 0.0
        for other in may
    ]
    pairs = list(zip(may, minutes, strict=True))
    if chosen:
        shared, left = share_among_chosen(students, pairs)
    else:
        shared, left = share_students(students, pairs, room=room)
    return SiteClosing(site.id, on, shared, left)


def describe_closing(
    project: Project, closing: SiteClosing, formats: LocaleFormats = ISO_FORMATS
) -> str:
    """Say which site closes from when, and how many students go where, the most first."""
    going = sorted(closing.receiving.items(), key=lambda one: (-one[1], one[0]))
    to = join_names(
        [f"{project.sites[site].name} (+{students:,})" for site, students in going[:_MOST_NAMED]]
        + ([f"{len(going) - _MOST_NAMED} more"] if len(going) > _MOST_NAMED else [])
    )
    when = f" from {formats.day(closing.on)}" if closing.on else ""
    left = f"; no room for {closing.left:,}" if closing.left else ""
    name = project.sites[closing.site].name
    return f"{name} closed{when}{f', students to {to}' if going else ''}{left}"


def suppose_site_closed(session: Session, site_id: str, closing: SiteClosing | None = None) -> Plan:
    """Suppose that a site is closed; return the plan that supposes it.

    Its students go where ``closing`` says, else to the nearest schools of their level.
    """
    site = session.project.site(site_id)
    going = closing or plan_site_closing(session, site.id)
    edit = partial(what_ifs.assume_site_closed, site_id=site.id, closing=going)
    return edit_what_if(session, f"{site.name} closed", edit)


def suppose_site_open(session: Session, site_id: str, on: date | None = None) -> Plan:
    """Suppose that a site is patrolled, from a day if known, or take back that it is closed."""
    site = session.project.site(site_id)
    edit = partial(what_ifs.assume_site_open, site_id=site.id, on=on)
    return edit_what_if(session, f"{site.name} open", edit)


def suppose_enrollment(session: Session, site_id: str, enrollment: int | None) -> Plan:
    """Suppose another enrollment of a site; None goes back to the fact."""
    site = session.saved_project.site(site_id)
    of = "its own" if enrollment is None else f"{enrollment:,}"
    edit = partial(what_ifs.set_assumed_enrollment, site_id=site.id, enrollment=enrollment)
    return edit_what_if(session, f"{site.name} {of} students", edit)


def suppose_planned_site(session: Session, site: Site, on: date | None = None) -> Plan:
    """Suppose a site that does not exist yet, from a day if known; see ``build_planned_site``.

    Raises
    ------
    UserError
        Its position lies in no jurisdiction, or no zone of the plan may hold it there.
    """
    found = find_jurisdiction(site, session.project.jurisdictions.values())
    if found.jurisdiction is None:
        raise UserError("outside_jurisdictions", site=site.name)
    edit = partial(what_ifs.assume_planned_site, site=site, on=on)
    return edit_what_if(session, f"{site.name} planned", edit)


def place_planned_site(
    session: Session,
    name: str,
    *,
    latitude: float,
    longitude: float,
    level: str = DEFAULT_PLANNED_LEVEL,
    enrollment: int | None = None,
    on: date | None = None,
) -> Plan:
    """Suppose a site that does not exist yet at a place in degrees; return the what-if.

    Raises
    ------
    UserError
        As `suppose_planned_site` and `build_planned_site`; the level is none that a site has.
    """
    if level not in PLANNED_LEVELS:
        raise UserError("unknown_choice", what="level", text=level, known=PLANNED_LEVELS)
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise UserError("not_a_position", text=f"{latitude}, {longitude}")
    if enrollment is not None and not 0 <= enrollment <= _MOST_STUDENTS:
        raise UserError("out_of_range.enrollment_of_school", most=_MOST_STUDENTS)
    project = session.project
    xs, ys = from_lonlat(project.crs, [longitude], [latitude])
    taken = {known.name for known in project.sites.values()}
    place = float(xs[0]), float(ys[0])
    site = build_planned_site(name, level, enrollment, *place, taken=taken)
    return suppose_planned_site(session, site, on)


def build_planned_site(
    name: str, level: str, enrollment: int | None, x_m: float, y_m: float, *, taken: set[str]
) -> Site:
    """Return a site that is only planned; one without a name of its own is a UserError."""
    wanted = " ".join(name.split())
    if not wanted:
        raise UserError("name_missing.planned_site")
    if wanted.casefold() in {other.casefold() for other in taken}:
        raise UserError("name_in_use.planned_site", name=wanted)
    address = ("", "", "", "", "")  # no grades, street, city, zip and phone yet
    return Site(
        f"{PLANNED_KIND}-{new_uid()[:8]}",
        wanted,
        level,
        *address,
        x_m,
        y_m,
        enrollment,
        patrolled=False,
        kind=PLANNED_KIND,
    )


def describe_opening(
    state: ProjectState, site_id: str, formats: LocaleFormats = ISO_FORMATS
) -> str:
    """Say from when the what-if on screen opens a site; nothing where it has no day."""
    opens = what_ifs.list_openings(state.saved_project, state.plan) if state.plan else {}
    return f"opens on {formats.day(opens[site_id])}" if site_id in opens else ""


def find_first_day(project: Project, plan: Plan) -> date | None:
    """Return the latest day on which a site opens or closes in a plan; None without one."""
    return max(what_ifs.list_turning_days(project, plan).values(), default=None)


def parse_enrollment(text: str) -> int | None:
    """Read a number of students as a person types it; nothing typed is None.

    Raises
    ------
    UserError
        It is no whole number from 0 up, or more than any school has.
    """
    typed = "".join(text.replace(",", "").split())
    if not typed:
        return None
    if not (typed.isascii() and typed.isdecimal()):
        raise UserError("not_a_number.enrollment", given=text)
    if len(typed) > 6 or int(typed) > _MOST_STUDENTS:
        raise UserError("out_of_range.enrollment_of_school", most=_MOST_STUDENTS)
    return int(typed)


def edit_what_if(session: Session, words: str, edit: Callable[[Project, str], Project]) -> Plan:
    """Run an edit on the what-if on screen, or on a new branch of the plan on screen.

    ``edit`` gets the project and the uid of the plan to change. Return the plan as it is then; a
    refused edit leaves no branch behind.
    """
    plan, kept = require_plan(session.state), session.saved_project
    if plan.is_draft and list_what_if_changes(kept, plan):
        session.apply(f"{WHAT_IF_PREFIX}{words}", lambda project: edit(project, plan.uid))
        return require_plan(session.state)
    return branch_what_if(session, plan, words, edit)


def branch_what_if(
    session: Session, start: Plan, words: str, edit: Callable[[Project, str], Project]
) -> Plan:
    """Run an edit on a new branch of a plan, which may be gone from the project by now."""
    plans, uid = session.saved_project.plans, new_uid()
    name = make_unique_name(f"{WHAT_IF_PREFIX}{words}", {other.name for other in plans.values()})
    branch = branch_plan(start, uid, name, at=session.clock())
    draft = branch if start.uid in plans else replace(branch, parent=None)
    session.apply(name, lambda project: edit(add_plan(project, draft), uid))
    return require_plan(session.state)


def list_what_if_changes(
    project: Project, plan: Plan, formats: LocaleFormats = ISO_FORMATS
) -> tuple[str, ...]:
    """Say what a plan supposes, a few words each; nothing where it is no what-if.

    ``project`` is the kept one. Zones that went and planned units that came since the plan that
    all began with are supposed as well.
    """
    return (*_list_site_changes(project, plan, formats), *_list_zone_changes(project, plan))


def find_base_plan(project: Project, plan: Plan) -> Plan | None:
    """Return the plan that a what-if was branched from, past other what-ifs; None if it is gone."""
    return next(
        (each for each in project.list_ancestors(plan) if not list_what_if_changes(project, each)),
        None,
    )


def derive_factual_state(session: Session) -> ProjectState:
    """Read the plan on screen, but of a what-if the plan that it started from: what may leave."""
    shown = session.state
    if shown.plan is None or not shown.plan.what_if:
        return shown
    kept = shown.saved_project
    base = find_base_plan(kept, shown.plan) or kept.current_plan(session.today)
    return derive_state(kept, base, shown)


def find_actual_enrollment(project: Project, site: Site) -> int | None:
    """Return the enrollment that is a fact where a what-if shows another; else None."""
    fact = project.sites.get(site.id)
    return None if fact is None or fact.enrollment == site.enrollment else fact.enrollment


def discard_what_if(session: Session) -> None:
    """Take the what-if on screen out of the project and show the plan that it came from.

    Planned sites and units that only it supposed go with it. Without a plan to go back to, only
    what it supposes of sites goes.
    """
    plan, kept = require_plan(session.state), session.saved_project
    kept.draft(plan.uid)
    ground = find_base_plan(kept, plan)

    def without(project: Project) -> Project:
        if ground is None:
            return project.with_plan(replace(plan, what_if={}))
        return _remove_orphans(delete_plan(project, plan.uid))

    session.apply(f"Discard “{plan.name}”", without)
    if ground is not None:
        session.show_plan(ground.uid)


def apply_what_if_to_project(session: Session) -> None:
    """Take what the what-if on screen supposes for true in the whole project, as one step.

    Planned sites that it opened become schools, planned units of its zones units that hold one.
    """
    plan = require_plan(session.state)

    def real(project: Project) -> Project:
        after = what_ifs.apply_what_ifs(project, plan.uid)
        opened = {
            key: replace(site, kind=_REAL_KIND)
            for key, site in after.sites.items()
            if site.kind == PLANNED_KIND and site.patrolled
        }
        holding = {zone.unit for zone in plan.zones}
        units = {
            key: replace(
                unit, holds_zone=True, name=unit.name.removesuffix(PLANNED_UNIT_SUFFIX).strip()
            )
            for key, unit in after.units.items()
            if key in holding and unit.name.endswith(PLANNED_UNIT_SUFFIX)
        }
        return replace(
            after,
            sites={**after.sites, **opened} if opened else after.sites,
            units={**after.units, **units} if units else after.units,
        )

    session.apply(f"Make “{plan.name}” real", real)


def list_applicable_changes(
    project: Project, plan: Plan, formats: LocaleFormats = ISO_FORMATS
) -> tuple[str, ...]:
    """Say what of all that a plan supposes would be a fact if it were made real.

    A zone that is off is no fact: the plan itself is what there is of it.
    """
    added = (words for words in _list_zone_changes(project, plan) if words.endswith(_ADDED))
    return (*_list_site_changes(project, plan, formats, whole=True), *added)


def _list_site_changes(
    project: Project, plan: Plan, formats: LocaleFormats, *, whole: bool = False
) -> list[str]:
    """Say what is supposed of sites; ``whole`` says also where students go."""
    words = []
    closings = {one.site: one for one in what_ifs.list_closings(project, plan)}
    days = what_ifs.list_turning_days(project, plan)
    gained = Counter[str]()
    for one in closings.values():
        gained.update(one.receiving)
    for site_id, assumed in plan.what_if.items():
        site = project.sites.get(site_id)
        if site is None:
            continue
        students = site.enrollment if assumed.enrollment is None else assumed.enrollment
        if site.kind == PLANNED_KIND and assumed.patrolled:
            own = None if students is None else students - gained[site_id]
            of = "" if own is None else f", {own:,} students"
            opens = f", opens on {formats.day(days[site_id])}" if site_id in days else ""
            words.append(f"{site.name} planned{of}{opens}")
            continue
        if assumed.patrolled is not None:
            closing = closings.get(site_id)
            if whole and closing is not None:
                words.append(describe_closing(project, closing, formats))
            else:
                when = f" from {formats.day(days[site_id])}" if site_id in days else ""
                words.append(f"{site.name} {'open' if assumed.patrolled else 'closed'}{when}")
        if assumed.enrollment not in (None, (site.enrollment or 0) + gained[site_id]):
            fact = "not known" if site.enrollment is None else f"{site.enrollment:,} on file"
            words.append(f"{site.name} {assumed.enrollment:,} students ({fact})")
    return words


def _list_zone_changes(project: Project, plan: Plan) -> list[str]:
    """Say which zones went, and which are held by planned units alone."""
    gone, planned = project.compare_zones(plan)
    return [*(f"zone {zone} off" for zone in gone), *(f"zone {zone} {_ADDED}" for zone in planned)]


def _remove_orphans(project: Project) -> Project:
    """Take away planned sites that no plan supposes any more, and planned units without a zone."""
    wanted = {site for plan in project.plans.values() for site in plan.what_if}
    stray = {
        key
        for key, site in project.sites.items()
        if site.kind == PLANNED_KIND and not site.patrolled and key not in wanted
    }
    holding = {zone.unit for plan in project.plans.values() for zone in plan.zones}
    idle = {
        key
        for key, unit in project.units.items()
        if unit.name.endswith(PLANNED_UNIT_SUFFIX) and not unit.holds_zone and key not in holding
    }
    sites = {key: site for key, site in project.sites.items() if key not in stray}
    units = {key: unit for key, unit in project.units.items() if key not in idle}
    return replace(
        project,
        sites=sites if stray else project.sites,
        units=units if idle else project.units,
    )
