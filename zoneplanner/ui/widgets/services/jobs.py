"""Long work in threads: it gets frozen inputs, and its callbacks run on the main thread."""

import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from zoneplanner.errors import Cancelled, ProgressReport, UserError
from zoneplanner.messages import Message

INDETERMINATE_FRACTION = -1.0


@dataclass(frozen=True, eq=False, slots=True)
class UnfinishedWork:
    """What a person loses by stopping a job now, as a sentence.

    ``keep_result`` saves the result so far, and returns whether that succeeded.
    """

    lost: str
    keep_result: Callable[[], bool] | None = None


_DescribeUnfinished = Callable[[], UnfinishedWork | None]
"""Returns what stopping now would lose, or None for nothing."""


class Job(QObject):
    """One job in a thread. Its callbacks run on the thread that created it."""

    _event = Signal(str, object)
    progressed = Signal(float, str)
    ended = Signal()

    def __init__(
        self,
        title: str,
        parent: QObject,
        leaving: _DescribeUnfinished,
        say: Callable[[Message], str],
    ) -> None:
        super().__init__(parent)
        self.title = title
        self._say = say
        self.describe_unfinished = leaving
        self.running = True
        self._stop = threading.Event()
        self._calls: dict[str, Callable[[Any], None]] = {}
        self._event.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self.thread_of_work: threading.Thread | None = None

    def cancel(self) -> None:
        """End the job for the person at once; the thread ends at its next report."""
        if self.running:
            self._stop.set()
            self._finish("cancelled", None)

    def report(self, fraction: float, text: Message | str) -> None:
        """Report progress, 0 to 1 (below 0: unknown); raise Cancelled if the job was stopped."""
        if self._stop.is_set():
            raise Cancelled
        self._event.emit("progress", (fraction, text))

    def start(self, work: Callable[[], Any], calls: dict[str, Callable[[Any], None]]) -> None:
        """Run ``work`` in a thread; ``calls`` has keys done, failed, candidate and cancelled."""
        self._calls = calls
        self.thread_of_work = threading.Thread(
            target=self._run, args=(work,), name=self.title, daemon=True
        )
        self.thread_of_work.start()

    def emit_candidate(self, candidate: object) -> None:
        """Pass an interim result to the main thread; raise Cancelled if the job was stopped."""
        if self._stop.is_set():
            raise Cancelled
        self._event.emit("candidate", candidate)

    def _run(self, work: Callable[[], Any]) -> None:
        try:
            outcome = ("done", work())
        except Cancelled:
            return
        except Exception as error:
            outcome = ("failed", error)
        if not self._stop.is_set():
            self._event.emit(*outcome)

    def _deliver(self, name: str, value: object) -> None:
        if not self.running:
            return
        if name == "progress":
            assert isinstance(value, tuple)
            fraction, text = value
            self.progressed.emit(fraction, self._say(text) if isinstance(text, Message) else text)
        elif name == "candidate":
            self._call(name, value)
        else:
            self._finish(name, value)

    def _finish(self, name: str, value: object) -> None:
        self.running = False
        self.ended.emit()
        self._call(name, value)

    def _call(self, name: str, value: object) -> None:
        if name in self._calls:
            self._calls[name](value)


