"""The drives that a project keeps, as the text of a setting, and back."""

import base64
import json
import zlib

from zoneplanner.domain.travel import TravelProvider, TravelTimes
from zoneplanner.storage.values import encode_json

_MOST_TRAVEL_BYTES = 1 << 30


def encode_travel(travel: TravelTimes | None) -> str:
    """Write drives as JSON, the minutes packed; none is null."""
    if travel is None:
        return encode_json(None)
    return encode_json(
        {
            "provider": str(travel.provider),
            "source": travel.source,
            "vintage": travel.vintage,
            "content": travel.content,
            "speeds_mph": dict(travel.speeds_mph),
            "sites": list(travel.sites),
            "positions": [list(spot) for spot in travel.positions],
            "minutes": base64.b64encode(zlib.compress(travel.minutes)).decode(),
        }
    )


def decode_travel(text: str) -> TravelTimes | None:
    """Read what ``travel_text`` wrote."""
    found = json.loads(text)
    if found is None:
        return None
    packed = base64.b64decode(found.pop("minutes"))
    return TravelTimes(
        **{
            **found,
            "provider": TravelProvider(found["provider"]),
            "sites": tuple(found["sites"]),
            "positions": tuple((float(x), float(y)) for x, y in found["positions"]),
        },
        minutes=zlib.decompressobj().decompress(packed, _MOST_TRAVEL_BYTES),
    )
