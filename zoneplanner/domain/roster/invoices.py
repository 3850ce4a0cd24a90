"""An agency's invoice beside our hours: each of its lines, and what it leaves out."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from zoneplanner.domain.project import Project
from zoneplanner.domain.roster.hours import HoursLine, HoursStatus, find_officer_agency
from zoneplanner.domain.roster.hours_rules import multiply_rate, round_cents
from zoneplanner.domain.roster.officer_edits import OfficerNames
from zoneplanner.errors import UserError

_SAME_HOURS = 0.005
_SAME_CENTS = 0.005
_DAY_FORMS = ("%m/%d/%Y", "%m/%d/%y", "%m-%d-%Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%B %d, %Y")
_CLOCK_HOURS = re.compile(r"(\d{1,3}):([0-5]\d)(?::00)?")
_MONEY = re.compile(r"[-+]?\d+(\.\d+)?")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(\D|$))")
_LARGEST = 1e9


class InvoiceVerdict(StrEnum):
    """What a line of an invoice comes to."""

    MATCHES = "matches"
    HOURS_DIFFER = "hours differ"
    RATE_DIFFERS = "rate differs"
    AMOUNT_DIFFERS = "amount differs"
    BILLED_TWICE = "billed twice"
    NOT_WORKED = "not worked"
    NOT_CONFIRMED = "not confirmed"
    NOT_SCHEDULED = "not scheduled"
    OTHER_AGENCY = "other agency"
    UNKNOWN_OFFICER = "unknown officer"
    CREDIT = "credit"
    UNREADABLE = "unreadable"
    NOT_BILLED = "not billed"


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One line as the agency wrote it; ``row`` is its number in the file, 0 for none.

    ``fault`` says why it cannot be read. An amount or a rate that is left out follows from the
    other one. A ``total`` is a sum that the invoice itself writes below its lines.
    """

    row: int
    day: date | None = None
    officer: str = ""
    hours: float = 0.0
    rate: float | None = None
    amount: float | None = None
    note: str = ""
    fault: str = ""
    total: bool = False


@dataclass(frozen=True, slots=True)
class InvoiceMatch:
    """A line of the invoice, what it comes to, and what is due for it.

    ``officer`` is the id of who is meant, empty where nobody is. A line with several differences
    has the first as its verdict, the others in ``also``. ``hours`` are ours of it, ``due`` the
    dollars that these cost at our rate, at theirs where we have none.
    """

    line: InvoiceLine
    verdict: InvoiceVerdict
    officer: str = ""
    hours: float = 0.0
    rate: float | None = None
    due: float = 0.0
    billed: float = 0.0
    ours: HoursLine | None = None
    also: tuple[InvoiceVerdict, ...] = ()

    @property
    def difference(self) -> float:
        """How many dollars are billed above what is due; 0 where nothing is billed."""
        return round_cents(self.billed - self.due) if self.line.row else 0.0

    @property
    def approved(self) -> bool:
        """Whether our hours of it are approved as they stand."""
        return self.ours is not None and self.ours.status is HoursStatus.APPROVED


@dataclass(frozen=True, slots=True)
class InvoiceReview:
    """An invoice line by line, with ours that it leaves out at the end.

    ``stated`` is the total that the invoice itself names, if any.
    """

    matches: tuple[InvoiceMatch, ...]
    stated: float | None = None

    @property
    def billed(self) -> float:
        """The dollars of all its lines."""
        return round(sum(one.billed for one in self.matches), 2)

    @property
    def due(self) -> float:
        """The dollars that are due for what is billed, our unbilled hours left out."""
        return round(sum(one.due for one in self.matches if one.line.row), 2)

    @property
    def unbilled(self) -> float:
        """The dollars of our hours that are not billed."""
        return round(sum(one.due for one in self.matches if not one.line.row), 2)

    @property
    def differences(self) -> tuple[InvoiceMatch, ...]:
        """The lines that do not match."""
        return tuple(one for one in self.matches if one.verdict is not InvoiceVerdict.MATCHES)

    @property
    def counts(self) -> dict[InvoiceVerdict, int]:
        """How many lines came to what, in the order of verdicts."""
        found = [one.verdict for one in self.matches]
        return {verdict: found.count(verdict) for verdict in InvoiceVerdict if verdict in found}


def parse_invoice_day(text: str) -> date:
    """Read a day as agencies write it: ISO 8601, or month first."""
    written = " ".join(text.split())
    try:
        return datetime.fromisoformat(written).date()
    except ValueError:
        pass
    for form in _DAY_FORMS:
        for part in (written, written.split(" ")[0]):
            try:
                return datetime.strptime(part, form).date()  # noqa: DTZ007
            except ValueError:
                continue
    raise UserError("not_a_date.of_invoice", text=text)


