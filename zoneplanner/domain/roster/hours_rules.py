"""What hours cost and who pays for them: rates, funds, rounding; a setting of the project."""

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
    """What an agency charges for an hour from a day on; of one pay code, or of any other."""

    agency: str
    first: date
    usd_per_h: float
    pay_code: str = ""


@dataclass(frozen=True, slots=True)
class HoursRules:
    """How worked time becomes paid hours and dollars.

    ``round_min`` rounds to the nearest so many minutes (0: to the minute); a callback is paid for
    ``call_back_min_h`` at least. ``funds`` names who pays by assignment, unit or agency, the most
    particular first; ``fund`` pays for all else.
    """

    round_min: float = 0.0
    call_back_min_h: float = 0.0
    fund: str = ""
    funds: Mapping[str, str] = field(default_factory=dict)
    rates: tuple[PayRate, ...] = ()

    def pay_hours(self, worked: WorkedHours) -> float:
        """Return the hours to be paid, to a hundredth: breaks off, rounded, not below a minimum."""
        if worked.absent:
            return 0.0
        minutes = (worked.ended_at - worked.began_at).total_seconds() / 60 - (worked.break_min or 0)
        if self.round_min:
            steps = Decimal(minutes / self.round_min).quantize(Decimal(1), ROUND_HALF_UP)
            minutes = float(steps) * self.round_min
        least = self.call_back_min_h if worked.pay_code == "call_back" else 0.0
        return round_cents(max(minutes / 60, least, 0.0))

    def find_rate(self, agency: str, day: date, pay_code: str) -> float | None:
        """Return what an agency charges for an hour on a day; None where no rate is set."""
        known = [one for one in self.rates if one.agency == agency and one.first <= day]
        for code in (pay_code, ""):
            own = [one for one in known if one.pay_code == code]
            if own:
                return max(own, key=lambda one: one.first).usd_per_h
        return None

    def find_fund(self, shift: Shift | None, unit: str | None, agency: str) -> str:
        """Return who pays for a shift, or for work without one."""
        names = (shift.post if shift else None, unit, agency)
        return next((self.funds[name] for name in names if name and name in self.funds), self.fund)

    def with_rate(self, rate: PayRate) -> "HoursRules":
        """Return these rules with a rate; it replaces that of the same agency, day and code."""
        if not 0 < rate.usd_per_h <= LARGEST_RATE:
            raise UserError("out_of_range.rate", rate=rate.usd_per_h, most=LARGEST_RATE)
        if rate.pay_code and rate.pay_code not in PAY_CODES:
            raise UserError(
                "unknown_choice", what="pay code", text=rate.pay_code, known=list(PAY_CODES)
            )
        key = (rate.agency, rate.first, rate.pay_code)
        kept = [one for one in self.rates if (one.agency, one.first, one.pay_code) != key]
        return replace(
            self, rates=tuple(sorted([*kept, rate], key=lambda one: (one.agency, one.first)))
        )

    def without_rate(self, rate: PayRate) -> "HoursRules":
        """Return these rules without a rate."""
        return replace(self, rates=tuple(one for one in self.rates if one != rate))

    def with_fund(self, name: str, fund: str) -> "HoursRules":
        """Return these rules with the fund of an assignment, unit or agency; "" takes it out."""
        funds = {**self.funds, name: fund.strip()}
        return replace(self, funds={key: own for key, own in funds.items() if own})

    def with_figures(self, *, round_min: float, call_back_min_h: float) -> "HoursRules":
        """Return these rules with another rounding and minimum."""
        if not 0 <= round_min <= _MAX_ROUNDING_MIN:
            raise UserError("out_of_range.rounding", minutes=round_min, most=_MAX_ROUNDING_MIN)
        if not 0 <= call_back_min_h <= _MAX_CALL_BACK_H:
            raise UserError("out_of_range.call_back", hours=call_back_min_h, most=_MAX_CALL_BACK_H)
        return replace(self, round_min=round_min, call_back_min_h=call_back_min_h)


def find_fiscal_year_start(day: date) -> date:
    """Return July 1 of the fiscal year of a day, from which contracts usually hold."""
    return date(day.year - (day.month < _FISCAL_MONTH), _FISCAL_MONTH, 1)


def round_cents(value: float) -> float:
    """Return an amount or a number of hours to a hundredth, half of one upwards."""
    return float(Decimal(repr(value)).quantize(Decimal("0.01"), ROUND_HALF_UP))


def multiply_rate(hours: float, rate: float | None) -> float | None:
    """Return the dollars that hours cost, to the cent; None without a rate."""
    if rate is None:
        return None
    amount = Decimal(repr(hours)) * Decimal(repr(rate))
    return float(amount.quantize(Decimal("0.01"), ROUND_HALF_UP))
