"""Background jobs: results arrive on the main thread, or not at all."""

import threading
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from zoneplanner.errors import UserError
from zoneplanner.ui.widgets.services.jobs import Jobs


@pytest.fixture
def jobs(qapp: QApplication) -> Iterator[Jobs]:
    made = Jobs()
    yield made
    made.close()


def test_a_result_arrives_on_the_main_thread(jobs: Jobs, qtbot: QtBot) -> None:
    came: list[tuple[int, bool]] = []

    def done(result: int) -> None:
        came.append((result, threading.current_thread() is threading.main_thread()))

    with qtbot.waitSignal(jobs.idle):
        jobs.run("Counting", lambda _: 6 * 7, on_done=done)
    qtbot.waitUntil(lambda: came == [(42, True)])
    assert jobs.running == ()


def test_progress_is_reported_with_the_title(jobs: Jobs, qtbot: QtBot) -> None:
    told: list[tuple[str, float, str]] = []
    jobs.status.connect(lambda *status: told.append(status))
    with qtbot.waitSignal(jobs.idle):
        jobs.run("Making", lambda report: report(0.5, "half"), on_done=lambda _: None)
    assert ("Making", 0.5, "half") in told


def test_a_canceled_job_ends_at_once_without_a_result(jobs: Jobs, qtbot: QtBot) -> None:
    go_on, told = threading.Event(), []

    def work(report: object) -> int:
        go_on.wait(5)
        report(0.9, "late")  # type: ignore[operator]
        return 1

    job = jobs.run("Waiting", work, on_done=told.append, on_cancelled=lambda: told.append("end"))
    job.cancel()
    assert jobs.running == () and told == ["end"]
    go_on.set()
    assert job.thread_of_work is not None
    job.thread_of_work.join(5)
    qtbot.wait(20)
    assert told == ["end"]


def test_a_user_error_reaches_the_jobs_own_handler(jobs: Jobs, qtbot: QtBot) -> None:
    def work(_report: object) -> None:
        raise UserError("no_plan")

    refused: list[Exception] = []
    jobs.run("Making", work, on_done=lambda _: None, on_failed=refused.append)
    qtbot.waitUntil(lambda: [one.code for one in refused] == ["no_plan"])


def test_an_unhandled_user_error_is_reported_by_the_window(jobs: Jobs, qtbot: QtBot) -> None:
    def work(_report: object) -> None:
        raise UserError("no_plan")

    with qtbot.waitSignal(jobs.refused) as told:
        jobs.run("Making", work, on_done=lambda _: None)
    assert told.args[0].code == "no_plan"


def test_a_bug_in_a_job_is_reported_by_the_window(jobs: Jobs, qtbot: QtBot) -> None:
    with qtbot.waitSignal(jobs.failed) as told:
        jobs.run("Dividing", lambda _: 1 / 0, on_done=lambda _: None)
    assert isinstance(told.args[0], ZeroDivisionError)


def test_candidates_arrive_in_order_and_the_last_one_twice(jobs: Jobs, qtbot: QtBot) -> None:
    seen: list[int] = []
    last: list[int] = []
    jobs.run_candidates(
        "Searching", lambda: iter([3, 2, 1]), on_candidate=seen.append, on_done=last.append
    )
    qtbot.waitUntil(lambda: last == [1])
    assert seen == [3, 2, 1]


def test_canceling_a_search_closes_it(jobs: Jobs, qtbot: QtBot) -> None:
    closed = threading.Event()

    def search() -> Iterator[int]:
        try:
            number = 0
            while True:
                number += 1
                yield number
        finally:
            closed.set()

    seen: list[int] = []
    job = jobs.run_candidates("Searching", search, on_candidate=seen.append, on_done=lambda _: None)
    qtbot.waitUntil(lambda: len(seen) > 3)
    job.cancel()
    assert closed.wait(5)
