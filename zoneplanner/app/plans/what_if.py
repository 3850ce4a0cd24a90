"""What-ifs of the plan on screen: each goes into a branch of it as one undo step."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import date
from functools import partial

from zoneplanner.analysis.geometry.crs import from_lonlat
from zoneplanner.app.plans.zone_counts import PLANNED_UNIT_SUFFIX
from zoneplanner.app.plans.zone_proposals import make_unique_name
from zoneplanner.app.session.identity import new_uid
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import ProjectState, derive_state, require_plan
from zoneplanner.domain.geography.site import Site, find_jurisdiction
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
from zoneplanner.messages import Message

PLANNED_LEVELS = (
    "elementary",
    "k8",
    "middle",
    "high",
    "secondary_6_12",
    "k12",
    "alternative",
    "special_education",
    "preschool",
    "adult",
)
DEFAULT_PLANNED_LEVEL = "elementary"
WHAT_IF_PREFIX = "What if: "
PLANNED_KIND, _REAL_KIND = "planned", "school"
_MAX_STUDENTS = 50_000


def plan_site_closing(
    session: Session,
    site_id: str,
    *,
    on: date | None = None,
    receivers: Collection[str] = (),
    room: float = DEFAULT_ROOM,
) -> SiteClosing:
    """Return where the students of a site would go if it closed.

    They go to the nearest schools of their level by travel time, each up to its room, or to
    ``receivers`` in proportion to their size, if any are named.

    Raises
    ------
    UserError
        A receiver is the site itself, is not patrolled, or is unknown.
    """
    project, basis = session.project, session.state.basis
    site, room = project.site(site_id), max(0.0, room)
    students = project.count_students(site)
    chosen = [project.site(receiver) for receiver in receivers]
    for other in chosen:
        if other.id == site.id or not other.patrolled:
            raise UserError("not_a_receiver", site=other.id, name=other.name, closing=site.name)
    candidates = chosen or [other for other in project.patrolled if may_receive(site, other)]
    row = basis.index.get(site.id)
    pairs = [
        (other, float(basis.travel_min[row, basis.index[other.id]]) if row is not None else 0.0)
        for other in candidates
    ]
    if chosen:
        shared, left = share_among_chosen(students, pairs)
    else:
        shared, left = share_students(students, pairs, room=room)
    return SiteClosing(site.id, on, shared, left)


def describe_closing(project: Project, closing: SiteClosing) -> Message:
    """Describe which site closes, from when, and where its students go, the most first."""
    receiving = sorted(closing.receiving.items(), key=lambda item: (-item[1], item[0]))
    names = [f"{project.sites[site].name} (+{n:,})" for site, n in receiving]
    return Message(
        "supposed.closing",
        closed=describe_patrol_change(project, closing.site, patrolled=False, on=closing.on),
        going=Message("supposed.going", names=names) if names else "",
        left=Message("supposed.left", n=closing.left) if closing.left else "",
    )


def describe_patrol_change(
    project: Project, site_id: str, *, patrolled: bool, on: date | None
) -> Message:
    """Describe that a site is supposed to be open or closed, and from when if that is known."""
    code = f"supposed.{'open' if patrolled else 'closed'}"
    name = project.sites[site_id].name
    return Message(f"{code}_from", name=name, on=on) if on else Message(code, name=name)


def suppose_site_closed(session: Session, site_id: str, closing: SiteClosing | None = None) -> Plan:
    """Suppose that a site is closed; return the plan with the what-if.

    Its students go where ``closing`` says, by default to the nearest schools of their level.
    """
    site = session.project.site(site_id)
    closing = closing or plan_site_closing(session, site.id)
    edit = partial(what_ifs.suppose_closed, site_id=site.id, closing=closing)
    return edit_what_if(session, f"{site.name} closed", edit)


def suppose_site_open(session: Session, site_id: str, on: date | None = None) -> Plan:
    """Suppose that a site is patrolled, from a day if known, or undo a supposed closing."""
    site = session.project.site(site_id)
    edit = partial(what_ifs.suppose_open, site_id=site.id, on=on)
    return edit_what_if(session, f"{site.name} open", edit)


def suppose_enrollment(session: Session, site_id: str, enrollment: int | None) -> Plan:
    """Suppose another enrollment of a site; None restores the actual one."""
    site = session.saved_project.site(site_id)
    count = "its own" if enrollment is None else f"{enrollment:,}"
    edit = partial(what_ifs.suppose_students, site_id=site.id, enrollment=enrollment)
    return edit_what_if(session, f"{site.name} {count} students", edit)


def suppose_planned_site(session: Session, site: Site, on: date | None = None) -> Plan:
    """Suppose a site that does not exist yet, from a day if known; see ``build_planned_site``.

    Raises
    ------
    UserError
        Its position is in no jurisdiction, or no zone of the plan may include it there.
    """
    if find_jurisdiction(site, session.project.jurisdictions.values()).jurisdiction is None:
        raise UserError("outside_jurisdictions", site=site.name)
    edit = partial(what_ifs.suppose_planned, site=site, on=on)
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
    """Suppose a site that does not exist yet at a position in degrees; return the what-if.

    Raises
    ------
    UserError
        As `suppose_planned_site` and `build_planned_site`; or the level is unknown.
    """
    if level not in PLANNED_LEVELS:
        raise UserError("unknown_choice", what="level", text=level, known=PLANNED_LEVELS)
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise UserError("not_a_position", text=f"{latitude}, {longitude}")
    if enrollment is not None and not 0 <= enrollment <= _MAX_STUDENTS:
        raise UserError("out_of_range.enrollment_of_school", most=_MAX_STUDENTS)
    project = session.project
    xs, ys = from_lonlat(project.crs, [longitude], [latitude])
    taken = {other.name for other in project.sites.values()}
    site = build_planned_site(name, level, enrollment, float(xs[0]), float(ys[0]), taken=taken)
    return suppose_planned_site(session, site, on)


def build_planned_site(
    name: str, level: str, enrollment: int | None, x_m: float, y_m: float, *, taken: set[str]
) -> Site:
    """Return a site that is only planned; a missing or taken name is a UserError."""
    name = " ".join(name.split())
    if not name:
        raise UserError("name_missing.planned_site")
    if name.casefold() in {other.casefold() for other in taken}:
        raise UserError("name_in_use.planned_site", name=name)
    address = ("", "", "", "", "")  # no grades, street, city, zip and phone yet
    uid = f"{PLANNED_KIND}-{new_uid()[:8]}"
    return Site(
        uid, name, level, *address, x_m, y_m, enrollment, patrolled=False, kind=PLANNED_KIND
    )


def describe_opening(state: ProjectState, site_id: str) -> Message | None:
    """Describe when the what-if on screen opens a site, or return None if it names no day."""
    opens = what_ifs.list_openings(state.saved_project, state.plan) if state.plan else {}
    return Message("opens_on", on=opens[site_id]) if site_id in opens else None


def find_first_day(project: Project, plan: Plan) -> date | None:
    """Return the last day on which a site opens or closes in a plan, or None if there is none."""
    return max(what_ifs.list_turning_days(project, plan).values(), default=None)


def parse_enrollment(text: str) -> int | None:
    """Parse a number of students as a person types it, or return None if nothing was typed.

    Raises
    ------
    UserError
        It is not a whole number from 0 up, or more than any school has.
    """
    typed = "".join(text.replace(",", "").split())
    if not typed:
        return None
    if not (typed.isascii() and typed.isdecimal()):
        raise UserError("not_a_number.enrollment", given=text)
    if len(typed) > 6 or int(typed) > _MAX_STUDENTS:
        raise UserError("out_of_range.enrollment_of_school", most=_MAX_STUDENTS)
    return int(typed)


def edit_what_if(session: Session, words: str, edit: Callable[[Project, str], Project]) -> Plan:
    """Apply an edit to the what-if on screen, or to a new branch of the plan on screen.

    ``edit`` gets the project and the uid of the plan to change. Returns the edited plan; a
    rejected edit leaves no branch behind.
    """
    plan = require_plan(session.state)
    if plan.is_draft and list_what_if_changes(session.saved_project, plan):
        session.apply(f"{WHAT_IF_PREFIX}{words}", lambda project: edit(project, plan.uid))
        return require_plan(session.state)
    return branch_what_if(session, plan, words, edit)


def branch_what_if(
    session: Session, start: Plan, words: str, edit: Callable[[Project, str], Project]
) -> Plan:
    """Apply an edit to a new branch of a plan, even if the plan is no longer in the project."""
    plans, uid = session.saved_project.plans, new_uid()
    name = make_unique_name(f"{WHAT_IF_PREFIX}{words}", {other.name for other in plans.values()})
    branch = branch_plan(start, uid, name, at=session.clock())
    draft = branch if start.uid in plans else replace(branch, parent=None)
    session.apply(name, lambda project: edit(add_plan(project, draft), uid))
    return require_plan(session.state)


def list_what_if_changes(project: Project, plan: Plan) -> tuple[Message, ...]:
    """Describe what a plan supposes, a few words each; empty if it is not a what-if.

    ``project`` is the saved one. Zones removed and planned units added since the original plan
    count as well.
    """
    removed, added = _describe_zone_changes(project, plan)
    return (*_list_site_changes(project, plan), *removed, *added)


def find_base_plan(project: Project, plan: Plan) -> Plan | None:
    """Return the nearest ancestor of a what-if that is not one itself, or None if it is gone."""
    return next(
        (each for each in project.list_ancestors(plan) if not list_what_if_changes(project, each)),
        None,
    )


def derive_factual_state(session: Session) -> ProjectState:
    """Return the state that may be published: of a what-if, its base plan's state."""
    state = session.state
    if state.plan is None or not state.plan.what_if:
        return state
    saved = state.saved_project
    base = find_base_plan(saved, state.plan) or saved.current_plan(session.today)
    return derive_state(saved, base, state)


