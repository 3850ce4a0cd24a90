"""The Python API: a project's data as frames of pandas and geopandas, and edits as steps.

>>> import zoneplanner as zp
>>> with zp.open(path) as district:
...     schools = district.sites()
...     zones = district.zones()
>>> sorted(schools["zone"].dropna().unique())
['S1', 'S2', 'S3', 'S4', 'S5', 'SRO1', 'SRO2']
>>> zones.crs.to_epsg()
26910

It goes through the same use cases as the window and the command line. What a person can cause and
mend is a ``UserError`` with a sentence, a ``code`` and ``details``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from os import PathLike, fspath
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from zoneplanner.app.desk.project_location import parse_location
from zoneplanner.errors import UserError

if TYPE_CHECKING:
    import folium
    import geopandas as gpd
    import numpy as np
    import pandas as pd

    from zoneplanner.app.session.session import Session
    from zoneplanner.app.session.state import ProjectState
    from zoneplanner.domain.plans.checks import CheckFinding
    from zoneplanner.domain.plans.plan import Plan

_Day = date | str
_FigurePart = Literal["value", "n", "low", "high", "definition", "why"]


@dataclass(frozen=True, eq=False)
class ProposedZones:
    """Zones that a search found, and what is known of the best there are.

    Attributes
    ----------
    assignment
        The zone of each site or point, a Series with their ids as index.
    cost
        Trip-minutes a day from each zone's post.
    bound
        No zones that keep the rules cost less.
    gap
        The share of the cost that better zones could save at most.
    proven
        True where there are no better ones.
    """

    assignment: "pd.Series[str]"
    cost: float
    bound: float
    gap: float
    proven: bool
    plan: "Plan | None" = field(default=None, repr=False)
    """The plan that `ZoneProject.keep` adds to the project."""


@dataclass(frozen=True, eq=False)
class PlanDifference:
    """What differs between two plans.

    Attributes
    ----------
    moved
        The sites that change their zone: ``site, name, before, after, students, before_min,
        after_min, change_min``.
    figures
        By measure: ``name, unit, before, after, change, better``.
    students_moved
        Students of these sites.
    """

    moved: "pd.DataFrame"
    figures: "pd.DataFrame"
    students_moved: int


@dataclass(frozen=True, eq=False)
class PlanEvaluation:
    """The response to expect of a plan; shares run 0 to 1, minutes are turn-out and travel.

    ``units`` has ``utilization`` and ``mean_response_min`` by unit, ``sites`` has
    ``mean_response_min`` and ``share_within_target`` by site.
    """

    mean_response_min: float | None
    share_within_target: float | None
    cross_zone_share: float | None
    all_busy_probability: float | None
    target_min: float
    units: "pd.DataFrame"
    sites: "pd.DataFrame"


class ZoneProject:
    """An open project; made by `open_project`, which is ``zoneplanner.open``."""

    def __init__(self, session: "Session") -> None:
        self._session = session

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<project {self.name!r}, {len(self._session.saved_project.sites)} sites>"

    def close(self) -> None:
        """Let go of the project; closing twice does no harm."""
        self._session.close()

    @property
    def name(self) -> str:
        """The project's name."""
        return self._session.saved_project.name

    @property
    def crs(self) -> str:
        """The coordinate system of all shapes, such as ``EPSG:26910``."""
        return self._session.saved_project.crs

    @property
    def time_zone(self) -> str:
        """The time zone of all times."""
        return self._session.saved_project.time_zone

    @property
    def notice(self) -> str:
        """What there is to be told of the project, such as changes of other programs."""
        return self._session.store.notice

    def plans(self) -> "pd.DataFrame":
        """Return the plans: ``uid, name, status, effective_on, expires_on, tolerance, sites``.

        >>> district.plans()["name"].tolist()
        ['Proposed']
        """
        import pandas as pd

        today = self._session.today
        return pd.DataFrame(
            [
                {
                    "uid": plan.uid,
                    "name": plan.name,
                    "status": plan.status(today).value,
                    "effective_on": pd.Timestamp(plan.effective_on) if plan.effective_on else None,
                    "expires_on": pd.Timestamp(plan.expires_on) if plan.expires_on else None,
                    "tolerance": plan.tolerance,
                    "sites": len(plan.assignment),
                }
                for plan in self._session.saved_project.plans.values()
            ],
            columns=[
                *("uid", "name", "status", "effective_on", "expires_on", "tolerance", "sites"),
            ],
        )

    def sites(self, plan: str | None = None) -> "gpd.GeoDataFrame":
        """Return all sites with their zone in a plan, without one in the plan in force.

        Columns: ``id, name, level, grades, enrollment, patrolled, jurisdiction, zone, unit,
        load_min_per_day, last_visit, geometry``. A site that is not patrolled has no load.

        >>> high = district.sites().query("level == 'high'")
        >>> int(high["enrollment"].sum()) > 10_000
        True
        """
        from zoneplanner.app.exports import frames

        state, zone_of = self._read(plan), dict[str, str]()
        if state.plan is not None:
            zone_of = dict(state.plan.assignment)
        units = {zone.id: zone.unit for zone in state.plan.zones} if state.plan else {}
        own = list(state.project.sites.values())
        loads, last = state.basis.list_loads_min(), self._session.store.last_visits()
        columns = {
            "id": frames.make_texts(site.id for site in own),
            "name": frames.make_texts(site.name for site in own),
            "level": frames.make_texts(site.level for site in own),
            "grades": frames.make_texts(site.grades for site in own),
            "enrollment": frames.make_whole_numbers(site.enrollment for site in own),
            "patrolled": [site.patrolled for site in own],
            "jurisdiction": frames.make_texts(
                state.basis.placements[site.id].jurisdiction for site in own
            ),
            "zone": frames.make_texts(zone_of.get(site.id) for site in own),
            "unit": frames.make_texts(units.get(zone_of.get(site.id, "")) for site in own),
            "load_min_per_day": [loads.get(site.id, float("nan")) for site in own],
            "last_visit": frames.make_moments([last.get(site.id) for site in own], self.time_zone),
        }
        return frames.make_geo_frame(columns, [site.point for site in own], self.crs)

    def zones(self, plan: str | None = None) -> "gpd.GeoDataFrame":
        """Return the zones of a plan, without one of the plan in force.

        Columns: ``zone, name, unit, agency, sites, students, load_min_per_day, deviation, pieces,
        geometry``; ``deviation`` is the share above or below the fair load.

        >>> bool(abs(district.zones()["deviation"]).max() <= 0.10)
        True
        """
        frame = self._frame("zones", plan)
        found: gpd.GeoDataFrame = frame.rename(columns={"load_min": "load_min_per_day"})
        return found.drop(columns="plan")

    def jurisdictions(self) -> "gpd.GeoDataFrame":
        """Return the areas of cities and counties: ``id, name, kind, geometry``."""
        found: gpd.GeoDataFrame = self._frame("jurisdictions")
        return found

    def table(self, name: str, *, plan: str | None = None, audience: str = "own") -> "pd.DataFrame":
        """Return a layer or table of ``zoneplanner export`` by its name.

        What is private is left out for an audience: ``own``, ``law-enforcement``, ``staff`` or
        ``public``; layers of installed packages are the office's own. Corrections and voids of the
        log are applied; times are in the project's zone.

        >>> district.table("sites", audience="public").columns.tolist()[:3]
        ['id', 'name', 'level']
        """
        from zoneplanner.app.extensions import LAYERS_KIND, list_extensions

        for layer in list_extensions(LAYERS_KIND):
            if layer.name == name and audience == "own":
                found: pd.DataFrame = layer.run(self)
                return found
        return self._frame(name, plan, audience)

    def extension_layers(self) -> list[str]:
        """Return the names of the layers that installed packages add to `table`."""
        from zoneplanner.app.extensions import LAYERS_KIND, list_extensions

        return [one.name for one in list_extensions(LAYERS_KIND)]

    def check(self, plan: str | None = None) -> "pd.DataFrame":
        """Return the broken rules of a plan, also those of installed packages.

        Columns: ``code, text, where``.

        >>> district.check().columns.tolist()
        ['code', 'text', 'where']
        """
        import pandas as pd

        found = [*self._read(plan).problems, *self.check_extension_rules()]
        rows = [(one.code, one.text, dict(one.where)) for one in found]
        return pd.DataFrame(rows, columns=["code", "text", "where"])

    def check_extension_rules(self) -> "tuple[CheckFinding, ...]":
        """Return what the rules of installed packages find, as `check` of the command line does."""
        from zoneplanner.app.extensions import RULES_KIND, list_extensions
        from zoneplanner.domain.plans.checks import CheckFinding

        return tuple(
            CheckFinding(
                "extension_rule",
                {str(key): str(value) for key, value in dict(where).items()},
                {"rule": rule.name, "said": str(text)},
            )
            for rule in list_extensions(RULES_KIND)
            for text, where in rule.run(self)
        )

    def report(self, name: str, folder: str | PathLike[str]) -> list[Path]:
        """Let an installed package write its report into a folder; return its files.

        Raises
        ------
        UserError
            There is no such report, the folder is missing, or the package fails.
        """
        from zoneplanner.app.extensions import REPORTS_KIND, find_extension

        place = Path(folder)
        found = find_extension(REPORTS_KIND, name)
        if not place.is_dir():
            raise UserError("no_folder", folder=str(place))
        return [Path(file) for file in found.run(self, place)]

    def use_travel(self, name: str) -> None:
        """Let an installed package measure the minutes between all sites, and keep them as a step.

        Raises
        ------
        UserError
            There is no such travel source, it fails, or the project is open for reading only.
        """
        from zoneplanner.app.extensions import TRAVEL_KIND, find_extension
        from zoneplanner.app.geography.travel_times import (
            measure_extension_travel,
            set_project_travel,
        )

        travel = measure_extension_travel(self._session, find_extension(TRAVEL_KIND, name))
        set_project_travel(self._session, travel)

    def visits(self) -> "pd.DataFrame":
        """Return the visits of the log as they stand, a row each.

        >>> visits = district.visits()
        >>> str(visits["arrived_at"].dt.tz)
        'America/Los_Angeles'
        """
        return self._frame("visits")

    def incidents(self) -> "pd.DataFrame":
        """Return the calls of the log as they stand, a row each, with their stamps."""
        return self._frame("incidents")

    def shifts(self) -> "pd.DataFrame":
        """Return the shifts of the roster: ``uid, unit, officer, starts_at, ends_at, status``."""
        return self._frame("shifts")

    def drills(self) -> "pd.DataFrame":
        """Return the drills of the log as they stand, a row each."""
        return self._frame("drills")

    def reviews(self) -> "pd.DataFrame":
        """Return the steps of plan reviews in the log as they stand, a row each."""
        return self._frame("reviews")

    def coverage(
        self,
        by: str = "site",
        *,
        first: _Day | None = None,
        last: _Day | None = None,
        target_min: float | None = None,
        part: _FigurePart = "value",
    ) -> "pd.DataFrame":
        """Return the figures of the log, a column each, by site, zone, unit, week or all.

        Parameters
        ----------
        by
            ``site``, ``zone``, ``unit``, ``week`` or ``all``.
        first, last
            Days, both included; without them all that is on record.
        part
            What to return of each figure: its ``value``, how many records it counts (``n``), its
            interval (``low``, ``high``), its ``definition``, or ``why`` it is withheld.

        >>> district.coverage(by="all")["visits"].item() > 0
        True
        """
        import pandas as pd

        from zoneplanner.app.coverage.observed_coverage import compute_observed_coverage

        rows = compute_observed_coverage(
            self._session,
            by=by,
            first=_read_day(first),
            last=_read_day(last),
            target_min=target_min,
        )
        index = pd.Index([row.key for row in rows], name=by)
        found = {
            "name": [row.name for row in rows],
            **{
                name: [getattr(row.figures.get(name), part, None) for row in rows]
                for name in (rows[0].figures if rows else ())
            },
        }
        return pd.DataFrame(found, index=index)

    def propose(
        self, tolerance: float = 0.10, seed: int = 0, time_limit_s: float = 60
    ) -> ProposedZones:
        """Search for zones that keep every rule and cost the least; the project stays as it is.

        `keep` adds what was found to the project.

        >>> found = district.propose(time_limit_s=2)
        >>> found.bound <= found.cost, len(found.assignment)
        (True, 67)
        """
        from zoneplanner.app.plans.optimization import (
            FIRST_PLAN,
            build_empty_plan,
            search_proposals,
        )
        from zoneplanner.app.session.identity import new_uid

        session = self._session
        draft = build_empty_plan(session.saved_project, FIRST_PLAN, new_uid(), session.clock())
        *_, best = search_proposals(
            session.saved_project,
            draft,
            self._read_saved().basis,
            tolerance=tolerance,
            seed=seed,
            time_limit_s=time_limit_s,
        )
        order = [site for site in session.saved_project.sites if site in best.plan.assignment]
        return ProposedZones(
            _make_assignment(order, [best.plan.assignment[site] for site in order]),
            *(best.cost, best.bound, best.gap, best.proven, best.plan),
        )

    def compare(self, a: str, b: str) -> PlanDifference:
        """Return what differs between two plans, by name or uid.

        Raises
        ------
        UserError
            A plan is unknown, or both are the same.
        """
        import pandas as pd

        from zoneplanner.app.plans.comparison import compare_project_plans

        found = compare_project_plans(self._session, a, b).comparison
        moved = ("site", "name", "before", "after", "students", "before_min", "after_min")
        moves = [
            {**{name: getattr(one, name) for name in moved}, "change_min": one.change_min}
            for one in found.moved
        ]
        figures = [
            {
                **{"measure": one.measure.key, "name": one.measure.name},
                **{"unit": one.measure.unit, "before": one.before, "after": one.after},
                **{"change": one.change, "better": one.good},
            }
            for one in found.figures
        ]
        return PlanDifference(
            pd.DataFrame(moves, columns=[*moved, "change_min"]),
            pd.DataFrame(figures).set_index("measure"),
            found.students_moved,
        )

    def evaluate(
        self, plan: str | None = None, *, target_min: float | None = None
    ) -> PlanEvaluation:
        """Return the response to expect of a plan, without one of the plan in force.

        >>> expected = district.evaluate()
        >>> 0 < expected.share_within_target < 1
        True
        """
        import pandas as pd

        from zoneplanner.app.coverage.expected_response import evaluate_response
        from zoneplanner.domain.assumptions import RESPONSE_TARGET_MIN

        target = RESPONSE_TARGET_MIN if target_min is None else target_min
        found = evaluate_response(self._read(plan), target_min=target)
        units = pd.DataFrame(
            {
                "utilization": pd.Series(found.units, dtype="float64"),
                "mean_response_min": pd.Series(found.unit_response_min, dtype="float64"),
            }
        ).rename_axis("unit")
        sites = pd.DataFrame(
            [
                {
                    "mean_response_min": one.mean_response_min,
                    "share_within_target": one.share_within_target,
                }
                for one in found.sites.values()
            ],
            index=pd.Index(list(found.sites), name="site"),
        )
        return PlanEvaluation(
            mean_response_min=found.mean_response_min,
            share_within_target=found.share_within_target,
            cross_zone_share=found.cross_zone_share,
            all_busy_probability=found.all_busy_probability,
            target_min=found.target_min,
            units=units,
            sites=sites,
        )

    def explore(self, plan: str | None = None, *, tiles: str | None = None) -> "folium.Map":
        """Return a map of zones and sites for a notebook.

        ``tiles`` names a background that folium knows; without one nothing is asked of the
        network but the map's own scripts.
        """
        from zoneplanner.app.exports.explore_map import build_explore_map

        return build_explore_map(self.zones(plan), self.sites(plan), tiles=tiles)

    def assign(self, site: str, zone: str, *, plan: str | None = None) -> list[str]:
        """Give a site to another zone, as a step; return the ids of the sites that moved.

        Raises
        ------
        UserError
            The project is open for reading only, the plan is not a draft, or the zone's unit may
            not be primary there.
        """
        from zoneplanner.app.plans.manual_assignment import reassign_site
        from zoneplanner.app.session.state import require_plan

        self._show(plan)
        shown = require_plan(self._session.state)
        own = self._session.saved_project.site(site)
        changes = reassign_site(self._session, own.id, shown.zone(zone).id)
        return [move.site for move in changes.moves]

    def keep(self, proposed: ProposedZones, name: str = "Proposed") -> str:
        """Add proposed zones to the project as a plan, as a step; return its name.

        The same zones may be kept again, as another plan. Where there is a plan of that name it
        gets a number: ``Proposed 2``.
        """
        from zoneplanner.app.plans.optimization import keep_proposal

        if proposed.plan is None:
            raise UserError("zones_of_no_project")
        return keep_proposal(self._session, proposed.plan, name).name

    def adopt(self, plan: str, on: _Day) -> None:
        """Put a plan in force from a day, as a step; the one before it expires then."""
        from zoneplanner.domain.plans.lifecycle import adopt_plan

        day = _read_day(on)
        assert day is not None
        own = self._session.saved_project.plan(plan)
        self._session.apply(
            f"Adopt “{own.name}” from {day}", lambda project: adopt_plan(project, own.uid, day)
        )

    def log(self, kind: str, **columns: object) -> str:
        """Log a record, as ``zoneplanner log`` does; return its uid.

        Columns are those of its table; times may be texts or ``datetime`` with a zone.

        Raises
        ------
        UserError
            The project is open for reading only, or a column makes no sense.
        """
        from zoneplanner.app.log.logbook import log_record
        from zoneplanner.app.log.response_actions import log_response_action
        from zoneplanner.app.log.stamps import log_stamp

        texts = {name: _write_column(value) for name, value in columns.items() if value is not None}
        if kind == "stamp":
            return log_stamp(self._session, texts).uid
        if kind == "action":
            return log_response_action(self._session, texts).uid
        return log_record(self._session, kind, texts).uid

    def undo(self) -> str:
        """Take back the latest step made since the project was opened; return what it was."""
        label = self._session.undo_label or ""
        self._session.undo()
        return label

    def _show(self, plan: str | None) -> None:
        if plan is not None:
            self._session.show_plan(self._session.saved_project.plan(plan).uid)

    def _read(self, plan: str | None) -> "ProjectState":
        """Return the state of a plan, without one that of the plan in force, else the latest."""
        from zoneplanner.app.session.state import derive_state

        session = self._session
        saved = session.saved_project
        wanted = saved.plan(plan) if plan is not None else saved.current_plan(session.today)
        if session.state.plan is wanted:
            return session.state
        return derive_state(saved, wanted, session.state)

    def _read_saved(self) -> "ProjectState":
        """Return the state of the project without any plan's suppositions."""
        from zoneplanner.app.session.state import derive_state

        return derive_state(self._session.saved_project, None, self._session.state)

    def _frame(self, name: str, plan: str | None = None, audience: str = "own") -> "pd.DataFrame":
        from zoneplanner.app.exports.frames import build_frame

        return build_frame(self._session, self._read(plan), name, audience=audience)


