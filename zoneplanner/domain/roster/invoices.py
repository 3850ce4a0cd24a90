"""The comparison of an agency's invoice with our hours, line by line."""

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
from zoneplanner.messages import Message

_SAME_HOURS = 0.005
_SAME_CENTS = 0.005
_DAY_FORMS = ("%m/%d/%Y", "%m/%d/%y", "%m-%d-%Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%B %d, %Y")
_CLOCK_HOURS = re.compile(r"(\d{1,3}):([0-5]\d)(?::00)?")
_MONEY = re.compile(r"[-+]?\d+(\.\d+)?")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(\D|$))")
_LARGEST = 1e9


class InvoiceVerdict(StrEnum):
    """The result of comparing a line of an invoice with our hours."""

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
    """One line as the agency wrote it; ``row`` is its number in the file, or 0 if it is not in it.

    ``faults`` say why the line cannot be read. A missing amount or rate follows from the other
    one. ``total`` marks a sum that the invoice states below its lines.
    """

    row: int
    day: date | None = None
    officer: str = ""
    hours: float = 0.0
    rate: float | None = None
    amount: float | None = None
    note: str = ""
    faults: tuple[Message, ...] = ()
    total: bool = False


@dataclass(frozen=True, slots=True)
class InvoiceMatch:
    """A line of the invoice, its verdict, and the amount due for it.

    ``officer`` is the officer's id, "" if unknown. A line with several differences has the first as
    its verdict and the others in ``also``. ``hours`` are our hours for the line, and ``due`` is
    their cost at our rate, or at the agency's if we have none.
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
        """The dollars billed in excess of the amount due, or 0 if nothing is billed."""
        return round_cents(self.billed - self.due) if self.line.row else 0.0

    @property
    def approved(self) -> bool:
        """Whether our current hours for the line are approved."""
        return self.ours is not None and self.ours.status is HoursStatus.APPROVED


@dataclass(frozen=True, slots=True)
class InvoiceReview:
    """An invoice line by line, followed by our lines that it omits.

    ``stated`` is the total that the invoice states, if any.
    """

    matches: tuple[InvoiceMatch, ...]
    stated: float | None = None

    @property
    def billed(self) -> float:
        """The total of all lines."""
        return round(sum(match.billed for match in self.matches), 2)

    @property
    def due(self) -> float:
        """The amount due for what is billed, without our unbilled hours."""
        return round(sum(match.due for match in self.matches if match.line.row), 2)

    @property
    def unbilled(self) -> float:
        """The cost of our hours that are not billed."""
        return round(sum(match.due for match in self.matches if not match.line.row), 2)

    @property
    def differences(self) -> tuple[InvoiceMatch, ...]:
        """The lines that do not match."""
        return tuple(each for each in self.matches if each.verdict is not InvoiceVerdict.MATCHES)

    @property
    def counts(self) -> dict[InvoiceVerdict, int]:
        """The number of lines with each verdict, in the order of verdicts."""
        verdicts = [match.verdict for match in self.matches]
        return {each: verdicts.count(each) for each in InvoiceVerdict if each in verdicts}


def parse_invoice_day(text: str) -> date:
    """Read a day as agencies write it: in ISO 8601, or month first."""
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
    """One of our lines, and the invoice lines (by index) and hours billed for it so far."""

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

    A line is matched with the officer's turn that begins on its day, or began the day before and
    lasted past midnight. Several lines may be parts of one turn. Only officers of the ``agency``
    count, which by default is the agency of all officers on the invoice, if it is the same. The
    amount due follows from our hours and our rate.
    """
    lines = tuple(lines)
    comparison = _Comparison(project, ours, agency or _find_common_agency(project, lines))
    matches, stated = comparison.match(lines)
    return InvoiceReview((*matches, *comparison.list_unbilled()), stated)


def _find_common_agency(project: Project, lines: Iterable[InvoiceLine]) -> str:
    """Return the agency of all officers on an invoice, or "" if there are several."""
    names = OfficerNames(project)
    officers = {names.find(text) for text in {line.officer for line in lines}} - {""}
    agencies = {find_officer_agency(project, officer) for officer in officers}
    return agencies.pop() if len(agencies) == 1 else ""


