"""How wide the columns of a table are in the room that it has."""

from collections.abc import Sequence

_LEAST_KEY_PX, _LEAST_SOFT_PX, _LEAST_SHARE = 160, 110, 0.66
_MOST_SHARE = 0.8


def fit_column_widths(widths: Sequence[int], soft: Sequence[bool], room_px: int) -> list[int]:
    """Return widths with which the room ends at the edge of a column.

    Columns that are ``soft``, those of text, give way so that as many as can be are seen whole,
    the first of them, which names the row, least. Where all fit, they share what is left.
    """
    if sum(widths) <= room_px:
        return _filled(widths, soft, room_px)
    key = next((at for at, gives in enumerate(soft) if gives), -1)
    least = [
        min(width, max(_LEAST_KEY_PX if at == key else _LEAST_SOFT_PX, round(width * _LEAST_SHARE)))
        if gives
        else width
        for at, (width, gives) in enumerate(zip(widths, soft, strict=True))
    ]
    seen = 0
    while seen < len(least) and sum(least[: seen + 1]) <= room_px:
        seen += 1
    over = sum(widths[:seen]) - room_px
    give = sum(widths[:seen]) - sum(least[:seen])
    if over <= 0 or give <= 0:
        return list(widths)
    share = over / give
    return [
        round(width - (width - low) * share) if at < seen else width
        for at, (width, low) in enumerate(zip(widths, least, strict=True))
    ]


def _filled(widths: Sequence[int], soft: Sequence[bool], room_px: int) -> list[int]:
    """Give the columns of text what is left, by their widths, up to where a row falls apart."""
    text = sum(width for width, gives in zip(widths, soft, strict=True) if gives)
    left = min(room_px - sum(widths), round(text * _MOST_SHARE))
    if not text:
        return list(widths)
    filled = [
        width + left * width // text if gives else width
        for width, gives in zip(widths, soft, strict=True)
    ]
    filled[list(soft).index(True)] += sum(widths) + left - sum(filled)
    return filled
