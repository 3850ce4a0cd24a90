"""What processes that were killed have left on this desk, taken away at the next start."""

from collections.abc import Iterable
from pathlib import Path
from tempfile import gettempdir

from zoneplanner.app.desk.machine_settings import find_data_folder
from zoneplanner.app.desk.settings import find_settings_file
from zoneplanner.staging import sweep_leftovers_in


def sweep_leftovers(places: Iterable[object] = ()) -> None:
    """Sweep the temporary files, this desk's own folders, and those that some projects lie in.

    A project on a server has no folder. An export that was killed elsewhere is swept by the next
    one to the same folder.
    """
    data = find_data_folder()
    own = [folder for folder in data.glob("**/") if folder.is_dir()] if data.is_dir() else []
    beside = {Path(str(place)).absolute().parent for place in places if ".gpkg" in str(place)}
    for folder in (Path(gettempdir()), find_settings_file().parent, *own, *sorted(beside)):
        sweep_leftovers_in(folder)