def parse_invoice_number(text: str) -> float:
    """Read hours or dollars: 8.5, 8,5, 8:30, $1,234.50, (92.00) for a credit."""
    written = text.strip()
    clock = _CLOCK_HOURS.fullmatch(written)
    if clock:
        return round_cents(int(clock[1]) + int(clock[2]) / 60)
    credit = written.startswith("(") and written.endswith(")")
    plain = re.sub(r"[$\s]|usd|hrs?\.?$|hours?$", "", written.strip("()").casefold())
    plain = _THOUSANDS.sub("", plain)
    if plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    if not _MONEY.fullmatch(plain) or abs(float(plain)) > _LARGEST:
        raise UserError("not_a_number.of_invoice", text=text)
    value = round(float(plain), 4)
    return -value if credit else value


@dataclass(slots=True)
class _Billing:
    """One of our lines, and what was billed of it so far."""

    ours: HoursLine
    billed_h: float = 0.0
    parts: list[int] = field(default_factory=list)

    @property
    def left_h(self) -> float:
        return self.ours.hours - self.billed_h


def review_invoice(
    project: Project,
    ours: Sequence[HoursLine],
    lines: Iterable[InvoiceLine],
    *,
    agency: str = "",
) -> InvoiceReview:
    """Compare an invoice with our hours, line by line.

    A line is that of the officer's turn that begins on its day, or of one that began the day
    before and went on past midnight; several lines may be parts of one turn. Of an ``agency`` only
    officers of its count; without one it is that of all officers, where they are of one. What is
    due follows from our hours and our rate.
    """
    lines = tuple(lines)
    agency = agency or _find_common_agency(project, lines)
    reviewed = _Review(project, ours, agency)
    matches, stated = reviewed.match(lines)
    return InvoiceReview((*matches, *reviewed.list_unbilled()), stated)


def _find_common_agency(project: Project, lines: Iterable[InvoiceLine]) -> str:
    """Return the agency that all officers of an invoice are of; empty where they are of several."""
    names = OfficerNames(project)
    officers = {names.find(text) for text in {line.officer for line in lines}} - {""}
    agencies = {find_officer_agency(project, officer) for officer in officers}
    return agencies.pop() if len(agencies) == 1 else ""