class _Comparison:
    """The state of a comparison: our lines, and what was billed for each so far."""

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
        """Return the match of each line, in order, and the total that the invoice states."""
        totals = [line.amount for line in lines if line.total]
        lines, stated = [line for line in lines if not line.total], totals[-1] if totals else None
        matches: dict[int, InvoiceMatch] = {}
        open_lines: list[tuple[int, InvoiceLine, str]] = []
        for index, line in enumerate(lines):
            officer = self._names.find(line.officer) if line.officer else ""
            verdict = self._judge_without_hours(line, officer)
            if verdict is None:
                open_lines.append((index, line, officer))
            else:
                matches[index] = InvoiceMatch(line, verdict, officer, billed=_billed(line, None))
        assigned: dict[int, _Billing] = {}
        for exact in (True, False):
            for index, line, officer in open_lines:
                billing = None if index in assigned else self._choose(line, officer, exact=exact)
                if billing is not None:
                    billing.parts.append(index)
                    billing.billed_h += line.hours
                    assigned[index] = billing
        our_hours = {index: line.hours for index, line, _ in open_lines}
        for billing in self._billings:
            our_hours |= _distribute_hours(billing, lines)
        for index, line, officer in open_lines:
            matches[index] = self._judge(line, officer, assigned.get(index), our_hours[index])
        return [matches[index] for index in sorted(matches)], stated

    def list_unbilled(self) -> Iterator[InvoiceMatch]:
        """Yield our lines with hours that were not billed at all."""
        for billing in self._billings:
            line = billing.ours
            if billing.parts or line.hours <= 0 or self._agency not in ("", line.agency):
                continue
            omitted, verdict = InvoiceLine(0, line.day), InvoiceVerdict.NOT_BILLED
            due = line.amount or 0.0
            yield InvoiceMatch(
                omitted, verdict, line.officer, line.hours, line.rate, due, 0.0, line
            )

    def _judge_without_hours(self, line: InvoiceLine, officer: str) -> InvoiceVerdict | None:
        """Return the verdict on a line that does not depend on our hours, or None."""
        if line.faults or line.day is None:
            return InvoiceVerdict.UNREADABLE
        if not officer:
            return InvoiceVerdict.UNKNOWN_OFFICER
        if line.hours <= 0 or (line.amount or 0) < 0:
            return InvoiceVerdict.CREDIT
        other = find_officer_agency(self._project, officer) != self._agency
        return InvoiceVerdict.OTHER_AGENCY if self._agency and other else None

    def _choose(self, line: InvoiceLine, officer: str, *, exact: bool) -> _Billing | None:
        """Return our line for an invoice line: with the same hours, or else with hours left."""
        assert line.day is not None
        near = self._by_day.get((officer, line.day), ())
        candidates = [each for each in near if not each.parts] if exact else near
        same = (each for each in candidates if _same_hours(each.left_h, line.hours))
        found = next(same, None)
        if found is not None or exact:
            return found
        unused = [each for each in near if not each.parts and each.ours.day == line.day]
        partly_billed = [each for each in near if each.left_h > _SAME_HOURS]
        return min(
            unused or partly_billed, key=lambda each: abs(each.left_h - line.hours), default=None
        )

    def _judge(
        self, line: InvoiceLine, officer: str, billing: _Billing | None, hours: float
    ) -> InvoiceMatch:
        """Return the match of an invoice line with our line, or with none if none is left."""
        if billing is None:
            assert line.day is not None
            twice = bool(self._by_day.get((officer, line.day)))
            verdict = InvoiceVerdict.BILLED_TWICE if twice else InvoiceVerdict.NOT_SCHEDULED
            return InvoiceMatch(line, verdict, officer, billed=_billed(line, None))
        ours, rate = billing.ours, billing.ours.rate
        verdicts: list[InvoiceVerdict] = []
        if ours.worked is None and ours.status is HoursStatus.UNCONFIRMED:
            verdicts.append(InvoiceVerdict.NOT_CONFIRMED)
        elif ours.worked is None or ours.status is HoursStatus.ABSENT:
            verdicts.append(InvoiceVerdict.NOT_WORKED)
        elif not _same_hours(ours.hours, billing.billed_h):
            verdicts.append(InvoiceVerdict.HOURS_DIFFER)
        if rate is not None and line.rate is not None and abs(rate - line.rate) > _SAME_CENTS:
            verdicts.append(InvoiceVerdict.RATE_DIFFERS)
        stated, product = line.amount, multiply_rate(line.hours, line.rate)
        if None not in (stated, product) and abs((stated or 0) - (product or 0)) > 2 * _SAME_CENTS:
            verdicts.append(InvoiceVerdict.AMOUNT_DIFFERS)
        elif line.rate is None and rate is not None and stated is not None and not verdicts:
            expected = multiply_rate(line.hours, rate) or 0.0
            if abs(expected - stated) > 2 * _SAME_CENTS:
                verdicts.append(InvoiceVerdict.RATE_DIFFERS)
        due_rate = rate if rate is not None else line.rate
        if due_rate is None and line.amount is not None and line.hours:
            due_rate = line.amount / line.hours
        hours = round_cents(hours)
        return InvoiceMatch(
            line,
            verdicts[0] if verdicts else InvoiceVerdict.MATCHES,
            officer,
            hours,
            rate,
            multiply_rate(hours, due_rate) or 0.0,
            _billed(line, rate),
            ours,
            tuple(verdicts[1:]),
        )


def _distribute_hours(billing: _Billing, lines: Sequence[InvoiceLine]) -> dict[int, float]:
    """Return our hours by index of the lines billed for them; the last line gets the rest."""
    shares, rest = {}, billing.ours.hours
    for index in billing.parts[:-1]:
        shares[index] = min(rest, lines[index].hours)
        rest -= shares[index]
    return shares | dict.fromkeys(billing.parts[-1:], rest)


def _same_hours(one: float, other: float) -> bool:
    return abs(one - other) <= _SAME_HOURS + 1e-9


def _billed(line: InvoiceLine, rate: float | None) -> float:
    """Return a line's dollars: its amount, or its hours at its rate, or at ours."""
    if line.amount is not None:
        return round_cents(line.amount)
    return multiply_rate(line.hours, line.rate if line.rate is not None else rate) or 0.0


def read_invoice_line(row: int, cells: Mapping[str, str]) -> InvoiceLine:
    """Return a line from its cells by our columns; ``faults`` say what cannot be read."""
    line = InvoiceLine(row, officer=cells.get("officer", ""), note=cells.get("note", ""))
    day_text = cells.get("day", "")
    is_incomplete = not day_text or not line.officer
    total = is_incomplete and any("total" in text.casefold() for text in cells.values())
    total |= not day_text and not line.officer
    faults: list[Message] = []
    numbers: dict[str, float] = {}
    for name in ("hours", "rate", "amount"):
        if cells.get(name):
            try:
                numbers[name] = parse_invoice_number(cells[name])
            except UserError as error:
                faults.append(error.to_message())
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
        faults.append(error.to_message())
    if not line.officer:
        faults.append(Message("invoice_without", what="officer"))
    if "hours" not in numbers and not faults:
        faults.append(Message("invoice_without", what="hours"))
    return replace(line, faults=tuple(faults))
