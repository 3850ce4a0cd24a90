"""Propose zones for any points: a frame is checked carefully, and problems are reported in its
terms.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from numbers import Integral, Real
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from zoneplanner.analysis.districting.point_zones import build_point_problem
from zoneplanner.analysis.districting.problem import DistrictingProblem
from zoneplanner.api.results import ProposedZones, make_assignment
from zoneplanner.errors import UserError

_LON_LAT = (180.0, 90.0)


def propose_zones(
    points: gpd.GeoDataFrame,
    zones: int | Sequence[str],
    *,
    load: str | Sequence[float] | None = None,
    tolerance: float = 0.10,
    neighbours: Iterable[tuple[Any, Any]] | None = None,
    minutes: np.ndarray[Any, Any] | None = None,
    scenarios: Iterable[str | Sequence[float]] = (),
    longest_drive_min: float | None = None,
    one_off: str = "",
    seed: int = 0,
    time_limit_s: float = 60,
) -> ProposedZones:
    """Divide the points of a frame among zones: balanced, connected, with the least travel.

    Parameters
    ----------
    points
        A GeoDataFrame of points in any coordinate system; its index names them. For areas, use
        their ``representative_point()``.
    zones
        Their names or their number; zones without names are ``"0"``, ``"1"`` and so on, as text.
    load
        What is balanced among zones: a column, a Series with the same index, values in the order
        of the points, or None to count each point once. Loads are also the numbers of trips.
    tolerance
        Each zone's load is within this share of the mean; 0.1 is ten percent.
    neighbours
        Pairs of index values that touch; by default those of a Gabriel graph.
    minutes
        Drives from each point (row) to each point (column), in their order; by default straight
        lines at 25 mph.
    scenarios
        More loads, each in the form of ``load``; zones are balanced in each of them, too.
    longest_drive_min
        The longest drive allowed from a zone's post, the point from which it is served.
    one_off
        "mean" or "worst": the cost is that of the mean or the worst day with one zone's unit off,
        when the nearest other posts serve its points.
    seed
        The same seed and time limit give the same zones.
    time_limit_s
        The search ends after this time, or as soon as nothing better can exist.

    Raises
    ------
    UserError
        An argument makes no sense, no such zones exist, or none were found within the time limit;
        ``code`` and ``details`` say why.

    Examples
    --------
    >>> import geopandas, numpy
    >>> xy = numpy.random.default_rng(0).uniform(0, 5000, (40, 2))
    >>> parks = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy(*xy.T), crs="EPSG:26910")
    >>> found = zp.propose_zones(parks, 4, time_limit_s=0.5)
    >>> bool(found.assignment.value_counts().between(9, 11).all())
    True
    """
    from zoneplanner.analysis.districting.plan_search import search_plans

    index = _read_index(points)
    zone_names = _read_zones(zones, len(index))
    tolerance_share = read_number("tolerance", tolerance)
    limit_s, number = read_time_limit(time_limit_s), read_seed(seed)
    xy_m, loads = _read_positions(points, index), _read_loads(points, index, load)
    row_of = {key: row_of_point for row_of_point, key in enumerate(index)}
    try:
        pairs = None if neighbours is None else [(row_of[a], row_of[b]) for a, b in neighbours]
    except KeyError as error:
        raise UserError("unknown_neighbor", point=str(error.args[0])) from None
    except (TypeError, ValueError):
        raise UserError("neighbors_unclear") from None
    problem, row_of_point = build_point_problem(
        xy_m, loads, zones=zone_names, tolerance=tolerance_share, neighbors=pairs,
        minutes=None if minutes is None else _read_minutes(minutes, index),
        names=[str(key) for key in index],
    )  # fmt: skip
    problem = replace(
        problem,
        one_off=one_off,
        scenarios=_add_up_scenarios(
            [_read_loads(points, index, each) for each in scenarios], row_of_point
        ),
        reach=_find_reach(problem, longest_drive_min),
    )
    *_, best = search_plans(problem, seed=number, time_limit_s=limit_s)
    names = [problem.zone_names[int(zone)] for zone in best.assignment[row_of_point]]
    return ProposedZones(
        make_assignment(index, names), best.cost, best.bound, best.gap, best.proven
    )


def _add_up_scenarios(
    loads: list[np.ndarray[Any, Any]], row: np.ndarray[Any, Any]
) -> np.ndarray[Any, Any] | None:
    """Return loads by row of the problem, in which points at one position are one row."""
    return np.array([np.bincount(row, each) for each in loads]) if loads else None


def _find_reach(
    problem: DistrictingProblem, longest_min: float | None
) -> np.ndarray[Any, Any] | None:
    """Return which row may be served from which, or None without a limit."""
    if longest_min is None:
        return None
    longest = read_number("longest_drive_min", longest_min)
    if longest <= 0:
        raise UserError("out_of_range.longest_drive", minutes=longest)
    return np.asarray(problem.cost_table <= problem.load[:, None] * longest * (1 + 1e-12))


def read_number(argument: str, value: object) -> float:
    """Return a number as it was given, or raise a UserError that names the argument."""
    if isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    raise UserError("argument_no_number", argument=argument, given=repr(value))


def read_seed(seed: object) -> int:
    """Return the seed of a search: a whole number, 0 or more."""
    number = read_number("seed", seed)
    if number.is_integer() and number >= 0:
        return int(number)
    raise UserError("argument_no_number.seed", argument="seed", given=repr(seed))


def read_time_limit(time_limit_s: object) -> float:
    """Return the seconds that a search may take, 0 or more."""
    seconds = read_number("time_limit_s", time_limit_s)
    if seconds < 0:
        raise UserError("argument_negative", argument="time_limit_s", given=seconds)
    return seconds


def _read_index(points: Any) -> list[Any]:
    """Return the index of the points after checking that they are points."""
    try:
        shapes, crs = points.geometry, points.crs
    except AttributeError:
        raise UserError("no_points.frame", given=type(points).__name__) from None
    index = list(points.index)
    if not index:
        raise UserError("no_points")
    if len(set(index)) < len(index):
        raise UserError("index_repeats")
    if crs is None:
        raise UserError("no_frame_crs")
    others = [kind for kind in shapes.geom_type if isinstance(kind, str) and kind != "Point"]
    if others:
        raise UserError("no_points.shapes", count=len(others), shape=others[0])
    _require_all(index, shapes.isna() | shapes.is_empty, "missing_values", what="position")
    return index


def _read_zones(zones: object, points: int) -> int | list[str]:
    """Return the number of zones, or their names."""
    whole = isinstance(zones, Integral) or (isinstance(zones, float) and zones.is_integer())
    if whole and not isinstance(zones, bool):
        number = int(zones)  # type: ignore[call-overload]
        names = None
    elif isinstance(zones, str | bool | dict | set) or not isinstance(zones, Iterable):
        raise UserError("zones_unclear", given=repr(zones))
    else:
        names = [str(zone) for zone in zones]
        number = len(names)
    if not 1 <= number <= points:
        raise UserError("zones_unclear.number", zones=number, points=points)
    return number if names is None else names


def _read_positions(points: Any, index: list[Any]) -> np.ndarray[Any, Any]:
    """Return the positions of the points, in meters."""
    crs = points.crs
    xy = np.column_stack([points.geometry.x, points.geometry.y]).astype(float)
    in_degrees = (np.abs(xy) <= _LON_LAT).all()
    if not crs.is_projected:
        if not in_degrees:
            raise UserError("not_degrees", crs=crs.to_string())
        flat = points.to_crs(points.estimate_utm_crs()).geometry
        xy = np.column_stack([flat.x, flat.y]).astype(float)
        _require_all(index, ~np.isfinite(xy).all(axis=1), "points_too_far")
        return xy
    to_m = float(crs.axis_info[0].unit_conversion_factor)
    if in_degrees and np.ptp(xy, axis=0).any():
        raise UserError("degrees_as_meters", crs=crs.to_string())
    return np.asarray(xy * to_m)


def _read_loads(points: Any, index: list[Any], load: Any) -> np.ndarray[Any, Any]:
    """Return the load of each point, in their order."""
    if load is None:
        return np.ones(len(index))
    if isinstance(load, str):
        if load not in points:
            known = [str(column) for column in points.columns if column != points.geometry.name]
            raise UserError("unknown_column.of_points", column=load, known=known)
        load = points[load]
    elif not isinstance(load, pd.Series):
        values = list(load)
        if len(values) != len(index):
            facts = {"what": "load", "rows": len(values), "points": len(index)}
            raise UserError("other_length", facts)
        load = pd.Series(values, index=points.index)
    aligned = load.reindex(points.index) if load.index.is_unique else load
    numbers = pd.to_numeric(aligned, errors="coerce")
    not_numbers = numbers.isna() & aligned.notna()
    _require_all(index, not_numbers, "load_unclear", given=_find_first(aligned, not_numbers))
    _require_all(index, numbers.isna(), "missing_values", what="load")
    loads = np.asarray(numbers, dtype=float)
    wrong = ~np.isfinite(loads) | (loads < 0)
    _require_all(index, wrong, "load_unclear.range", given=_find_first(aligned, wrong))
    if not loads.any():
        raise UserError("load_unclear.none")
    return loads


def _read_minutes(minutes: Any, index: list[Any]) -> np.ndarray[Any, Any]:
    """Return the drives between all points."""
    count = len(index)
    try:
        table = np.asarray(minutes, dtype=float)
    except (TypeError, ValueError):
        raise UserError("minutes_unclear.words") from None
    if table.shape != (count, count):
        shape = " x ".join(map(str, table.shape))
        raise UserError("minutes_unclear.shape", shape=shape, points=count)
    wrong = np.argwhere(~np.isfinite(table) | (table < 0))
    if len(wrong):
        start, end = (str(index[row]) for row in wrong[0])
        facts = {"count": len(wrong), "start": start, "end": end}
        raise UserError("minutes_unclear", facts, given=float(table[tuple(wrong[0])]))
    return table


def _find_first(values: Any, selected: Any) -> str:
    """Return the first selected value as text, or an empty string if none is selected."""
    return next(
        (str(value) for value, is_selected in zip(values, selected, strict=True) if is_selected), ""
    )


def _require_all(index: list[Any], wrong: Any, code: str, **facts: Any) -> None:
    """Reject points that have a problem, by the name of the first one."""
    names = [str(key) for key, is_wrong in zip(index, wrong, strict=True) if is_wrong]
    if names:
        raise UserError(code, facts, count=len(names), point=names[0])
