"""Publish: the form, a preview of the pages, and the list of what an audience receives."""

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QListWidget, QListWidgetItem, QSplitter, QWidget

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
from zoneplanner.messages import Message, say_all
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
from zoneplanner.ui.widgets.layout.layouts import make_splitter
from zoneplanner.ui.widgets.services.jobs import Job
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import Icons, make_strong_font

if TYPE_CHECKING:
    from zoneplanner.publish.pdf.page import Booklet


class _ReleaseList(QListWidget):
    """The fields and layers that an audience receives, and those it does not; ``rows`` has both."""

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        self._icons = icons
        self._key = ""
        self.rows: tuple[list[str], list[str]] = ([], [])
        self.setWordWrap(True)
        self.setResizeMode(QListWidget.ResizeMode.Adjust)
        # no spacing: with one, Qt cuts off a line that almost fits instead of breaking it
        self.setIconSize(QSize(14, 14))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName("What is released to this audience, and what is not")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def show_audience(self, key: str) -> None:
        """List what an audience receives and what it does not."""
        self._key = key
        self.clear()
        titles = [(release.title, release.audiences) for release in FIELD_RELEASES]
        titles += [(f"Map: {release.title}", release.audiences) for release in LAYER_RELEASES]
        included = [title for title, audiences in titles if key in audiences]
        excluded = [title for title, audiences in titles if key not in audiences]
        self.rows = (included, [*excluded, "Anything that is not on this list"])
        title = f"Included for {find_audience(key).title.lower()}"
        self._add_group(title, self.rows[0], "check", "good")
        self._add_group("Not included", self.rows[1], "lock", "muted")

    def follow_theme(self) -> None:
        """Color the rows again."""
        if self._key:
            self.show_audience(self._key)

    def _add_group(self, title: str, texts: list[str], icon: str, color: str) -> None:
        heading = QListWidgetItem(title)
        heading.setFont(make_strong_font())
        heading.setFlags(Qt.ItemFlag.ItemIsEnabled)
        self.addItem(heading)
        for text in texts:
            item = QListWidgetItem(self._icons(icon, color), text)
            if color == "muted":
                item.setForeground(self._icons.theme.color("muted"))
            self.addItem(item)


_PREVIEW_DELAY_MS = 250
_MONTHS = ("last_month", "this_month")
"""The keys of the periods that a monthly report can cover."""
_FORM_WIDTH_PX, _LIST_WIDTH_PX, _MIN_PREVIEW_PX, _LIST_HEIGHT_PX = 320, 300, 360, 240
_LIST_BESIDE_MIN_PX = 1600
"""At least this wide, the panel has the list at its right; if narrower, the form has it."""


@dataclass(frozen=True, eq=False, slots=True)
class _CollectedPreview:
    """The handout collected for a preview, and the booklets made from it."""

    handout: Handout
    booklets: dict[str, "Booklet"]
    missing: dict[str, Message]
    warnings: list[ReleaseWarning]


