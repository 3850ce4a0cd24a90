"""The window's tables name classes as text; each one exists."""

import re
from pathlib import Path

import pytest

import zoneplanner.ui
from zoneplanner.bundled import resources_dir
from zoneplanner.ui.widgets.services.ui_context import load_class

_NAMED = re.compile(r'"([a-z_]+(?:\.[a-z_]+)+:[A-Z]\w+)"')
_SOURCES = (
    *Path(zoneplanner.ui.__file__).parent.rglob("*.py"),
    resources_dir() / "workspaces.toml",
    resources_dir() / "actions.toml",
)


@pytest.mark.parametrize(
    "path", sorted({path for file in _SOURCES for path in _NAMED.findall(file.read_text("utf-8"))})
)
def test_every_class_named_as_text_exists(path: str) -> None:
    assert isinstance(load_class(path), type)
