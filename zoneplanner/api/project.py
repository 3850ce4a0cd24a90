"""An open project as frames of pandas and geopandas, and edits as steps."""

from collections.abc import Sequence
from datetime import date
from numbers import Integral
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from warnings import warn

import pandas as pd

from zoneplanner.analysis.districting.plan_wishes import PlanWishes
from zoneplanner.analysis.response_times.conditions import USUAL_CONDITIONS, ResponseConditions
from zoneplanner.api.points import read_number, read_seed, read_time_limit
from zoneplanner.api.project_frames import ProjectFrames, require_day
from zoneplanner.api.results import (
    PlanDifference,
    PlanEvaluation,
    ProposedZones,
    make_assignment,
)
from zoneplanner.app.desk.project_location import parse_location
from zoneplanner.app.exports.window_picture import draw_window
from zoneplanner.app.extensions import (
    LAYERS_KIND,
    REPORTS_KIND,
    RULES_KIND,
    TRAVEL_KIND,
    find_extension,
    list_extensions,
)
from zoneplanner.app.geography.travel_times import measure_extension_travel, set_project_travel
from zoneplanner.app.log.corrections import (
    describe_take_back,
    log_record_from_columns,
    take_back_entry,
)
from zoneplanner.app.plans.manual_assignment import reassign_site
from zoneplanner.app.plans.what_if import place_planned_site
from zoneplanner.app.plans.zone_proposals import (
    FIRST_PLAN,
    SearchRequest,
    build_empty_plan,
    copy_plan,
    keep_proposal,
    search_proposals,
)
from zoneplanner.app.projects.backups import back_up_if_due
from zoneplanner.app.projects.open_project import open_session
from zoneplanner.app.session.identity import new_uid
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import require_plan
from zoneplanner.domain.log.personal_data import PRIVACY_ADVICE, find_personal_data_in_entry
from zoneplanner.domain.plans.checks import CheckFinding
from zoneplanner.domain.plans.edits import adopt_plan
from zoneplanner.errors import UserError
from zoneplanner.messages import say_all

if TYPE_CHECKING:
    import folium

_Day = date | str
_FigurePart = Literal["value", "n", "low", "high", "definition", "why"]


class PersonalDataWarning(UserWarning):
    """A free text that was logged seems to name a person."""


