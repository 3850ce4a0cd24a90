"""One kind of the office's own data as a table of text, whose rows can be edited."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from zoneplanner.domain.clean_text import clean_name, clean_text
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError

RowCells = Mapping[str, str]
"""The cells of one row by column; unknown values are empty."""


class CellKind(Enum):
    """The kind of a cell, which decides the field on a form."""

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
    """A column: its name on the command line, its label on a form, and the kind of its cells.

    ``list_choices`` returns the allowed values of a choice or a list, with their titles. A column
    that is not ``shown`` on a form, or not ``typed`` there, follows from other cells.
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
        The word on the command line, the name of one row, and the heading of all rows.
    title
        The column with a row's name.
    listed
        The other columns that a list of rows shows.
    read
        Returns the rows by id, in the order in which people read them.
    put
        Returns the project with a new or changed row, from the row's complete cells.
    remove
        Returns the project without a row, or None if rows cannot be removed.
    grows
        Whether rows can be added.
    begin
        Returns the first values of a new row's cells.
    key
        The column for a new row's id, or None if the id is the row's name.
    name_new
        Returns a new row's id if several rows may have the same name.
    name_step
        Returns the label of a step that changes a row, if "Add" and "Change" do not fit.
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
        """Return a column by name; an unknown name is a UserError."""
        for column in self.columns:
            if column.name == name:
                return column
        known = [column.name for column in self.columns]
        raise UserError("unknown_data_column", kind=self.noun, name=name, known=known)

    def knows_row(self, project: Project, text: str) -> bool:
        """Whether a string is the id or the name of a row."""
        name, rows = text.casefold(), self.read(project)
        return text in rows or any(cells[self.title].casefold() == name for cells in rows.values())

    def find_new_id(self, project: Project, text: str, cells: RowCells) -> str:
        """Return the id of a new row; an existing one is a UserError."""
        if self.name_new is not None:
            return self.name_new(project, text, cells)
        if self.knows_row(project, text):
            raise UserError("name_in_use.data_row", kind=self.noun, row=text)
        return text

    def find_row(self, project: Project, text: str) -> str:
        """Return the id of the row whose id or name equals a string."""
        rows = self.read(project)
        if text in rows:
            return text
        name = text.casefold()
        matches = [key for key, cells in rows.items() if cells[self.title].casefold() == name]
        if len(matches) != 1:
            near = [key for key, cells in rows.items() if name in cells[self.title].casefold()]
            code = "unknown_data_row.near" if near else "unknown_data_row"
            raise UserError(code, kind=self.noun, row=text, near=near[:5])
        return matches[0]

    def change_row(self, project: Project, row: str, cells: RowCells) -> Project:
        """Return the project with some cells of a row changed.

        The result is the same object if nothing differs.

        Raises
        ------
        UserError
            A column is unknown, a required cell is empty, or a cell is invalid or follows from
            others.
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
        stored = self.read(changed).get(row, {}) if known else after
        for column in self.columns:
            is_derived = column.name in cells and not (column.shown and column.typed)
            if is_derived and stored.get(column.name) != after[column.name]:
                raise UserError("data_cell_follows", name=column.label, kind=self.noun)
        return changed

    def begin_row(self, project: Project, row: str) -> RowCells:
        """Return all cells of a new row with an id."""
        blank = {column.name: "" for column in self.columns}
        return {**blank, self.title: row, **self.begin(project, row)}

    def _clean(self, name: str, text: str) -> str:
        is_note = self.column(name).kind is CellKind.NOTE
        return (clean_text(text) if is_note else clean_name(text)).strip()


def list_site_names(sites: Iterable[Site]) -> Mapping[str, str]:
    """Return sites as choices, ordered by name."""
    named = sorted(sites, key=lambda site: site.name.casefold())
    return {site.id: site.name for site in named}


def list_words(values: Iterable[str]) -> Mapping[str, str]:
    """Return words as choices with capitalized titles."""
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
