"""Asks before a form closes over a text that somebody wrote."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from PySide6.QtCore import QDate, QDateTime, QEvent, QObject, QSize, Qt, QTime, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QCheckBox,
    QComboBox,
    QCompleter,
    QDateTimeEdit,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QFrame,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from zoneplanner.app.session.session import Session
from zoneplanner.domain.calendar.local_time import DoubtfulTime, parse_moment
from zoneplanner.domain.locale_formats import LocaleFormats
from zoneplanner.domain.log.privacy import PRIVACY_ADVICE, collect_known_words, find_personal_data
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.tokens import SIZES_PX
from zoneplanner.ui.widgets.inputs.form_sheet import OVER_FORMS, FormSheet, find_sheet_around
from zoneplanner.ui.widgets.inputs.wheel_safe_inputs import (
    ChoiceBox,
    DayBox,
    MomentBox,
    make_choice_box,
)
from zoneplanner.ui.widgets.layout.basic_widgets import (
    add_spin_arrows,
    make_column_layout,
    make_dialog_title,
    make_muted_label,
    make_row_layout,
    make_wrapped_label,
    pass_focus,
)
from zoneplanner.ui.widgets.layout.window_geometry import FITS_HEIGHT, find_frame_interior
from zoneplanner.ui.widgets.services.notices import NoticeBar
from zoneplanner.ui.widgets.style.theme import (
    GRID_PX,
    SPACING_PX,
    WIDE_MARGIN_PX,
    make_heading_font,
)
from zoneplanner.ui.widgets.style.value_text import describe_unit

_PUT_BACK_MS = 60_000
"""So long a form that was left can be put back."""
_LONG_TEXT_LETTERS = 40
"""From so many letters on a text took long enough to write that one key must not lose it."""


def _count_new_letters(before: Mapping[QWidget, str], now: Mapping[QWidget, str]) -> int:
    """Return how long the texts are that are no longer as they were."""
    changed = (text for field, text in now.items() if text != before.get(field, ""))
    return sum(len(text.strip()) for text in changed)


class LeaveQuestion(QMessageBox):
    """Asks before something is left; Esc and Enter stay. Its user adds the buttons that leave."""

    def __init__(
        self, parent: QWidget, title: str, text: str, more: str, *, stay: str = "Wait"
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.setText(text)
        self.setInformativeText(more)
        self.wait = self.addButton(stay, QMessageBox.ButtonRole.RejectRole)
        self.setDefaultButton(self.wait)
        self.setEscapeButton(self.wait)


class DiscardQuestion(LeaveQuestion):
    """Asks whether a form closes all the same; Esc and Enter go on writing."""

    def __init__(self, form: QDialog, discard: Callable[[], object]) -> None:
        text, more = "Discard what you wrote?", "It is not saved yet."
        super().__init__(form, form.windowTitle(), text, more, stay="Keep writing")
        self.back = self.wait
        self.discard = self.addButton("Discard", QMessageBox.ButtonRole.DestructiveRole)
        self.discard.setProperty("danger", True)
        self.discard.clicked.connect(lambda _=False: discard())


_TextField = QLineEdit | QPlainTextEdit
_Field = TypeVar("_Field", bound=QWidget)


class PrivacyCheckedField(QWidget):
    """A text field with its warning; a warning refuses nothing."""

    def __init__(self, field: _TextField, project: Project) -> None:
        super().__init__()
        self.field = field
        self._known = collect_known_words(project)
        self.hint = make_wrapped_label()
        self.hint.setProperty("role", "problem")
        self.hint.hide()
        make_column_layout(self, field, self.hint, margin_px=0, spacing_px=GRID_PX)
        pass_focus(self, field)
        field.textChanged.connect(lambda *_: self._look())
        self._look()

    def text(self) -> str:
        """Return what is written."""
        field = self.field
        return field.text() if isinstance(field, QLineEdit) else field.toPlainText()

    def put(self, text: str) -> None:
        """Show another text."""
        field = self.field
        if isinstance(field, QLineEdit):
            field.setText(text)
        else:
            field.setPlainText(text)

    def _look(self) -> None:
        found = find_personal_data(self.text(), self._known)
        self.hint.setText(" ".join([*found, PRIVACY_ADVICE]) if found else "")
        self.hint.setVisible(bool(found))
        self.field.setAccessibleDescription(self.hint.text())


_WRITTEN = "yyyy-MM-dd HH:mm"
_FROM_KEYS = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
    Qt.FocusReason.OtherFocusReason,
)
_OTHER_WINDOW = (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason)
NARROW_PX, WIDE_PX, TABLE_PX = 440, 720, 1080
"""The two widths that forms have at first, and that of a dialog around a large table or a map."""
LABEL_PX = SIZES_PX["label_column"]
"""Fields begin in one column, right of labels so wide at least."""
_AROUND_PX = 140
"""What a form has above and below its content: margins, a refusal of two lines, buttons."""


class TimeField(MomentBox):
    """A moment on the clock of the project's zone."""

    def __init__(self, session: Session, moment: datetime) -> None:
        super().__init__()
        project = session.project
        self._zone = ZoneInfo(project.time_zone)
        self._shown: tuple[QDateTime, datetime] | None = None
        self.setDisplayFormat(session.formats.field_moment)
        self.setCalendarPopup(True)
        add_spin_arrows(self)
        self.setToolTip(
            f"Local time, {project.time_zone}. Type 2:30 PM, 14:30 or 1430, with another day "
            f"before it."
        )
        self.put(moment)

    def put(self, moment: datetime) -> None:
        """Show a moment."""
        local = moment.astimezone(self._zone)
        self.setDateTime(
            QDateTime(QDate(local.year, local.month, local.day), QTime(local.hour, local.minute))
        )
        self._shown = (self.dateTime(), moment.astimezone(UTC).replace(microsecond=0))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Begin with the hour: the day that is shown is mostly the right one."""
        super().focusInEvent(event)
        if event.reason() in _FROM_KEYS:
            self.setSelectedSection(QDateTimeEdit.Section.HourSection)

    def moment(self) -> datetime:
        """Return the moment in UTC: the one that was put, to the second, or what was written.

        Raises
        ------
        ClockChanged
            What was written comes twice or not at all because the clocks change.
        """
        if self._shown is not None and self._shown[0] == self.dateTime():
            return self._shown[1]
        written = self.dateTime().toString(_WRITTEN)
        try:
            return parse_moment(written, time_zone=self._zone.key, now=datetime.now(UTC))
        except DoubtfulTime as error:
            raise DoubtfulTime(
                f"{error.message.split(';')[0]}; choose another minute, or log it on the command "
                f"line with its offset."
            ) from error


class DayField(DayBox):
    """A day, written as the desk writes."""

    def __init__(self, formats: LocaleFormats, day: date) -> None:
        super().__init__(QDate(day.year, day.month, day.day))
        self.setCalendarPopup(True)
        add_spin_arrows(self)
        self.setDisplayFormat(formats.field_pattern)

    def put(self, day: date) -> None:
        """Show a day."""
        self.setDate(QDate(day.year, day.month, day.day))

    def limit(self, first: date, last: date) -> None:
        """Let no other days be chosen."""
        self.setDateRange(*(QDate(day.year, day.month, day.day) for day in (first, last)))

    def day(self) -> date:
        """Return the day."""
        chosen = self.date()
        return date(chosen.year(), chosen.month(), chosen.day())


class RequiredTimeField(QWidget):
    """A day or time that a person has to set: by hand, or by a button that takes the present."""

    changed = Signal()

    def __init__(
        self, field: QDateTimeEdit, button: str, fill: Callable[[], object], *, given: bool
    ) -> None:
        super().__init__()
        self.field, self.is_set = field, given
        self._shown = field.dateTime()
        self.now = QPushButton(button)
        self.now.setAutoDefault(False)
        self.now.clicked.connect(lambda _=False: self._fill(fill))
        make_row_layout((field, 1), self.now, parent=self)
        pass_focus(self, field)
        field.dateTimeChanged.connect(self._change)

    def _fill(self, fill: Callable[[], object]) -> None:
        fill()
        self._take()

    def _change(self, moment: QDateTime) -> None:
        """Take another moment; Enter in the field tells the same one again and says nothing."""
        if moment != self._shown:
            self._shown = moment
            self._take()

    def _take(self) -> None:
        self.is_set = True
        self.changed.emit()


def make_unit_box(project: Project, chosen: str | None) -> ChoiceBox:
    """Return a choice of the project's units."""
    units = {unit: f"{unit} · {describe_unit(project, unit)}" for unit in project.units}
    return make_choice_box(_with_missing({None: "No unit", **units}, chosen), chosen)


