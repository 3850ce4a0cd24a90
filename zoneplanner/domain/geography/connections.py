"""Which sites are neighbors although their land does not touch, and which are not although it does.

A ferry or a bridge joins two sites that water parts; a freeway without a crossing cuts two whose
land touches. Zones follow these pairs like borders.
"""

from dataclasses import dataclass

SitePair = tuple[str, str]
"""Two site ids in the order of their letters."""


@dataclass(frozen=True, slots=True)
class Connections:
    """Pairs of sites that a person joined or cut; all others follow the borders of their land."""

    joined: tuple[SitePair, ...] = ()
    cut: tuple[SitePair, ...] = ()

    def without(self, pair: SitePair) -> "Connections":
        """Return these without a pair, which follows the borders again."""
        return Connections(
            tuple(own for own in self.joined if own != pair),
            tuple(own for own in self.cut if own != pair),
        )
