"""A table that fills while a search goes on; closing it ends the search."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Any

from PySide6.QtWidgets import QWidget

from zoneplanner.ui.widgets.layout.basic_widgets import make_muted_label
from zoneplanner.ui.widgets.services.jobs import Job
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.value_text import NO_VALUE, format_number
from zoneplanner.ui.widgets.tables.table_dialog import TableDialog
from zoneplanner.ui.widgets.tables.table_model import Column


def make_figure_column(
    title: str, value: Callable[[Any], float | None], tip: str, *, digits: int = 1
) -> Column:
    """Return a column of figures; a dash where one is not known."""

    def write(row: Any) -> str:
        known = value(row)
        return NO_VALUE if known is None else format_number(known, digits)

    return Column(title, value, write, tip, figure=True)


class SearchDialog(TableDialog):
    """Shows rows as a generator finds them, in a job."""

    def __init__(
        self,
        desk: UiContext,
        title: str,
        columns: Sequence[Column],
        key: Callable[[Any], Hashable],
        *,
        about: str,
        empty: str,
        size: tuple[int, int],
        beside: QWidget | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            desk,
            title,
            columns,
            key,
            (),
            about=make_muted_label(about),
            empty=empty,
            size=size,
            beside=beside,
            parent=parent,
        )
        self._desk, self._title = desk, title
        self._job: Job | None = None
        self.finished.connect(self._cancel)

    def search(self, rows: Callable[[], Iterator[Any]]) -> None:
        """Begin the job; ``add`` is given each row, ``end`` is called when there are no more."""
        self._job = self._desk.jobs.run_candidates(
            self._title,
            rows,
            on_candidate=self.add,
            on_done=lambda _: self.end(),
            on_failed=self._fail,
            on_cancelled=self.end,
        )

    def show_found(self, rows: Iterable[Any]) -> None:
        """Show the rows so far."""
        self.table.show(rows)
        self.view.fit_columns()

    def add(self, row: Any) -> None:
        """Take in what was found."""
        raise NotImplementedError

    def end(self) -> None:
        """Nothing more is looked for."""
        self._job = None

    def _fail(self, error: Exception) -> None:
        self.end()
        self._desk.jobs.fail(error)

    def _cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()