def _with_missing(options: dict[Any, str], chosen: str | None) -> dict[Any, str]:
    """Add what an old entry names although it is gone from the project."""
    return {**options, chosen: chosen} if chosen and chosen not in options else options


class _SiteLine(QLineEdit):
    """What is typed to find a site: Enter shows the only one that fits, and Enter again goes on."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Put the only site that fits in the place of its letters, before anything is saved."""
        box = self.parent()
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and isinstance(box, SiteBox) and box.show_only_fitting():
            event.accept()
            return
        super().keyPressEvent(event)


class SiteBox(ChoiceBox):
    """A site found by a part of its name, in large letters; none is chosen that was not seen."""

    def take_keys(self) -> None:
        """Begin here: what is offered is selected, so that letters take its place."""
        self.setFocus(Qt.FocusReason.TabFocusReason)
        if (line := self.lineEdit()) is not None:
            line.selectAll()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show in full the only one that fits once a person goes on."""
        if event.reason() not in _OTHER_WINDOW:
            self.show_only_fitting()
        super().focusOutEvent(event)

    def show_only_fitting(self) -> bool:
        """Show in full the only site that fits; tell whether it did not stand there already."""
        words = self.currentText().casefold().split()
        names = [self.itemText(at) for at in range(self.count())]
        fitting = [
            at for at, name in enumerate(names) if all(one in name.casefold() for one in words)
        ]
        if not words or len(fitting) != 1:
            return False
        new = self.currentText() != names[fitting[0]]
        self.setCurrentIndex(fitting[0])
        self.setEditText(names[fitting[0]])
        return new


def make_site_box(project: Project, chosen: str | None) -> SiteBox:
    """Return a choice of the project's sites, found by typing."""
    box = SiteBox()
    line = _SiteLine(box)
    box.setLineEdit(line)
    line.setFont(make_heading_font())
    box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
    sites = sorted(project.sites.values(), key=lambda site: site.name)
    for key, name in _with_missing({site.id: site.name for site in sites}, chosen).items():
        box.addItem(name, key)
    box.setCurrentIndex(box.findData(chosen) if chosen else -1)
    _complete_by_substring(box)
    box.setMinimumContentsLength(24)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    return box


