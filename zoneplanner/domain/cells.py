"""Cells of tables that go out: text that no spreadsheet takes for a formula."""

_FORMULAS = ("=", "+", "-", "@")


def escape_formula(text: str) -> str:
    """Return a cell's text with a mark before it where a spreadsheet would run it.

    A number keeps its sign; ``exchange.tables.read_table`` takes the mark off again.
    """
    if not text or (text[0].isprintable() and not text.startswith(_FORMULAS)):
        return text
    return text if _is_number(text) else f"'{text}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text[0].isprintable()
