"""What the printed comparison says, in sentences for people who read no GIS."""

from dataclasses import dataclass

from zoneplanner.analysis.compare import MeasureChange, PlanComparison, SiteZoneChange

_SCORES = {
    "cost": ("Minutes that patrols drive a school day", 0),
    "mean_drive_min": ("Minutes to a school, on average", 1),
    "worst_drive_min": ("Minutes to the farthest school", 1),
    "load_cv": ("How unevenly the work is shared (0 % is even)", 1),
    "worst_deviation": ("Zone farthest from an even share", 1),
    "pieces": ("Separate parts of all zones", 0),
    "unassigned": ("Schools without a zone", 0),
}
_VERDICT = {True: "better", False: "worse", None: "same"}
_LONGER_MIN = 0.5


@dataclass(frozen=True, slots=True)
class _ScoreLine:
    """A line of the score card as it is printed."""

    name: str
    before: str
    after: str
    change: str
    verdict: str


def build_score_rows(found: PlanComparison) -> tuple[_ScoreLine, ...]:
    """Return the score card in plain words."""
    figures = {figure.measure.key: figure for figure in found.figures}
    return tuple(_score(figures[key], *_SCORES[key]) for key in _SCORES)


def describe_changes(found: PlanComparison) -> tuple[str, ...]:
    """Say what changes, for whom, and what is gained or lost by it."""
    if not found.moved:
        return (f"“{found.after}” puts every school in the same zone as “{found.before}” does.",)
    zones = {zone for move in found.moved for zone in (move.before, move.after) if zone}
    said = [
        f"{_schools(len(found.moved))} with {found.students_moved:,} students change their "
        f"zone; {len(zones)} zones are concerned."
    ]
    nearer = [m for m in found.moved if m.change_min is not None and m.change_min <= -_LONGER_MIN]
    farther = [m for m in found.moved if m.change_min is not None and m.change_min >= _LONGER_MIN]
    if nearer or farther:
        said.append(f"Their officer is {_way(nearer, 'nearer')} and {_way(farther, 'farther')}.")
    else:
        said.append("Their officer is as near as before, within half a minute.")
    said.append(_gain(found))
    return tuple(said)


def _format_drive_change(move: SiteZoneChange) -> str:
    """Write a site's minutes gained or lost in words and figures."""
    change = move.change_min
    if change is None:
        return "–"
    if abs(change) < 0.05:
        return "as before"
    return f"{'farther' if change > 0 else 'nearer'} {abs(change):.1f}"


def _score(figure: MeasureChange, name: str, digits: int) -> _ScoreLine:
    percent = figure.measure.unit == "%"
    factor, suffix = (100, " %") if percent else (1, "")
    before, after = figure.before * factor, figure.after * factor
    change = abs(after) - abs(before) if figure.measure.better == "target" else after - before
    first, second = (f"{value:,.{digits}f}{suffix}".replace("-", "−") for value in (before, after))
    even = abs(change) < 0.5 * 10**-digits
    moved = "0" if even else f"{change:+,.{digits}f}{suffix}".replace("-", "−")
    return _ScoreLine(name, first, second, moved, "same" if even else _VERDICT[figure.good])


def _schools(n: int) -> str:
    return "1 school" if n == 1 else f"{n} schools"


def _way(moves: list[SiteZoneChange], way: str) -> str:
    if not moves:
        return f"{way} for none"
    most = max(moves, key=lambda move: abs(move.change_min or 0.0))
    return (
        f"{way} for {_schools(len(moves))} "
        f"({most.name} most, by {abs(most.change_min or 0.0):.1f} min)"
    )


def _gain(found: PlanComparison) -> str:
    by_key = {score.name: score for score in build_score_rows(found)}
    better = sum(score.verdict == "better" for score in by_key.values())
    worse = sum(score.verdict == "worse" for score in by_key.values())
    drive = by_key[_SCORES["cost"][0]]
    if drive.verdict == "same":
        words = "Patrols drive as long as before"
    else:
        less = "less" if drive.verdict == "better" else "more"
        words = f"Patrols drive {drive.change.lstrip('+−')} minutes {less} a school day"
    return f"{words}; of {len(by_key)} measures below, {better} are better and {worse} worse."