class ZoneProject(ProjectFrames):
    """An open project; made by `open_project`, which is ``zoneplanner.open``.

    Each call reads the project as it is then, including what the window or another desk has saved
    since. Plans, sites, units and officers may be given by name or by id.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._step_before: dict[str, object] = {}
        """For each entry logged here, by uid: the step that undo would have undone before it."""

    @property
    def _editor(self) -> Session:
        """The session for an edit; a read-only one raises a UserError."""
        session = self._session
        if session.store.read_only:
            raise UserError("read_only", name=session.store.name)
        return session

    def extension_layers(self) -> list[str]:
        """Return the names of the layers that installed packages add to `table`."""
        return [extension.name for extension in list_extensions(LAYERS_KIND)]

    def check(self, plan: str | None = None) -> pd.DataFrame:
        """Return the broken rules of a plan, including rules of installed packages.

        Columns: ``code, text, where``.

        >>> district.check().columns.tolist()
        ['code', 'text', 'where']
        """
        findings = [*self._read(plan).problems, *self.check_extension_rules()]
        rows = [(finding.code, finding.text, dict(finding.where)) for finding in findings]
        return pd.DataFrame(rows, columns=["code", "text", "where"])

    def check_extension_rules(self) -> tuple[CheckFinding, ...]:
        """Return the findings of installed packages' rules, as the `check` command does."""
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
        place = Path(folder)
        extension = find_extension(REPORTS_KIND, name)
        if not place.is_dir():
            raise UserError("no_folder", folder=str(place))
        return [Path(file) for file in extension.run(self, place)]

    def use_travel(self, name: str) -> None:
        """Let an installed package compute the minutes between all sites, and save them as a step.

        Raises
        ------
        UserError
            There is no such travel source, it fails, or the project is open read-only.
        """
        source = find_extension(TRAVEL_KIND, name)
        travel = measure_extension_travel(self._editor, source)
        set_project_travel(self._session, travel)

    def propose(
        self,
        tolerance: float = 0.10,
        seed: int = 0,
        time_limit_s: float = 60,
        *,
        robust: Sequence[str] = (),
        one_off: str = "",
        longest_drive_min: float | None = None,
        border_weight: float = 0.0,
    ) -> ProposedZones:
        """Search for zones that keep every rule and cost the least; the project is not changed.

        `keep` adds the result to the project. `robust` names demands at which the tolerance must
        be kept, too: low, expected, high, or one of the project's. `one_off` is "mean" or "worst":
        minimize the drive of the mean or the worst day with one unit off. No drive from a zone's
        post is longer than `longest_drive_min`; a kilometer of border between zones counts as
        `border_weight` trip-minutes a day.

        >>> found = district.propose(time_limit_s=2)
        >>> found.bound <= found.cost, len(found.assignment)
        (True, 67)
        """
        session = self._session
        draft = build_empty_plan(session.saved_project, FIRST_PLAN, new_uid(), session.clock())
        wish = SearchRequest(
            read_number("tolerance", tolerance),
            seed=read_seed(seed),
            time_limit_s=read_time_limit(time_limit_s),
            wishes=PlanWishes(tuple(robust), one_off, longest_drive_min, border_weight),
        )
        basis = self._read_saved().basis
        *_, best = search_proposals(session.saved_project, draft, basis, wish)
        order = [site for site in session.saved_project.sites if site in best.plan.assignment]
        return ProposedZones(
            make_assignment(order, [best.plan.assignment[site] for site in order]),
            best.cost,
            best.bound,
            best.gap,
            best.proven,
            best.plan,
        )

    def compare_zone_counts(
        self, agency: str, counts: Sequence[int], tolerance: float = 0.10, time_limit_s: float = 60
    ) -> pd.DataFrame:
        """Return the best plan found for each number of an agency's zones.

        Each is searched for the time limit. Index ``zones``, columns ``drive, bound,
        mean_response_min, load_min_per_zone``, NaN if no plan was found. The project is not
        changed.
        """
        from zoneplanner.app.plans.candidates import search_zone_counts

        session = self._session
        draft = build_empty_plan(session.saved_project, FIRST_PLAN, new_uid(), session.clock())
        wish = SearchRequest(
            read_number("tolerance", tolerance), time_limit_s=read_time_limit(time_limit_s)
        )
        results = search_zone_counts(
            session.saved_project, draft, self._read_saved().basis, wish, (agency, list(counts))
        )
        rows = {
            result.zones: {
                "drive": result.candidate and result.candidate.drive_min,
                "bound": result.candidate and result.candidate.proposal.bound,
                "mean_response_min": result.candidate and result.candidate.response_min,
                "load_min_per_zone": result.load_min,
            }
            for result in results
        }
        return pd.DataFrame.from_dict(rows, orient="index", dtype=float).rename_axis("zones")

    def compare(self, a: str, b: str) -> PlanDifference:
        """Return the differences between two plans, by name or uid.

        Shares in ``figures`` have the unit ``share`` and run from 0 to 1. If a measure is best near
        zero, as the largest deviation is, ``before`` and ``after`` have no sign; ``change`` is
        always ``after`` minus ``before``.

        Raises
        ------
        UserError
            A plan is unknown, or both are the same.
        """
        from zoneplanner.app.plans.comparison import compare_project_plans

        comparison = compare_project_plans(self._session, a, b).comparison
        moved = ("site", "name", "before", "after", "students", "before_min", "after_min")
        moves = [
            {**{name: getattr(one, name) for name in moved}, "change_min": one.change_min}
            for one in comparison.moved
        ]
        figures = [
            {
                "measure": one.measure.key,
                "name": one.measure.name,
                "unit": one.measure.value_unit,
                "before": one.measure.weigh(one.before),
                "after": one.measure.weigh(one.after),
                "change": one.change,
                "better": one.good,
            }
            for one in comparison.figures
        ]
        return PlanDifference(
            pd.DataFrame(moves, columns=[*moved, "change_min"]),
            pd.DataFrame(figures).set_index("measure"),
            comparison.students_moved,
        )

    def evaluate(
        self, plan: str | None = None, *, target_min: float | None = None
    ) -> PlanEvaluation:
        """Return the response to expect from a plan.

        Without a plan, it is the one in force today, or else the one added last; see `plans`.

        >>> expected = district.evaluate()
        >>> 0 < expected.share_within_target < 1
        True
        """
        from zoneplanner.app.coverage.expected_response import evaluate_response

        under = USUAL_CONDITIONS
        if target_min is not None:
            under = ResponseConditions(target_min=read_number("target_min", target_min))
        expected = evaluate_response(self._read(plan), under=under)
        units = pd.DataFrame(
            {
                "utilization": pd.Series(expected.units, dtype="float64"),
                "mean_response_min": pd.Series(expected.unit_response_min, dtype="float64"),
            }
        ).rename_axis("unit")
        sites = pd.DataFrame(
            [
                {
                    "mean_response_min": response.mean_response_min,
                    "share_within_target": response.share_within_target,
                }
                for response in expected.sites.values()
            ],
            index=pd.Index(list(expected.sites), name="site"),
        )
        return PlanEvaluation(
            mean_response_min=expected.mean_response_min,
            share_within_target=expected.share_within_target,
            cross_zone_share=expected.cross_zone_share,
            all_busy_probability=expected.all_busy_probability,
            target_min=expected.target_min,
            units=units,
            sites=sites,
        )

    def explore(self, plan: str | None = None, *, tiles: str | None = None) -> "folium.Map":
        """Return a map of zones and sites for a notebook.

        The map contains its scripts and does not use the network; ``tiles`` names one of folium's
        backgrounds, which is fetched when the map is shown.

        Raises
        ------
        UserError
            There is no such plan or background.
        """
        from zoneplanner.app.exports.explore_map import build_explore_map

        return build_explore_map(self.zones(plan), self.sites(plan), tiles=tiles)

    def picture(self, path: str | PathLike[str], *, size: tuple[int, int] = (1600, 1000)) -> Path:
        """Draw only the map, as the window shows it, into a PNG file; return the file.

        It has a legend and a scale bar, and shows the plan in force, or else the one added last.
        ``zoneplanner publish`` makes pages for people.

        Raises
        ------
        UserError
            The window cannot be drawn, or the path cannot be written.
        """
        store = self._session.store
        place = store.path if store.path is not None else store.address
        assert place is not None
        return draw_window(place, Path(path), size=size, map_only=True)

    def assign(self, site: str | int, zone: str, *, plan: str | None = None) -> list[str]:
        """Assign a site to another zone, as a step; return the ids of the sites that moved.

        ``site`` is an id or a name. Without a plan, it is the one in force, or else the one added
        last. An adopted plan cannot be edited: `branch` makes a draft of it.

        Raises
        ------
        UserError
            The project is open read-only, the plan is not a draft, or the zone's unit may
            not be primary there.
        """
        session = self._editor
        chosen = self._find_plan(plan)
        session.show_plan(None if chosen is None else chosen.uid)
        shown = require_plan(session.state)
        chosen_site = session.saved_project.site(_write_column(site))
        changes = reassign_site(session, chosen_site.id, shown.zone(_write_column(zone)).id)
        return [move.site for move in changes.moves]

    def keep(self, proposed: ProposedZones, name: str = "Proposed") -> str:
        """Add proposed zones to the project as a plan, as a step; return its name.

        The same zones may be added again, as another plan. If the name is in use, it gets a
        number: ``Proposed 2``.
        """
        if proposed.plan is None:
            raise UserError("zones_of_no_project")
        return keep_proposal(self._editor, proposed.plan, name).name

    def branch(self, plan: str | None = None, name: str | None = None) -> str:
        """Copy a plan to a new draft, as a step; return the draft's name.

        Without a plan, it is the one in force, or else the one added last. A name in use gets a
        number.

        >>> with zp.open(copy, write=True) as own:
        ...     own.branch(name="Next year")
        'Next year'
        """
        session = self._editor
        chosen = self._find_plan(plan) or require_plan(session.state)
        return copy_plan(session, chosen, name).name

    def add_planned_site(
        self,
        name: str,
        latitude: float,
        longitude: float,
        *,
        level: str = "elementary",
        students: int | None = None,
        opens_on: _Day | None = None,
        plan: str | None = None,
    ) -> str:
        """Add a planned school to a what-if, as a step; return the name of the what-if.

        The school joins the nearest zone in a branch of the plan, or in the plan itself if that is
        a what-if. Without a plan, it is the one in force, or else the one added last.

        Raises
        ------
        UserError
            The name is in use, the level is unknown, or no zone of the plan may include it there.
        """
        session = self._editor
        chosen = self._find_plan(plan)
        session.show_plan(None if chosen is None else chosen.uid)
        return place_planned_site(
            session,
            name,
            latitude=read_number("latitude", latitude),
            longitude=read_number("longitude", longitude),
            level=level,
            enrollment=students,
            on=None if opens_on is None else require_day(opens_on),
        ).name

    def adopt(self, plan: str, on: _Day) -> None:
        """Put a plan in force from a day, as a step; the plan before it expires then."""
        day = require_day(on)
        session = self._editor
        chosen = session.saved_project.plan(plan)
        session.apply(
            f"Adopt “{chosen.name}” from {day}",
            lambda project: adopt_plan(project, chosen.uid, day),
        )

    def log(self, kind: str, **columns: object) -> str:
        """Log a record, as ``zoneplanner log`` does; return its uid.

        The columns are those of its table: ``site``, ``unit`` and ``officer`` by id or name, times
        as strings or ``datetime``; a time without a time zone is in the project's. Also:

        - ``supersedes=UID`` corrects a record: give only the columns that change.
        - ``void=UID, reason="..."`` voids it: it is stored but no longer counted.

        A free text that seems to name a person is logged with a ``PersonalDataWarning``.

        Raises
        ------
        UserError
            The project is open read-only, or a column makes no sense.

        Examples
        --------
        >>> with zp.open(copy, write=True) as own:
        ...     uid = own.log("visit", site="Del Campo High", arrived_at="2026-11-20 09:05")
        ...     _ = own.log("visit", void=uid, reason="wrong school")
        ...     uid in set(own.visits()["uid"])
        False
        """
        session = self._editor
        texts = {
            name: _write_column(value) for name, value in columns.items() if not _is_missing(value)
        }
        before = session.undoable_step
        entry = log_record_from_columns(session, kind, texts)
        self._step_before[entry.uid] = before
        doubts = find_personal_data_in_entry(entry.payload, session.saved_project)
        if doubts:
            warn(say_all((*doubts, PRIVACY_ADVICE)), PersonalDataWarning, stacklevel=2)
        return entry.uid

    def undo(self) -> str:
        """Take back the last thing done here since the project was opened; return what it was.

        A step of the project is undone. A logged record is voided, which leaves a trace, unless it
        was corrected or ended since. Nothing that others did is taken back.

        Raises
        ------
        UserError
            There is nothing to take back, or another desk has changed it since.
        """
        session = self._editor
        last, step = next(reversed(session.own_entries), None), session.undoable_step
        if last is not None and self._step_before.get(last.uid) is step:
            label = str(describe_take_back(session, last))
            take_back_entry(session, last)
            return label
        label = step.label if step is not None else ""
        session.undo()
        return label


def open_project(path: str | PathLike[str], write: bool = False) -> ZoneProject:
    """Open a project file, or a shared project by its ``postgresql://`` address.

    Parameters
    ----------
    path
        A ``.gpkg`` file or an address.
    write
        True for edits and log entries. Each edit is a step that the window can undo. A file from
        an earlier version is then updated to the current one.

    Raises
    ------
    UserError
        It is missing, locked, damaged or not a project, or its server denies access.
    """
    if not fspath(path):
        raise UserError("no_file.unnamed")

    session = open_session(parse_location(fspath(path)), read_only=not write)
    if write and session.store.path is not None:
        try:
            back_up_if_due(session)
        except UserError as error:
            session.store.notices += (error.to_message(),)
    return ZoneProject(session)


def _write_column(value: object) -> str:
    """Return a value as text, as the log writes its columns."""
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ";".join(map(str, value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _is_missing(value: Any) -> bool:
    """Return whether a value is None or one of pandas' missing values: NaN, NaT, NA."""
    if value is None:
        return True
    if isinstance(value, str | bool | list | tuple | Integral):
        return False

    return bool(pd.isna(value))
