"""Tables of the log that others wrote: which column is which, what doubtful times mean.

Headings that are ours are taken as they stand; else a profile or likeness tells which is which.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from zoneplanner.app.import_entries import TABLES, Layout
from zoneplanner.app.import_map import MapAsked, mapping_of, profiles_of
from zoneplanner.domain.clock import ClockChanges, LocalTimes
from zoneplanner.errors import UserError
from zoneplanner.exchange.likeness import TARGETS
from zoneplanner.exchange.mapped import Mapped, MappedBlock
from zoneplanner.exchange.profiles import Profile, likely_profile
from zoneplanner.exchange.tables import Block, Row, Table, read_table


@dataclass(frozen=True, eq=False, slots=True)
class LogTable:
    """A table of one kind of entries; ``ours`` where its headings are ours and taken as such."""

    table: Table
    layout: Layout
    how: Mapped
    asked: MapAsked
    ours: bool = False

    @property
    def mapping(self) -> Mapping[str, tuple[str, ...]]:
        """The columns of the file that each of ours is read from."""
        return {**self.how.columns, **self.how.profile.joined}

    @property
    def clocks(self) -> ClockChanges:
        """What times mean that the change of the clocks makes doubtful."""
        told = self.asked.clocks
        return self.how.profile.clocks if told is None else told

    @property
    def ignored(self) -> tuple[str, ...]:
        """The columns of the file that nothing is read from."""
        used = {column for own in self.mapping.values() for column in own}
        return tuple(name for name in self.table.columns if name not in {*used, *self.how.only})

    def times(self, time_zone: str) -> LocalTimes:
        """Return what reads the table's times."""
        return LocalTimes(time_zone, forms=self.how.profile.times, changes=self.clocks)

    def blocks(self) -> Iterator[Block | MappedBlock]:
        """Yield the rows by our columns, many at a time."""
        if self.ours:
            return self.table.blocks()
        names, every = tuple(self.mapping), replace(self.table, ignored=())
        return (MappedBlock(block, self.how, names) for block in every.blocks())

    def rows(self) -> Iterator[Row | None]:
        """Yield the rows by our columns; None for one that is not wanted."""
        for block in self.blocks():
            yield from map(block.row, range(len(block.numbers)))


def log_table(asked: MapAsked) -> LogTable:
    """Read the heading of a table of the log and say which column is which.

    Raises
    ------
    UserError
        The file cannot be read, the profile is unknown or of another kind, or a column that is
        needed is not there.
    """
    layout = TABLES[asked.kind]
    if asked.layer or asked.crs or asked.instead:
        raise UserError(
            "A table of the log has no layers, coordinates or blocks; leave them out.",
            code="option_not_for_kind",
        )
    table = read_table(asked.path, known=layout.columns, needed=())
    ours = all(name in table.columns for name in layout.needed)
    said = bool(asked.profile or asked.columns or asked.only)
    if asked.kind not in TARGETS:
        if said:
            raise UserError(
                f"The columns of {asked.kind} cannot be named; use our headings.",
                code="option_not_for_kind",
            )
        table = read_table(asked.path, known=layout.columns, needed=layout.needed)
        return _as_it_stands(table, layout, asked)
    fits = likely_profile(profiles_of(asked.kind), table.columns, asked.kind)
    if ours and not said and fits is None:
        return _as_it_stands(table, layout, asked)
    return LogTable(table, layout, mapping_of(asked, table.columns), asked)


def _as_it_stands(table: Table, layout: Layout, asked: MapAsked) -> LogTable:
    columns = {name: (name,) for name in layout.columns if name in table.columns}
    how = Mapped(columns, Profile("", "Our own headings", asked.kind))
    return LogTable(table, layout, how, asked, ours=True)