def make_officer_box(project: Project, shown: str) -> ChoiceBox:
    """Return a choice of the project's officers by name, in which another one may be typed."""
    box = make_editable_box([], "", "Not said")
    for officer in sorted(project.officers.values(), key=lambda one: one.name):
        box.addItem(officer.name, officer.id)
    at = box.findData(shown) if shown else -1
    box.setCurrentIndex(at)
    if at < 0:
        box.setEditText(shown)
    return box


def read_typed_choice(box: QComboBox) -> str:
    """Return the value of the choice that a box names, else what is written there."""
    text = box.currentText().strip()
    at = box.findText(text) if text else -1
    return str(box.itemData(at) or text) if at >= 0 else text


def make_editable_box(
    words: Sequence[str], shown: str, hint: str = "", *, by_substring: bool = False
) -> ChoiceBox:
    """Return a choice of words in which other ones may be typed; where it is empty the hint stands.

    Enter over selected words would put the completion of what was typed last in their place; so
    what stands there is itself a choice, and its own completion. ``by_substring`` lists what fits
    instead, and the arrows go through that list.
    """
    box = ChoiceBox()
    box.setEditable(True)
    box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
    box.addItems(list(words) if not shown or shown in words else [shown, *words])
    box.setCurrentIndex(box.findText(shown) if shown else -1)  # Down goes to the first one
    if (line := box.lineEdit()) is not None:
        line.setPlaceholderText(hint)
    completer = box.completer()
    if by_substring:
        _complete_by_substring(box)
    elif completer is not None:
        completer.setCompletionPrefix(shown)
        box.currentTextChanged.connect(completer.setCompletionPrefix)
    box.setMinimumContentsLength(16)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    return box