class Jobs(QObject):
    """All running jobs.

    ``status`` carries a job's title, fraction and text; ``idle`` is emitted when no job runs.
    ``say`` puts the reports into words, in the desk's formats.
    """

    status = Signal(str, float, str)
    idle = Signal()
    failed = Signal(object)
    refused = Signal(object)

    def __init__(self, parent: QObject | None = None, say: Callable[[Message], str] = str) -> None:
        super().__init__(parent)
        self._say = say
        self.closed = False
        """Whether the project is closing, so that no more work may start."""
        self._jobs: list[Job] = []

    @property
    def running(self) -> tuple[Job, ...]:
        """The running jobs, latest last."""
        return tuple(self._jobs)

    @property
    def unfinished(self) -> tuple[tuple[Job, UnfinishedWork], ...]:
        """The running jobs that would lose something, with what they would lose."""
        jobs = ((job, job.describe_unfinished()) for job in self._jobs)
        return tuple((job, unfinished) for job, unfinished in jobs if unfinished is not None)

    def run(
        self,
        title: str,
        work: Callable[[ProgressReport], Any],
        *,
        on_done: Callable[[Any], None],
        on_failed: Callable[[Exception], None] | None = None,
        on_cancelled: Callable[[], None] | None = None,
        lost: str = "",
        quiet: bool = False,
    ) -> Job:
        """Run ``work(report)`` in a thread and pass its result to ``on_done``.

        The status bar does not show ``quiet`` work, which nobody asked for. Without ``on_failed``,
        the signal ``refused`` carries a UserError, and ``failed`` any other exception. With
        ``lost``, the window asks before it closes and interrupts the work.
        """
        job = self._begin(title, lambda: UnfinishedWork(lost) if lost else None, quiet=quiet)
        calls = self._calls(on_done, on_failed, on_cancelled)
        job.start(lambda: work(job.report), calls)
        return job

    def run_candidates(
        self,
        title: str,
        candidates: Callable[[], Iterator[Any]],
        *,
        on_candidate: Callable[[Any], None],
        on_done: Callable[[Any], None],
        on_failed: Callable[[Exception], None] | None = None,
        on_cancelled: Callable[[], None] | None = None,
        leaving: _DescribeUnfinished = lambda: None,
    ) -> Job:
        """Run a generator in a thread and pass each candidate to ``on_candidate``.

        ``on_done`` gets the last candidate, or None if there was none.
        """
        job = self._begin(title, leaving)

        def work() -> Any:
            last = None
            stream = candidates()
            try:
                for last in stream:
                    job.emit_candidate(last)
            finally:
                if isinstance(stream, Generator):
                    stream.close()
            return last

        job.start(
            work, {**self._calls(on_done, on_failed, on_cancelled), "candidate": on_candidate}
        )
        return job

    def show_progress(self, job: Job, fraction: float, text: str) -> None:
        """Show a job's progress that its owner knows better than the work itself."""
        if job.running:
            self.status.emit(job.title, fraction, text)

    def fail(self, error: Exception) -> None:
        """Emit ``refused`` for a UserError, ``failed`` for any other error."""
        (self.refused if isinstance(error, UserError) else self.failed).emit(error)

    def cancel_all(self) -> None:
        """Stop all running jobs."""
        for job in self.running:
            job.cancel()

    def close(self, patience_s: float = 2.0) -> None:
        """Stop all work for good, and wait for each thread up to ``patience_s``."""
        self.closed = True
        threads = [job.thread_of_work for job in self.running]
        self.cancel_all()
        for thread in threads:
            if thread is not None:
                thread.join(patience_s)

    def _begin(self, title: str, leaving: _DescribeUnfinished, *, quiet: bool = False) -> Job:
        job = Job(title, self, leaving, self._say)
        self._jobs.append(job)
        job.ended.connect(lambda: self._end(job))
        if quiet:
            return job
        job.progressed.connect(lambda fraction, text: self.status.emit(title, fraction, text))
        self.status.emit(title, INDETERMINATE_FRACTION, "")
        return job

    def _end(self, job: Job) -> None:
        if job in self._jobs:
            self._jobs.remove(job)
        if not self._jobs:
            self.idle.emit()

    def _calls(
        self,
        on_done: Callable[[Any], None],
        on_failed: Callable[[Exception], None] | None,
        on_cancelled: Callable[[], None] | None,
    ) -> dict[str, Callable[[Any], None]]:
        calls: dict[str, Callable[[Any], None]] = {
            "done": on_done,
            "failed": on_failed or self.fail,
        }
        if on_cancelled is not None:
            calls["cancelled"] = lambda _: on_cancelled()
        return calls
