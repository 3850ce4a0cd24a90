"""What this desk remembers between sessions: recent projects, appearance, window state.

What whoever looks after a computer sets for everybody on it: one file, which may be absent.
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
        kept = parse_json_object(file.read_bytes())
    except (OSError, ValueError):
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


@dataclass(frozen=True, slots=True)
class MachineSettings:
    """The settings of a computer.

    ``web_tiles`` offers maps of the internet, the one thing that asks it for anything.
    ``data_folder`` is where backups, reports of imports and what waits are kept; ``~`` and
    variables of the environment stand for each user's own. ``news_file`` is a text file, on a share
    say, whose first line is the newest version and whose rest says where it is.
    """

    web_tiles: bool = True
    data_folder: str = ""
    news_file: str = ""


def find_machine_file() -> Path:
    """Return where the file is: /etc/xdg, C:\\ProgramData or /Library/Application Support.

    On Linux the folders that a desktop names come after /etc/xdg: no user's environment hides it.
    """
    named = platformdirs.site_config_dir(APP_DIR_NAME, appauthor=False, multipath=True)
    folders = [Path(one) for one in named.split(os.pathsep)]
    if sys.platform == "linux":
        folders.insert(0, Path("/etc/xdg", APP_DIR_NAME))
    files = [folder / "machine.toml" for folder in folders]
    return next(filter(os.path.exists, files), files[0])


def load_machine_settings() -> MachineSettings:
    """Read the file once a process; where there is none everything is as usual.

    Raises
    ------
    UserError
        It cannot be read, or says something that is no setting.
    """
    return _read(find_machine_file())


@cache
def _read(file: Path) -> MachineSettings:
    try:
        told: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return MachineSettings()
    except (OSError, ValueError) as error:
        raise UserError("machine_settings", file=str(file), problem=str(error)) from None
    kinds = {one.name: type(one.default) for one in fields(MachineSettings)}
    for name, value in told.items():
        if type(value) is not kinds.get(name):
            known = ", ".join(kinds)
            raise UserError("machine_settings.setting", file=str(file), setting=name, known=known)
    return MachineSettings(**told)


def find_data_folder() -> Path:
    """Return where this desk keeps what is not its settings: backups, reports, what waits."""
    chosen = load_machine_settings().data_folder
    if chosen:
        return Path(os.path.expandvars(chosen)).expanduser()
    return Path(platformdirs.user_data_dir(APP_DIR_NAME, appauthor=False))


def find_report_folder() -> Path:
    """Return where the reports of imports are kept."""
    return find_data_folder() / "import-reports"


def read_news(version: str) -> str:
    """Return what the file of news says where it names a version newer than ours, else nothing."""
    file = load_machine_settings().news_file
    try:
        newest, _, rest = Path(file).read_text(encoding="utf-8").strip().partition("\n")
        newer = _numbers(newest) > _numbers(version)
    except (OSError, ValueError):
        return ""
    return f"{newest.strip()}. {rest.strip()}".strip() if file and newer else ""


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.strip().split(".")))
