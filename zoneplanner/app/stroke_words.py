"""What a gesture over the map did and what stays, in whole sentences."""

from collections import Counter
from collections.abc import Collection

from zoneplanner.app.strokes import AssignmentStroke, RefusalCause, StrokeRefusal, StrokeTarget

_MOST_LOCKS = 2


def name_stroke(aim: StrokeTarget, stroke: AssignmentStroke) -> str:
    """Name what a stroke takes: a site by its name, more by their number."""
    names = []
    if stroke.sites:
        names.append(_sites_words(aim, stroke.sites))
    if stroke.blocks:
        only = next(iter(stroke.blocks))
        names.append(f"block {only}" if len(stroke.blocks) == 1 else f"{len(stroke.blocks)} blocks")
    return " and ".join(names)


def describe_stroke(aim: StrokeTarget, stroke: AssignmentStroke) -> str:
    """Say in whole sentences what a stroke did, and what stays and why."""
    done = name_stroke(aim, stroke)
    one = len(stroke.sites) + len(stroke.blocks) == 1
    first = f"{done[:1].upper()}{done[1:]} {'is' if one else 'are'} now in {aim.zone}."
    return " ".join(part for part in (first if done else "", explain_refusals(aim, stroke)) if part)


def explain_refusals(aim: StrokeTarget, stroke: AssignmentStroke) -> str:
    """Say which sites and blocks stay and why; what the filter leaves out only where all is."""
    ruled = [stay for stay in stroke.stays.values() if stay.cause is not RefusalCause.FILTERED]
    if not ruled and not stroke.takes and stroke.stays:
        return f"Nothing moves: only {aim.source.text} is taken, as the filter says."
    if not ruled and not stroke.takes:
        return f"All of it is in {aim.zone} already." if stroke.met else ""
    if len(ruled) == 1:
        return ruled[0].text
    kinds = ((True, "site"), (False, "block"))
    counted = (_count_refusals(ruled, name, is_site=is_site) for is_site, name in kinds)
    locks = list(dict.fromkeys(stay.lock for stay in ruled if stay.lock))
    rest = len(locks) - _MOST_LOCKS
    more = f"{rest} more {'lock is' if rest == 1 else 'locks are'} under Locks." if rest > 0 else ""
    return " ".join(text for text in (*counted, *locks[:_MOST_LOCKS], more) if text)


def _count_refusals(stays: Collection[StrokeRefusal], name: str, *, is_site: bool) -> str:
    own = [stay for stay in stays if stay.is_site is is_site]
    if not own:
        return ""
    whole = _count(len(own), name, "stays", "stay")
    reasons = Counter(
        ("are locked", "is locked")
        if stay.cause is RefusalCause.LOCKED
        else (f"lie in {stay.where}", f"lies in {stay.where}")
        for stay in own
    )
    if len(reasons) == 1:
        return f"{whole}: they {next(iter(reasons))[0]}."
    parts = (f"{n} {one if n == 1 else many}" for (many, one), n in reasons.items())
    return f"{whole}: {', '.join(parts)}."


def _count(n: int, name: str, one: str, many: str) -> str:
    return f"{n} {name} {one}" if n == 1 else f"{n} {name}s {many}"


def _sites_words(aim: StrokeTarget, sites: frozenset[str]) -> str:
    only = next(iter(sites))
    return aim.project.sites[only].name if len(sites) == 1 else f"{len(sites)} sites"
