"""The data of an open project as frames of pandas and geopandas."""

from datetime import date, datetime
from typing import Literal, Self, get_args

import geopandas as gpd
import pandas as pd

from zoneplanner.analysis.coverage.figures import Figure
from zoneplanner.api.points import read_number
from zoneplanner.app.coverage.observed_coverage import (
    compute_observed_coverage,
    select_observed_period,
)
from zoneplanner.app.exports import frames
from zoneplanner.app.exports.frames import build_frame
from zoneplanner.app.extensions import LAYERS_KIND, list_extensions
from zoneplanner.app.log.record_history import list_record_revisions
from zoneplanner.app.readiness.campus_pages import list_campus_pages, read_placed_picture
from zoneplanner.app.session.session import Session
from zoneplanner.app.session.state import ProjectState, derive_state
from zoneplanner.domain.log.entries import derive_unit_times, read_incidents
from zoneplanner.domain.log.journal import INCIDENT_STAMPS
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Layer
from zoneplanner.errors import UserError
from zoneplanner.messages import Message, say_all

_Day = date | str
_FigurePart = Literal["value", "n", "low", "high", "definition", "why"]


class ProjectFrames:
    """The data of an open project as frames of pandas and geopandas.

    Each call reads the project as it is then, including what the window or another desk has saved
    since. Plans, sites, units and officers may be given by name or by id.
    """

    def __init__(self, session: Session) -> None:
        self._open, self._name, self._closed = session, session.saved_project.name, False

    @property
    def _session(self) -> Session:
        """The session with the changes of others; a closed one raises a UserError."""
        if self._closed:
            raise UserError("store_closed", name=self._name)
        self._open.poll()
        return self._open

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        if self._closed:
            return f"<project {self._name!r}, closed>"
        return f"<project {self.name!r}, {len(self._open.saved_project.sites)} sites>"

    def close(self) -> None:
        """Close the project; closing it twice does no harm."""
        self._closed = True
        self._open.close()

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
        """What to know about the project, such as changes by other programs.

        It also says if no calendar was imported, so that school days are assumed.
        """
        session = self._session
        assumed = session.saved_project.assumes_school_days(session.today)
        notices = session.store.notices
        return say_all((*notices, Message("period.days_assumed")) if assumed else notices)

    def plans(self) -> pd.DataFrame:
        """Return the plans: ``uid, name, status, effective_on, expires_on, tolerance, sites``.

        ``status`` is ``draft``, ``proposed``, ``in force`` or ``retired``. A call without a plan
        uses the one in force today, or else the one added last. So, while none is in force, a draft
        that `keep` adds becomes the plan of `sites`, `zones`, `coverage` and `evaluate`.

        >>> district.plans()["name"].tolist()
        ['Proposed']
        """
        today = self._session.today
        frame = pd.DataFrame(
            [
                {
                    "uid": plan.uid,
                    "name": plan.name,
                    "status": plan.status(today).value,
                    "effective_on": plan.effective_on,
                    "expires_on": plan.expires_on,
                    "tolerance": plan.tolerance,
                    "sites": len(plan.assignment),
                }
                for plan in self._session.saved_project.plans.values()
            ],
            columns=[
                "uid",
                "name",
                "status",
                "effective_on",
                "expires_on",
                "tolerance",
                "sites",
            ],
        )
        days = {name: pd.to_datetime(frame[name]) for name in ("effective_on", "expires_on")}
        return frame.assign(**days)

    def sites(self, plan: str | None = None) -> gpd.GeoDataFrame:
        """Return all sites with their zone in a plan.

        Without a plan, it is the one in force today, or else the one added last; see `plans`.
        Columns: ``id, name, level, grades, enrollment, patrolled, jurisdiction, zone, unit,
        load_min_per_day, last_visit, geometry``. A site that is not patrolled has no load; a
        missing ``last_visit`` means never visited, so sort with ``na_position="first"``. If
        ``enrollment`` is missing, `zones` counts the students that the project assumes.

        >>> high = district.sites().query("level == 'high'")
        >>> int(high["enrollment"].sum()) > 10_000
        True
        """
        state, zone_of = self._read(plan), dict[str, str]()
        if state.plan is not None:
            zone_of = dict(state.plan.assignment)
        units = {zone.id: zone.unit for zone in state.plan.zones} if state.plan else {}
        sites = list(state.project.sites.values())
        loads, last = state.basis.list_loads_min(), self._session.store.last_visits()
        columns = {
            "id": frames.make_texts(site.id for site in sites),
            "name": frames.make_texts(site.name for site in sites),
            "level": frames.make_texts(site.level for site in sites),
            "grades": frames.make_texts(site.grades for site in sites),
            "enrollment": frames.make_whole_numbers(site.enrollment for site in sites),
            "patrolled": [site.patrolled for site in sites],
            "jurisdiction": frames.make_texts(
                state.basis.placements[site.id].jurisdiction for site in sites
            ),
            "zone": frames.make_texts(zone_of.get(site.id) for site in sites),
            "unit": frames.make_texts(units.get(zone_of.get(site.id, "")) for site in sites),
            "load_min_per_day": [loads.get(site.id, float("nan")) for site in sites],
            "last_visit": frames.make_moments(
                [last.get(site.id) for site in sites], self.time_zone
            ),
        }
        return frames.make_geo_frame(columns, [site.point for site in sites], self.crs)

    def zones(self, plan: str | None = None) -> gpd.GeoDataFrame:
        """Return the zones of a plan, by default the one in force today or else the last added.

        Columns: ``zone, name, unit, agency, sites, students, load_min_per_day, deviation, pieces,
        geometry``. ``deviation`` is the share above or below the fair load, which is the mean of
        all zones that may have the same sites. ``students`` includes the students that the project
        assumes for schools of unknown enrollment (150 by default), so it may be more than the sum
        in `sites`, which is ``students_known``.

        >>> bool(abs(district.zones()["deviation"]).max() <= 0.10)
        True
        """
        frame = self._frame("zones", plan)
        sites = self.sites(plan)
        known = sites[sites["patrolled"]].groupby("zone")["enrollment"].sum()
        renamed: gpd.GeoDataFrame = frame.rename(columns={"load_min": "load_min_per_day"})
        renamed = renamed.drop(columns="plan")
        known_students = renamed["zone"].map(known).fillna(0).astype("Int64")
        renamed.insert(renamed.columns.get_loc("students") + 1, "students_known", known_students)
        return renamed

    def jurisdictions(self) -> gpd.GeoDataFrame:
        """Return the areas of cities and counties: ``id, name, kind, geometry``."""
        found: gpd.GeoDataFrame = self._frame("jurisdictions")
        return found

    def layers(self) -> pd.DataFrame:
        """Return the layers of the map: ``id, title, publisher, vintage, features``.

        They include imported layers; `layer` returns the shapes of one.

        >>> "county" in set(district.layers()["id"])
        True
        """
        project = self._session.saved_project
        counts = pd.Series(
            [layer.layer for layer in project.features], dtype="object"
        ).value_counts()
        rows = [
            (layer.id, layer.title, layer.publisher, layer.vintage, int(counts.get(layer.id, 0)))
            for layer in self._list_layers().values()
        ]
        return pd.DataFrame(rows, columns=["id", "title", "publisher", "vintage", "features"])

    def layer(self, name: str) -> gpd.GeoDataFrame:
        """Return the features of a layer of the map by its id or title.

        The first column is ``name``, the last ``geometry`` in the project's coordinate system;
        between them are the layer's own columns.

        >>> bool(district.layer("county").area.sum() > 0)
        True
        """
        project, known = self._session.saved_project, self._list_layers()
        chosen = known.get(name) or next((one for one in known.values() if one.title == name), None)
        if chosen is None:
            raise UserError("unknown_choice", what="layer", text=name, known=list(known))
        own = [one for one in project.features if one.layer == chosen.id]
        fields = dict.fromkeys(key for one in own for key in one.fields)
        columns = {
            "name": frames.make_texts(one.name for one in own),
            **{key: frames.make_texts(one.fields.get(key) for one in own) for key in fields},
        }
        return frames.make_geo_frame(columns, [one.geometry for one in own], self.crs)

    def _list_layers(self) -> dict[str, Layer]:
        project = self._session.saved_project
        shown = {layer.layer: Layer(layer.layer, layer.layer) for layer in project.features}
        return {**shown, **{key: layer for key, layer in project.layers.items() if key in shown}}

    def history(self) -> pd.DataFrame:
        """Return the steps in the project's history: ``seq, at, actor, label``.

        Log entries are not steps: `record_history` shows the entries of a record.

        >>> district.history()["label"].iloc[-1]
        'Propose “Proposed”'
        """
        steps = self._session.history
        return pd.DataFrame(
            {
                "seq": [step.seq for step in steps],
                "at": frames.make_moments([step.at for step in steps], self.time_zone),
                "actor": frames.make_texts(step.actor for step in steps),
                "label": frames.make_texts(step.label for step in steps),
            }
        )

    def record_history(self, uid: str) -> pd.DataFrame:
        """Return the entries of a record of the log: ``seq, uid, at, actor, desk, what, changes``.

        The first entry logged it; the others corrected, stamped or voided it. ``uid`` is the uid of
        the record or of any of its entries.

        Raises
        ------
        UserError
            There is no such record.

        Examples
        --------
        >>> district.record_history(district.visits()["uid"].iloc[0])["actor"].notna().all()
        np.True_
        """
        revisions = list_record_revisions(self._session, uid)
        if not revisions:
            raise UserError("unknown_entry", uid=uid)
        texts = ("uid", "actor", "desk", "what")
        columns = {
            "seq": pd.Series([revision.seq for revision in revisions], dtype="int64"),
            **{
                name: frames.make_texts(getattr(revision, name) for revision in revisions)
                for name in texts
            },
            "changes": frames.make_texts("; ".join(revision.changes) for revision in revisions),
        }
        frame = pd.DataFrame(columns)
        frame.insert(
            2,
            "at",
            frames.make_moments([revision.recorded_at for revision in revisions], self.time_zone),
        )
        return frame

    def table(self, name: str, *, plan: str | None = None, audience: str = "own") -> pd.DataFrame:
        """Return a layer or table of ``zoneplanner export`` by its name, with the same columns.

        ``jurisdiction`` in `sites` is ``juris`` there, as in exchanged files, and
        ``load_min_per_day`` in `zones` is ``load_min``. Private columns are left out for an
        audience: ``own``, ``law-enforcement``, ``staff`` or ``public``; layers of installed
        packages are only for ``own``. Corrections and voids of the log are applied; times are in
        the project's time zone.

        >>> district.table("sites", audience="public").columns.tolist()[:3]
        ['id', 'name', 'level']
        """
        for layer in list_extensions(LAYERS_KIND):
            if layer.name == name and audience == "own":
                found: pd.DataFrame = layer.run(self)
                return found
        return self._frame(name, plan, audience)

    def visits(self) -> pd.DataFrame:
        """Return the current visits of the log, a row each.

        Columns: ``uid, site, site_name, zone, unit, officer, officer_name, arrived_at, departed_at,
        purpose, status, note, sample``. ``zone`` is the zone in the plan in force on the day of the
        visit, as `coverage` counts it; the current zone is in `sites`. ``note`` is free text and
        may name people: do not pass it on.

        >>> visits = district.visits()
        >>> str(visits["arrived_at"].dt.tz)
        'America/Los_Angeles'
        """
        return self._add_zones_and_names("visits", "arrived_at")

    def incidents(self) -> pd.DataFrame:
        """Return the current calls of the log, a row each, with their stamps.

        ``zone`` is the zone in the plan in force on the day of the call, as `coverage` counts it;
        the current zone is in `sites`. ``units`` is a string with ``;`` between units;
        `incident_units` has a row for each. ``note`` is free text and may name people: do not pass
        it on.

        >>> {"received_at", "onscene_at", "zone", "units"} <= {*district.incidents()}
        True
        """
        return self._add_zones_and_names("incidents", "received_at")

    def incident_units(self) -> pd.DataFrame:
        """Return the units of calls with the stamps of each, a row each.

        Columns: ``incident, site, site_name, unit, dispatched_at, enroute_at, onscene_at,
        cleared_at``; ``incident`` is the ``uid`` of the call. Times that a unit did not stamp are
        those entered for all units of the call, except for times of another agency.

        >>> district.incident_units()["incident"].isin(district.incidents()["uid"]).all()
        np.True_
        """
        session, stamps = self._session, INCIDENT_STAMPS[1:]
        entries = session.store.entries(kinds=("incident", "stamp", "void"))
        entered = read_incidents(one for one in entries if one.kind != "stamp")
        by_uid = {one.uid: one for one in entered}
        rows = [
            (call.uid, call.site, one.unit, *(getattr(one, name) for name in stamps))
            for call in read_incidents(entries)
            for one in derive_unit_times(call, by_uid[call.uid])
        ]
        columns = [list(column) for column in zip(*rows, strict=True)] or [[]] * 7
        names = [
            getattr(session.saved_project.sites.get(site), "name", None) for site in columns[1]
        ]
        texts = {"incident": columns[0], "site": columns[1], "site_name": names, "unit": columns[2]}
        return pd.DataFrame(
            {
                **{name: frames.make_texts(values) for name, values in texts.items()},
                **{
                    name: frames.make_moments(values, self.time_zone)
                    for name, values in zip(stamps, columns[3:], strict=True)
                },
            }
        )

    def shifts(self) -> pd.DataFrame:
        """Return the shifts of the roster: ``uid, unit, officer, starts_at, ends_at, status``."""
        return self._frame("shifts")

    def drills(self) -> pd.DataFrame:
        """Return the current drills of the log, a row each.

        ``zoneplanner help columns`` lists the columns of this and every other kind of record.
        """
        return self._frame("drills")

    def reviews(self) -> pd.DataFrame:
        """Return the current steps of plan reviews in the log, a row each."""
        return self._frame("reviews")

    def campus_page(self, site: str) -> bytes | None:
        """Return the picture of a school's response page, PNG or JPEG, or None if it has none.

        ``table("campus_pages")`` has the dates on which it was verified and is due again. It is for
        responders only.
        """
        page = list_campus_pages(self._session).get(self._session.saved_project.site(site).id)
        return None if page is None else read_placed_picture(self._session, page).data

    def coverage(
        self,
        by: str = "site",
        *,
        first: _Day | None = None,
        last: _Day | None = None,
        target_min: float | None = None,
        part: _FigurePart = "value",
    ) -> pd.DataFrame:
        """Return the figures of the log, a column each, grouped by ``by``.

        Parameters
        ----------
        by
            ``site``, ``zone``, ``unit``, ``officer``, ``type``, ``week`` or ``all``. Records
            without a zone, unit, officer or type are in the row ``""``.
        first, last
            Days, both included; by default all that are on record.
        part
            The part of each figure: its ``value``, its number of records (``n``), its interval
            (``low``, ``high``), its ``definition``, or ``why`` it is withheld. A figure that is
            withheld, or has no interval, is missing (NaN).

        ``calls`` counts all calls and ``visits`` all visits made; ``part="n"`` is the number of
        records of each other figure. Only school days on record count: they end with the log, and
        `notice` says if they are assumed. Figures that count days or school hours, such as
        ``days_since_last_visit`` and the gaps, are missing until somebody declares on which days
        the records are complete. By zone, a record counts in the plan that was in force on its
        day, or else in the plan in force today, or else in the plan added last;
        ``part="definition"`` names them. The frame's ``attrs["notes"]`` say which days do not count
        and which nobody declared complete, as the command line's `coverage` does.

        Examples
        --------
        Schools not visited for more than ten days, including those never visited, which ``> 10``
        leaves out:

        >>> since = district.coverage(by="site")["days_since_last_visit"]
        >>> len(since[since > 10]), len(since[(since > 10) | since.isna()])
        (0, 61)
        >>> district.coverage(by="all")["visits"].item() > 0
        True
        """
        if part not in (parts := get_args(_FigurePart)):
            raise UserError("unknown_choice", what="part of a figure", text=part, known=parts)
        begin, end = _read_day(first), _read_day(last)
        rows = compute_observed_coverage(
            self._session,
            by=by,
            first=begin,
            last=end,
            target_min=None if target_min is None else read_number("target_min", target_min),
        )
        numbers = part in ("value", "n", "low", "high")
        name_incidents = self._session.saved_project.terms.name_incidents

        def read_part(figure: Figure | None) -> object:
            found = getattr(figure, part, None)
            if numbers or found is None:
                return found
            return name_incidents(say_all(found if part == "definition" else (found,)))

        index = pd.Index([row.key for row in rows], name=by)
        found = {
            "name": [str(row.name) for row in rows],
            **{
                name: pd.Series(
                    [read_part(row.figures.get(name)) for row in rows],
                    index=index,
                    dtype="float64" if numbers else "object",
                )
                for name in (rows[0].figures if rows else ())
            },
        }
        frame = pd.DataFrame(found, index=index)
        period = select_observed_period(self._session, begin, end)
        frame.attrs["notes"] = tuple(map(str, period.notes))
        return frame

    def school_days(self, first: _Day, last: _Day) -> pd.DatetimeIndex:
        """Return the school days of a period, both days included.

        `notice` says if they are assumed. Figures count only those that are on record.

        >>> district.school_days("2026-11-09", "2026-11-13").day.tolist()
        [9, 10, 12, 13]
        """
        start, end = require_day(first), require_day(last)
        if start > end:
            raise UserError("days_out_of_order.period", first=start, last=end)
        calendar = self._session.saved_project.calendar
        return pd.DatetimeIndex(list(calendar.school_days(start, end)))

    def _find_plan(self, plan: str | None) -> Plan | None:
        """Return a plan by name or uid; by default the one in force, or else the last added."""
        session = self._session
        if plan is not None:
            return session.saved_project.plan(plan)
        return session.saved_project.current_plan(session.today)

    def _read(self, plan: str | None) -> ProjectState:
        """Return the state of a plan; by default the one in force, or else the latest."""
        session, wanted = self._session, self._find_plan(plan)
        saved = session.saved_project
        if session.state.plan is wanted:
            return session.state
        return derive_state(saved, wanted, session.state)

    def _read_saved(self) -> ProjectState:
        """Return the state of the project without any plan's what-ifs."""
        return derive_state(self._session.saved_project, None, self._session.state)

    def _add_zones_and_names(self, name: str, time_column: str) -> pd.DataFrame:
        """Return records with the zone on their day and their officers' names."""
        records, saved = self._frame(name), self._session.saved_project
        days, current = records[time_column].dt.date, saved.current_plan(self._session.today)
        plans = {day: saved.plan_in_force(day) or current for day in days.unique()}
        zones = [
            None if (plan := plans[day]) is None else plan.assignment.get(site)
            for day, site in zip(days, records["site"], strict=True)
        ]
        records.insert(list(records).index("site_name") + 1, "zone", frames.make_texts(zones))
        if "officer" in records:
            officer_names = {key: officer.name for key, officer in saved.officers.items()}
            names = frames.make_texts(officer_names.get(officer) for officer in records["officer"])
            records.insert(list(records).index("officer") + 1, "officer_name", names)
        return records

    def _frame(self, name: str, plan: str | None = None, audience: str = "own") -> pd.DataFrame:
        return build_frame(self._session, self._read(plan), name, audience=audience)


def _read_day(day: _Day | None) -> date | None:
    if isinstance(day, datetime):
        return day.date()
    if day is None or isinstance(day, date):
        return day
    try:
        return date.fromisoformat(day)
    except (TypeError, ValueError):
        raise UserError("not_a_date", text=str(day)) from None


def require_day(day: _Day) -> date:
    """Return a day, or raise a UserError if none is given."""
    required = _read_day(day)
    if required is None:
        raise UserError("not_a_date", text=str(day))
    return required
