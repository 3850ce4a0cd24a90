"""What is asked before a set is made: for whom, what, which days, which paper, where to."""

from collections.abc import Collection, Mapping, MutableMapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from PySide6.QtCore import QSignalBlocker, QStandardPaths, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QToolButton,
    QVBoxLayout,
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
from zoneplanner.publish.audience import AUDIENCES, OWN, PUBLIC, name_audience
from zoneplanner.publish.publications import PUBLICATIONS
from zoneplanner.ui.widgets.inputs.file_dialogs import PathEdit, ask_file, ask_folder
from zoneplanner.ui.widgets.inputs.forms import DayField, make_form_layout, place_beside
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import ChoiceBox
from zoneplanner.ui.widgets.layout.basic_widgets import (
    WrappedLabel,
    clear_layout,
    make_column_layout,
    make_link_button,
    make_muted_label,
    make_section_label,
    push_button,
    wrap_in_scroll_area,
)
from zoneplanner.ui.widgets.layout.layouts import CollapsibleSection
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style.theme import GRID_PX, set_style_state

_KEPT = "publish"
_NO_PLAN = "there is no plan yet."


class _WarningList(QWidget):
    """What readers would stumble over, a point each, with a link to its place in the window.

    ``lead_asked`` has the kind of place and which one it is.
    """

    lead_asked = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self._rows = make_column_layout(self, margin_px=0)
        self.links: list[QToolButton] = []
        self._points: tuple[ReleaseWarning, ...] = ()

    def text(self) -> str:
        """Return the points, a line each."""
        return "\n".join(one.text for one in self._points)

    def show_points(self, points: Sequence[ReleaseWarning]) -> None:
        """List other points; those that are listed already keep their links and the focus."""
        if [one.text for one in points] == self.text().splitlines():
            return
        self._points, self.links = tuple(points), []
        clear_layout(self._rows)
        for one in points:
            self._rows.addWidget(WrappedLabel(f"• {one.text}"))
            if one.leads is not None:
                kind, which, words = one.leads
                key = f"{which} {one.row}" if one.row else which
                link = make_link_button(words, partial(self.lead_asked.emit, kind, key))
                link.setAccessibleDescription(one.text)
                self.links.append(link)
                self._rows.addWidget(link)