def find_actual_enrollment(project: Project, site: Site) -> int | None:
    """Return the actual enrollment if a what-if shows another one, else None."""
    actual = project.sites.get(site.id)
    return None if actual is None or actual.enrollment == site.enrollment else actual.enrollment


def discard_what_if(session: Session) -> None:
    """Delete the what-if on screen and show the plan that it was branched from.

    Planned sites and units that only it supposed are deleted, too. Without a plan to go back to,
    only its suppositions about sites are removed.
    """
    plan, saved = require_plan(session.state), session.saved_project
    saved.draft(plan.uid)
    base = find_base_plan(saved, plan)

    def discard(project: Project) -> Project:
        if base is None:
            return project.with_plan(replace(plan, what_if={}))
        return _remove_orphans(delete_plan(project, plan.uid))

    session.apply(f"Discard “{plan.name}”", discard)
    if base is not None:
        session.show_plan(base.uid)


def apply_what_if_to_project(session: Session) -> None:
    """Apply what the what-if on screen supposes to the whole project, as one step.

    Planned sites that it opened become schools; planned units of its zones become units with a
    zone in new plans.
    """
    plan = require_plan(session.state)

    def make_real(project: Project) -> Project:
        after = what_ifs.apply_what_ifs(project, plan.uid)
        opened = {
            key: replace(site, kind=_REAL_KIND)
            for key, site in after.sites.items()
            if site.kind == PLANNED_KIND and site.patrolled
        }
        with_zone = {zone.unit for zone in plan.zones}
        units = {
            key: replace(
                unit, holds_zone=True, name=unit.name.removesuffix(PLANNED_UNIT_SUFFIX).strip()
            )
            for key, unit in after.units.items()
            if key in with_zone and unit.name.endswith(PLANNED_UNIT_SUFFIX)
        }
        return replace(
            after,
            sites={**after.sites, **opened} if opened else after.sites,
            units={**after.units, **units} if units else after.units,
        )

    session.apply(f"Apply “{plan.name}” to the project", make_real)