def open_project(path: str | PathLike[str], write: bool = False) -> ZoneProject:
    """Open a project file, or a shared project by its ``postgresql://`` address.

    Parameters
    ----------
    path
        A ``.gpkg`` file or an address.
    write
        True for edits and log entries. Each edit is a step that the window can undo. A file of an
        earlier version is brought to the present one then.

    Raises
    ------
    UserError
        It is missing, locked, damaged or no project, or its server does not let one in.
    """
    from zoneplanner.app.projects.backups import back_up_if_due
    from zoneplanner.app.projects.open_project import open_session

    session = open_session(parse_location(fspath(path)), read_only=not write)
    if write and session.store.path is not None:
        try:
            back_up_if_due(session)
        except UserError as error:
            session.store.notice = f"{session.store.notice} {error.message}".strip()
    return ZoneProject(session)


def propose_zones(
    points: "gpd.GeoDataFrame",
    zones: int | Sequence[str],
    *,
    load: "str | Sequence[float] | None" = None,
    tolerance: float = 0.10,
    neighbours: Iterable[tuple[Any, Any]] | None = None,
    minutes: "np.ndarray[Any, Any] | None" = None,
    seed: int = 0,
    time_limit_s: float = 60,
) -> ProposedZones:
    """Share points of any frame among zones alike: even loads, each in one piece, least travel.

    Parameters
    ----------
    points
        A GeoDataFrame of points in any coordinate system; its index names them.
    zones
        How many zones, or their names.
    load
        What zones share evenly: a column, values in the order of the points, or None: each
        point counts one. Loads count as trips, too.
    tolerance
        Zones are within 1 ± this of the mean load.
    neighbours
        Pairs of index values that touch; without them those of a Gabriel graph.
    minutes
        Drives from each point (row) to each (column), in their order; without them straight ones
        at 25 mph.

    Raises
    ------
    UserError
        There are no such zones, or nothing was found within the time limit; ``details`` say why.

    >>> import geopandas, numpy
    >>> xy = numpy.random.default_rng(0).uniform(0, 5000, (40, 2))
    >>> parks = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy(*xy.T), crs="EPSG:26910")
    >>> found = zp.propose_zones(parks, 4, time_limit_s=0.5)
    >>> bool(found.assignment.value_counts().between(9, 11).all())
    True
    """
    import numpy as np

    from zoneplanner.analysis.districting.plan_search import search_plans
    from zoneplanner.analysis.districting.point_zones import build_point_problem

    index = list(points.index)
    if len(set(index)) < len(index):
        raise UserError("index_repeats")
    if points.crs is None:
        raise UserError("no_frame_crs")
    flat = points if points.crs.is_projected else points.to_crs(points.estimate_utm_crs())
    xy_m = np.column_stack([flat.geometry.x, flat.geometry.y]).astype(float)
    if points.crs.is_projected:
        xy_m *= points.crs.axis_info[0].unit_conversion_factor
    given = points[load] if isinstance(load, str) else load
    loads = np.ones(len(index)) if given is None else np.asarray(given, dtype=float)
    row_of = {key: row for row, key in enumerate(index)}
    try:
        pairs = None if neighbours is None else [(row_of[a], row_of[b]) for a, b in neighbours]
    except KeyError as error:
        raise UserError("unknown_neighbor", point=str(error.args[0])) from None
    problem, row = build_point_problem(
        xy_m, loads, zones=zones, tolerance=tolerance, neighbors=pairs, minutes=minutes,
        names=[str(key) for key in index],
    )  # fmt: skip
    *_, best = search_plans(problem, seed=seed, time_limit_s=time_limit_s)
    names = [problem.zone_names[int(zone)] for zone in best.assignment[row]]
    return ProposedZones(
        _make_assignment(index, names), best.cost, best.bound, best.gap, best.proven
    )


def _make_assignment(index: Sequence[Any], zones: Sequence[str]) -> "pd.Series[str]":
    import pandas as pd

    return pd.Series(list(zones), index=pd.Index(index), name="zone", dtype="object")


def _read_day(day: _Day | None) -> date | None:
    if isinstance(day, datetime):
        return day.date()
    if day is None or isinstance(day, date):
        return day
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise UserError("not_a_date", text=day) from None


def _write_column(value: object) -> str:
    """Return a value as the columns of the log are written."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ";".join(map(str, value))
    return str(value)
