"""Long work beside the window: frozen inputs go in, callbacks come back on the main thread."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from zoneplanner.errors import Cancelled, ProgressReport, UserError

INDETERMINATE_FRACTION = -1.0


@dataclass(frozen=True, eq=False, slots=True)
class UnfinishedWork:
    """What it means to leave a job before its end: what is lost, in a sentence.

    ``use`` keeps what was found so far, and tells whether it could.
    """

    lost: str
    keep_result: Callable[[], bool] | None = None


_DescribeUnfinished = Callable[[], UnfinishedWork | None]
"""Says what leaving means at the moment; None where nobody would miss anything."""


class Job(QObject):
    """One running piece of work. Its callbacks run on the thread that made it."""

    _event = Signal(str, object)
    progressed = Signal(float, str)
    ended = Signal()

    def __init__(self, title: str, parent: QObject, leaving: _DescribeUnfinished) -> None:
        super().__init__(parent)
        self.title = title
        self.describe_unfinished = leaving
        self.running = True
        self._stop = threading.Event()
        self._calls: dict[str, Callable[[Any], None]] = {}
        self._event.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self.thread_of_work: threading.Thread | None = None

    def cancel(self) -> None:
        """Stop: the person sees it end at once, the work itself ends at its next report."""
        if self.running:
            self._stop.set()
            self._finish("cancelled", None)

    def report(self, fraction: float, text: str) -> None:
        """Tell how far the work is, 0 to 1 (below 0: unknown); raises Cancelled once stopped."""
        if self._stop.is_set():
            raise Cancelled
        self._event.emit("progress", (fraction, text))

    def start(self, work: Callable[[], Any], calls: dict[str, Callable[[Any], None]]) -> None:
        """Run ``work`` in a thread; ``calls`` are named done, failed, candidate, cancelled."""
        self._calls = calls
        self.thread_of_work = threading.Thread(
            target=self._run, args=(work,), name=self.title, daemon=True
        )
        self.thread_of_work.start()

    def emit_candidate(self, candidate: object) -> None:
        """Hand an intermediate result to the main thread; raises Cancelled once stopped."""
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
            self.progressed.emit(*value)
        elif name == "candidate":
            self._call(name, value)
        else:
            self._finish(name, value)

    def _finish(self, name: str, value: object) -> None:
        self.running = False
        self.ended.emit()
        self._call(name, value)

    def _call(self, name: str, value: object) -> None:
        call = self._calls.get(name)
        if call is not None:
            call(value)


class Jobs(QObject):
    """All work under way. ``status`` carries title, fraction and text; ``idle`` ends it."""

    status = Signal(str, float, str)
    idle = Signal()
    failed = Signal(object)
    refused = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.closed = False
        """True once no more work may begin, since the project is let go."""
        self._jobs: list[Job] = []

    @property
    def running(self) -> tuple[Job, ...]:
        """The jobs under way, the latest last."""
        return tuple(self._jobs)

    @property
    def unfinished(self) -> tuple[tuple[Job, UnfinishedWork], ...]:
        """The jobs under way that somebody would miss, with what leaving them means."""
        meant = ((job, job.describe_unfinished()) for job in self._jobs)
        return tuple((job, leaving) for job, leaving in meant if leaving is not None)

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
        """Run ``work(report)`` in a thread and hand its result to ``on_done``.

        ``quiet`` work is not told in the status bar: nobody asked for it.

        An exception goes to ``on_failed``; where none is given, what a person can fix to the
        signal ``refused``, anything else to ``failed``.
        ``lost`` says what the window must ask about before it closes in the middle.
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
        """Run a generator in a thread; each candidate comes to ``on_candidate``, the last to both.

        ``on_done`` gets the last candidate, or None where there was none.
        """
        job = self._begin(title, leaving)

        def work() -> Any:
            last = None
            stream = candidates()
            try:
                for last in stream:
                    job.emit_candidate(last)
            finally:
                close = getattr(stream, "close", None)
                if close is not None:
                    close()
            return last

        job.start(
            work, {**self._calls(on_done, on_failed, on_cancelled), "candidate": on_candidate}
        )
        return job

    def show_progress(self, job: Job, fraction: float, text: str) -> None:
        """Show how far a job is where its owner knows better than the work itself."""
        if job.running:
            self.status.emit(job.title, fraction, text)

    def fail(self, error: Exception) -> None:
        """Tell of an error that ended a job, by what it is."""
        (self.refused if isinstance(error, UserError) else self.failed).emit(error)

    def cancel_all(self) -> None:
        """Stop all that runs."""
        for job in self.running:
            job.cancel()

    def close(self, patience_s: float = 2.0) -> None:
        """Stop all work for good and wait a moment for its threads."""
        self.closed = True
        threads = [job.thread_of_work for job in self.running]
        self.cancel_all()
        for thread in threads:
            if thread is not None:
                thread.join(patience_s)

    def _begin(self, title: str, leaving: _DescribeUnfinished, *, quiet: bool = False) -> Job:
        job = Job(title, self, leaving)
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
