"""Tables of the log that others wrote: which column is which, what doubtful times mean, a preview.

Headings that are ours are taken as they stand; else a profile or likeness tells which is which.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from zoneplanner.app.import_entries import TABLES, Layout
from zoneplanner.app.import_map import MapAsked, mapping_of, profiles_of
from zoneplanner.app.imported import LIKENESS
from zoneplanner.domain.clock import REFUSED, LocalTimes
from zoneplanner.errors import UserError
from zoneplanner.exchange.likeness import TARGETS
from zoneplanner.exchange.mapped import Mapped
from zoneplanner.exchange.profiles import likely_profile
from zoneplanner.exchange.tables import Row, Table, read_table

SHOWN = 20


@dataclass(frozen=True, eq=False, slots=True)
class LogTable:
    """A table of one kind of entries. ``how`` is None where its headings are ours."""

    table: Table
    layout: Layout
    how: Mapped | None
    asked: MapAsked

    @property
    def mapping(self) -> Mapping[str, tuple[str, ...]]:
        """The columns of the file that each of ours is read from."""
        if self.how is None:
            return {name: (name,) for name in self.layout.columns if name in self.table.columns}
        return {**self.how.columns, **self.how.profile.joined}

    @property
    def ignored(self) -> tuple[str, ...]:
        """The columns of the file that nothing is read from."""
        used = {column for own in self.mapping.values() for column in own}
        wanted = self.how.only if self.how is not None else ()
        return tuple(name for name in self.table.columns if name not in {*used, *wanted})

    def times(self, time_zone: str) -> LocalTimes:
        """Return what reads the table's times."""
        profile = self.how.profile if self.how is not None else None
        clocks = self.asked.clocks
        if clocks == REFUSED and profile is not None:
            clocks = profile.clocks
        return LocalTimes(time_zone, forms=profile.times if profile else (), changes=clocks)

    def rows(self) -> Iterator[Row | None]:
        """Yield the rows by our columns; None for one that is not wanted."""
        how = self.how
        if how is None:
            yield from self.table.rows()
            return
        names = tuple(self.mapping)
        for row in replace(self.table, ignored=()).rows():
            if row.fault:
                yield row
                continue
            if how.why_left_out(row.cells):
                yield None
                continue
            try:
                cells = {name: how.cell(row.cells, name) for name in names}
            except UserError as error:
                yield Row(row.row, {}, error.message)
                continue
            yield Row(row.row, {name: text for name, text in cells.items() if text})


@dataclass(frozen=True, eq=False, slots=True)
class LogPreview:
    """What a table would be read as: its headings, our columns of it, and its first rows by them.

    ``profile`` is the id of the profile that told it, ``likeness`` or, for our headings, empty.
    ``lines`` is about how many rows there are.
    """

    headings: tuple[str, ...]
    mapping: Mapping[str, tuple[str, ...]]
    ignored: tuple[str, ...]
    profile: str
    rows: tuple[Mapping[str, str], ...]
    lines: int
    how: str


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
        raise UserError("A table of the log has no layers, coordinates or blocks; leave them out.")
    table = read_table(asked.path, known=layout.columns, needed=())
    ours = all(name in table.columns for name in layout.needed)
    said = bool(asked.profile or asked.columns or asked.only)
    if asked.kind not in TARGETS:
        if said:
            raise UserError(f"The columns of {asked.kind} cannot be named; use our headings.")
        table = read_table(asked.path, known=layout.columns, needed=layout.needed)
        return LogTable(table, layout, None, asked)
    fits = likely_profile(profiles_of(asked.kind), table.columns, asked.kind)
    if ours and not said and fits is None:
        return LogTable(table, layout, None, asked)
    return LogTable(table, layout, mapping_of(asked, table.columns), asked)


def preview(asked: MapAsked, *, rows: int = SHOWN) -> LogPreview:
    """Return what a table would be read as, for a person to look at; nothing is checked yet."""
    found = log_table(asked)
    first = [row.cells for row in islice(found.rows(), rows) if row is not None]
    profile = "" if found.how is None else found.how.profile.id or LIKENESS
    return LogPreview(
        headings=found.table.columns,
        mapping=found.mapping,
        ignored=found.ignored,
        profile=profile,
        rows=tuple(first),
        lines=found.table.lines,
        how=found.table.words,
    )
