"""“Why is this site here?”: what each other zone would cost for the selected site."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from zoneplanner.analysis.districting.zone_alternatives import (
    ZoneAlternative,
    list_zone_alternatives,
)
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.plans.edits import assign_sites, find_lock_refusal
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.messages import Message, describe_deviation
from zoneplanner.ui.widgets.layout.basic_widgets import (
    LazyPanel,
    PlainTextLabel,
    clear_layout,
    make_column_layout,
    make_grid_layout,
    make_muted_label,
    make_section_label,
    push_button,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style import value_text
from zoneplanner.ui.widgets.style.theme import (
    GRID_PX,
    make_figures_font,
    make_swatch_icon,
)

_COLUMNS = (
    ("Zone", "Click a zone to move the site there."),
    ("Drive", "Daily trip-minutes that the whole plan would gain or lose."),
    ("Load", "How far that zone’s load would be from its fair share."),
)
_NO_SITE = (
    "Select a site on the map to see what it would cost to assign it to each of the other zones."
)
_SLACK = 1e-9


class SiteAlternativesPanel(LazyPanel):
    """One row per zone that may include the selected site; a click on a zone moves it there."""

    def __init__(self, desk: UiContext) -> None:
        super().__init__()
        self._desk = desk
        self.title = make_section_label("")
        self.about = make_muted_label()
        self.buttons: dict[str, QPushButton] = {}
        self._table_layout = QVBoxLayout()
        parts = (self.title, self.about, self._table_layout)
        make_column_layout(self, *parts, margin_px=0, spacing_px=GRID_PX)
        self.refresh_on(desk.bridge.selection_changed, desk.bridge.changed)

    def refresh(self) -> None:
        """Compute the alternatives of the selected site."""
        session, site_id = self._desk.session, self._desk.bridge.selection.site
        self.buttons = {}
        clear_layout(self._table_layout)
        plan = session.plan
        if plan is None or site_id is None:
            self.title.setText("Why is this site here?")
            self.about.setText(_NO_SITE)
            return
        site = session.project.sites[site_id]
        self.title.setText(f"Why is {site.name} here?")
        state = session.state
        alternatives: list[ZoneAlternative] = []
        if site.patrolled:
            zones = list_zone_alternatives(state.project, plan, state.basis, site_id)
            alternatives = [zone for zone in zones if not zone.stays]
        self.about.setText(_describe_alternatives(site, plan, alternatives))
        if alternatives:
            self._table_layout.addWidget(self._make_table(site, plan, alternatives))

    def _make_table(
        self, site: Site, plan: Plan, alternatives: Sequence[ZoneAlternative]
    ) -> QWidget:
        frame = QWidget()
        grid = make_grid_layout(frame, margins_px=(0, GRID_PX, 0, 0))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for column, (title, tip) in enumerate(_COLUMNS):
            heading = make_muted_label(title)
            heading.setToolTip(tip)
            heading.setAlignment(right if column else Qt.AlignmentFlag.AlignLeft)
            grid.addWidget(heading, 0, column)
            grid.setColumnStretch(column, min(column, 1))
        for alternative in alternatives:
            row = grid.rowCount()
            lock_note = self._explain_lock(site, plan, alternative.zone)
            breaks = [rule.say(self._desk.session.formats) for rule in alternative.breaks]
            button = self._make_button(site, plan, alternative.zone, breaks)
            button.setEnabled(plan.is_draft and not lock_note)
            grid.addWidget(button, row, 0)
            change = alternative.drive_change_min
            drive = value_text.format_difference(change, good=change < 0)
            load = _format_deviation(alternative.deviation_after, plan)
            for column, text in ((1, drive), (2, load)):
                label = PlainTextLabel(text)
                label.setFont(make_figures_font())
                label.setAlignment(right)
                label.setToolTip("\n".join(breaks))
                grid.addWidget(label, row, column)
            note = lock_note
            if not note and alternative.pieces > 1:
                note = f"A zone would be in {alternative.pieces} pieces."
            if note:
                grid.addWidget(make_muted_label(note), row + 1, 0, 1, len(_COLUMNS))
        return frame

    def _make_button(self, site: Site, plan: Plan, zone: str, breaks: Sequence[str]) -> QPushButton:
        button = self.buttons[zone] = push_button(zone, do=partial(self._move, site.id, zone))
        button.setIcon(make_swatch_icon(plan.zone(zone).color))
        tip = str(Message("plan_copied_to_change", plan=plan.name, status="not a draft"))
        if plan.is_draft:
            tip = f"Assigns {site.name} to {zone}, as one step that you can undo."
        button.setToolTip("\n".join((tip, *breaks)))
        button.setAccessibleName(f"Assign {site.name} to {zone}")
        button.setAccessibleDescription(" ".join(breaks))
        return button

    def _explain_lock(self, site: Site, plan: Plan, zone: str) -> str:
        refusal = find_lock_refusal(self._desk.session.project, plan, site, zone)
        return refusal.message if refusal else ""

    def _move(self, site_id: str, zone: str) -> None:
        session = self._desk.session
        uid = session.plan_uid
        if uid is not None:
            name = session.project.sites[site_id].name
            self._desk.apply(
                f"Assign {name} to {zone}",
                lambda project: assign_sites(project, uid, {site_id: zone}),
            )


def _format_deviation(deviation: float, plan: Plan) -> str:
    """Format a deviation; a sign marks a deviation outside the tolerance."""
    is_over = abs(deviation) > plan.tolerance + _SLACK
    return ("⚠ " if is_over else "") + value_text.format_share(deviation, signed=True)


def _describe_alternatives(site: Site, plan: Plan, alternatives: Sequence[ZoneAlternative]) -> str:
    home = plan.assignment.get(site.id)
    if not site.patrolled:
        return f"{site.name} is not patrolled and has no zone."
    if not alternatives:
        return (
            f"No other zone may include it; it is in {home}." if home else "No zone may include it."
        )
    if home is None:
        return "It has no zone. The cost in each zone that may include it:"
    best, without = alternatives[0], ""
    if best.left_deviation_after is not None:
        without = f" Without it, {home} would be {describe_deviation(best.left_deviation_after)}."
    if best.drive_change_min >= -_SLACK:
        return (
            f"It is in {home}: any other zone would add driving; the table shows minutes per day."
            f"{without}"
        )
    saved = value_text.format_number(-best.drive_change_min, 1)
    but = "but break a rule" if best.breaks else "and break no rule"
    return f"It is in {home}: {best.zone} would save {saved} min of driving per day {but}.{without}"