def list_applicable_changes(project: Project, plan: Plan) -> tuple[Message, ...]:
    """Describe what would change in the project if a plan's what-ifs were applied to it.

    A removed zone changes only the plan itself, so it is not listed.
    """
    _, added = _describe_zone_changes(project, plan)
    return (*_list_site_changes(project, plan, whole=True), *added)


def _list_site_changes(project: Project, plan: Plan, *, whole: bool = False) -> Iterator[Message]:
    """Yield what a plan supposes about sites; ``whole`` includes where students go."""
    closings = {closing.site: closing for closing in what_ifs.list_closings(project, plan)}
    days = what_ifs.list_turning_days(project, plan)
    gained = Counter[str]()
    for closing in closings.values():
        gained.update(closing.receiving)
    for site_id, assumed in plan.what_if.items():
        site = project.sites.get(site_id)
        if site is None:
            continue
        students, on = assumed.enrollment, days.get(site_id)
        if site.kind == PLANNED_KIND and assumed.patrolled:
            count = site.enrollment if students is None else students
            own = None if count is None else count - gained[site_id]
            yield Message(
                "supposed.planned",
                name=site.name,
                count="" if own is None else Message("supposed.count", students=own),
                opens=Message("supposed.opens", on=on) if on else "",
            )
            continue
        if assumed.patrolled is not None:
            if whole and site_id in closings:
                yield describe_closing(project, closings[site_id])
            else:
                yield describe_patrol_change(project, site_id, patrolled=assumed.patrolled, on=on)
        if students not in (None, (site.enrollment or 0) + gained[site_id]):
            code = "supposed.students" if site.enrollment is None else "supposed.other_students"
            yield Message(code, name=site.name, students=students, actual=site.enrollment)


def _describe_zone_changes(project: Project, plan: Plan) -> tuple[list[Message], list[Message]]:
    """Describe the zones that were removed, and those with a planned unit."""
    gone, planned = project.compare_zones(plan)
    return (
        [Message("supposed.zone_off", zone=zone) for zone in gone],
        [Message("supposed.zone_added", zone=zone) for zone in planned],
    )


def _remove_orphans(project: Project) -> Project:
    """Delete planned sites that no plan supposes any more, and planned units without a zone."""
    supposed = {site for plan in project.plans.values() for site in plan.what_if}
    sites = {
        key: site
        for key, site in project.sites.items()
        if site.kind != PLANNED_KIND or site.patrolled or key in supposed
    }
    with_zone = {zone.unit for plan in project.plans.values() for zone in plan.zones}
    units = {
        key: unit
        for key, unit in project.units.items()
        if not unit.name.endswith(PLANNED_UNIT_SUFFIX) or unit.holds_zone or key in with_zone
    }
    return replace(  # an unchanged mapping stays the same object, so nothing is derived again
        project,
        sites=sites if len(sites) < len(project.sites) else project.sites,
        units=units if len(units) < len(project.units) else project.units,
    )
