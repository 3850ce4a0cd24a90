"""Settings of this desk and of its computer.

A person's settings are recent projects, appearance and the state of the window. An administrator
can set some things for everybody on the computer, in one optional file.
"""

import json
import os
import sys
import tomllib
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import Any

import platformdirs

from zoneplanner.app.desk.project_location import is_shared_address
from zoneplanner.domain.clean_text import parse_json_object
from zoneplanner.errors import UserError
from zoneplanner.staging import replace_private_file

APP_DIR_NAME = "zoneplanner"
_MOST_RECENT = 10


@dataclass(frozen=True, slots=True)
class Settings:
    """The desk's settings; only the window reads and writes the strings in ``window``."""

    recent: tuple[str, ...] = ()
    appearance: str = "system"
    dates: str = "usual"
    window: dict[str, str] = field(default_factory=dict)

    def with_recent(self, path: object) -> "Settings":
        """Return the settings with a project as the first of the recent ones."""
        text = str(path)
        others = [entry for entry in self.recent if entry != text]
        return replace(self, recent=(text, *others)[:_MOST_RECENT])

    def find_last_project(self) -> str:
        """Return the last open shared project or existing file, or an empty string."""
        existing = (text for text in self.recent if is_shared_address(text) or Path(text).exists())
        return next(existing, "")


def find_settings_file() -> Path:
    """Return the file with this desk's settings."""
    return Path(platformdirs.user_config_dir(APP_DIR_NAME, appauthor=False)) / "settings.json"


def find_default_project() -> Path:
    """Return the project that opens if no other is named."""
    return Path(platformdirs.user_documents_dir()) / "San Juan Unified.gpkg"


def find_profile_folder() -> Path:
    """Return the folder with a user's profiles of foreign tables."""
    return find_settings_file().parent / "import-profiles"


def find_error_log() -> Path:
    """Return the log file for unexpected errors."""
    return Path(platformdirs.user_log_dir(APP_DIR_NAME, appauthor=False)) / "zoneplanner.log"


def load_settings(file: Path) -> Settings:
    """Read the settings; a missing or damaged file gives the defaults."""
    try:
        stored = parse_json_object(file.read_bytes())
    except (OSError, ValueError):
        return Settings()
    types = {"recent": list, "appearance": str, "dates": str, "window": dict}
    valid = {key: stored[key] for key, kind in types.items() if isinstance(stored.get(key), kind)}
    recent = tuple(entry for entry in valid.pop("recent", ()) if isinstance(entry, str))
    window = {str(key): str(value) for key, value in valid.pop("window", {}).items()}
    return Settings(recent=recent, window=window, **valid)


def save_settings(file: Path, settings: Settings) -> None:
    """Write the settings completely or, if the folder cannot be written, not at all."""
    with suppress(OSError):
        replace_private_file(file, json.dumps(asdict(settings), indent=1))


@dataclass(frozen=True, slots=True)
class MachineSettings:
    """The settings of a computer.

    ``web_tiles`` allows maps from the internet, the program's only use of the internet.
    ``data_folder`` is for backups, import reports and waiting entries; ``~`` and environment
    variables are expanded for each user. ``news_file`` is a text file, for example on a network
    share; its first line is the newest version, and the rest says where to find it.
    """

    web_tiles: bool = True
    data_folder: str = ""
    news_file: str = ""


def find_machine_file() -> Path:
    """Return the file, in /etc/xdg, C:\\ProgramData or /Library/Application Support.

    On Linux, /etc/xdg comes before folders named by the environment, so that no user's environment
    can hide it.
    """
    paths = platformdirs.site_config_dir(APP_DIR_NAME, appauthor=False, multipath=True)
    folders = [Path(path) for path in paths.split(os.pathsep)]
    if sys.platform == "linux":
        folders.insert(0, Path("/etc/xdg", APP_DIR_NAME))
    files = [folder / "machine.toml" for folder in folders]
    return next(filter(os.path.exists, files), files[0])


def load_machine_settings() -> MachineSettings:
    """Read the file once per process; without it, return the defaults.

    Raises
    ------
    UserError
        The file cannot be read, or has something that is not a setting.
    """
    return _read(find_machine_file())


@cache
def _read(file: Path) -> MachineSettings:
    try:
        settings: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return MachineSettings()
    except (OSError, ValueError) as error:
        raise UserError("machine_settings", file=str(file), problem=str(error)) from None
    types = {each.name: type(each.default) for each in fields(MachineSettings)}
    for name, value in settings.items():
        if type(value) is not types.get(name):
            known = ", ".join(types)
            raise UserError("machine_settings.setting", file=str(file), setting=name, known=known)
    return MachineSettings(**settings)


def find_data_folder() -> Path:
    """Return the folder for this desk's data: backups, import reports, waiting entries."""
    chosen = load_machine_settings().data_folder
    if chosen:
        return Path(os.path.expandvars(chosen)).expanduser()
    return Path(platformdirs.user_data_dir(APP_DIR_NAME, appauthor=False))


def find_report_folder() -> Path:
    """Return the folder for import reports."""
    return find_data_folder() / "import-reports"


def read_news(version: str) -> str:
    """Return the text of the news file, or "" if it names no version newer than ours."""
    file = load_machine_settings().news_file
    try:
        newest, _, rest = Path(file).read_text(encoding="utf-8").strip().partition("\n")
        is_newer = _parse_version(newest) > _parse_version(version)
    except (OSError, ValueError):
        return ""
    return f"{newest.strip()}. {rest.strip()}".strip() if file and is_newer else ""


def _parse_version(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.strip().split(".")))
