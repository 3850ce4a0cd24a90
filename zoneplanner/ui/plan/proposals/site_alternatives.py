"""Why is this site here: what every other zone would cost for the site that is selected."""

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QPushButton, QVBoxLayout, QWidget

from zoneplanner.analysis.districting.zone_alternatives import (
    ZoneAlternative,
    list_zone_alternatives,
)
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.plans.edits import assign_sites, find_lock_refusal
from zoneplanner.domain.plans.plan import Plan
from zoneplanner.messages import describe_deviation
from zoneplanner.ui.widgets.layout.basic_widgets import (
    LazyPanel,
    PlainTextLabel,
    clear_layout,
    make_column_layout,
    make_muted_label,
    make_section_label,
    push_button,
)
from zoneplanner.ui.widgets.services.ui_context import UiContext
from zoneplanner.ui.widgets.style import value_text
from zoneplanner.ui.widgets.style.theme import (
    GRID_PX,
    SPACING_PX,
    make_figures_font,
    make_swatch_icon,
)

_HEADS = (
    ("Zone", "Click a zone to move the site there."),
    ("Drive", "Daily trip-minutes that the whole plan would gain or lose."),
    ("Load", "How far that zone’s load would be from its fair share."),
)
_NO_SITE = (
    "Select a site on the map to see what it would cost to assign it to each of the other zones."
)
_SLACK = 1e-9


class SiteAlternativesPanel(LazyPanel):
    """A row for each zone that may hold the selected site; a click on one moves it there."""

    def __init__(self, desk: UiContext) -> None:
        super().__init__()
        self._desk = desk
        self.title = make_section_label("")
        self.about = make_muted_label()
        self.rows: dict[str, QPushButton] = {}
        self._table_room = QVBoxLayout()
        parts = (self.title, self.about, self._table_room)
        make_column_layout(self, *parts, margin_px=0, spacing_px=GRID_PX)
        self.refresh_on(desk.bridge.selection_changed, desk.bridge.changed)

    def refresh(self) -> None:
        """Compute the alternatives of the selected site anew."""
        session, site_id = self._desk.session, self._desk.bridge.selection.site
        self.rows = {}
        clear_layout(self._table_room)
        plan = session.plan
        if plan is None or site_id is None:
            self.title.setText("Why is this site here?")
            self.about.setText(_NO_SITE)
            return
        site = session.project.sites[site_id]
        self.title.setText(f"Why is {site.name} here?")
        state = session.state
        found: tuple[ZoneAlternative, ...] = ()
        if site.patrolled:
            every = list_zone_alternatives(state.project, plan, state.basis, site_id)
            found = tuple(each for each in every if not each.stays)
        self.about.setText(_about(site, plan, found))
        if found:
            self._table_room.addWidget(self._table(site, plan, found))

    def _table(self, site: Site, plan: Plan, found: tuple[ZoneAlternative, ...]) -> QWidget:
        whole = QWidget()
        grid = QGridLayout(whole)
        grid.setContentsMargins(0, GRID_PX, 0, 0)
        grid.setHorizontalSpacing(SPACING_PX)
        grid.setVerticalSpacing(GRID_PX)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for at, (name, tip) in enumerate(_HEADS):
            head = make_muted_label(name)
            head.setToolTip(tip)
            head.setAlignment(right if at else Qt.AlignmentFlag.AlignLeft)
            grid.addWidget(head, 0, at)
        for choice in found:
            row = grid.rowCount()
            grid.addWidget(self._button(site, plan, choice), row, 0)
            change = choice.drive_change_min
            drive = value_text.format_difference(change, good=change < 0)
            for at, text in enumerate((drive, _marked(choice.deviation_after, plan)), start=1):
                label = PlainTextLabel(text)
                label.setFont(make_figures_font())
                label.setAlignment(right)
                grid.addWidget(label, row, at)
                label.setToolTip("\n".join(choice.breaks))
            note = self._locked(site, plan, choice.zone)
            if not note and choice.pieces > 1:
                note = f"A zone would be in {choice.pieces} pieces."
            if note:
                grid.addWidget(make_muted_label(note), row + 1, 0, 1, len(_HEADS))
        for at in range(1, len(_HEADS)):
            grid.setColumnStretch(at, 1)
        return whole

    def _button(self, site: Site, plan: Plan, choice: ZoneAlternative) -> QPushButton:
        button = push_button(choice.zone, do=partial(self._move, site.id, choice.zone))
        button.setIcon(make_swatch_icon(plan.zone(choice.zone).color))
        button.setEnabled(plan.is_draft and not self._locked(site, plan, choice.zone))
        does = f"Assigns {site.name} to {choice.zone}, as one step that you can undo."
        shut = f"“{plan.name}” is not a draft; copy it to change it."
        button.setToolTip("\n".join((does if plan.is_draft else shut, *choice.breaks)))
        button.setAccessibleName(f"Assign {site.name} to {choice.zone}")
        button.setAccessibleDescription(" ".join(choice.breaks))
        self.rows[choice.zone] = button
        return button

    def _locked(self, site: Site, plan: Plan, zone: str) -> str:
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


def _marked(deviation: float, plan: Plan) -> str:
    """Write a deviation; a sign marks one outside the tolerance."""
    over = abs(deviation) > plan.tolerance + _SLACK
    return ("⚠ " if over else "") + value_text.format_share(deviation, signed=True)


def _about(site: Site, plan: Plan, found: tuple[ZoneAlternative, ...]) -> str:
    home = plan.assignment.get(site.id)
    if not site.patrolled:
        return f"{site.name} is not patrolled and has no zone."
    if not found:
        return (
            f"No other zone may include it; it is in {home}." if home else "No zone may include it."
        )
    if home is None:
        return "It has no zone. The cost in each zone that may include it:"
    best = found[0]
    left, after = best.left_deviation_after, ""
    if left is not None:
        after = f" Without it, {home} would be {describe_deviation(left)}."
    if best.drive_change_min >= -_SLACK:
        return (
            f"It is in {home}: any other zone would add driving; the table shows minutes per day."
            f"{after}"
        )
    saved = value_text.format_number(-best.drive_change_min, 1)
    but = "but break a rule" if best.breaks else "and break no rule"
    return f"It is in {home}: {best.zone} would save {saved} min of driving per day {but}.{after}"
