"""The form of Publish: for whom, what, which dates, which paper, and where to save."""

from collections.abc import Collection, Mapping, MutableMapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QFormLayout,
    QGridLayout,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QToolButton,
    QWidget,
)

from zoneplanner.app.geography.web_tiles import PICTURE_FILES, TILE_TITLES
from zoneplanner.app.publishing.handout import (
    HandoutRequest,
    find_last_record_time,
    find_usual_paper,
)
from zoneplanner.app.publishing.handout_log import find_report_start
from zoneplanner.app.publishing.month import list_area_layers
from zoneplanner.app.publishing.publication import explain_early
from zoneplanner.app.publishing.release_check import ReleaseWarning
from zoneplanner.domain.assumptions import RESPONSE_TARGET_MIN
from zoneplanner.domain.calendar.school_calendar import ReportPeriod
from zoneplanner.domain.locale_formats import PREFERENCE_CHOICES
from zoneplanner.errors import UserError
from zoneplanner.messages import Message
from zoneplanner.publish.audience import AUDIENCES, OWN, PUBLIC, name_audience
from zoneplanner.publish.publications import PUBLICATIONS
from zoneplanner.ui.widgets.inputs.file_dialogs import (
    PathEdit,
    ask_file,
    ask_folder,
    find_documents_folder,
)
from zoneplanner.ui.widgets.inputs.forms import (
    DayField,
    FormRows,
    add_browse_button,
    join_fields,
)
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import make_choice_box
from zoneplanner.ui.widgets.layout.basic_widgets import (
    WrappedLabel,
    clear_layout,
    make_column_layout,
    make_link_button,
    make_muted_label,
    make_row_layout,
    make_section_label,
    push_button,
    wrap_in_scroll_area,
)
from zoneplanner.ui.widgets.layout.layouts import CollapsibleSection
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX, set_style_state


class _WarningList(QWidget):
    """Lists what could trouble readers, each with a link to its place in the window.

    ``link_opened`` carries the kind of place and its key.
    """

    link_opened = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self._rows = make_column_layout(self, margin_px=0)
        self.links: list[QToolButton] = []
        self._texts: list[str] = []

    def text(self) -> str:
        """Return the warnings, one per line."""
        return "\n".join(self._texts)

    def show_warnings(self, warnings: Sequence[ReleaseWarning]) -> None:
        """List warnings; if they have not changed, their links keep the focus."""
        texts = [warning.text for warning in warnings]
        if texts == self._texts:
            return
        self._texts, self.links = texts, []
        clear_layout(self._rows)
        for warning in warnings:
            self._rows.addWidget(WrappedLabel(f"• {warning.text}"))
            if warning.leads is not None:
                kind, place, label = warning.leads
                key = f"{place} {warning.row}" if warning.row else place
                link = make_link_button(label, partial(self.link_opened.emit, kind, key))
                link.setAccessibleDescription(warning.text)
                self.links.append(link)
                self._rows.addWidget(link)