class _EnterGoesOn(QObject):
    """Gives Enter to the box where no row of its list is picked; the list alone would keep it."""

    def __init__(self, box: QComboBox, popup: QAbstractItemView) -> None:
        super().__init__(popup)
        self._box, self._popup = box, popup

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Close the list and press Enter in the box, which confirms its form."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            and not self._popup.currentIndex().isValid()
        ):
            self._popup.hide()
            QApplication.sendEvent(self._box, event)
            return True
        return super().eventFilter(watched, event)


def _complete_by_substring(box: QComboBox) -> None:
    """List the choices that contain what is typed; other words stay as they are."""
    completer = box.completer()
    if completer is not None:
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        if (popup := completer.popup()) is not None:
            popup.installEventFilter(_EnterGoesOn(box, popup))


def read_chosen_site(box: QComboBox, needed: str) -> str:
    """Return the id of the site that a box shows, "" for none where none is ``needed``.

    Raises
    ------
    UserError
        What is written is no site; the sentence is ``needed``, or names what was written.
    """
    text, at = box.currentText().strip(), box.currentIndex()
    if at >= 0 and text == box.itemText(at):
        return str(box.currentData())
    if needed:
        raise UserError("site_needed", needed=needed)
    if text:
        raise UserError("unknown_site.not_in_list", site=text)
    return ""


def place_beside(field: QWidget, button: QWidget) -> QWidget:
    """Put a button beside a field, which takes the focus."""
    row = QWidget()
    make_row_layout((field, 1), button, parent=row)
    pass_focus(row, field)
    return row


def add_browse_button(field: QLineEdit, choose: Callable[[], object]) -> QWidget:
    """Put a button beside the field of a file or folder that asks for one."""
    button = QPushButton("Choose…")
    button.clicked.connect(lambda _=False: choose())
    return place_beside(field, button)


class FormRows(QFormLayout):
    """Rows of a label and a field; the fields of all forms begin in the same column.

    Nobody asks a layout for its items (``itemAt``): when one is gone, PySide takes whatever comes
    to stand in its memory for it, a field or a whole form, and the program ends.
    """

    def __init__(self) -> None:
        super().__init__()
        self._fields: list[QWidget] = []

    def addRow(self, *row: Any) -> None:
        """Add a row; its label is as wide as those of other forms."""
        super().addRow(*row)
        label = self.labelForField(row[-1]) if len(row) > 1 else None
        if label is not None:
            label.setMinimumWidth(LABEL_PX)
            if isinstance(row[-1], QWidget):
                self._fields.append(row[-1])

    def list_rows(self) -> list[tuple[QWidget, QWidget]]:
        """Return label and field of each row that has both."""
        labels = ((self.labelForField(field), field) for field in self._fields if isValid(field))
        return [(label, field) for label, field in labels if label is not None]


def make_form_layout() -> FormRows:
    """Return rows of a label and a field each, with the house's distances."""
    rows = FormRows()
    rows.setHorizontalSpacing(SPACING_PX)
    rows.setVerticalSpacing(SPACING_PX)
    rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return rows


class _FittingScrollArea(QScrollArea):
    """Shows all of its content where the screen has the room; else it scrolls up and down."""

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self._content = content
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        policy = self.sizePolicy()
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        content.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ask for more or less room as the content does."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def sizeHint(self) -> QSize:
        """Ask for the room of the content."""
        return self._content.sizeHint()

    def minimumSizeHint(self) -> QSize:
        """Ask for no less than the content needs, up to what the screen has."""
        least, most_px = self._content.minimumSizeHint(), self._most_px()
        bar = self.verticalScrollBar().sizeHint().width() if least.height() > most_px else 0
        return QSize(least.width() + bar, min(least.height(), most_px))

    def heightForWidth(self, width: int) -> int:
        """Return the height that the content needs at a width, up to what the screen has."""
        layout, high = self._content.layout(), -1
        if layout is not None and layout.hasHeightForWidth():
            high = layout.totalHeightForWidth(width)
        return min(high if high > 0 else self._content.sizeHint().height(), self._most_px())

    def _most_px(self) -> int:
        if (sheet := find_sheet_around(self)) is not None:
            return sheet.height() - _AROUND_PX
        below = self.window().parentWidget() or self  # a form has a screen once it is shown
        return find_frame_interior(below.screen().availableGeometry()).height() - _AROUND_PX


