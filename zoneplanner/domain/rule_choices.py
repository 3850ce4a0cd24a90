"""What a district decided where the rules leave it a choice; kept in its project."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class DistrictRule:
    """A district's own rule: so many drills of a kind in each period at a level of the law."""

    kind: str
    level: str
    times: int
    per: str


@dataclass(frozen=True, slots=True)
class RuleChoices:
    """``followed`` is the citation of the text that is followed, by kind and level.

    An example of its keys is ``fire.intermediate``; without an entry the strictest text holds.
    ``days`` are the district's own figures of ``FollowUp``, by its fields; ``years`` how long it
    keeps records, by the name of their class.
    """

    followed: Mapping[str, str] = field(default_factory=dict)
    own: tuple[DistrictRule, ...] = ()
    days: Mapping[str, int] = field(default_factory=dict)
    years: Mapping[str, int] = field(default_factory=dict)
