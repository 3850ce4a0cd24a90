"""Make the two fonts of printed pages from Inter's variable file; by hand, at a new version of it.

reportlab embeds outlines as they lie in a file: it knows neither axes nor features. So a file a
weight is made, its figures all as wide as each other. Needs fontTools, which nothing else does:
``pip install fonttools``, then ``python resources/paper_fonts.py``.
"""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

FONTS = Path(__file__).resolve().parent / "fonts"
WEIGHTS = {"Inter-Regular": 400, "Inter-SemiBold": 600}
DIGITS = range(ord("0"), ord("9") + 1)


def make_font(source: Path, weight: int, target: Path) -> None:
    """Write one weight with tabular digits, without what a printed page has no use for."""
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
    for table in font["cmap"].tables:  # some share what they map
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


def main() -> None:
    """Make both weights."""
    package = find_spec("fontpkg_inter")
    assert package is not None and package.origin is not None
    source = Path(package.origin).parent / "files" / "Inter[opsz,wght].ttf"
    for name, weight in WEIGHTS.items():
        make_font(source, weight, FONTS / f"{name}.ttf")
        print(FONTS / f"{name}.ttf")


if __name__ == "__main__":
    main()
