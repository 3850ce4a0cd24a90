"""The page for today always fits on one sheet and counts what it leaves out."""

import io
from datetime import UTC, datetime

from pypdf import PdfReader
from sentences import says

from zoneplanner.domain.locale_formats import US_FORMATS
from zoneplanner.messages import Message
from zoneplanner.publish.documents.day_roster import (
    PrintedGroup,
    PrintedLine,
    fit_groups,
    render_today_page,
)


def build_group(name: str, count: int) -> PrintedGroup:
    return name, [PrintedLine(f"{name} {at}", "detail", urgent=at == 0) for at in range(count)]


def test_long_groups_are_shortened_with_a_count() -> None:
    short, long = fit_groups([build_group("Open", 3), build_group("Due", 90)], 500.0)
    assert len(short[1]) == 3, "a short group gave way to a long one"
    cut = long[1]
    assert cut[-1].text == str(Message("today_page.more", n=90 - (len(cut) - 1)))
    assert cut[-2].text == f"Due {len(cut) - 2}"


def test_all_groups_fit_on_one_page() -> None:

    groups = [build_group(name, 40) for name in ("Open", "Out", "Bells", "Events", "Due", "Hours")]
    made = render_today_page(
        *("Friday, November 27", "San Juan. 6 of 7.", groups),
        author="San Juan",
        printed_at=datetime(2026, 11, 27, 6, tzinfo=UTC),
        formats=US_FORMATS,
    )
    pages = PdfReader(io.BytesIO(made)).pages
    text = pages[0].extract_text()
    assert len(pages) == 1
    assert all(name in text for name in ("Open", "Out", "Bells", "Events", "Due", "Hours"))


def test_long_names_and_details_wrap_over_several_lines() -> None:
    name = "Corrective action: rekey the south gate of Thomas Edison Language Institute K-8 campus"
    fact = (
        "assigned to the Maintenance and Operations department of the district, due by December 4"
    )
    made = render_today_page(
        *("Friday, November 27", "San Juan. 6 of 7.", [("Due", [PrintedLine(name, fact)] * 90)]),
        author="San Juan",
        printed_at=datetime(2026, 11, 27, 6, tzinfo=UTC),
        formats=US_FORMATS,
    )
    (page,) = PdfReader(io.BytesIO(made)).pages
    text = " ".join(page.extract_text().split())
    printed = text.count("Corrective action")
    assert "…" not in text and 10 < printed < 45
    assert says(text, "today_page.more", n=str(90 - printed))
    assert all(text.count(part) == printed for part in ("K-8 campus", "by December 4"))
