"""A page for a board: what each rule of a plan costs, and driving against balanced loads."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from zoneplanner.messages import Message
from zoneplanner.publish.audience import redact_for_audience
from zoneplanner.publish.handout import Handout, PrintedProof
from zoneplanner.publish.pdf.canvas import LATE, QUIET
from zoneplanner.publish.pdf.charts import ChartPoint, draw_range_chart
from zoneplanner.publish.pdf.page import Booklet, BookletPage, PageWriter
from zoneplanner.publish.pdf.table import PrintedColumn, PrintedTable, draw_table
from zoneplanner.publish.summaries import describe_plan_problems

_CHART_PT, _ROW_PT = 250.0, 15.0
_READER = "the board"
_MAX_ROWS, _NO_PRICE_MIN = 16, 0.05
_COLUMNS = (
    PrintedColumn("Rule", 0.40, bold=True),
    PrintedColumn("Shortest drive without it", 0.20, "right"),
    PrintedColumn("What it costs", 0.18, "right"),
    PrintedColumn("Proven", 0.22, "right"),
)
_WEIGHED_COLUMNS = (_COLUMNS[0], replace(_COLUMNS[1], title="Lowest without it"), *_COLUMNS[2:])


@dataclass(frozen=True, slots=True)
class PrintedPrice:
    """A rule, the shortest drive without it, its price, and the range in which the price is proven.

    Figures are trip-minutes per day, or None if no plan without the rule was found.
    """

    name: str
    cost_without: float | None
    price: float | None
    least: float | None
    most: float | None


@dataclass(frozen=True, slots=True)
class RulePrices:
    """The page's content: what is proven, a line for each rule, and the points of the chart.

    Points are the tolerance in percent, the drive of the best plan found, and the drive that no
    plan is below. If other goals were weighed, ``weighed_cost`` is the drive together with these
    goals, as are all other figures except ``cost``, which is the drive only.
    """

    proof: Sequence[Message]
    cost: float
    prices: Sequence[PrintedPrice]
    frontier: Sequence[ChartPoint]
    certificate: PrintedProof | None = None
    weighed_cost: float | None = None


def build_price_page(handout: Handout, prices: RulePrices) -> Booklet:
    """Return a page with what the rules of a plan cost."""
    shown = redact_for_audience(handout)
    title = f"What the rules of “{shown.plan.name}” cost"
    page = BookletPage(partial(_draw_page, prices=prices), "Prices", reader=_READER)
    return Booklet(shown, title, [page])


def format_price_range(least: float | None, most: float | None) -> str:
    """Write the proven range of a price, or one figure if both ends look alike."""
    if least is None or most is None:
        return "–"
    low, high = f"{least:,.1f}".replace("-", "−"), f"{most:,.1f}".replace("-", "−")
    return low if low == high else f"{low} to {high}"


def _draw_page(sheet: PageWriter, *, prices: RulePrices) -> None:
    plan = sheet.handout.plan
    title = f"{sheet.handout.project.name}: what the rules of “{plan.name}” cost"
    top = sheet.top - 15
    sheet.text(sheet.left, top, title, size=17, least=11, bold=True, role="H1")
    cost = prices.cost if prices.weighed_cost is None else prices.weighed_cost
    weighed = "" if prices.weighed_cost is None else ".weighed"
    drive = Message(f"rule_prices.drive{weighed}", drive=prices.cost, cost=cost)
    text = sheet.handout.say(*prices.proof, drive)
    top = sheet.paragraph(sheet.left, top - 7, text, size=9.5)
    if problems := describe_plan_problems(sheet.handout):
        top = sheet.paragraph(sheet.left, top - 4, problems, size=8.5, color=LATE)
    top -= 22
    sheet.text(
        sheet.left,
        top,
        "The price of each rule, in minutes per school day",
        size=10.5,
        bold=True,
        role="H2",
    )
    shown = prices.prices[:_MAX_ROWS]
    rows = tuple(
        (
            price.name,
            "no plan" if price.cost_without is None else f"{price.cost_without:,.1f}",
            _format_price(price.price, cost),
            format_price_range(price.least, price.most),
        )
        for price in shown
    )
    columns = _COLUMNS if prices.weighed_cost is None else _WEIGHED_COLUMNS
    top = draw_table(sheet, PrintedTable(columns, rows, size=8.5, row_pt=_ROW_PT), top - 6)
    if len(shown) < len(prices.prices):
        rest = Message("rule_prices.more", n=len(prices.prices) - len(shown))
        sheet.text(sheet.left, top - 10, rest, size=8, color=QUIET)
        top -= 12
    top -= 18
    notes = [Message(f"rule_prices.definitions{weighed}")]
    if len(prices.frontier) > 1:
        title = str(Message(f"rule_prices.chart{weighed}"))
        text = "; ".join(
            f"±{point.x:g}%: {point.high:,.0f}, at least {point.low:,.0f}"
            for point in prices.frontier
        )
        with sheet.figure(f"{title}: {text}.") as canvas:
            frame = (sheet.left, top - _CHART_PT, sheet.right, top)
            floor = draw_range_chart(
                canvas, frame, prices.frontier, title=title, marked=100 * plan.tolerance
            )
        if floor > 0:
            notes.append(Message("rule_prices.raised_scale"))
    if any(price.price is not None and price.price < -_NO_PRICE_MIN for price in shown):
        notes.append(Message("rule_prices.below_zero"))
    notes_top = sheet.bottom + 50
    if prices.certificate:
        proof = Message("rule_prices.proof", hash=prices.certificate.sha256)
        sheet.text(sheet.left, notes_top + 8, proof, size=6.5, least=5, room=sheet.room)
        if unchecked := prices.certificate.unchecked:
            notes.insert(0, Message("rule_prices.unchecked", goals=unchecked))
    sheet.paragraph(sheet.left, notes_top, sheet.handout.say(*notes), size=6.5, color=QUIET)


def _format_price(price: float | None, cost: float) -> str:
    if price is None:
        return "–"
    if abs(price) < _NO_PRICE_MIN:
        return "nothing"
    share = f" ({price / cost:+.1%})" if cost > 0 else ""
    return f"{price:+,.1f}{share}".replace("-", "−")