def name_fields(form: FormRows) -> None:
    """Give each field that has no name that of its row, for screen readers."""
    for label, field in form.list_rows():
        if isinstance(label, QLabel | QAbstractButton):
            name = label.text().replace("&", "")
            for one in (field, *field.findChildren(QWidget)):
                has_own = isinstance(one, QAbstractButton) or one.accessibleName()
                if one.focusPolicy() & Qt.FocusPolicy.TabFocus and not has_own:
                    one.setAccessibleName(name)


class FormDialog(QDialog):
    """A short dialog. ``do`` runs at OK; what it refuses is shown and the dialog stays.

    With ``notices`` a form that is left after something was filled in can be put back for a while.
    """

    in_window = True
    """False of a form that outlives the project which is open; it is a window of its own."""

    def __init__(
        self,
        title: str,
        ok: str,
        do: Callable[[], object],
        parent: QWidget | None = None,
        *,
        notices: NoticeBar | None = None,
    ) -> None:
        super().__init__(parent)
        self._do, self._notices = do, notices
        self._inputs_at_first: list[str] = []
        self.setWindowTitle(title)
        self.setModal(True)
        self.setMinimumWidth(NARROW_PX)
        inside = QWidget()
        rows = QVBoxLayout(inside)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(SPACING_PX)
        self.title = make_dialog_title(title)
        self.about = make_muted_label()
        self.about.setMinimumWidth(NARROW_PX - 2 * WIDE_MARGIN_PX)
        self.about.hide()
        rows.addWidget(self.title)
        rows.addWidget(self.about)
        self.form = make_form_layout()
        rows.addLayout(self.form)
        rows.addStretch(1)
        self.refused = make_wrapped_label()
        self.refused.setProperty("role", "problem")
        self.refused.hide()
        self.required = make_muted_label()
        self.required.hide()
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.ok = self.buttons.addButton(ok, QDialogButtonBox.ButtonRole.AcceptRole)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(WIDE_MARGIN_PX, WIDE_MARGIN_PX, WIDE_MARGIN_PX, WIDE_MARGIN_PX)
        whole.setSpacing(SPACING_PX)
        whole.addWidget(_FittingScrollArea(inside), 1)
        whole.addWidget(self.refused)
        whole.addWidget(self.required)
        whole.addWidget(self.buttons)
        self.ok.setDefault(True)  # a button is its dialog's default only once it stands in it
        self._arranged = False
        self._left_in: QWidget | None = None
        self._texts_at_first: dict[QWidget, str] = {}

    def setVisible(self, visible: bool) -> None:
        """Begin in the first field, whatever stands in the form; its buttons come last."""
        if visible:
            self._arrange()
        super().setVisible(visible)

    def _arrange(self) -> None:
        """Set the order of the keys and the size, once all that the form has stands in it."""
        if self._arranged:
            return
        self._arranged = True
        self._texts_at_first = self.texts()
        self._inputs_at_first = self._read_inputs()
        for form in self.findChildren(FormRows):
            name_fields(form)
        cancel = self.buttons.button(QDialogButtonBox.StandardButton.Cancel)
        others = [one for one in self.buttons.buttons() if one not in (self.ok, cancel)]
        for button in (self.ok, cancel, *others):
            self.setTabOrder(self.previousInFocusChain() or self, button)
        if self.focusWidget() is None:
            self._focus_first_field()
        if isinstance(first := self.focusWidget(), SiteBox):
            first.take_keys()
        least = max(self.minimumWidth(), self.minimumSizeHint().width())
        wanted = max(self.sizeHint().width(), least)
        wide = NARROW_PX if wanted <= NARROW_PX else WIDE_PX
        if not self.testAttribute(Qt.WidgetAttribute.WA_Resized):
            self.setMinimumWidth(wide)
            layout = self.layout()
            high = layout.totalHeightForWidth(wide) if layout else -1
            self.resize(wide, max(high, self.minimumSizeHint().height()))
            self.setProperty(FITS_HEIGHT, True)

    def _focus_first_field(self) -> None:
        """Take the first field; while the form is no part of a window its chain is its own."""
        field = self.nextInFocusChain()
        while field is not None and field is not self:
            if field.focusPolicy() & Qt.FocusPolicy.TabFocus and field.isEnabledTo(self):
                field.setFocus(Qt.FocusReason.TabFocusReason)
                return
            field = field.nextInFocusChain()

    def ask(self) -> None:
        """Open the form over the window of its parent; it is gone when it is closed.

        One with a size of its own, around a table or a map, is a window of its own.
        """
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._arrange()
        parent = self.parentWidget()
        below = parent.window() if parent is not None else None
        if below is not None and self._fits_in(below):
            self.title.show()
            left = self._left_in
            FormSheet(self, below, left or self.focusWidget(), goes_on=left is not None)
            return
        if not self.isWindow():  # it was a part of a window before
            self.setParent(parent, Qt.WindowType.Dialog)
        self.setMinimumWidth(max(self.minimumWidth(), self.minimumSizeHint().width()))
        self.open()

    def _fits_in(self, below: QWidget) -> bool:
        if not self.in_window or not self.property(FITS_HEIGHT) or not below.isVisible():
            return False
        wide = max(self.minimumWidth(), self.minimumSizeHint().width())
        return wide <= below.width() - 2 * SPACING_PX

    def texts(self) -> dict[QWidget, str]:
        """Return what stands in the fields for longer texts."""
        return {field: field.toPlainText() for field in self.findChildren(QPlainTextEdit)}

    def reject(self) -> None:
        """Close; where that would lose a text that somebody wrote, ask first."""
        aside = bool(self.property(OVER_FORMS))
        self._left_in = self.focusWidget()
        if (
            not aside
            and _count_new_letters(self._texts_at_first, self.texts()) >= _LONG_TEXT_LETTERS
        ):
            DiscardQuestion(self, super().reject).open()
            return
        notices = self._notices
        if notices is None or self._read_inputs() == self._inputs_at_first:
            super().reject()
            return
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        super().reject()
        QTimer.singleShot(_PUT_BACK_MS, self, self._let_go)
        text = f"{self.windowTitle()}: the form is closed, nothing was logged."
        notices.show_notice(text, offer="Put it back", on_offer=self.ask)

    def _let_go(self) -> None:
        """Delete a form that was left and not put back."""
        if self.isHidden():
            self.deleteLater()

    def _read_inputs(self) -> list[str]:
        """Return what all fields say, in order."""
        said = []
        for field in self.findChildren(QWidget):
            match field:
                case QLineEdit():
                    said.append(field.text())
                case QPlainTextEdit():
                    said.append(field.toPlainText())
                case QComboBox():
                    said.append(field.currentText())
                case QCheckBox():
                    said.append(str(field.isChecked()))
        return said

    def set_about(self, text: str) -> None:
        """Say under the title what the dialog is about."""
        self.about.setText(text)
        self.about.setVisible(bool(text))

    def accept(self) -> None:
        """Do it; a refusal is shown in the dialog."""
        try:
            self._do()
        except UserError as error:
            self.show_refusal(error.message)
            return
        super().accept()

    def add_field(self, label: str, field: _Field) -> _Field:
        """Add a field below the others, with its label."""
        self.form.addRow(label, field)
        return field

    def add_rows(self, *rows: tuple[str, QWidget]) -> None:
        """Add fields, each below the other, with their labels."""
        for label, field in rows:
            self.form.addRow(label, field)

    def require(self, left: str) -> None:
        """Name what is still required before the default button opens; nothing opens it."""
        self.refused.hide()
        self.ok.setEnabled(not left)
        self.required.setText(left)
        self.required.setVisible(bool(left))

    def show_refusal(self, text: str) -> None:
        """Say in the dialog why it was not done."""
        self.refused.setText(text)
        self.refused.show()
