"""The schedule of a group's bound: which prices are tried when, and on which core."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from zoneplanner.analysis.districting.proof.lagrangian_bound import LagrangianBound

_ROUGH_STEPS, _ROUGH_STEPS_OF_MANY, _STEPS = 50, 10, 400
_MAX_SITES = 3000  # of a linear program


def improve_prices(relaxed: LagrangianBound, ceiling: float) -> Iterator[float]:
    """Yield the bound step by step until no prices prove more; above 3,000 sites forever.

    ``ceiling`` is the cost of a plan. The bounds depend on nothing else.
    """
    rough = _ROUGH_STEPS if ends_with_best_prices(relaxed) else _ROUGH_STEPS_OF_MANY
    yield from relaxed.improve(ceiling, rough, whole=False)
    while True:
        yield from relaxed.improve(ceiling, _STEPS, whole=True)
        if ends_with_best_prices(relaxed):
            break
    # deferred: the solver takes as long to import as a first plan to find
    from zoneplanner.analysis.districting.proof.price_program import PriceProgram

    yield from PriceProgram(relaxed).improve()


def ends_with_best_prices(relaxed: LagrangianBound) -> bool:
    """Return whether ``improve_prices`` ends."""
    return len(relaxed.price) <= _MAX_SITES


class BoundingThread:
    """Takes steps of a bound on a second core; compiled code releases the interpreter lock.

    ``bound`` rises; ``is_done`` is set when there is no further step.
    """

    def __init__(self, steps: Iterator[float], bound: float) -> None:
        self.bound = bound
        self.is_done = threading.Event()
        self._steps = steps
        self._stop = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def get_bound(self) -> float:
        """Return the best bound so far; an error in the thread is raised here."""
        if self._error is not None:
            raise self._error
        return self.bound

    def close(self) -> None:
        """Stop after the current step and wait for the thread."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            for bound in self._steps:
                self.bound = max(self.bound, bound)
                if self._stop.is_set():
                    return
        except BaseException as error:  # raised when the bound is read
            self._error = error
        finally:
            self.is_done.set()
