"""What a person said of foreign tables once, so that nobody is asked again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class LayoutChoice:
    """How tables with certain headings are read: the form of their days, ours by column."""

    dates: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImportMappings:
    """``layouts`` by kind and headings; ``values`` by kind and column: words and what they mean."""

    layouts: Mapping[str, LayoutChoice] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def layout(self, kind: str, headings: Sequence[str]) -> LayoutChoice:
        """Return what was said of tables of a kind with such headings."""
        return self.layouts.get(_name_layout(kind, headings), LayoutChoice())

    def words(self, kind: str, column: str) -> Mapping[str, str]:
        """Return what words in one of our columns mean, in small letters.

        A unit is called the same in a table of any kind.
        """
        own = self.values.get(f"{kind}.{column}", {})
        if column != "units":
            return own
        others = (said for key, said in self.values.items() if key.endswith(f".{column}"))
        return {word: unit for said in (*others, own) for word, unit in said.items()}

    def with_layout(
        self, kind: str, headings: Sequence[str], choice: LayoutChoice
    ) -> "ImportMappings":
        """Return the mappings with what was said of a layout; nothing said changes nothing."""
        before = self.layout(kind, headings)
        after = LayoutChoice(choice.dates or before.dates, {**before.columns, **choice.columns})
        if after == before:
            return self
        return replace(self, layouts={**self.layouts, _name_layout(kind, headings): after})

    def with_words(self, kind: str, words: Mapping[str, Mapping[str, str]]) -> "ImportMappings":
        """Return the mappings with what words mean, by column of ours."""
        values = dict(self.values)
        for column, own in words.items():
            said = {text.strip().casefold(): meaning for text, meaning in own.items()}
            values[f"{kind}.{column}"] = {**self.words(kind, column), **said}
        return replace(self, values=values)

    @property
    def explained(self) -> tuple[tuple[str, str, str], ...]:
        """Our column, a word of files and what it means there; "" where it is left out."""
        found = {
            (key.rpartition(".")[2], word): meaning
            for key, own in self.values.items()
            for word, meaning in own.items()
        }
        return tuple((*key, meaning) for key, meaning in sorted(found.items()))

    def without_word(self, column: str, word: str) -> "ImportMappings":
        """Return the mappings without what a word means, in files of every kind."""
        known = word.strip().casefold()
        values = {
            key: {own: said for own, said in words.items() if own != known}
            if key.endswith(f".{column}")
            else words
            for key, words in self.values.items()
        }
        return replace(self, values={key: words for key, words in values.items() if words})


def _name_layout(kind: str, headings: Sequence[str]) -> str:
    return f"{kind}: {', '.join(sorted(heading for heading in headings if heading))}"
