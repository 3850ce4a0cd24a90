"""Whether drills are overdue: the drills that a rule requires compared with those held."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolYear
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.log.journal import FreeText
from zoneplanner.domain.readiness.requirements import Requirement, RequirementStatus
from zoneplanner.domain.readiness.rule_pack import DrillRule


@dataclass(frozen=True, slots=True)
class Drill:
    """A drill with all corrections applied. ``officer_present`` is None if unknown."""

    uid: str
    site: str
    kind: str
    held_at: datetime
    minutes: float | None = None
    officer_present: bool | None = None
    checklist: tuple[str, ...] = ()
    note: FreeText = ""
    sample: bool = False


def format_drill_name(kind: str) -> str:
    """Return the displayed name of a kind of drill; sounding the alarm is not called a drill."""
    if kind == "alarm_signal":
        return "Alarm signal"
    return f"{kind.replace('_', '-').capitalize()} drill"


def make_drill_requirement(
    site: Site,
    rules: tuple[DrillRule, tuple[DrillRule, ...]],
    year: SchoolYear,
    days: Sequence[date],
    *,
    is_on_record: Callable[[DateRange], bool],
    on: date,
) -> Requirement:
    """Return a site's requirement for a kind of drill by the rule that it follows.

    ``rules`` are the followed rule and the other texts, ``days`` the days of the drills that count
    for it. An extra drill makes up for an earlier period.
    """
    rule, others = rules
    spans = year.periods.get(rule.per, ())
    in_year = [day for day in days if year.first <= day <= year.last]
    if not spans:
        none = f"The calendar has no school days in {year.name}; import the school calendar."
        status = RequirementStatus.NOT_REQUIRED
        return Requirement(site.id, rule.kind, status, None, len(in_year), 0, rule.words, none)
    started = [span for span in spans if span.first <= on] or [spans[0]]
    required = rule.times * len(started)
    slots = [span for span in started for _ in range(rule.times)]
    missing, made_up = _find_missing_periods(slots, in_year, is_on_record)
    ended = [span for span in spans if span.last < on]
    late = [span for span in missing if span in ended and is_on_record(span)]
    unknown = [span for span in missing if span in ended and span not in late]
    running = [span for span in missing if span not in ended]
    status = (
        RequirementStatus.OVERDUE
        if late
        else RequirementStatus.DUE
        if running
        else RequirementStatus.NOT_RECORDED
        if unknown
        else RequirementStatus.DONE
    )
    due = next(iter((*late, *running, *unknown, *spans[len(started) :])), None)
    until = started[-1].name if len(spans) > 1 else f"the end of {started[-1].name}"
    done = required - len(missing) - len(made_up)
    words = [f"{done} of {required} held on time through {until}."]
    if rule.met_by:
        words.append(f"{rule.other_drills.capitalize()} count, too.")
    if made_up:
        words.append(f"Held late for {_join_names(made_up)}.")
    extra = len(in_year) - done - len(made_up)
    if extra:
        words.append(f"{extra} in addition to those required in each period.")
    if late:
        words.append(f"Missing for {_join_names(late)}; an extra drill makes up for it.")
    if unknown:
        names = _join_names(unknown)
        words.append(
            f"No drill is on record for {names}; our records do not cover every day of that time."
        )
    if others:
        texts = ", ".join(other.words for other in others)
        is_lenient = any(other.strictness > rule.strictness for other in others)
        why = (
            f"the district chose {rule.words}"
            if is_lenient
            else f"the strictest is followed: {rule.words}"
        )
        words.append(f"There are other rules ({texts}); {why}.")
    return Requirement(
        site.id,
        rule.kind,
        status,
        due.last if due else None,
        done,
        required,
        rule.words,
        " ".join(words),
        ended=rule.times * sum(map(is_on_record, ended)),
        missed=len(late),
        made_up=len(made_up),
        unrecorded=rule.times * sum(not is_on_record(span) for span in ended),
    )


def _join_names(spans: Iterable[DateRange]) -> str:
    return ", ".join(dict.fromkeys(span.name for span in spans))


def _find_missing_periods(
    slots: Sequence[DateRange], days: Sequence[date], is_on_record: Callable[[DateRange], bool]
) -> tuple[list[DateRange], list[DateRange]]:
    """Return the slots that no drill fills, and the slots that a later drill made up for.

    An extra drill makes up for a slot on record first.
    """
    left, made_up = list(slots), list[DateRange]()
    extra = []
    for day in days:
        slot = next((span for span in left if span.contains(day)), None)
        if slot is None:
            extra.append(day)
        else:
            left.remove(slot)
    for day in extra:
        earlier = [span for span in left if span.last < day]
        if earlier:
            made_up.append(max(earlier, key=is_on_record))
            left.remove(made_up[-1])
    return left, made_up
