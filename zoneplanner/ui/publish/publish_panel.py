"""Exactly what leaves for an audience, and what stays: fields and layers, from the whitelists."""

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QColor, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QListWidget, QListWidgetItem, QSplitter, QVBoxLayout, QWidget

from zoneplanner.app.exports.atomic_files import write_files_atomically
from zoneplanner.app.publishing.publication import (
    PublishedEdition,
    collect_edition,
    explain_missing_documents,
    find_published_plan,
    render_edition,
    render_previews,
    write_edition,
)
from zoneplanner.app.publishing.release_check import (
    ReleaseWarning,
    check_release,
    refuse_unreleased_plan,
)
from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.messages import format_count, render_message
from zoneplanner.publish.audience import FIELD_RELEASES, LAYER_RELEASES, OWN, find_audience
from zoneplanner.publish.handout import Handout
from zoneplanner.publish.pdf.page import render_pdf
from zoneplanner.publish.publications import PUBLICATIONS
from zoneplanner.staging import make_work_folder
from zoneplanner.ui.publish.page_preview import PagePreview
from zoneplanner.ui.publish.publish_form import PublishForm
from zoneplanner.ui.widgets.layout.basic_widgets import (
    make_column_layout,
    make_heading_label,
    show_in_scroll_area,
)
from zoneplanner.ui.widgets.services.jobs import Job
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import Icons, Theme, make_strong_font

if TYPE_CHECKING:
    from zoneplanner.publish.pdf.page import Booklet


class _IncludedList(QListWidget):
    """Two lists: what leaves, and what stays in the house; ``rows`` are their texts."""

    def __init__(self, icons: Icons, theme: Theme) -> None:
        super().__init__()
        self._icons, self._theme = icons, theme
        self._key = ""
        self.rows: tuple[list[str], list[str]] = ([], [])
        self.setWordWrap(True)
        self.setResizeMode(QListWidget.ResizeMode.Adjust)
        # without a spacing, beside which Qt cuts a line that nearly fits rather than break it
        self.setIconSize(QSize(14, 14))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName("What is released to this audience, and what is not")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def show_audience(self, key: str) -> None:
        """List what an audience gets and what it does not."""
        self._key = key
        self.clear()
        both = [*((one, "") for one in FIELD_RELEASES), *((one, "Map: ") for one in LAYER_RELEASES)]
        self.rows = (
            [f"{word}{one.title}" for one, word in both if key in one.audiences],
            [
                *(f"{word}{one.title}" for one, word in both if key not in one.audiences),
                "Anything that is not on this list",
            ],
        )
        self._group(
            f"Included for {find_audience(key).title.lower()}", self.rows[0], "check", "good"
        )
        self._group("Not included", self.rows[1], "lock", "muted")

    def set_theme(self, theme: Theme) -> None:
        """Take other colors."""
        self._theme = theme
        if self._key:
            self.show_audience(self._key)

    def _group(self, title: str, texts: list[str], icon: str, color: str) -> None:
        head = QListWidgetItem(title)
        head.setFont(make_strong_font())
        head.setFlags(Qt.ItemFlag.ItemIsEnabled)
        self.addItem(head)
        for text in texts:
            row = QListWidgetItem(self._icons(icon, color), text)
            if color == "muted":
                row.setForeground(QColor(self._theme.muted))
            self.addItem(row)


_PAUSE_MS = 250
_MONTHS = ("last_month", "this_month")
"""The periods of a monthly report, as the choice of them names them."""
_FORM_PX, _LEAVES_PX, _LEAST_PREVIEW_PX, _LIST_PX = 320, 300, 360, 240
_LIST_BESIDE_FROM_PX = 1600
"""From this width on what leaves is listed at the right, below it in a fold of the form."""


@dataclass(frozen=True, eq=False, slots=True)
class _CollectedPreview:
    """What was collected for a preview, and the booklets that it makes."""

    handout: Handout
    booklets: dict[str, "Booklet"]
    missing: dict[str, str]
    warnings: list[ReleaseWarning]