class PublishForm(QWidget):
    """The fields and buttons of Publish; choices are remembered in ``settings``.

    ``changed`` is emitted if the preview has to be made again, and the other signals when a
    button or link is pressed.
    """

    changed = Signal()
    make_requested = Signal()
    stop_requested = Signal()
    folder_requested = Signal()
    link_opened = Signal(str, str)

    def __init__(self, desk: UiContext, settings: MutableMapping[str, str]) -> None:
        super().__init__()
        self._desk, self._settings = desk, settings
        self._as_of = desk.session.clock()
        self._target_min = RESPONSE_TARGET_MIN
        self._missing: Mapping[str, Message] = {}
        self._scroll = wrap_in_scroll_area(self._build_questions(), "Publish")
        footer = self._build_footer()
        make_column_layout(self, (self._scroll, 1), footer, margin_px=0, spacing_px=0)
        self._show_audience()

    @property
    def audience(self) -> str:
        """The key of the selected audience."""
        return next(key for key, button in self.audiences.items() if button.isChecked())

    @property
    def only(self) -> tuple[str, ...]:
        """The keys of the checked parts that can be made for the audience."""
        return tuple(key for key, box in self.parts.items() if box.isChecked() and box.isEnabled())

    def choose(self, audience: str, parts: Collection[str]) -> None:
        """Choose an audience, and only these parts."""
        self.audiences[audience].setChecked(True)
        self._show_certain_gaps()
        for key, box in self.parts.items():
            box.setChecked(key in parts and box.isEnabled())

    def build_request(self) -> HandoutRequest:
        """Return what to collect; a public report only covers whole months."""
        session = self._desk.session
        period = ReportPeriod(self.first.day(), self.last.day())
        has_ended = period.is_month and period.last <= session.today
        uses_period = has_ended or self.audience != PUBLIC
        return HandoutRequest(
            self.audience,
            session.clock() if self.moment.currentData() == "now" else self._as_of,
            period.first if uses_period else None,
            period.last if uses_period else None,
            self.paper.currentData(),
            self.tiles.currentData(),
            pictures=Path(text) if (text := self.pictures.text().strip()) else None,
            target_min=self._target_min,
            areas=self.areas.currentData() or "",
        )

    def get_folder(self) -> Path:
        """Return the folder for the files; raises UserError if none is chosen."""
        if not (text := self.folder.text().strip()):
            raise UserError("edition_folder_needed")
        return Path(text)

    def update_last_record(self, *, first: bool = False) -> None:
        """Show the time of the last record; the ``first`` time, also the usual dates."""
        self._as_of = find_last_record_time(self._desk.session)
        formats = self._desk.session.formats
        local = self._as_of.astimezone(ZoneInfo(self._desk.session.project.time_zone))
        when = f"{formats.short_day(local)}, {formats.clock(local)}"
        self.moment.setItemText(0, f"Last record, {when}")
        for day in (self.first, self.last):
            day.setDisplayFormat(formats.field_pattern)
        self._list_areas()
        if first:
            self.last.put(local.date())
            self.first.put(find_report_start(local.date()))

    def set_period(self, first: date | None, last: date, target_min: float) -> None:
        """Set a period and target chosen elsewhere; without a first day, use the default one."""
        self._target_min = target_min
        self.last.put(last)
        self.first.put(first or find_report_start(last))

    def show_progress(self, fraction: float, text: str) -> None:
        """Show how much of the work is done."""
        self.progress.setRange(0, 100)
        self.progress.setValue(round(100 * max(fraction, 0.0)))
        self.progress.setFormat(f"{text} · %p %")

    def set_busy(self, *, on: bool) -> None:
        """Show whether files are being made."""
        self.make.setEnabled(not on)  # it stays visible: a second click must not hit Cancel
        self.stop.setVisible(on)
        self.open_folder.setVisible(not on)
        self.progress.setVisible(on)
        self.progress.setRange(0, 0)

    def show_published_plan(self, note: Message) -> None:
        """Show which plan is published."""
        self.plan_note.setText(str(note))

    def show_missing(self, missing: Mapping[str, Message]) -> None:
        """Mark the parts that have nothing to publish, with the reason by part."""
        self._missing = missing
        self.update_parts()

    def show_warnings(self, warnings: Sequence[ReleaseWarning]) -> None:
        """List what could trouble readers, and where to fix it."""
        self.warnings.show_warnings(warnings)
        self.warnings_title.setVisible(bool(warnings))
        self.warnings.setVisible(bool(warnings))

    def reveal_warnings(self) -> None:
        """Scroll to the warnings, at least to their beginning."""
        for widget in (self.warnings, self.warnings_title):
            self._scroll.ensureWidgetVisible(widget, 0, GRID_PX)

    def choose_audience_for(self, key: str) -> None:
        """Choose our office, which gets every part, unless the audience gets this part."""
        if self.audience not in PUBLICATIONS[key].audiences:
            self.audiences[OWN].setChecked(True)

    def _build_questions(self) -> QWidget:
        """Return the fields that scroll if there is little room."""
        content = QWidget()
        self.plan_note = make_muted_label()
        self.audiences = self._build_audience_buttons()
        readers = QGridLayout()
        for index, button in enumerate(self.audiences.values()):
            readers.addWidget(button, index // 2, index % 2)
        self.never = make_muted_label()
        included = QWidget()
        self.included_rows = make_column_layout(included, margin_px=0)
        self.included = CollapsibleSection("Included", included, opened=False)
        set_style_state(self.included.header, "flush", True)
        self.parts = {key: QCheckBox(part.title) for key, part in PUBLICATIONS.items()}
        for key, box in self.parts.items():
            box.setToolTip(PUBLICATIONS[key].words)
            box.toggled.connect(self._save_choices)
        options = QWidget()
        options.setLayout(self._build_option_fields())
        self.how = CollapsibleSection("Dates and paper", options, opened=False)
        set_style_state(self.how.header, "flush", True)
        self.draft = QCheckBox("Allow a plan that is not adopted")
        self.draft.setToolTip("Its pages are marked as a draft.")
        self.warnings_title = make_section_label("Before you send it")
        self.warnings = _WarningList()
        self.warnings.link_opened.connect(self.link_opened)
        self.show_warnings(())
        make_column_layout(
            content,
            self.plan_note,
            make_section_label("1. Who it is for"),
            readers,
            self.never,
            self.included,
            make_section_label("2. What to publish"),
            *self.parts.values(),
            self.how,
            self.draft,
            self.warnings_title,
            self.warnings,
            None,
        )
        return content

    def _build_footer(self) -> QWidget:
        """Return the folder and the buttons, which are always visible."""
        footer = QWidget()
        self.folder = PathEdit(self._read_setting("folder", str(_get_default_folder(self._desk))))
        self.folder.textEdited.connect(self._save_folder)
        self.folder.setAccessibleName("Folder for the files")
        self.folder.setToolTip("Each audience and day gets its own folder inside it.")
        folder_row = add_browse_button(self.folder, self._choose_folder)
        self.progress = QProgressBar()
        self.progress.setTextVisible(True)
        self.progress.hide()
        self.make = QPushButton("Make the files")
        self.make.setDefault(True)
        self.make.clicked.connect(self.make_requested)
        self.stop = push_button("Cancel", do=self.stop_requested.emit)
        self.stop.hide()
        self.open_folder = push_button("Open folder", do=self.folder_requested.emit)
        buttons = make_row_layout(self.make, self.stop, self.open_folder, None)
        title = make_section_label("3. Where to save")
        make_column_layout(footer, title, folder_row, self.progress, buttons)
        return footer

    def _build_audience_buttons(self) -> dict[str, QRadioButton]:
        group = QButtonGroup(self)
        buttons = {}
        for key, reader in AUDIENCES.items():
            button = buttons[key] = QRadioButton(reader.title)
            button.setToolTip(reader.never)
            group.addButton(button)
        buttons.get(self._read_setting("audience", PUBLIC), buttons[PUBLIC]).setChecked(True)
        for button in buttons.values():
            button.toggled.connect(lambda on: self._show_audience() if on else None)
        return buttons

    def _build_option_fields(self) -> QFormLayout:
        form = FormRows()
        today, formats = self._desk.session.today, self._desk.session.formats
        default_paper = find_usual_paper(self._desk.session.saved_project)
        self.areas = make_choice_box({}, least_letters=12)
        self.areas.setToolTip("An added layer of areas, used for the totals in the board’s report.")
        self._list_areas()
        self.first, self.last = DayField(formats, today), DayField(formats, today)
        moments = {"last": "Last record", "now": "Now"}
        self.moment = make_choice_box(moments, least_letters=12)
        self.moment.setToolTip(
            "The time shown in the files. If you use the time of the last record, the same "
            "project always produces the same files."
        )
        chosen_paper = self._read_setting("paper", default_paper)
        papers = PREFERENCE_CHOICES["paper"]
        self.paper = make_choice_box(papers, chosen_paper, least_letters=12)
        self.pictures = PathEdit(self._read_setting("pictures", ""))
        self.pictures.setPlaceholderText("None")
        self.pictures.setAccessibleName("Aerial pictures")
        self.pictures.setToolTip(
            "An MBTiles file or a GeoTIFF on this computer, printed under the maps."
        )
        self.pictures.editingFinished.connect(self._save_choices)
        self.choose_pictures = push_button("Choose…", do=self._choose_pictures)
        self.choose_pictures.setAccessibleName("Choose aerial pictures")
        offline = {"": "None: the map never uses the network"}
        self.tiles = make_choice_box({**offline, **TILE_TITLES}, least_letters=12)
        self.tiles.setToolTip("Map backgrounds that readers of the web map can turn on.")
        form.addRow("&As of", self.moment)
        form.addRow("Reports &from", self.first)
        form.addRow("&to", self.last)
        form.addRow("&Paper", self.paper)
        form.addRow("&Tiles", self.tiles)
        form.addRow("Aerial pictures", join_fields((self.pictures, 1), self.choose_pictures))
        form.addRow("&Board’s areas", self.areas)
        for box in (self.moment, self.paper, self.tiles, self.areas):
            box.currentIndexChanged.connect(self._save_choices)
        for day in (self.first, self.last):
            day.setToolTip(
                "The board’s report covers a whole month; for other days, the last month that has "
                "ended."
            )
            day.dateChanged.connect(self._save_choices)
        return form

    def _list_areas(self) -> None:
        """Offer the layers that have areas; the selection stays."""
        selected = self.areas.currentData() or self._read_setting("areas", "")
        layers = list_area_layers(self._desk.session.saved_project)
        self.areas.offer({"": "None: the district only", **layers}, selected)

    def _show_audience(self) -> None:
        """Show what the audience never gets, and disable the parts that are not for it."""
        self.never.setText(AUDIENCES[self.audience].never)
        self._show_certain_gaps()
        self._save_choices()

    def _show_certain_gaps(self) -> None:
        """Mark the parts that are certainly missing; the preview finds the others."""
        self.show_missing(explain_early(self._desk.session, self.audience))

    def update_parts(self) -> None:
        """Disable the parts that cannot be made for the audience, and show why."""
        reader, formats = name_audience(self.audience), self._desk.session.saved_project.formats
        for key, box in self.parts.items():
            part = PUBLICATIONS[key]
            lacks_plan = part.needs_plan and self._desk.session.plan is None
            reason = (
                Message("nothing_published.plan_needed") if lacks_plan else self._missing.get(key)
            )
            allowed = self.audience in part.audiences
            chosen = self._read_setting(f"part.{key}", str(part.is_default)) == "True"
            with QSignalBlocker(box):  # the choice stays in the settings until it can be made
                box.setEnabled(allowed and reason is None)
                box.setChecked(box.isEnabled() and chosen)
            missing = "needs a plan" if lacks_plan else "nothing to publish" if reason else ""
            remark = missing if allowed else f"not for {reader}"
            box.setText(f"{part.title} ({remark})" if remark else part.title)
            why = (
                Message("nothing_published", reason=reason).say(formats)
                if allowed and reason
                else ""
            )
            box.setToolTip(f"{part.words} {why}".rstrip())

    def _save_choices(self, _value: object = None) -> None:
        paper = self.paper.currentData()
        default_paper = find_usual_paper(self._desk.session.saved_project)
        choices = {
            "audience": self.audience,
            "paper": "" if paper == default_paper else paper,
            "pictures": self.pictures.text().strip(),
            "areas": self.areas.currentData() or "",
        }
        for name, box in self.parts.items():
            if box.isEnabled():
                choices[f"part.{name}"] = str(box.isChecked())
        self._settings.update({f"publish.{name}": choice for name, choice in choices.items()})
        self.changed.emit()

    def _read_setting(self, name: str, default: str) -> str:
        return self._settings.get(f"publish.{name}", "") or default

    def _choose_pictures(self) -> None:
        path = ask_file(self, "Aerial pictures", PICTURE_FILES)
        if path is not None:
            self.pictures.setText(str(path))
            self._save_choices()

    def _choose_folder(self) -> None:
        path = ask_folder(self, "Folder for the files", Path(self.folder.text()))
        if path is not None:
            self.folder.setText(str(path))
            self._save_folder(str(path))

    def _save_folder(self, text: str) -> None:
        self._settings["publish.folder"] = text


def _get_default_folder(desk: UiContext) -> Path:
    return find_documents_folder() / f"{desk.session.project.name} handouts"
