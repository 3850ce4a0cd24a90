"""Makes the two fonts of printed pages from the variable font in the package fontpkg-inter.

reportlab embeds the outlines of a file as they are: it knows neither axes nor features. So there is
a file for each weight, with tabular figures. Run by the build (``hatch_hook.py``), which installs
fontTools, or by hand: ``python packaging/make_paper_fonts.py``. Without the files, pages are set in
DejaVu Sans.
"""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

FONTS = Path(__file__).parents[1] / "resources" / "fonts"
WEIGHTS = {"Inter-Regular": 400, "Inter-SemiBold": 600}
DIGITS = range(ord("0"), ord("9") + 1)


def make_paper_fonts(target: Path = FONTS) -> list[Path]:
    """Return the fonts and their license; nothing if a package is missing."""
    package = find_spec("fontpkg_inter")
    if package is None or package.origin is None or find_spec("fontTools") is None:
        return []
    folder = Path(package.origin).parent
    target.mkdir(parents=True, exist_ok=True)
    license_text = target / "OFL.txt"
    license_text.write_bytes((folder / "LICENSE").read_bytes())
    made = [target / f"{name}.ttf" for name in WEIGHTS]
    for path, weight in zip(made, WEIGHTS.values(), strict=True):
        _make_font(folder / "files" / "Inter[opsz,wght].ttf", weight, path)
    return [*made, license_text]


def _make_font(source: Path, weight: int, target: Path) -> None:
    """Write one weight with tabular digits, without what a printed page does not use."""
    subset = import_module("fontTools.subset")
    variable = import_module("fontTools.ttLib").TTFont(source, recalcTimestamp=False)
    instancer = import_module("fontTools.varLib.instancer")
    place = {"wght": weight, "opsz": 14}
    font: Any = instancer.instantiateVariableFont(variable, place, updateFontNames=True)
    rules = font["GSUB"].table
    tabular: dict[str, str] = {}
    for feature in rules.FeatureList.FeatureRecord:
        for at in feature.Feature.LookupListIndex if feature.FeatureTag == "tnum" else ():
            for table in rules.LookupList.Lookup[at].SubTable:
                tabular |= getattr(table, "ExtSubTable", table).mapping
    for table in font["cmap"].tables:  # some share a map, so a digit may be replaced already
        for sign in set(DIGITS) & set(table.cmap):
            table.cmap[sign] = tabular.get(table.cmap[sign], table.cmap[sign])
    options = subset.Options(
        layout_features=[], hinting=False, glyph_names=False, name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14]
    )
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "STAT", "MVAR", "gasp", "prep"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=font.getBestCmap())
    subsetter.subset(font)
    font.save(target)


if __name__ == "__main__":
    print(*make_paper_fonts() or ["fontTools is missing, so printed pages use DejaVu Sans."])
