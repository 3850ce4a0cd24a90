"""A project's rules for paid hours: rates, funds and rounding."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from zoneplanner.domain.log.hours_entries import LARGEST_RATE, PAY_CODES, WorkedHours
from zoneplanner.domain.roster.shift import Shift
from zoneplanner.errors import UserError

_MAX_ROUNDING_MIN, _MAX_CALL_BACK_H = 60, 12
_FISCAL_MONTH = 7


@dataclass(frozen=True, slots=True)
class PayRate:
    """An agency's hourly rate from a day on, for one pay code or for all others if ""."""

    agency: str
    first: date
    usd_per_h: float
    pay_code: str = ""


@dataclass(frozen=True, slots=True)
class HoursRules:
    """How worked time becomes paid hours and dollars.

    Time is rounded to multiples of ``round_min`` minutes (0: no rounding), and a callback is paid
    for at least ``call_back_min_h``. ``funds`` says who pays by assignment, unit or agency, the
    most specific first; ``fund`` pays for everything else.
    """

    round_min: float = 0.0
    call_back_min_h: float = 0.0
    fund: str = ""
    funds: Mapping[str, str] = field(default_factory=dict)
    rates: tuple[PayRate, ...] = ()

    def pay_hours(self, worked: WorkedHours) -> float:
        """Return the hours to be paid, without breaks, rounded, and at least the minimum."""
        if worked.absent:
            return 0.0
        minutes = (worked.ended_at - worked.began_at).total_seconds() / 60 - (worked.break_min or 0)
        if self.round_min:
            steps = Decimal(minutes / self.round_min).quantize(Decimal(1), ROUND_HALF_UP)
            minutes = float(steps) * self.round_min
        least = self.call_back_min_h if worked.pay_code == "call_back" else 0.0
        return round_cents(max(minutes / 60, least, 0.0))

    def find_rate(self, agency: str, day: date, pay_code: str) -> float | None:
        """Return an agency's hourly rate on a day, or None if no rate is set."""
        rates = [
            rate
            for rate in self.rates
            if rate.agency == agency and rate.first <= day and rate.pay_code in ("", pay_code)
        ]
        latest = max(rates, key=lambda rate: (rate.pay_code, rate.first), default=None)
        return latest.usd_per_h if latest is not None else None

    def find_fund(self, shift: Shift | None, unit: str | None, agency: str) -> str:
        """Return who pays for a shift, or for work without one."""
        names = (shift.post if shift else None, unit, agency)
        return next((self.funds[name] for name in names if name and name in self.funds), self.fund)

    def with_rate(self, rate: PayRate) -> "HoursRules":
        """Return these rules with a rate added, or replaced by agency, first day and pay code."""
        if not 0 < rate.usd_per_h <= LARGEST_RATE:
            raise UserError("out_of_range.rate", rate=rate.usd_per_h, most=LARGEST_RATE)
        if rate.pay_code and rate.pay_code not in PAY_CODES:
            raise UserError(
                "unknown_choice", what="pay code", text=rate.pay_code, known=list(PAY_CODES)
            )
        key = (rate.agency, rate.first, rate.pay_code)
        others = [each for each in self.rates if (each.agency, each.first, each.pay_code) != key]
        rates = sorted([*others, rate], key=lambda each: (each.agency, each.first))
        return replace(self, rates=tuple(rates))

    def without_rate(self, rate: PayRate) -> "HoursRules":
        """Return these rules without a rate."""
        return replace(self, rates=tuple(other for other in self.rates if other != rate))

    def with_fund(self, name: str, fund: str) -> "HoursRules":
        """Return these rules with the fund of an assignment, unit or agency; "" removes it."""
        funds = {**self.funds, name: fund.strip()}
        return replace(self, funds={key: payer for key, payer in funds.items() if payer})

    def with_figures(self, *, round_min: float, call_back_min_h: float) -> "HoursRules":
        """Return these rules with another rounding and minimum for callbacks."""
        if not 0 <= round_min <= _MAX_ROUNDING_MIN:
            raise UserError("out_of_range.rounding", minutes=round_min, most=_MAX_ROUNDING_MIN)
        if not 0 <= call_back_min_h <= _MAX_CALL_BACK_H:
            raise UserError("out_of_range.call_back", hours=call_back_min_h, most=_MAX_CALL_BACK_H)
        return replace(self, round_min=round_min, call_back_min_h=call_back_min_h)


def find_fiscal_year_start(day: date) -> date:
    """Return July 1 of the fiscal year of a day, when contracts usually begin."""
    return date(day.year - (day.month < _FISCAL_MONTH), _FISCAL_MONTH, 1)


def round_cents(value: float) -> float:
    """Round an amount or a number of hours half up to a hundredth."""
    return float(Decimal(repr(value)).quantize(Decimal("0.01"), ROUND_HALF_UP))


def multiply_rate(hours: float, rate: float | None) -> float | None:
    """Return the cost of hours in dollars, to the cent, or None without a rate."""
    if rate is None:
        return None
    amount = Decimal(repr(hours)) * Decimal(repr(rate))
    return float(amount.quantize(Decimal("0.01"), ROUND_HALF_UP))