class PublishPanel(QWidget):
    """Updates its preview when the project or the form changes, but only while it is visible."""

    def __init__(
        self,
        desk: UiContext,
        settings: MutableMapping[str, str],
        period: Any = None,
        lead: Callable[[str, str], object] = lambda _kind, _key: None,
    ) -> None:
        super().__init__()
        self._desk = desk
        self._stale = True
        self._period = period
        self._preview_content: _CollectedPreview | None = None
        self._last_folder: Path | None = None
        self._preview_job: Job | None = None
        self._making_job: Job | None = None
        self._map_folder: TemporaryDirectory[str] | None = None
        self._side = QWidget()
        self._side_rows = make_column_layout(self._side, make_heading_label("What’s included"))
        self._is_list_beside: bool | None = None
        self.form = PublishForm(desk, settings)
        self.preview = PagePreview()
        self.release_list = _ReleaseList(desk.icons)
        self._preview_timer = QTimer(self)
        self._preview_timer.setSingleShot(True)
        self._preview_timer.setInterval(_PREVIEW_DELAY_MS)
        self._preview_timer.timeout.connect(self._update_preview)
        make_column_layout(self, self._build_columns(), margin_px=0)
        self.form.update_last_record(first=True)
        if period is not None:  # all pages share it
            period.changed.connect(self._follow_period)
            if period.is_chosen:
                self._follow_period()
        self.form.changed.connect(self._follow_form)
        self.form.make_requested.connect(self.make)
        self.form.stop_requested.connect(self.stop)
        self.form.folder_requested.connect(self._open_folder)
        self.form.link_opened.connect(lead)
        self.preview.page_requested.connect(self._render_page)
        self.preview.map_requested.connect(self._open_map)
        desk.bridge.changed.connect(self._follow_project)
        desk.bridge.logged.connect(self._follow_project)
        self._follow_form()

    def follow_theme(self) -> None:
        """Change the colors."""
        self.release_list.follow_theme()

    def showEvent(self, event: QShowEvent) -> None:
        """Update the preview if it is out of date."""
        super().showEvent(event)
        if self._stale:
            self._preview_timer.start()

    def make(self) -> None:
        """Make the files as a job; a UserError is shown as a notice."""
        self._desk.attempt(self._make)

    def choose_month(self) -> None:
        """Choose our office's report of this month, or of last month by default."""
        if self._period is not None and self._period.choice.period not in _MONTHS:
            self._period.choose(replace(self._period.choice, period=_MONTHS[0]))
        self.form.choose(OWN, ("month",))

    def stop(self) -> None:
        """Stop making the files; no file is left behind."""
        if self._making_job is not None:
            self._making_job.cancel()

    def _make(self) -> None:
        folder, only, request = self.form.get_folder(), self.form.only, self.form.build_request()
        if not only:
            raise UserError("edition_part_needed")
        session = self._desk.session
        shows_plan = any(PUBLICATIONS[key].shows_plan for key in only)
        if shows_plan and session.plan is not None and not self.form.draft.isChecked():
            try:
                refuse_unreleased_plan(find_published_plan(session), session.today)
            except UserError:
                show_in_scroll_area(self.form.draft)
                self.form.draft.setFocus()
                raise

        def work(report: ProgressReport) -> PublishedEdition:
            report(0.0, "Collecting")
            content = collect_edition(session, request, only)
            return write_edition(content, folder, only=only, skip_empty=True, report=report)

        self.form.set_busy(on=True)
        self._making_job = self._desk.jobs.run(
            "Making the files",
            work,
            on_done=self._show_result,
            on_failed=self._show_failure,
            on_cancelled=lambda: self._end_making(Message("edition_stopped")),
            lost="No file was written.",
        )
        self._making_job.progressed.connect(self.form.show_progress)

    def _show_result(self, edition: PublishedEdition) -> None:
        self._end_making()
        folder, files, warnings = edition.folder, edition.files, edition.warnings
        self._last_folder = folder
        web_map = next((file for file in files if file.suffix == ".html"), None)
        code = "edition_made.warnings" if warnings else "edition_made"
        notes = [Message(code, files=len(files), folder=folder.name, warnings=len(warnings))]
        if warnings:
            self.form.show_warnings(warnings)
            QTimer.singleShot(0, self.form, self.form.reveal_warnings)
        if edition.gone:
            notes.append(Message("edition_replaced", files=edition.gone))
        self._desk.notices.show_notice(
            say_all(notes),
            sign="info" if warnings else "done",
            offer="Open the map" if web_map else "Open the folder",
            on_offer=lambda: self._desk.notices.open_file(web_map or folder),
            details={"files": ", ".join(file.name for file in files), "folder": str(folder)},
            stays=True,
        )

    def _show_failure(self, error: Exception) -> None:
        self._end_making()
        self._desk.jobs.failed.emit(error)

    def _end_making(self, notice: Message | None = None) -> None:
        self._making_job = None
        self.form.set_busy(on=False)
        if notice is not None:
            self._desk.notices.show_notice(notice)

    def _follow_form(self) -> None:
        self.release_list.show_audience(self.form.audience)
        received, withheld = self.release_list.rows
        title = f"Included {len(received)}   Not included {len(withheld)}"
        self.form.included.set_title(title)
        self._mark_stale()

    def _mark_stale(self) -> None:
        self._stale = True
        if self.isVisible():
            self._preview_timer.start()

    def _follow_period(self) -> None:
        session = self._desk.session
        first, last = self._period.choice.days(session.today, session.saved_project.calendar)
        self.form.set_period(first, last or session.today, self._period.choice.target_min)

    def _follow_project(self, _event: object) -> None:
        self.form.update_last_record()
        self._mark_stale()

    def _update_preview(self) -> None:
        """Collect what the form asks for in a job, and show its pages."""
        self._stale = False
        session, plan = self._desk.session, self._desk.session.plan
        self.form.update_parts()
        request, only = self.form.build_request(), self.form.only
        needs_plan = not only or any(PUBLICATIONS[key].needs_plan for key in only)
        self.form.make.setEnabled(plan is not None or not needs_plan)
        self.preview.buttons["map"].setVisible(plan is not None)
        if plan is None and needs_plan:
            self.form.show_published_plan(Message("published_plan.none_yet"))
            self.preview.show_booklets({})
            self.preview.show_message(str(Message("preview.no_plan")))
            return
        if plan is None:
            self.form.show_published_plan(Message("published_plan.not_needed"))
        else:
            published = find_published_plan(session)
            code = "published_plan" if published is plan else "published_plan.not_what_if"
            self.form.show_published_plan(Message(code, plan=published.name))
        if self._preview_job is not None:
            self._preview_job.cancel()
        self.preview.show_wait()
        with_map = only if plan is None else (*only, "map")  # its button works, chosen or not

        def work(report: ProgressReport) -> _CollectedPreview:
            report(-1.0, "")
            handout = collect_edition(session, request, with_map)
            return _CollectedPreview(
                handout,
                render_previews(handout, only),
                explain_missing_documents(handout),
                check_release(handout, only),
            )

        self._preview_job = self._desk.jobs.run(
            "Preview", work, on_done=self._show_preview, on_failed=self._show_preview_failure
        )

    def _show_preview(self, content: _CollectedPreview) -> None:
        self._preview_content = content
        self.form.show_missing(content.missing)
        self.form.show_warnings(content.warnings)
        self.preview.show_booklets(content.booklets)
        self.preview.buttons["map"].setEnabled(True)

    def _show_preview_failure(self, error: Exception) -> None:
        self.preview.show_booklets({})
        if isinstance(error, UserError):
            self.preview.show_message(error.message)
            return
        self.preview.show_message(str(Message("preview.failed")))
        self._desk.jobs.failed.emit(error)

    def _render_page(self, name: str, number: int) -> None:
        if self._preview_content is None or name not in self._preview_content.booklets:
            return
        booklet = self._preview_content.booklets[name]
        self._desk.jobs.run(
            "Preview",
            lambda _report: render_pdf(booklet, only=number),
            on_done=lambda page: self.preview.show_page(name, number, page),
        )

    def _open_map(self) -> None:
        """Write the web map into a temporary folder, and open it."""
        if self._preview_content is None:
            return
        self._map_folder = self._map_folder or make_work_folder()
        folder, handout = Path(self._map_folder.name), self._preview_content.handout
        self._desk.jobs.run(
            "Preview of the map",
            lambda report: write_files_atomically(
                folder, render_edition(handout, only=("map",), report=report)
            ),
            on_done=lambda files: self._desk.notices.open_file(files[0]),
        )

    def _open_folder(self) -> None:
        def open_folder() -> None:
            folder = self._last_folder or self.form.get_folder()
            if not folder.is_dir():
                raise UserError("edition_folder_missing")
            self._desk.notices.open_file(folder)

        self._desk.attempt(open_folder)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Move the list to the right of the panel if it is wide, else into the form."""
        super().resizeEvent(event)
        self._place_list()

    def _place_list(self) -> None:
        wide = self.width() >= _LIST_BESIDE_MIN_PX
        if wide is self._is_list_beside:
            return
        self._is_list_beside = wide
        target = self._side_rows if wide else self.form.included_rows
        target.addWidget(self.release_list)
        self._side.setVisible(wide)
        self.form.included.setVisible(not wide)
        self.release_list.setMinimumHeight(0 if wide else _LIST_HEIGHT_PX)
        self.release_list.show()

    def _build_columns(self) -> QSplitter:
        self._side.setMinimumWidth(220)
        self.preview.setMinimumWidth(_MIN_PREVIEW_PX)
        splitter = make_splitter(
            {self.form: 0, self.preview: 1, self._side: 0},
            (_FORM_WIDTH_PX, 3 * _MIN_PREVIEW_PX, _LIST_WIDTH_PX),
        )
        self._place_list()
        return splitter
