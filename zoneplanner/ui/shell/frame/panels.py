"""The parts of the window by name, each made when it is first asked for, and the work panel."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from zoneplanner.ui.plan.assignment.locks_panel import LocksPanel
from zoneplanner.ui.shell.permissions import bar_forbidden_parts
from zoneplanner.ui.shell.workspaces import (
    PANEL_SECTIONS,
    PanelContext,
    PanelSpec,
)
from zoneplanner.ui.widgets.layout.basic_widgets import make_column_layout
from zoneplanner.ui.widgets.layout.layouts import CollapsibleSection
from zoneplanner.ui.widgets.style.theme import Theme

_ALL_ROOM = 100


class LazyPanels:
    """Parts by name, each made when it is first asked for and put where ``place`` says.

    ``place`` gets the part's name, and how many of those before it in order are made already.
    """

    def __init__(
        self,
        parts: Mapping[str, PanelSpec],
        given: PanelContext,
        place: Callable[[str, QWidget, int], object],
    ) -> None:
        self._parts, self._given, self._place = parts, given, place
        self._made: dict[str, QWidget] = {}

    def __getitem__(self, name: str) -> Any:
        """Return a part, made now if it was not yet."""
        if name not in self._made:
            names = list(self._parts)
            before = sum(other in self._made for other in names[: names.index(name)])
            spec = self._parts[name]
            panel = self._made[name] = spec.make(self._given)
            bar_forbidden_parts(spec, panel, self._given.desk.session.store)
            self._place(name, panel, before)
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        """Tell whether there is a part of this name, made or not."""
        return name in self._parts

    def __iter__(self) -> Iterator[tuple[str, QWidget]]:
        """Go through the parts that are made, by name."""
        return iter(list(self._made.items()))

    def set_theme(self, theme: Theme) -> None:
        """Tell the parts that draw for themselves of another theme."""
        for _, panel in self:
            take = getattr(panel, "set_theme", None)
            if take is not None:
                take(theme)


class WorkPanel(QWidget):
    """Sections above each other, each with a title under a fold of its own.

    They scroll; the ``foot`` of a section does not, and stands below them. ``folded`` tells that
    one was opened, whose content is made by then, or folded away.
    """

    folded = Signal()

    def __init__(self, given: PanelContext) -> None:
        super().__init__()
        self._kept, self._view = given.kept, given.view
        self.folds: dict[str, CollapsibleSection] = {}
        self._rows = make_column_layout(self, None, margin_px=0, spacing_px=0)
        self.feet: dict[str, QWidget] = {}
        self.foot = QWidget()
        self._below = make_column_layout(self.foot, margin_px=0, spacing_px=0)
        self.sections = LazyPanels(PANEL_SECTIONS, given, self._put)

    @property
    def parts(self) -> list[QWidget]:
        """The sections with their folds, from above."""
        panels = [panel for _, panel in self.sections]
        parts = [*self.folds.values(), *panels]
        return sorted(
            (part for part in parts if self._rows.indexOf(part) >= 0), key=self._rows.indexOf
        )

    def show_sections(self, names: Iterable[str]) -> None:
        """Show some of the sections."""
        shown = [self.sections[name] for name in names]
        for name, panel in self.sections:
            self.folds.get(name, panel).setVisible(panel in shown)
            if name in self.feet:
                self.feet[name].setVisible(panel in shown)

    def collect_state(self) -> dict[str, str]:
        """Return the texts that bring the folds back the next time."""
        return {f"fold.{name}": str(fold.opened) for name, fold in self.folds.items()}

    def _put(self, name: str, panel: QWidget, at: int) -> None:
        part = PANEL_SECTIONS[name]
        if part.title:
            opened = self._kept.get(f"fold.{name}", str(part.opened)) == "True"
            self.folds[name] = CollapsibleSection(part.title, panel, opened=opened)
            self.folds[name].folded.connect(self.folded)
            self.folds[name].header.setEnabled(panel.isEnabled())
        self._rows.insertWidget(at, self.folds.get(name, panel), _ALL_ROOM if part.fills else 0)
        foot = getattr(panel, "foot", None)
        if foot is not None:
            self.feet[name] = foot
            self._below.addWidget(foot)
        if name == "console":
            panel.new.left.connect(self._view.setFocus)  # type: ignore[attr-defined]
        if isinstance(panel, LocksPanel):
            panel.counted.connect(self._count_locks)
            panel.refresh()

    def _count_locks(self, locks: int) -> None:
        self.folds["locks"].set_title(f"Locks ({locks})" if locks else "Locks")
