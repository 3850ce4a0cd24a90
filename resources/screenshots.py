"""Make the pictures of the README from the real data; `make screenshots` calls this."""

import subprocess
import sys
import tempfile
from pathlib import Path

PICTURES = Path(__file__).resolve().parent / "pictures"
WINDOWS = {
    "window.png": ("1280x800", "light"),
    "window-dark.png": ("1280x800", "dark"),
}


def main() -> None:
    """Run the demo in a folder of its own and draw its window and its published pages."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        planner = [sys.executable, "-m", "zoneplanner"]
        subprocess.run([*planner, "demo", "--to", folder, "--time-limit", "60"], check=True)
        (project,) = Path(folder).glob("*.gpkg")
        for name, (size, theme) in WINDOWS.items():
            where = str(PICTURES / name)
            look = ["--picture", where, "--size", size, "--theme", theme]
            subprocess.run([*planner, *look, str(project)], check=True)
            print(where)


if __name__ == "__main__":
    main()
