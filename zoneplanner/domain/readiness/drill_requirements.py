"""Whether drills are overdue: the drills that a rule requires compared with those held."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from zoneplanner.domain.calendar.school_calendar import DateRange, SchoolYear
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.log.journal import FreeText
from zoneplanner.domain.readiness.requirements import Requirement, RequirementStatus
from zoneplanner.domain.readiness.rule_pack import DrillRule
from zoneplanner.messages import Message


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
        none = Message("requirement.no_school_days", year=year.name)
        status = RequirementStatus.NOT_REQUIRED
        return Requirement(site.id, rule.kind, status, None, len(in_year), 0, rule.message, (none,))
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
    done = required - len(missing) - len(made_up)
    held = "requirement.drills_held" if len(spans) > 1 else "requirement.drills_held_in_year"
    messages = [Message(held, done=done, required=required, period=started[-1].name)]
    if rule.met_by:
        first, *rest = rule.other_kinds
        messages.append(Message("requirement.other_drills", kinds=[first.capitalize(), *rest]))
    if made_up:
        messages.append(Message("requirement.drills_held_late", periods=_name_periods(made_up)))
    extra = len(in_year) - done - len(made_up)
    if extra:
        messages.append(Message("requirement.drills_extra", n=extra))
    if late:
        messages.append(Message("requirement.drills_missing", periods=_name_periods(late)))
    if unknown:
        messages.append(Message("requirement.drills_unrecorded", periods=_name_periods(unknown)))
    if others:
        is_lenient = any(other.strictness > rule.strictness for other in others)
        code = "requirement.rule_chosen" if is_lenient else "requirement.rule_strictest"
        messages.append(
            Message(code, others=[other.message for other in others], rule=rule.message)
        )
    return Requirement(
        site.id,
        rule.kind,
        status,
        due.last if due else None,
        done,
        required,
        rule.message,
        tuple(messages),
        ended=rule.times * sum(map(is_on_record, ended)),
        missed=len(late),
        made_up=len(made_up),
        unrecorded=rule.times * sum(not is_on_record(span) for span in ended),
    )


def _name_periods(spans: Iterable[DateRange]) -> list[str]:
    return list(dict.fromkeys(span.name for span in spans))


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
