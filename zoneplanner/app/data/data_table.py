"""A kind of the office's own data as a table of text, and how a row of it becomes an edit."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from zoneplanner.domain.clean_text import clean_name, clean_text
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

RowCells = Mapping[str, str]
"""The cells of one row by the name of their column; what is not known is empty."""


class CellKind(Enum):
    """What a cell holds; a form shows a field of that kind."""

    TEXT = auto()
    NOTE = auto()
    NUMBER = auto()
    YES_NO = auto()
    CHOICE = auto()
    LIST = auto()
    DAY = auto()
    CLOCK = auto()


@dataclass(frozen=True, slots=True)
class DataColumn:
    """A column: its name on the command line, its label on a form, and what it takes.

    ``list_choices`` are the words that a choice or a list takes, with how each reads. What is not
    ``shown`` on a form, or not ``typed`` into it, follows from other cells.
    """

    name: str
    label: str
    kind: CellKind = CellKind.TEXT
    required: bool = False
    about: str = ""
    list_choices: Callable[[Project], Mapping[str, str]] | None = None
    shown: bool = True
    typed: bool = True


@dataclass(frozen=True, slots=True)
class DataTable:
    """One kind of data.

    Attributes
    ----------
    kind, noun, plural
        The word on the command line, what one row is called, and the heading of them all.
    title
        The column that a row is called by.
    listed
        The columns that a list of rows shows beside it.
    read
        Returns the rows by id, in the order in which people read them.
    put
        Returns the project with one row as its complete cells say, known or new.
    remove
        Returns the project without a row; None where rows stay.
    grows
        True where a row can be added.
    begin
        Returns what the cells of a new row say before anybody fills them in.
    key
        What a new row's id is; None where that is what it is called.
    name_new
        Returns a new row's id where several rows are called the same.
    name_step
        Returns what the step that puts a row is called, where "Add" and "Change" do not say it.
    """

    kind: str
    noun: str
    plural: str
    title: str
    columns: Sequence[DataColumn]
    listed: Sequence[str]
    read: Callable[[Project], Mapping[str, RowCells]]
    put: Callable[[Project, str, RowCells], Project]
    remove: Callable[[Project, str], Project] | None = None
    grows: bool = True
    begin: Callable[[Project, str], RowCells] = lambda _project, _row: {}
    key: DataColumn | None = None
    name_new: Callable[[Project, str, RowCells], str] | None = None
    name_step: Callable[[Project, RowCells], str] | None = None

    def column(self, name: str) -> DataColumn:
        """Return a column by name; an unknown one is a UserError."""
        for column in self.columns:
            if column.name == name:
                return column
        known = [column.name for column in self.columns]
        raise UserError("unknown_data_column", kind=self.noun, name=name, known=known)

    def knows_row(self, project: Project, said: str) -> bool:
        """True where a row has that id or is called so."""
        wanted = said.casefold()
        rows = self.read(project)
        return said in rows or any(own[self.title].casefold() == wanted for own in rows.values())

    def find_new_id(self, project: Project, said: str, cells: RowCells) -> str:
        """Return the id of a new row; one that is there already is a UserError."""
        if self.name_new is not None:
            return self.name_new(project, said, cells)
        if self.knows_row(project, said):
            raise UserError("name_in_use.data_row", kind=self.noun, row=said)
        return said

    def find_row(self, project: Project, said: str) -> str:
        """Return the id of the row that a text means, by id or by what it is called."""
        rows = self.read(project)
        if said in rows:
            return said
        wanted = said.casefold()
        named = [key for key, cells in rows.items() if cells[self.title].casefold() == wanted]
        if len(named) != 1:
            near = [key for key, own in rows.items() if wanted in own[self.title].casefold()]
            raise UserError(
                "unknown_data_row.near" if near else "unknown_data_row",
                kind=self.noun,
                row=said,
                near=near[:5],
            )
        return named[0]

    def change_row(self, project: Project, row: str, cells: RowCells) -> Project:
        """Return the project with some cells of a row changed; other cells stay as they are.

        The very same project where nothing differs.

        Raises
        ------
        UserError
            A column is unknown, a cell that is needed is empty or follows from others, or what it
            says makes no sense.
        """
        known = self.read(project).get(row)
        before = known or self.begin_row(project, row)
        after = {**before, **{name: self._clean(name, text) for name, text in cells.items()}}
        if after == known:
            return project
        for column in self.columns:
            if column.required and not after[column.name]:
                raise UserError("data_cell_empty", name=column.label, kind=self.noun)
        changed = self.put(project, row, after)
        kept = self.read(changed).get(row, {}) if known else after
        for column in self.columns:
            said = column.name in cells and not (column.shown and column.typed)
            if said and kept.get(column.name) != after[column.name]:
                raise UserError("data_cell_follows", name=column.label, kind=self.noun)
        return changed

    def begin_row(self, project: Project, row: str) -> RowCells:
        """Return the cells of a new row with that id, complete."""
        blank = {column.name: "" for column in self.columns}
        return {**blank, self.title: row, **self.begin(project, row)}

    def _clean(self, name: str, text: str) -> str:
        long = self.column(name).kind is CellKind.NOTE
        return (clean_text(text) if long else clean_name(text)).strip()


def list_site_names(sites: Iterable[Site]) -> Mapping[str, str]:
    """Return sites as choices, in the order of their names."""
    named = sorted(sites, key=lambda site: site.name.casefold())
    return {site.id: site.name for site in named}


def list_words(values: Iterable[str]) -> Mapping[str, str]:
    """Return words as choices that read as sentences begin."""
    return {value: value.replace("_", " ").capitalize() for value in values}


def format_yes(value: bool) -> str:
    """Write yes or no."""
    return "yes" if value else "no"


def parse_yes(text: str, name: str) -> bool:
    """Read yes or no; an empty cell is no."""
    word = text.casefold()
    if word not in ("yes", "true", "y", "1", "no", "false", "n", "0", ""):
        raise UserError("not_yes_or_no", text=text, name=name)
    return word in ("yes", "true", "y", "1")


def parse_figure(text: str, name: str) -> float:
    """Read a number."""
    try:
        return float(text.replace(",", ""))
    except ValueError:
        raise UserError("not_a_number.of_record", text=text, name=name) from None