class _Review:
    """The comparison under way."""

    def __init__(self, project: Project, ours: Sequence[HoursLine], agency: str) -> None:
        self._project, self._agency = project, agency
        self._names = OfficerNames(project, agency)
        zone = ZoneInfo(project.time_zone)
        self._billings = [_Billing(line) for line in ours if line.status is not HoursStatus.PLANNED]
        self._by_day: dict[tuple[str, date], list[_Billing]] = defaultdict(list)
        for billing in self._billings:
            line = billing.ours
            self._by_day[line.officer, line.day].append(billing)
            span = line.worked or line.shift
            end = getattr(span, "ended_at", None) or getattr(span, "ends_at", None)
            if end is not None and end.astimezone(zone).date() > line.day:
                self._by_day[line.officer, line.day + timedelta(days=1)].append(billing)

    def match(self, lines: Sequence[InvoiceLine]) -> tuple[list[InvoiceMatch], float | None]:
        """Return what each line comes to, in their order, and the total that the invoice names."""
        totals = [line.amount for line in lines if line.total]
        lines, stated = [line for line in lines if not line.total], totals[-1] if totals else None
        found: dict[int, InvoiceMatch] = {}
        open_lines: list[tuple[int, InvoiceLine, str]] = []
        for at, line in enumerate(lines):
            officer = self._names.find(line.officer) if line.officer else ""
            verdict = self._judge_alone(line, officer)
            if verdict is None:
                open_lines.append((at, line, officer))
            else:
                found[at] = InvoiceMatch(line, verdict, officer, billed=_billed(line, None))
        assigned: dict[int, _Billing | None] = {}
        for exact in (True, False):
            for at, line, officer in open_lines:
                if at not in assigned:
                    billing = self._choose(line, officer, exact=exact)
                    if billing is not None:
                        billing.parts.append(at)
                        billing.billed_h += line.hours
                        assigned[at] = billing
        left = {at: line.hours for at, line, _ in open_lines}
        for billing in self._billings:
            self._share(billing, lines, left)
        for at, line, officer in open_lines:
            found[at] = self._judge(line, officer, assigned.get(at), left[at])
        return [found[at] for at in sorted(found)], stated

    def list_unbilled(self) -> Iterator[InvoiceMatch]:
        """Yield our lines with hours that nothing was billed of."""
        for billing in self._billings:
            line = billing.ours
            if billing.parts or line.hours <= 0 or self._agency not in ("", line.agency):
                continue
            own = InvoiceLine(0, line.day)
            due = line.amount or 0.0
            verdict = InvoiceVerdict.NOT_BILLED
            yield InvoiceMatch(own, verdict, line.officer, line.hours, line.rate, due, 0.0, line)

    def _judge_alone(self, line: InvoiceLine, officer: str) -> InvoiceVerdict | None:
        """Return what a line comes to whatever our hours are; None where they decide."""
        if line.fault or line.day is None:
            return InvoiceVerdict.UNREADABLE
        if not officer:
            return InvoiceVerdict.UNKNOWN_OFFICER
        if line.hours <= 0 or (line.amount or 0) < 0:
            return InvoiceVerdict.CREDIT
        other = find_officer_agency(self._project, officer) != self._agency
        return InvoiceVerdict.OTHER_AGENCY if self._agency and other else None

    def _choose(self, line: InvoiceLine, officer: str, *, exact: bool) -> _Billing | None:
        """Return our line that one of theirs is about: of the same hours, else one not full."""
        assert line.day is not None
        near = self._by_day.get((officer, line.day), ())
        if exact:
            near = [one for one in near if not one.parts]
            return next((one for one in near if _same_hours(one.ours.hours, line.hours)), None)
        rest = next((one for one in near if _same_hours(one.left_h, line.hours)), None)
        if rest is not None:
            return rest
        free = [one for one in near if not one.parts and one.ours.day == line.day]
        partly = [one for one in near if one.left_h > _SAME_HOURS]
        chosen = free or partly
        return min(chosen, key=lambda one: abs(one.left_h - line.hours), default=None)

    def _share(
        self, billing: _Billing, lines: Sequence[InvoiceLine], left: dict[int, float]
    ) -> None:
        """Put our hours of a line down for the parts that are billed of it, the last gets more."""
        rest = billing.ours.hours
        for number, at in enumerate(billing.parts, start=1):
            last = number == len(billing.parts)
            left[at] = rest if last else min(rest, lines[at].hours)
            rest -= left[at]

    def _judge(
        self, line: InvoiceLine, officer: str, billing: _Billing | None, hours: float
    ) -> InvoiceMatch:
        """Return what a line comes to beside our line, or where none is left for it."""
        if billing is None:
            assert line.day is not None
            twice = bool(self._by_day.get((officer, line.day)))
            verdict = InvoiceVerdict.BILLED_TWICE if twice else InvoiceVerdict.NOT_SCHEDULED
            return InvoiceMatch(line, verdict, officer, billed=_billed(line, None))
        ours = billing.ours
        rate = ours.rate
        found: list[InvoiceVerdict] = []
        if ours.status is HoursStatus.ABSENT:
            found.append(InvoiceVerdict.NOT_WORKED)
        elif ours.worked is None and ours.status is HoursStatus.UNCONFIRMED:
            found.append(InvoiceVerdict.NOT_CONFIRMED)
        elif ours.worked is None:
            found.append(InvoiceVerdict.NOT_WORKED)
        elif not _same_hours(ours.hours, billing.billed_h):
            found.append(InvoiceVerdict.HOURS_DIFFER)
        if rate is not None and line.rate is not None and abs(rate - line.rate) > _SAME_CENTS:
            found.append(InvoiceVerdict.RATE_DIFFERS)
        stated, product = line.amount, multiply_rate(line.hours, line.rate)
        if None not in (stated, product) and abs((stated or 0) - (product or 0)) > 2 * _SAME_CENTS:
            found.append(InvoiceVerdict.AMOUNT_DIFFERS)
        elif line.rate is None and rate is not None and stated is not None and not found:
            expected = multiply_rate(line.hours, rate) or 0.0
            if abs(expected - stated) > 2 * _SAME_CENTS:
                found.append(InvoiceVerdict.RATE_DIFFERS)
        used = rate if rate is not None else line.rate
        if used is None and line.amount is not None and line.hours:
            used = line.amount / line.hours
        hours = round_cents(hours)
        return InvoiceMatch(
            line,
            found[0] if found else InvoiceVerdict.MATCHES,
            officer,
            hours,
            rate,
            multiply_rate(hours, used) or 0.0,
            _billed(line, rate),
            ours,
            tuple(found[1:]),
        )


def _same_hours(one: float, other: float) -> bool:
    return abs(one - other) <= _SAME_HOURS + 1e-9


def _billed(line: InvoiceLine, rate: float | None) -> float:
    """Return the dollars of a line: as it says, or its hours at its rate, or at ours."""
    if line.amount is not None:
        return round_cents(line.amount)
    used = line.rate if line.rate is not None else rate
    return multiply_rate(line.hours, used) or 0.0


def read_invoice_line(row: int, cells: Mapping[str, str]) -> InvoiceLine:
    """Return a line from its cells by our columns; what cannot be read is its fault."""
    line = InvoiceLine(row, officer=cells.get("officer", ""), note=cells.get("note", ""))
    day_text = cells.get("day", "")
    named = not day_text or not line.officer
    total = named and any("total" in text.casefold() for text in ("", *cells.values()))
    total |= not day_text and not line.officer
    faults: list[str] = []
    numbers: dict[str, float] = {}
    for name in ("hours", "rate", "amount"):
        if cells.get(name):
            try:
                numbers[name] = parse_invoice_number(cells[name])
            except UserError as error:
                faults.append(error.message)
    line = replace(
        line,
        hours=numbers.get("hours", 0.0),
        rate=numbers.get("rate"),
        amount=numbers.get("amount"),
        total=total and "amount" in numbers,
    )
    if line.total:
        return line
    try:
        line = replace(line, day=parse_invoice_day(day_text))
    except UserError as error:
        faults.append(error.message)
    if not line.officer:
        faults.append(UserError("invoice_without", what="officer").message)
    if "hours" not in numbers and not faults:
        faults.append(UserError("invoice_without", what="hours").message)
    return replace(line, fault=" ".join(faults))
