"""Ask before the window closes, or turns to another project, while something is under way."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QMessageBox, QWidget

from zoneplanner.ui.widgets.inputs.leave_question import LeaveQuestion
from zoneplanner.ui.widgets.services.jobs import Job, Jobs, UnfinishedWork

_USE, _STOP, _DISCARD = "Use the best so far", "Stop it", "Discard it"


class UnfinishedWorkQuestion(LeaveQuestion):
    """One question about all that somebody would miss; Esc waits.

    ``leave`` runs once nothing is under way any more. Where the work ends while it is asked, the
    question goes and the window stays, so that one sees what came of it.
    """

    def __init__(
        self,
        jobs: Jobs,
        parent: QWidget,
        leave: Callable[[], object],
        *,
        stay: Callable[[], object] = lambda: None,
    ) -> None:
        asked = jobs.unfinished
        lost = "\n".join(leaving.lost for _, leaving in asked)
        super().__init__(parent, "Still working", _titles(asked), lost)
        self._jobs, self._window, self._leave, self._stay = jobs, parent, leave, stay
        self._used = next(
            (leaving.keep_result for _, leaving in asked if leaving.keep_result), None
        )
        self.use = self.addButton(_USE, QMessageBox.ButtonRole.AcceptRole) if self._used else None
        stops = _DISCARD if self._used else _STOP
        self.stop = self.addButton(stops, QMessageBox.ButtonRole.DestructiveRole)
        self.finished.connect(lambda _: self._answer())
        for job, _ in asked:
            job.ended.connect(self._end)

    def _answer(self) -> None:
        chosen = self.clickedButton()
        if chosen is self.stop:
            self._go()
        elif self._used is not None and chosen is self.use:
            self._go() if self._latest_use() else self._stay()
        else:
            self._stay()

    def _latest_use(self) -> bool:
        """Keep the best of this moment, which may be better than when it was asked."""
        used = next((one.keep_result for _, one in self._jobs.unfinished if one.keep_result), None)
        return used is None or used()

    def _go(self) -> None:
        for job, _ in self._jobs.unfinished:
            job.cancel()
        QTimer.singleShot(0, self._window, self._leave)

    def _end(self) -> None:
        if self.isVisible() and not self._jobs.unfinished:
            self.reject()


def ask_about_unfinished_work(
    jobs: Jobs,
    parent: QWidget,
    leave: Callable[[], object],
    *,
    stay: Callable[[], object] = lambda: None,
) -> bool:
    """Ask what is to become of the work under way; False where nobody would miss any."""
    if not jobs.unfinished:
        return False
    if not any(one.isVisible() for one in parent.findChildren(UnfinishedWorkQuestion)):
        UnfinishedWorkQuestion(jobs, parent, leave, stay=stay).open()
    return True


def _titles(asked: Sequence[tuple[Job, UnfinishedWork]]) -> str:
    names = " and ".join(f"“{job.title}”" for job, _ in asked)
    return f"{names} {'is' if len(asked) == 1 else 'are'} not finished."
