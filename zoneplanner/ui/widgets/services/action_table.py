"""The actions of the window as Qt has them: menus, bars, shortcuts and palette are of these."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QIcon, QKeySequence

from zoneplanner.app.help.action_specs import ACTION_SPECS, Action
from zoneplanner.ui.widgets.layout.basic_widgets import escape_tooltip


class _SpecAction(QAction):
    """An action that can be barred for good: then nothing shows or enables it again."""

    barred = ""
    """Why, in a sentence."""

    def setVisible(self, visible: bool) -> None:
        """Show or hide it; one that is barred stays hidden."""
        super().setVisible(visible and not self.barred)

    def setEnabled(self, enabled: bool) -> None:
        """Open or shut it; one that is barred stays shut."""
        super().setEnabled(enabled and not self.barred)

    def setDisabled(self, disabled: bool) -> None:
        """Shut or open it; one that is barred stays shut."""
        self.setEnabled(not disabled)


class Actions(QObject):
    """The QAction of each spec, by name."""

    def __init__(self, icon: Callable[[str], QIcon], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.specs = {spec.name: spec for spec in ACTION_SPECS}
        self._said: dict[str, str] = {}
        self._actions = {spec.name: self._made(spec, icon) for spec in ACTION_SPECS}

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def set_handler(self, name: str, do: Callable[[], object]) -> None:
        """Say what an action does."""
        self._actions[name].triggered.connect(lambda _=False: do())

    def disable_for_good(self, name: str, why: str) -> None:
        """Take an action away for good, since it would be refused."""
        action = self._actions[name]
        action.barred = why
        action.setVisible(False)
        action.setEnabled(False)

    def explain_disabled(self, keys: QKeySequence) -> str:
        """Say why a shortcut does nothing now, "" where it does something or is none."""
        for name, spec in self.specs.items():
            action = self._actions[name]
            if action.barred and keys in action.shortcuts():
                return action.barred
            if spec.needs and not action.isEnabled() and keys in action.shortcuts():
                return spec.needs
        return ""

    def interrupts(self, keys: QKeySequence) -> bool:
        """Tell whether a shortcut asks for something while an entry waits to be logged."""
        named = (name for name, spec in self.specs.items() if spec.interrupts)
        return any(keys in self._actions[name].shortcuts() for name in named)

    def commands(self, keys: QKeySequence) -> bool:
        """Tell whether a shortcut does something now."""
        return any(one.isEnabled() and keys in one.shortcuts() for one in self._actions.values())

    def group(self, group: str) -> list[QAction]:
        """Return a menu's actions in order, with separators where sections start."""
        found: list[QAction] = []
        for spec in ACTION_SPECS:
            if spec.group != group:
                continue
            if spec.starts and found:
                found.append(self.line())
            found.append(self._actions[spec.name])
        return found

    def line(self) -> QAction:
        """Return a line between the sections of a menu."""
        line = QAction(self)
        line.setSeparator(True)
        return line

    def all(self) -> list[QAction]:
        """Return every action."""
        return list(self._actions.values())

    def put_words(self, say: Callable[[str], str]) -> None:
        """Call actions as a district does; ``say`` puts its words into a text."""
        for name, spec in self.specs.items():
            # one that says what it would do now keeps that: only another word counts
            action, said = self._actions[name], say(spec.text)
            if self._said.get(name, spec.text) != said:
                self._said[name] = said
                action.setText(said)
                action.setIconText(say(spec.short or spec.text.rstrip("…")))
                self.set_tip(name, say(spec.tip))

    def set_tip(self, name: str, tip: str) -> None:
        """Say what an action would do now."""
        self._actions[name].setToolTip(escape_tooltip(_tip(replace(self.specs[name], tip=tip))))

    def _made(self, spec: Action, icon: Callable[[str], QIcon]) -> _SpecAction:
        action = _SpecAction(spec.text, self)
        action.setObjectName(spec.name)
        if spec.icon:
            action.setIcon(icon(spec.icon))
        action.setShortcuts([QKeySequence(keys) for keys in spec.shortcuts])
        action.setCheckable(spec.checkable)
        action.setIconText(spec.short or spec.text.rstrip("…"))
        action.setStatusTip(spec.tip)
        action.setToolTip(_tip(spec))
        return action


def write_native_keys(keys: str | QKeySequence) -> str:
    """Write keys as this desk's own programs and its keyboard do."""
    native = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
    return native.replace("Return", "Enter")


def _tip(spec: Action) -> str:
    return f"{spec.tip} ({write_native_keys(spec.shortcuts[0])})" if spec.shortcuts else spec.tip
