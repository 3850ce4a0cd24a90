"""A stroke under way on a session: what it takes is shown at once and kept at its end."""

from collections.abc import Iterable

from zoneplanner.analysis.ground import AssignableArea, LandIndex
from zoneplanner.app.by_hand import describe_lock_author
from zoneplanner.app.session import Session
from zoneplanner.app.stroke_words import describe_stroke, explain_refusals, name_stroke
from zoneplanner.app.strokes import (
    EMPTY_STROKE,
    AssignmentStroke,
    SourceFilter,
    apply_stroke,
    begin_stroke,
    extend_stroke,
)
from zoneplanner.domain.plan import PlanLock
from zoneplanner.ui.canvas.changes import (
    CHANGED_ZONES_SHOWN,
    ZoneChange,
    compute_zone_changes,
    list_losing_zones,
    list_new_problems,
)


class AssignGesture:
    """One gesture that gives sites and blocks to a zone; no widget is needed.

    Raises
    ------
    UserError
        There is no draft to change, no target zone, or it is locked.
    """

    def __init__(
        self, session: Session, ground: LandIndex, zone: str | None, source: SourceFilter
    ) -> None:
        session.check_present()
        session.cancel_gesture()  # a plan that is only tried on is not what is changed
        self.start = session.reading
        self._session = session
        self._who: dict[str, str] = {}
        self.aim = begin_stroke(session.reading, ground, zone, source, self._who_locked)
        self.stroke = EMPTY_STROKE

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

    def take(self, *, sites: Iterable[str] = (), spots: Iterable[AssignableArea] = ()) -> None:
        """Take more."""
        self._show(extend_stroke(self.aim, self.stroke, sites=sites, spots=spots))

    def put(self, *, sites: Iterable[str] = (), spots: Iterable[AssignableArea] = ()) -> None:
        """Take this and nothing else."""
        self._show(extend_stroke(self.aim, EMPTY_STROKE, sites=sites, spots=spots))

    def keep(self) -> str:
        """Keep what is shown as one step of the history and say what happened.

        What cannot be saved is a UserError, and everything is as it was.
        """
        if self.stroke.takes:
            self._session.commit_gesture(f"Give {self.name} to {self.zone}")
        return describe_stroke(self.aim, self.stroke)

    def cancel(self) -> None:
        """Leave everything as it was."""
        self._session.cancel_gesture()

    @property
    def name(self) -> str:
        """What is taken, in words."""
        return name_stroke(self.aim, self.stroke)

    @property
    def stays(self) -> str:
        """What stays and why, in words; empty where nothing does."""
        return explain_refusals(self.aim, self.stroke) if self.stroke.stays else ""

    def changes(self) -> tuple[ZoneChange, ...]:
        """Return the zone that gives most and the one that takes, as shown now."""
        now = self._session.reading
        first = list_losing_zones(self.start, now, self.zone)[: CHANGED_ZONES_SHOWN - 1]
        return (
            compute_zone_changes(self.start, now, (*first, self.zone)) if self.stroke.takes else ()
        )

    def others(self) -> tuple[str, ...]:
        """Return the zones that give too and are not among ``changes``."""
        return list_losing_zones(self.start, self._session.reading, self.zone)[
            CHANGED_ZONES_SHOWN - 1 :
        ]

    def warnings(self) -> tuple[str, ...]:
        """Return the problems that the stroke would bring."""
        return list_new_problems(self.start, self._session.reading)

    def text(self) -> str:
        """Say what the stroke does so far in one line."""
        loads = "; ".join(change.text for change in self.changes())
        return f"{self.name} to {self.zone}: {loads}" if loads else ""

    def _who_locked(self, shut: PlanLock) -> str:
        """Say who set a lock; it is asked for once a stroke."""
        plan = self.start.plan
        if shut.key not in self._who and plan is not None:
            self._who[shut.key] = describe_lock_author(self._session, plan, shut)
        return self._who.get(shut.key, "")

    def _show(self, stroke: AssignmentStroke) -> None:
        before, self.stroke = self.stroke, stroke
        if stroke.sites == before.sites and stroke.blocks == before.blocks:
            return
        if stroke.takes:
            self._session.preview(lambda project: apply_stroke(project, self.aim, stroke))
        else:
            self._session.cancel_gesture()
