"""Hostile journal entries: attacks by plain SQL and values for fuzzing."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from storage_samples import AT

from zoneplanner.domain.log.record_schema import ValueType

DEEP = "[" * 6_000 + "]" * 6_000
PLAIN_ATTACKS: dict[str, dict[str, Any]] = {
    **{text: {"occurred_at": text} for text in ("infinity", "-infinity", "now", "today", "epoch")},
    **{text: {"occurred_at": text} for text in ("2026-11-16", "20261116T163000Z", "", "2026")},
    "before Christ": {"occurred_at": "0044-03-15T12:00:00+00:00 BC"},
    "year 12026": {"occurred_at": "12026-11-16T16:30:00+00:00"},
    "no offset": {"occurred_at": "2026-11-16T16:30:00"},
    "another offset": {"occurred_at": "2026-11-16T16:30:00-08:00"},
    "second 60": {"occurred_at": "2026-11-16T16:30:60+00:00"},
    "hour 24": {"occurred_at": "2026-11-16T24:00:00+00:00"},
    "30 February": {"occurred_at": "2026-02-30T16:30:00+00:00"},
    "offset of 20 hours": {"payload": '{"departed_at":"2026-11-16T16:30:00+20:00"}'},
    "a time that is a number": {"occurred_at": 1_700_000_000},
    "no time": {"occurred_at": None},
    "free text in what is hashed as it is": {"payload": '{"note":"seen"}'},
    "a fact among the free texts": {"text": '{"status":"completed"}'},
    "free text that is no object": {"text": '["seen"]'},
    "free text that is no text": {"text": {"note": "seen"}},
    "free text that is written otherwise": {"text": '{"note": "seen"}'},
    "deep": {"text": f'{{"note":{DEEP}}}'},
    "deeper than the server parses": {"text": f'{{"note":{"[" * 90_000}{"]" * 90_000}}}'},
    "30 MB": {"text": f'{{"note":"{"x" * 30_000_000}"}}'},
    "payload that is no text": {"payload": {"status": "completed"}},
    "payload that is a list": {"payload": "[]"},
    "payload that is no JSON": {"payload": "{"},
    "free text with another end of line": {"text": '{"note":"a\u2028b"}'},
    "name with another end of line": {"unit": "S1\u0085"},
    "free text with a NUL": {"text": '{"note":"\\u0000"}'},
    "free text with an order to a terminal": {"text": '{"note":"\\u001b[2J"}'},
    "payload that is written otherwise": {"payload": '{"status": "completed"}'},
    "payload that says a thing twice": {"payload": '{"status":"missed","status":"completed"}'},
    "unknown kind": {"kind": "raid"},
    "no kind": {"kind": None},
    "unknown site": {"site": "nowhere"},
    "site that is a number": {"site": 7},
    "unknown unit": {"unit": "S9"},
    "itself": {"supersedes": "v9"},
    "another that is not there": {"supersedes": "v8"},
}

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
FITTING: dict[ValueType, st.SearchStrategy[Any]] = {
    ValueType.TEXT: texts,
    ValueType.FREE_TEXT: texts,
    ValueType.TEXTS: st.lists(texts, max_size=3),
    ValueType.NUMBER: st.floats(-1e6, 1e6).map(lambda number: round(number, 3)) | st.integers(0, 9),
    ValueType.INTEGER: st.integers(-(10**10), 10**10),
    ValueType.BOOLEAN: st.booleans(),
    ValueType.TIME: st.integers(-200_000, 253_402_300_799).map(
        lambda at_s: (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=at_s)).isoformat()
    ),
    ValueType.DAY: st.dates(AT.date().replace(year=1969)).map(lambda day: day.isoformat()),
}
