"""A stroke under way on a session: what it takes is shown at once and kept at its end."""

from collections.abc import Iterable

from zoneplanner.analysis.ground import Ground, Spot
from zoneplanner.app.by_hand import who_locked
from zoneplanner.app.session import Session
from zoneplanner.app.stroke_words import stays_text, told, what
from zoneplanner.app.strokes import NOTHING, Source, Stroke, aim_at, painted, taken
from zoneplanner.domain.plan import Lock
from zoneplanner.ui.canvas.changes import SHOWN, ZoneChange, givers, warnings, zone_changes


class Painting:
    """One gesture that gives sites and blocks to a zone; no widget is needed.

    Raises
    ------
    UserError
        There is no draft to change, no target zone, or it is locked.
    """

    def __init__(self, session: Session, ground: Ground, zone: str | None, source: Source) -> None:
        session.check_present()
        session.cancel_gesture()  # a plan that is only tried on is not what is changed
        self.start = session.reading
        self._session = session
        self._who: dict[str, str] = {}
        self.aim = aim_at(session.reading, ground, zone, source, self._who_locked)
        self.stroke = NOTHING

    @property
    def standing(self) -> bool:
        """False where another hand changed the project or ended the gesture.

        Asked when the session tells of a change that is no preview.
        """
        return self.start is self._session.reading and not self.stroke.takes

    @property
    def zone(self) -> str:
        """The zone that takes."""
        return self.aim.zone

    @property
    def barred(self) -> frozenset[str]:
        """The zones whose units share no jurisdiction with the target's: behind the wall."""
        project, holds = self.aim.project, self.aim.holds
        return frozenset(
            zone.id
            for zone in self.aim.plan.zones
            if not any(project.units[zone.unit].may_hold(key) for key in holds)
        )

    def take(self, *, sites: Iterable[str] = (), spots: Iterable[Spot] = ()) -> None:
        """Take more."""
        self._show(taken(self.aim, self.stroke, sites=sites, spots=spots))

    def put(self, *, sites: Iterable[str] = (), spots: Iterable[Spot] = ()) -> None:
        """Take this and nothing else."""
        self._show(taken(self.aim, NOTHING, sites=sites, spots=spots))

    def keep(self) -> str:
        """Keep what is shown as one step of the history and say what happened.

        What cannot be saved is a UserError, and everything is as it was.
        """
        if self.stroke.takes:
            self._session.commit_gesture(f"Give {self.name} to {self.zone}")
        return told(self.aim, self.stroke)

    def cancel(self) -> None:
        """Leave everything as it was."""
        self._session.cancel_gesture()

    @property
    def name(self) -> str:
        """What is taken, in words."""
        return what(self.aim, self.stroke)

    @property
    def stays(self) -> str:
        """What stays and why, in words; empty where nothing does."""
        return stays_text(self.aim, self.stroke) if self.stroke.stays else ""

    def changes(self) -> tuple[ZoneChange, ...]:
        """Return the zone that gives most and the one that takes, as shown now."""
        now = self._session.reading
        first = givers(self.start, now, self.zone)[: SHOWN - 1]
        return zone_changes(self.start, now, (*first, self.zone)) if self.stroke.takes else ()

    def others(self) -> tuple[str, ...]:
        """Return the zones that give too and are not among ``changes``."""
        return givers(self.start, self._session.reading, self.zone)[SHOWN - 1 :]

    def warnings(self) -> tuple[str, ...]:
        """Return the problems that the stroke would bring."""
        return warnings(self.start, self._session.reading)

    def text(self) -> str:
        """Say what the stroke does so far in one line."""
        loads = "; ".join(change.text for change in self.changes())
        return f"{self.name} to {self.zone}: {loads}" if loads else ""

    def _who_locked(self, shut: Lock) -> str:
        """Say who set a lock; it is asked for once a stroke."""
        plan = self.start.plan
        if shut.key not in self._who and plan is not None:
            self._who[shut.key] = who_locked(self._session, plan, shut)
        return self._who.get(shut.key, "")

    def _show(self, stroke: Stroke) -> None:
        before, self.stroke = self.stroke, stroke
        if stroke.sites == before.sites and stroke.blocks == before.blocks:
            return
        if stroke.takes:
            self._session.preview(lambda project: painted(project, self.aim, stroke))
        else:
            self._session.cancel_gesture()
