"""Where the zones' numbers stand: in the roomiest place, or of the part that is in view."""

import numpy as np
import shapely
from PySide6.QtCore import QPointF, QRectF
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.app.reading import ProjectState
from zoneplanner.domain.locks import list_locked_zones
from zoneplanner.ui.canvas.anchors import find_label_anchor
from zoneplanner.ui.canvas.colouring import SiteColoring
from zoneplanner.ui.canvas.content import ZoneLabel
from zoneplanner.ui.canvas.shapes import SceneTransform

_NUMBER_PX = 26.0
_LETTER = 0.7
"""Width of a letter as a share of the number's height."""


class ZoneNumberPlacer:
    """The places of the numbers; a zone out of view has None."""

    def __init__(self, frame: SceneTransform) -> None:
        self.spots: dict[str, QPointF | None] = {}
        self._frame = frame
        self._homes: dict[str, tuple[BaseGeometry, QPointF | None]] = {}

    def follow(self, reading: ProjectState, window: QRectF, m_px: float) -> bool:
        """Keep the numbers in a window of the scene; tell whether one moved."""
        reach = _NUMBER_PX * m_px
        seen = window.adjusted(reach, reach, -reach, -reach)
        sites = np.array([s.position for s in reading.project.patrolled]).reshape(-1, 2)
        spots = {
            zone: self._spot(zone, outline.area, sites, seen)
            for zone, outline in reading.outlines.items()
        }
        moved = spots != self.spots
        self.spots = spots
        return moved

    def words(self, reading: ProjectState, colouring: SiteColoring) -> list[ZoneLabel]:
        """Return the numbers in view, with what stands beside and below them."""
        plan = reading.plan
        shut = list_locked_zones(reading.project, plan) if plan else frozenset()
        found = []
        for zone in plan.zones if plan else ():
            at = self.spots.get(zone.id)
            if at is not None:
                sign, caption = colouring.sign_of(reading, zone.id), colouring.caption_of(zone.id)
                found.append(ZoneLabel(zone.id, at, zone.colour, zone.id in shut, sign, caption))
        return found

    def _spot(
        self, zone: str, area: BaseGeometry, sites: FloatArray, seen: QRectF
    ) -> QPointF | None:
        known = self._homes.get(zone)
        same = known is not None and known[0] is area
        home = known[1] if known is not None and same else self._roomiest(zone, area, sites)
        self._homes[zone] = (area, home)
        if home is not None and seen.contains(home):
            return home
        kept = self.spots.get(zone)
        if same and kept is not None and seen.contains(kept):
            return kept
        left, top = self._frame.metres(seen.topLeft())
        right, bottom = self._frame.metres(seen.bottomRight())
        return self._roomiest(zone, shapely.clip_by_rect(area, left, bottom, right, top), sites)

    def _roomiest(self, zone: str, area: BaseGeometry, sites: FloatArray) -> QPointF | None:
        spot = find_label_anchor(area, sites, max(1.0, _LETTER * len(zone)))
        return None if spot is None else self._frame.point(*spot)