class PublishForm(QWidget):
    """Asks; ``changed`` tells that another preview is due, ``asked`` that the files are to be made.

    What was chosen is remembered in ``kept``.
    """

    changed = Signal()
    asked = Signal()
    stopped = Signal()
    open_asked = Signal()
    lead_asked = Signal(str, str)

    def __init__(self, desk: UiContext, kept: MutableMapping[str, str]) -> None:
        super().__init__()
        self._desk, self._kept = desk, kept
        self._as_of = desk.session.clock()
        self._target_min = RESPONSE_TARGET_MIN
        self._missing: Mapping[str, str] = {}
        self._folder = self._had("folder", str(_usual_folder(desk)))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        self._scroll = wrap_in_scroll_area(self._questions(), "Publish")
        whole.addWidget(self._scroll, 1)
        whole.addWidget(self._end())
        self._show_audience()

    @property
    def audience(self) -> str:
        """The audience that is chosen."""
        return next(key for key, button in self.audiences.items() if button.isChecked())

    @property
    def only(self) -> tuple[str, ...]:
        """The parts that are chosen and may be made for the audience."""
        return tuple(key for key, box in self.parts.items() if box.isChecked() and box.isEnabled())

    def choose(self, audience: str, parts: Collection[str]) -> None:
        """Choose an audience, and some parts alone."""
        self.audiences[audience].setChecked(True)
        self._find_missing_anew()
        for key, box in self.parts.items():
            box.setChecked(key in parts and box.isEnabled())

    def wanted(self) -> HandoutRequest:
        """Return what is to be collected; for the public of whole months alone."""
        now = self.moment.currentData() == "now"
        period = ReportPeriod(self.first.day(), self.last.day())
        whole = period.is_month and period.last <= self._desk.session.today
        given = whole or self.audience != PUBLIC
        return HandoutRequest(
            self.audience,
            self._desk.session.clock() if now else self._as_of,
            period.first if given else None,
            period.last if given else None,
            self.paper.currentData(),
            self.tiles.currentData(),
            pictures=Path(text) if (text := self.pictures.text().strip()) else None,
            target_min=self._target_min,
            areas=self.areas.currentData() or "",
        )

    def target(self) -> Path:
        """Return the folder; none is a UserError."""
        if not self.folder.text().strip():
            raise UserError("Choose a folder for the files.")
        return Path(self.folder.text().strip())

    @property
    def allows_draft(self) -> bool:
        """True where a plan that is not adopted may be made, too."""
        return self.draft.isChecked()

    def take_moment(self, *, first: bool = False) -> None:
        """Show when the project last took something, and the usual days up to then."""
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

    def take_period(self, first: date | None, last: date, target_min: float) -> None:
        """Take a period and target chosen elsewhere; without a first day it is the usual one."""
        self._target_min = target_min
        self.last.put(last)
        self.first.put(first or find_report_start(last))

    def run(self, fraction: float, text: str) -> None:
        """Show how far the work is."""
        self.progress.setRange(0, 100)
        self.progress.setValue(round(100 * max(fraction, 0.0)))
        self.progress.setFormat(f"{text} · %p %")

    def busy(self, *, on: bool) -> None:
        """Show that files are being made, or that they are not."""
        self.make.setEnabled(not on)  # it stays: a second click must not meet Cancel in its place
        self.stop.setVisible(on)
        self.shown.setVisible(not on)
        self.progress.setVisible(on)
        self.progress.setRange(0, 0)

    def say(self, text: str) -> None:
        """Say which plan is published."""
        self.about.setText(text)

    def show_missing(self, missing: Mapping[str, str]) -> None:
        """Say of which parts there is nothing to make, and why."""
        self._missing = missing
        self.show_parts()

    def show_warnings(self, warnings: Sequence[ReleaseWarning]) -> None:
        """List what readers would stumble over, and where to fix it."""
        self.warnings.show_points(warnings)
        self.warnings_title.setVisible(bool(warnings))
        self.warnings.setVisible(bool(warnings))

    def reveal_warnings(self) -> None:
        """Bring what readers would stumble over on screen, its beginning where it is long."""
        for part in (self.warnings, self.warnings_title):
            self._scroll.ensureWidgetVisible(part, 0, GRID_PX)

    def choose_part(self, key: str) -> None:
        """Keep the audience where it may have a part; else choose our office, which has all."""
        if self.audience not in PUBLICATIONS[key].audiences:
            self.audiences[OWN].setChecked(True)

    def _questions(self) -> QWidget:
        """Return what is asked, which scrolls where there is little room."""
        asked = QWidget()
        rows = make_column_layout(asked)
        self.about = make_muted_label()
        rows.addWidget(self.about)
        rows.addWidget(make_section_label("1. Who it is for"))
        self.audiences = self._audiences()
        readers = QGridLayout()
        for at, button in enumerate(self.audiences.values()):
            readers.addWidget(button, at // 2, at % 2)
        rows.addLayout(readers)
        self.never = make_muted_label()
        rows.addWidget(self.never)
        included = QWidget()
        self.included_rows = make_column_layout(included, margin_px=0)
        self.included = CollapsibleSection("Included", included, opened=False)
        set_style_state(self.included.header, "flush", True)
        rows.addWidget(self.included)
        rows.addWidget(make_section_label("2. What to publish"))
        self.parts = {key: QCheckBox(part.title) for key, part in PUBLICATIONS.items()}
        for key, box in self.parts.items():
            box.setToolTip(PUBLICATIONS[key].words)
            box.toggled.connect(self._remember)
            rows.addWidget(box)
        how = QWidget()
        how.setLayout(self._choices())
        self.how = CollapsibleSection("Dates and paper", how, opened=False)
        set_style_state(self.how.header, "flush", True)
        rows.addWidget(self.how)
        self.draft = QCheckBox("Allow a plan that is not adopted")
        self.draft.setToolTip("Its pages are marked as a draft.")
        rows.addWidget(self.draft)
        self.warnings_title = make_section_label("Before you send it")
        self.warnings = _WarningList()
        self.warnings.lead_asked.connect(self.lead_asked)
        rows.addWidget(self.warnings_title)
        rows.addWidget(self.warnings)
        self.show_warnings(())
        rows.addStretch(1)
        return asked

    def _end(self) -> QWidget:
        """Return where the files go and the buttons, which are always in sight."""
        end = QWidget()
        rows = make_column_layout(end)
        rows.addWidget(make_section_label("3. Where to save"))
        self.folder = PathEdit(self._folder)
        self.folder.textEdited.connect(self._keep_folder)
        self.folder.setAccessibleName("Folder for the files")
        self.folder.setToolTip("Each audience and day gets its own folder inside it.")
        choose = QPushButton("Choose…")
        choose.clicked.connect(self._choose)
        rows.addWidget(place_beside(self.folder, choose))
        self.progress = QProgressBar()
        self.progress.setTextVisible(True)
        self.progress.hide()
        rows.addWidget(self.progress)
        rows.addLayout(self._buttons())
        return end

    def _audiences(self) -> dict[str, QRadioButton]:
        group = QButtonGroup(self)
        had = self._had("audience", PUBLIC)
        buttons = {}
        for key, reader in AUDIENCES.items():
            button = buttons[key] = QRadioButton(reader.title)
            button.setToolTip(reader.never)
            button.setChecked(key == had)
            group.addButton(button)
        if had not in buttons:
            buttons[PUBLIC].setChecked(True)
        for button in buttons.values():
            button.toggled.connect(lambda on: self._show_audience() if on else None)
        return buttons

    def _choices(self) -> QFormLayout:
        form = make_form_layout()
        today, formats = self._desk.session.today, self._desk.session.formats
        usual = find_usual_paper(self._desk.session.saved_project)
        self.areas = ChoiceBox()
        self.areas.setToolTip("An added layer of areas, used for the totals in the board’s report.")
        self._list_areas()
        self.first, self.last = DayField(formats, today), DayField(formats, today)
        self.moment, self.paper, self.tiles = ChoiceBox(), ChoiceBox(), ChoiceBox()
        self.moment.addItem("Last record", "last")
        self.moment.addItem("Now", "now")
        self.moment.setToolTip(
            "The time shown in the files. If you use the time of the last record, the same "
            "project always produces the same files."
        )
        for key, title in PREFERENCE_CHOICES["paper"].items():
            self.paper.addItem(title, key)
        self.paper.setCurrentIndex(max(0, self.paper.findData(self._had("paper", usual))))
        self.pictures = PathEdit(self._had("pictures", ""))
        self.pictures.setPlaceholderText("None")
        self.pictures.setAccessibleName("Aerial pictures")
        self.pictures.setToolTip(
            "An MBTiles file or a GeoTIFF on this computer, printed under the maps."
        )
        self.pictures.editingFinished.connect(self._remember)
        self.choose_pictures = push_button("Choose…", do=self._ask_pictures)
        self.choose_pictures.setAccessibleName("Choose aerial pictures")
        self.tiles.addItem("None: the map never uses the network", "")
        for name, title in TILE_TITLES.items():
            self.tiles.addItem(title, name)
        self.tiles.setToolTip("Pictures that readers of the web map can turn on.")
        form.addRow("&As of", self.moment)
        form.addRow("Reports &from", self.first)
        form.addRow("&to", self.last)
        form.addRow("&Paper", self.paper)
        form.addRow("&Tiles", self.tiles)
        form.addRow("Aerial pictures", place_beside(self.pictures, self.choose_pictures))
        form.addRow("&Board’s areas", self.areas)
        for box in (self.moment, self.paper, self.tiles, self.areas):
            box.setMinimumContentsLength(12)
            box.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            box.currentIndexChanged.connect(self._remember)
        for day in (self.first, self.last):
            day.setToolTip(
                "The board’s report covers a whole month; for other days, the last month that has "
                "ended."
            )
            day.dateChanged.connect(self._remember)
        return form

    def _list_areas(self) -> None:
        """Offer the layers that have areas; the one chosen stays chosen."""
        had = self.areas.currentData() or self._had("areas", "")
        self.areas.blockSignals(True)
        self.areas.clear()
        self.areas.addItem("None: the district only", "")
        for key, title in list_area_layers(self._desk.session.saved_project).items():
            self.areas.addItem(title, key)
        self.areas.setCurrentIndex(max(0, self.areas.findData(had)))
        self.areas.blockSignals(False)

    def _buttons(self) -> QHBoxLayout:
        line = QHBoxLayout()
        self.make = QPushButton("Make the files")
        self.make.setDefault(True)
        self.stop = QPushButton("Cancel")
        self.stop.hide()
        self.shown = QPushButton("Open folder")
        self.make.clicked.connect(self.asked)
        self.stop.clicked.connect(self.stopped)
        self.shown.clicked.connect(self.open_asked)
        for button in (self.make, self.stop, self.shown):
            line.addWidget(button)
        line.addStretch(1)
        return line

    def _show_audience(self) -> None:
        """Say what the audience never gets, and shut the parts that are not for it."""
        self.never.setText(AUDIENCES[self.audience].never)
        self._find_missing_anew()
        self._remember()

    def _find_missing_anew(self) -> None:
        """Show what is missing for sure; the preview finds out the rest."""
        self.show_missing(explain_early(self._desk.session, self.audience))

    def show_parts(self) -> None:
        """Shut the parts that are not for the audience or have nothing to show, and say why."""
        reader = name_audience(self.audience)
        for key, box in self.parts.items():
            part = PUBLICATIONS[key]
            needs = part.needs_plan and self._desk.session.plan is None
            why = _NO_PLAN if needs else self._missing.get(key, "")
            may = self.audience in part.audiences
            wanted = self._had(f"part.{key}", str(part.is_default)) == "True"
            with QSignalBlocker(box):  # what was chosen is kept for when it can be made
                box.setEnabled(may and not why)
                box.setChecked(box.isEnabled() and wanted)
            empty = "needs a plan" if needs else "nothing to publish" if why else ""
            reason = empty if may else f"not for {reader}"
            box.setText(f"{part.title} ({reason})" if reason else part.title)
            box.setToolTip(f"{part.words} Left out: {why}" if may and why else part.words)

    def _remember(self, _value: object = None) -> None:
        self._kept[f"{_KEPT}.audience"] = self.audience
        paper, usual = self.paper.currentData(), find_usual_paper(self._desk.session.saved_project)
        self._kept[f"{_KEPT}.paper"] = "" if paper == usual else paper
        self._kept[f"{_KEPT}.pictures"] = self.pictures.text().strip()
        self._kept[f"{_KEPT}.areas"] = self.areas.currentData() or ""
        for name, box in self.parts.items():
            if box.isEnabled():
                self._kept[f"{_KEPT}.part.{name}"] = str(box.isChecked())
        self.changed.emit()

    def _had(self, name: str, usual: str) -> str:
        return self._kept.get(f"{_KEPT}.{name}", "") or usual

    def _ask_pictures(self) -> None:
        chosen = ask_file(self, "Aerial pictures", PICTURE_FILES)
        if chosen is not None:
            self.pictures.setText(str(chosen))
            self._remember()

    def _choose(self) -> None:
        chosen = ask_folder(self, "Folder for the files", Path(self.folder.text()))
        if chosen is not None:
            self.folder.setText(str(chosen))
            self._keep_folder(str(chosen))

    def _keep_folder(self, text: str) -> None:
        self._kept[f"{_KEPT}.folder"] = text


def _usual_folder(desk: UiContext) -> Path:
    documents = QStandardPaths.StandardLocation.DocumentsLocation
    place = Path(QStandardPaths.writableLocation(documents))
    return place / f"{desk.session.project.name} handouts"
