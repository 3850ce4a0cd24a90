"""Undoing and reporting keystrokes that were not meant as commands."""

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from zoneplanner.app.log.corrections import take_back_entry
from zoneplanner.app.session.undo_stack import UndoStep
from zoneplanner.messages import Message, say_all
from zoneplanner.ui.map.tools.toolbox import Toolbox
from zoneplanner.ui.map.view import MapView
from zoneplanner.ui.widgets.inputs.accidental_input import (
    AccidentalKeyFilter,
    KeyTargetWatch,
    KeyVerdict,
)
from zoneplanner.ui.widgets.services.notices import PendingEntry
from zoneplanner.ui.widgets.services.ui_context import Selection, UiContext

_NOTICES = {
    KeyVerdict.STALE: Message("stray_keys.stale"),
    KeyVerdict.TEXT: Message("stray_keys.text"),
}
_UNDO_KEY, _REDO_KEY = "z", "Z"


@dataclass(frozen=True, eq=False, slots=True)
class _StateBeforeRun:
    """What a run of keys can change, as it was before the run."""

    focus: "weakref.ref[QWidget] | None"
    selection: Selection
    tool: str
    pending: PendingEntry | None
    undoable_step: UndoStep | None
    redoable_step: UndoStep | None
    own_entry_count: int


class StrayKeyUndo:
    """Undoes the effect of keystrokes once they prove to be typed text.

    It restores the focus, the tool and the selection, discards the entry that the keys prepared,
    and reverses what a digit assigned or stamped or what Z undid. The selection stays if a single
    letter stepped through the zones on the map, where the person could see it. An entry that was
    pending before the keystrokes stays, and so do other desks' steps in between.
    """

    def __init__(
        self, desk: UiContext, toolbox: Toolbox, window: QWidget, read_call: Callable[[], str]
    ) -> None:
        self._desk, self._read_call = desk, read_call
        self._toolbox = toolbox
        self._before: _StateBeforeRun | None = None
        self._run_text, self._has_undone = "", False
        self._discarded_entry: str | Message | None = None
        bridge, actions = desk.bridge, desk.actions
        watch = KeyTargetWatch(window, self._read_target)
        bridge.update_from_others_began.connect(watch.begin_update_from_others)
        bridge.update_from_others_ended.connect(watch.end_update_from_others)
        self._filter = AccidentalKeyFilter(
            window, desk.pending, actions.interrupts, actions.commands, watch
        )
        self._filter.run_began.connect(self._remember_state)
        self._filter.command_accepted.connect(self._add_to_run)
        self._filter.run_was_text.connect(self._undo_run)
        self._filter.dropped.connect(self._report)

    def _read_target(self) -> tuple[object, ...]:
        desk = self._desk
        return desk.bridge.selection, desk.pending.entry, self._toolbox.tool, self._read_call()

    def _report(self, verdict: KeyVerdict) -> None:
        messages = [_NOTICES[verdict]]
        if self._has_undone:
            messages.append(Message("stray_keys.undone"))
        if self._discarded_entry:
            messages.append(Message("stray_keys.not_logged", entry=self._discarded_entry))
        self._has_undone, self._discarded_entry = False, None
        self._desk.notices.show_notice(say_all(messages))
        if self._desk.pending.counting:
            self._desk.pending.raise_()  # an entry that was pending before stays visible

    def _remember_state(self) -> None:
        session, focus = self._desk.session, QApplication.focusWidget()
        self._run_text = ""
        self._before = _StateBeforeRun(
            weakref.ref(focus) if focus is not None else None,
            self._desk.bridge.selection,
            self._toolbox.tool,
            self._desk.pending.entry,
            session.undoable_step,
            session.redoable_step,
            len(session.own_entries),
        )

    def _add_to_run(self, text: str) -> None:
        self._run_text += text

    def _undo_run(self) -> None:
        before, session, pending = self._before, self._desk.session, self._desk.pending
        if before is None:
            return
        self._has_undone = self._toolbox.tool != before.tool
        self._toolbox.choose(before.tool)
        entry = pending.entry
        if entry is not None and entry is not before.pending and pending.discard():
            self._has_undone, self._discarded_entry = True, entry.text
        has_digit = any(letter.isdigit() for letter in self._run_text)
        done, undone = session.undoable_step, session.redoable_step
        if done not in (None, before.undoable_step) and (has_digit or _REDO_KEY in self._run_text):
            self._has_undone |= self._desk.attempt(session.undo)
        elif undone not in (None, before.redoable_step) and _UNDO_KEY in self._run_text:
            self._has_undone |= self._desk.attempt(session.redo)
        new_entries = session.own_entries[before.own_entry_count :]
        if has_digit and [entry.kind for entry in new_entries] == ["stamp"]:
            self._has_undone |= self._desk.attempt(
                partial(take_back_entry, session, new_entries[0])
            )
        focus = before.focus() if before.focus is not None else None
        is_zone_step = isinstance(focus, MapView) and len(set(self._run_text)) <= 1
        if self._desk.bridge.selection != before.selection and not is_zone_step:
            was = before.selection
            self._desk.bridge.select(site=was.site, zone=was.zone, on_purpose=was.on_purpose)
            self._has_undone = True
        if focus is not None and isValid(focus) and focus.isVisible():
            focus.setFocus(Qt.FocusReason.OtherFocusReason)
