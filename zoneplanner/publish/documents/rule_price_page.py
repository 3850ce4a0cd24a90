"""One page for a board: what each rule of a plan costs, and drive against even loads."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from zoneplanner.publish.audience import redact_for_audience
from zoneplanner.publish.handout import Handout, PrintedProof
from zoneplanner.publish.pdf.canvas import LATE, QUIET
from zoneplanner.publish.pdf.charts import ChartPoint, draw_range_chart
from zoneplanner.publish.pdf.page import Booklet, BookletPage, PageWriter
from zoneplanner.publish.pdf.table import PrintedColumn, PrintedTable, draw_table
from zoneplanner.publish.summaries import describe_plan_problems

_CHART_PT, _ROW_PT = 250.0, 15.0
_READER = "the board"
_MOST_ROWS, _NOTHING_MIN = 16, 0.05
_COLUMNS = (
    PrintedColumn("Rule", 0.40, bold=True),
    PrintedColumn("Shortest drive without it", 0.20, "right"),
    PrintedColumn("What it costs", 0.18, "right"),
    PrintedColumn("Proven", 0.22, "right"),
)
_DEFINITIONS = (
    "Drive is the minutes that patrols drive on a school day, one "
    "way from each zone's post for every "
    "visit and call. The search was repeated without each rule; a rule's cost is "
    "how much more this plan drives than that one, in percent of what this plan drives. "
    "Proven shows the true price, or its range if the search had not ended. In the "
    "chart, the gray band is between the best drive found and the least that is "
    "proven: no plan is "
    "below it."
)
_WEIGHED_COLUMNS = (_COLUMNS[0], replace(_COLUMNS[1], title="Lowest without it"), *_COLUMNS[2:])
_WEIGHED_DEFINITIONS = (
    "The search weighed other goals besides the drive, such as moving few students, and counted "
    "them as minutes. Each figure on this page combines the drive on a school day with "
    "these goals, so a rule's cost includes more than driving. The search was repeated "
    "without each rule; a rule's cost is how much higher this plan's figure is, in percent of "
    "it. Proven shows the true price, or its range if the search had not ended. In "
    "the chart, the gray band is between the best figure found and the least that "
    "is "
    "proven: no plan is below it."
)
_DRIVE_ALONE = (
    "The proof covers only the drive and the tolerance at the expected demand. It does not check:"
)
_RAISED_SCALE = " Its scale does not begin at 0."
_BELOW_NOTHING = (
    " A price is below 0 because, without jurisdiction lines, loads have to be "
    "even among all zones instead of among those of an agency, and that costs more "
    "than the lines do."
)


@dataclass(frozen=True, slots=True)
class PrintedPrice:
    """A rule, the least drive without it, its price, and between what the price is proven to be.

    Figures are trip-minutes a day; None where no plan without the rule was found.
    """

    name: str
    cost_without: float | None
    price: float | None
    least: float | None
    most: float | None


@dataclass(frozen=True, slots=True)
class RulePrices:
    """What the page says: the proof in words, a line a rule, and the points of the chart.

    Points are tolerance in percent, drive of the best plan found and what none is below.
    ``certificate`` is the file that proves the plan, None without one. Where other
    goals were weighed, ``weighed_cost`` is the drive and these together, as all other figures
    are but ``cost``, which is the drive alone.
    """

    proof: str
    cost: float
    prices: Sequence[PrintedPrice]
    frontier: Sequence[ChartPoint]
    certificate: PrintedProof | None = None
    weighed_cost: float | None = None


def build_price_page(handout: Handout, found: RulePrices) -> Booklet:
    """Return what the rules of a plan cost as one page."""
    shown = redact_for_audience(handout)
    title = f"What the rules of “{shown.plan.name}” cost"
    page = BookletPage(partial(_page, found=found), "Prices", reader=_READER)
    return Booklet(shown, title, [page])


def format_price_range(least: float | None, most: float | None) -> str:
    """Write between what a price is proven to be; one figure where both are alike."""
    if least is None or most is None:
        return "–"
    low, high = f"{least:,.1f}".replace("-", "−"), f"{most:,.1f}".replace("-", "−")
    return low if low == high else f"{low} to {high}"


def _page(sheet: PageWriter, *, found: RulePrices) -> None:
    plan = sheet.handout.plan
    title = f"{sheet.handout.project.name}: what the rules of “{plan.name}” cost"
    top = sheet.top - 15
    sheet.text(sheet.left, top, title, size=17, least=11, bold=True, role="H1")
    whole = found.cost if found.weighed_cost is None else found.weighed_cost
    said = (
        f"{found.proof} Patrols drive {found.cost:,.1f} minutes "
        "per school day under this plan.".strip()
    )
    if found.weighed_cost is not None:
        said += f" The drive and the other goals of its search add up to {whole:,.1f}."
    top = sheet.paragraph(sheet.left, top - 7, said, size=9.5)
    if told := describe_plan_problems(sheet.handout):
        top = sheet.paragraph(sheet.left, top - 4, told, size=8.5, color=LATE)
    top -= 22
    sheet.text(
        sheet.left,
        top,
        "The price of each rule, in minutes per school day",
        size=10.5,
        bold=True,
        role="H2",
    )
    shown = found.prices[:_MOST_ROWS]
    rows = tuple(
        (
            each.name,
            "no plan" if each.cost_without is None else f"{each.cost_without:,.1f}",
            _format_price(each.price, whole),
            format_price_range(each.least, each.most),
        )
        for each in shown
    )
    columns = _COLUMNS if found.weighed_cost is None else _WEIGHED_COLUMNS
    top = draw_table(sheet, PrintedTable(columns, rows, size=8.5, row_pt=_ROW_PT), top - 6)
    if len(shown) < len(found.prices):
        rest = f"and {len(found.prices) - len(shown)} more rules"
        sheet.text(sheet.left, top - 10, rest, size=8, color=QUIET)
        top -= 12
    top -= 18
    notes = _DEFINITIONS if found.weighed_cost is None else _WEIGHED_DEFINITIONS
    if len(found.frontier) > 1:
        least = "Least drive" if found.weighed_cost is None else "Least drive and other goals"
        title = f"{least} per school day, in minutes, by allowed load deviation"
        said = "; ".join(
            f"±{point.x:g}%: {point.high:,.0f}, at least {point.low:,.0f}"
            for point in found.frontier
        )
        with sheet.figure(f"{title}: {said}.") as canvas:
            frame = (sheet.left, top - _CHART_PT, sheet.right, top)
            floor = draw_range_chart(
                canvas, frame, found.frontier, title=title, marked=100 * plan.tolerance
            )
        notes += _RAISED_SCALE if floor > 0 else ""
    if any(each.price is not None and each.price < -_NOTHING_MIN for each in shown):
        notes += _BELOW_NOTHING
    foot = sheet.bottom + 50
    if found.certificate:
        proof = f"Proof of the plan (SHA-256 of its certificate): {found.certificate.sha256}"
        sheet.text(sheet.left, foot + 8, proof, size=6.5, least=5, room=sheet.room)
        if found.certificate.unchecked:
            notes = f"{_DRIVE_ALONE} {'; '.join(found.certificate.unchecked)}. {notes}"
    sheet.paragraph(sheet.left, foot, notes, size=6.5, color=QUIET)


def _format_price(price: float | None, cost: float) -> str:
    if price is None:
        return "–"
    if abs(price) < _NOTHING_MIN:
        return "nothing"
    share = f" ({price / cost:+.1%})" if cost > 0 else ""
    return f"{price:+,.1f}{share}".replace("-", "−")
