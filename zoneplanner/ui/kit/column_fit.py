"""How wide the columns of a table are in the room that it has."""

from collections.abc import Sequence

LEAST_SOFT_PX, LEAST_SHARE = 110, 0.66


def fitted(widths: Sequence[int], soft: Sequence[bool], room_px: int) -> list[int]:
    """Return widths with which the room ends at the edge of a column.

    Columns that are ``soft``, those of text, give way so that as many as can be are seen whole;
    where all fit, none does.
    """
    if sum(widths) <= room_px:
        return list(widths)
    least = [
        min(width, max(LEAST_SOFT_PX, round(width * LEAST_SHARE))) if gives else width
        for width, gives in zip(widths, soft, strict=True)
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
