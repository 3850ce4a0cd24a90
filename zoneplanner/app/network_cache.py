"""Road networks on this desk: a file each, named by the content that it was read from."""

from pathlib import Path

import numpy as np
import platformdirs

from zoneplanner.analysis.network import Roads
from zoneplanner.app.settings import PROGRAM
from zoneplanner.errors import UserError

_ARRAYS = ("lonlat", "start", "end", "length_m", "kind")


def networks() -> Path:
    """Return the folder of the networks of this desk."""
    return Path(platformdirs.user_cache_dir(PROGRAM, appauthor=False)) / "networks"


def keep(roads: Roads, folder: Path) -> None:
    """Keep a network; where the folder cannot be written it is let be."""
    file = folder / f"{roads.content}.npz"
    draft = file.with_suffix(".part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as to:
            np.savez(to, allow_pickle=False, **{name: getattr(roads, name) for name in _ARRAYS})
        draft.replace(file)
    except OSError:
        draft.unlink(missing_ok=True)


def find(content: str, folder: Path, *, source: str, vintage: str) -> Roads:
    """Return the network of a content.

    Raises
    ------
    UserError
        This desk does not have it; the message says to import the file again.
    """
    if not content.isalnum():
        raise _missing(source)
    try:
        with np.load(folder / f"{content}.npz", allow_pickle=False) as found:
            arrays = {name: found[name] for name in _ARRAYS}
    except (OSError, ValueError, KeyError) as error:
        raise _missing(source) from error
    return Roads(**arrays, source=source, vintage=vintage, content=content)


def _missing(source: str) -> UserError:
    return UserError(
        f"This desk does not have the roads of {source} any more; import the file once again."
    )
