"""The question before the window closes or opens another project while jobs are running."""

from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QMessageBox, QWidget

from zoneplanner.ui.widgets.inputs.leave_question import LeaveQuestion
from zoneplanner.ui.widgets.services.jobs import Jobs


class UnfinishedWorkQuestion(LeaveQuestion):
    """One question about all running jobs that would lose something; Esc waits.

    ``leave`` is called once the jobs are stopped, ``stay`` if they go on. If the jobs end while the
    question is open, it closes and the window stays, so that the person sees the result.
    """

    def __init__(
        self,
        jobs: Jobs,
        parent: QWidget,
        leave: Callable[[], object],
        *,
        stay: Callable[[], object] = lambda: None,
    ) -> None:
        unfinished = jobs.unfinished
        names = " and ".join(f"“{job.title}”" for job, _ in unfinished)
        text = f"{names} {'is' if len(unfinished) == 1 else 'are'} not finished."
        lost = "\n".join(work.lost for _, work in unfinished)
        super().__init__(parent, "Still working", text, lost)
        self._jobs, self._window, self._leave, self._stay = jobs, parent, leave, stay
        self.use = None
        if self._find_result():
            self.use = self.addButton("Use the best plan so far", QMessageBox.ButtonRole.AcceptRole)
        stop = "Discard the result" if self.use else "Stop anyway"
        self.stop = self.addButton(stop, QMessageBox.ButtonRole.DestructiveRole)
        self.finished.connect(lambda _: self._act_on_answer())
        for job, _ in unfinished:
            job.ended.connect(self._close_if_finished)

    def _act_on_answer(self) -> None:
        chosen = self.clickedButton()
        if chosen is self.stop:
            self._stop_and_leave()
        elif self.use is not None and chosen is self.use:
            keep_result = self._find_result()  # may be better than when the question opened
            self._stop_and_leave() if keep_result is None or keep_result() else self._stay()
        else:
            self._stay()

    def _find_result(self) -> Callable[[], bool] | None:
        """Return the function that saves a running job's result so far, or None."""
        unfinished = (work for _, work in self._jobs.unfinished if work.keep_result)
        return next((work.keep_result for work in unfinished), None)

    def _stop_and_leave(self) -> None:
        for job, _ in self._jobs.unfinished:
            job.cancel()
        QTimer.singleShot(0, self._window, self._leave)

    def _close_if_finished(self) -> None:
        if self.isVisible() and not self._jobs.unfinished:
            self.reject()


def ask_about_unfinished_work(
    jobs: Jobs,
    parent: QWidget,
    leave: Callable[[], object],
    *,
    stay: Callable[[], object] = lambda: None,
) -> bool:
    """Ask whether to stop running jobs, and return False if none would lose anything."""
    if not jobs.unfinished:
        return False
    questions = parent.findChildren(UnfinishedWorkQuestion)
    if not any(question.isVisible() for question in questions):
        UnfinishedWorkQuestion(jobs, parent, leave, stay=stay).open()
    return True
