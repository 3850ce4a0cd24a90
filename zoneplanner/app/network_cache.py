"""Road networks on this desk: a file each, named by the content that it was read from."""

from pathlib import Path

import numpy as np
import platformdirs

from zoneplanner.analysis.network import Roads
from zoneplanner.app.settings import APP_DIR_NAME
from zoneplanner.errors import UserError

_ROAD_ARRAYS = ("lonlat", "start", "end", "length_m", "kind")


def _find_network_folder() -> Path:
    """Return the folder of the networks of this desk."""
    return Path(platformdirs.user_cache_dir(APP_DIR_NAME, appauthor=False)) / "networks"


def _store_roads(roads: Roads, folder: Path) -> None:
    """Keep a network; where the folder cannot be written it is let be."""
    file = folder / f"{roads.content}.npz"
    draft = file.with_suffix(".part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as to:
            np.savez(
                to, allow_pickle=False, **{name: getattr(roads, name) for name in _ROAD_ARRAYS}
            )
        draft.replace(file)
    except OSError:
        draft.unlink(missing_ok=True)


def _load_roads(content: str, folder: Path, *, source: str, vintage: str) -> Roads:
    """Return the network of a content.

    Raises
    ------
    UserError
        This desk does not have it; the message says to import the file again.
    """
    if not content.isalnum():
        raise _build_missing_error(source)
    try:
        with np.load(folder / f"{content}.npz", allow_pickle=False) as found:
            arrays = {name: found[name] for name in _ROAD_ARRAYS}
    except (OSError, ValueError, KeyError) as error:
        raise _build_missing_error(source) from error
    return Roads(**arrays, source=source, vintage=vintage, content=content)


def _build_missing_error(source: str) -> UserError:
    return UserError(
        f"This desk does not have the roads of {source} any more; import the file once again."
    )
