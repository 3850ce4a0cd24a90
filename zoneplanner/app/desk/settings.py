"""What this desk remembers between sessions: recent projects, appearance, window state."""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import platformdirs

from zoneplanner.app.desk.project_location import is_shared_address
from zoneplanner.staging import replace_private_file

APP_DIR_NAME = "zoneplanner"
_MOST_RECENT = 10


@dataclass(frozen=True, slots=True)
class Settings:
    """The desk's settings. ``window`` holds opaque texts that the window writes and reads."""

    recent: tuple[str, ...] = ()
    appearance: str = "system"
    dates: str = "usual"
    window: dict[str, str] = field(default_factory=dict)

    def with_recent(self, path: object) -> "Settings":
        """Return the settings with a project put first among the recent ones."""
        text = str(path)
        others = [entry for entry in self.recent if entry != text]
        return replace(self, recent=(text, *others)[:_MOST_RECENT])

    def find_last_project(self) -> str:
        """Return the shared project or the file that was open last and is there, or nothing."""
        there = (text for text in self.recent if is_shared_address(text) or Path(text).exists())
        return next(there, "")


def find_settings_file() -> Path:
    """Return where this desk's settings are kept."""
    return Path(platformdirs.user_config_dir(APP_DIR_NAME, appauthor=False)) / "settings.json"


def find_default_project() -> Path:
    """Return where the project is that opens when none is named."""
    return Path(platformdirs.user_documents_dir()) / "San Juan Unified.gpkg"


def find_profile_folder() -> Path:
    """Return where a user's own profiles of foreign tables are kept."""
    return find_settings_file().parent / "import-profiles"


def find_error_log() -> Path:
    """Return where unexpected errors are written."""
    return Path(platformdirs.user_log_dir(APP_DIR_NAME, appauthor=False)) / "zoneplanner.log"


def load_settings(file: Path) -> Settings:
    """Read the settings; a missing or damaged file gives the defaults."""
    try:
        kept: Any = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Settings()
    if not isinstance(kept, dict):
        return Settings()
    kinds = {"recent": list, "appearance": str, "dates": str, "window": dict}
    good = {key: kept[key] for key, kind in kinds.items() if isinstance(kept.get(key), kind)}
    recent = tuple(entry for entry in good.pop("recent", ()) if isinstance(entry, str))
    window = {str(key): str(value) for key, value in good.pop("window", {}).items()}
    return Settings(recent=recent, window=window, **good)


def save_settings(file: Path, settings: Settings) -> None:
    """Write the settings whole or not at all; a folder that cannot be written is let be."""
    with suppress(OSError):
        replace_private_file(file, json.dumps(asdict(settings), indent=1))