class PublishPanel(QWidget):
    """Collects anew when the project or the form changes, but only while it is seen."""

    def __init__(
        self,
        desk: UiContext,
        theme: Theme,
        kept: MutableMapping[str, str],
        period: Any = None,
        lead: Callable[[str, str], object] = lambda _kind, _key: None,
    ) -> None:
        super().__init__()
        self._desk = desk
        self._stale = True
        self._period = period
        self._looked: _CollectedPreview | None = None
        self._last: Path | None = None
        self._looking: Job | None = None
        self._making: Job | None = None
        self._folder: TemporaryDirectory[str] | None = None
        self._side = QWidget()
        self._side_rows = make_column_layout(self._side, make_heading_label("What’s included"))
        self._list_beside: bool | None = None
        self.form = PublishForm(desk, kept)
        self.preview = PagePreview(desk.icons)
        self.leaves = _IncludedList(desk.icons, theme)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._look)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self._columns())
        self.form.take_moment(first=True)
        if period is not None:  # the one of all pages, chosen on any of them
            period.changed.connect(self._take_period)
            if period.is_chosen:
                self._take_period()
        self.form.changed.connect(self._form_changed)
        self.form.asked.connect(self.make)
        self.form.stopped.connect(self.stop)
        self.form.open_asked.connect(self._open_folder)
        self.form.lead_asked.connect(lead)
        self.preview.asked.connect(self._draw)
        self.preview.map_asked.connect(self._open_map)
        desk.bridge.changed.connect(self._project_changed)
        desk.bridge.logged.connect(self._project_changed)
        self._form_changed()

    def set_theme(self, theme: Theme) -> None:
        """Take other colors."""
        self.leaves.set_theme(theme)

    def showEvent(self, event: QShowEvent) -> None:
        """Look at the present project."""
        super().showEvent(event)
        if self._stale:
            self._pause.start()

    def make(self) -> None:
        """Make the files as a job; refusals are told in the bar."""
        self._desk.attempt(self._make)

    def choose_month(self) -> None:
        """Choose our office's report of this month or the last one."""
        if self._period is not None and self._period.choice.period not in _MONTHS:
            self._period.choose(replace(self._period.choice, period=_MONTHS[0]))
        self.form.choose(OWN, ("month",))

    def stop(self) -> None:
        """Stop making the files; nothing is left behind."""
        if self._making is not None:
            self._making.cancel()

    def _make(self) -> None:
        below, only, wanted = self.form.target(), self.form.only, self.form.wanted()
        if not only:
            raise UserError("Choose at least one thing to publish.")
        session = self._desk.session
        if self._shows_plan() and session.plan is not None and not self.form.allows_draft:
            try:
                refuse_unreleased_plan(find_published_plan(session), session.today)
            except UserError:
                show_in_scroll_area(self.form.draft)
                self.form.draft.setFocus()
                raise

        def work(report: ProgressReport) -> PublishedEdition:
            report(0.0, "Collecting")
            content = collect_edition(session, wanted, only)
            return write_edition(content, below, only=only, skip_empty=True, report=report)

        self.form.busy(on=True)
        self._making = self._desk.jobs.run(
            "Making the files",
            work,
            on_done=self._made,
            on_failed=self._failed,
            on_cancelled=lambda: self._ended("Stopped; no file was written."),
            lost="No file was written.",
        )
        self._making.progressed.connect(self.form.run)

    def _made(self, made: PublishedEdition) -> None:
        self._ended("")
        self._last, folder, files = made.folder, made.folder, made.files
        page = next((file for file in files if file.suffix == ".html"), None)
        gone = render_message("edition_replaced", {"files": made.gone}) if made.gone else ""
        said, points = f"{format_count(len(files), 'file')} made in {folder.name}", ""
        if made.warnings:
            self.form.show_warnings(made.warnings)
            QTimer.singleShot(0, self.form, self.form.reveal_warnings)
            points = f"; {format_count(len(made.warnings), 'point')} under “Before you send it”"
        self._desk.notices.show_notice(
            f"{said}{points}. {gone}".strip(),
            sign="info" if made.warnings else "done",
            offer="Open the map" if page else "Open the folder",
            on_offer=lambda: self._desk.notices.open_file(page or folder),
            details={"files": ", ".join(file.name for file in files), "folder": str(folder)},
            stays=True,
        )

    def _failed(self, error: Exception) -> None:
        self._ended("")
        self._desk.jobs.failed.emit(error)

    def _ended(self, text: str) -> None:
        self._making = None
        self.form.busy(on=False)
        if text:
            self._desk.notices.show_notice(text)

    def _form_changed(self) -> None:
        self.leaves.show_audience(self.form.audience)
        self._count_list()
        self._stale = True
        if self.isVisible():
            self._pause.start()

    def _take_period(self) -> None:
        session = self._desk.session
        first, last = self._period.choice.days(session.today, session.saved_project.calendar)
        self.form.take_period(first, last or session.today, self._period.choice.target_min)

    def _project_changed(self, _event: object) -> None:
        self.form.take_moment()
        self._stale = True
        if self.isVisible():
            self._pause.start()

    def _look(self) -> None:
        """Collect what the form asks for, beside the window, and offer its pages."""
        self._stale = False
        plan = self._desk.session.plan
        self.form.show_parts()
        self.form.make.setEnabled(plan is not None or not self._needs_plan())
        self.preview.buttons["map"].setVisible(plan is not None)
        if plan is None and self._needs_plan():
            self.form.say("There is no plan to publish yet; propose zones first.")
            self.preview.show_booklets({})
            self.preview.say("Propose zones first; the pages then appear here.")
            return
        if plan is None:
            self.form.say("Your choice needs no plan.")
        else:
            published = find_published_plan(self._desk.session)
            shown = (
                "The plan on screen"
                if published is plan
                else "What-ifs are not published; the plan"
            )
            self.form.say(f"{shown}: “{published.name}”.")
        if self._looking is not None:
            self._looking.cancel()
        self.preview.show_wait()
        session, wanted, only = self._desk.session, self.form.wanted(), self.form.only
        with_map = only if plan is None else (*only, "map")  # its button opens it, chosen or not

        def work(report: ProgressReport) -> _CollectedPreview:
            report(-1.0, "")
            handout = collect_edition(session, wanted, with_map)
            return _CollectedPreview(
                handout,
                render_previews(handout, only),
                explain_missing_documents(handout),
                check_release(handout, only),
            )

        self._looking = self._desk.jobs.run(
            "Preview", work, on_done=self._show, on_failed=self._not_looked
        )

    def _needs_plan(self) -> bool:
        """Tell whether something that is chosen needs a plan, or nothing is chosen yet."""
        only = self.form.only
        return not only or any(PUBLICATIONS[one].needs_plan for one in only)

    def _shows_plan(self) -> bool:
        """Tell whether something that is chosen shows a plan, or nothing is chosen yet."""
        only = self.form.only
        return not only or any(PUBLICATIONS[one].shows_plan for one in only)

    def _show(self, looked: _CollectedPreview) -> None:
        self._looked = looked
        self.form.show_missing(looked.missing)
        self.form.show_warnings(looked.warnings)
        self.preview.show_booklets(looked.booklets)
        self.preview.buttons["map"].setEnabled(True)

    def _not_looked(self, error: Exception) -> None:
        self.preview.show_booklets({})
        if isinstance(error, UserError):
            self.preview.say(error.message)
            return
        self.preview.say("The preview could not be made.")
        self._desk.jobs.failed.emit(error)

    def _draw(self, name: str, number: int) -> None:
        if self._looked is None or name not in self._looked.booklets:
            return
        booklet = self._looked.booklets[name]
        self._desk.jobs.run(
            "Preview",
            lambda _report: render_pdf(booklet, only=number),
            on_done=lambda page: self.preview.show_page(name, number, page),
        )

    def _open_map(self) -> None:
        """Write the map as the form asks for it to a folder that goes with the window."""
        if self._looked is None:
            return
        self._folder = self._folder or make_work_folder()
        folder, handout = Path(self._folder.name), self._looked.handout
        self._desk.jobs.run(
            "Preview of the map",
            lambda report: write_files_atomically(
                folder, render_edition(handout, only=("map",), report=report)
            ),
            on_done=lambda files: self._desk.notices.open_file(files[0]),
        )

    def _open_folder(self) -> None:
        def opening() -> None:
            folder = self._last or self.form.target()
            if not folder.is_dir():
                raise UserError("The folder does not exist yet; make the files first.")
            self._desk.notices.open_file(folder)

        self._desk.attempt(opening)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a wide window the list stands open at the right, else it folds in the form."""
        super().resizeEvent(event)
        self._place_list()

    def _place_list(self) -> None:
        wide = self.width() >= _LIST_BESIDE_FROM_PX
        if wide is self._list_beside:
            return
        self._list_beside = wide
        holder = self._side_rows if wide else self.form.included_rows
        holder.addWidget(self.leaves)
        self._side.setVisible(wide)
        self.form.included.setVisible(not wide)
        self.leaves.setMinimumHeight(0 if wide else _LIST_PX)
        self.leaves.show()

    def _count_list(self) -> None:
        """Say in the fold how much leaves and how much is held back."""
        leaves, stays = self.leaves.rows
        self.form.included.set_title(f"Included {len(leaves)}   Not included {len(stays)}")

    def _columns(self) -> QSplitter:
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        self._side.setMinimumWidth(220)
        self.preview.setMinimumWidth(_LEAST_PREVIEW_PX)
        for part in (self.form, self.preview, self._side):
            split.addWidget(part)
        split.setStretchFactor(1, 1)
        split.setSizes([_FORM_PX, 3 * _LEAST_PREVIEW_PX, _LEAVES_PX])
        self._place_list()
        return split
