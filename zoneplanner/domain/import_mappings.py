"""A person's decisions about foreign tables, remembered for the next import."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class LayoutChoice:
    """How tables with certain headings are read: their date form, and our column by theirs."""

    dates: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImportMappings:
    """``layouts`` by kind and headings; ``values`` by kind and column, from word to meaning."""

    layouts: Mapping[str, LayoutChoice] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def layout(self, kind: str, headings: Sequence[str]) -> LayoutChoice:
        """Return the choice for tables of a kind with these headings."""
        return self.layouts.get(_name_layout(kind, headings), LayoutChoice())

    def words(self, kind: str, column: str) -> Mapping[str, str]:
        """Return the meanings of lowercase words in one of our columns.

        Units have the same names in tables of every kind.
        """
        meanings = self.values.get(f"{kind}.{column}", {})
        if column != "units":
            return meanings
        others = (table for key, table in self.values.items() if key.endswith(f".{column}"))
        return {word: unit for table in (*others, meanings) for word, unit in table.items()}

    def with_layout(
        self, kind: str, headings: Sequence[str], choice: LayoutChoice
    ) -> "ImportMappings":
        """Return the mappings with a layout's choice updated; an empty choice changes nothing."""
        before = self.layout(kind, headings)
        after = LayoutChoice(choice.dates or before.dates, {**before.columns, **choice.columns})
        if after == before:
            return self
        return replace(self, layouts={**self.layouts, _name_layout(kind, headings): after})

    def with_words(self, kind: str, words: Mapping[str, Mapping[str, str]]) -> "ImportMappings":
        """Return the mappings with the meanings of words added, by our column."""
        values = dict(self.values)
        for column, meanings in words.items():
            added = {text.strip().casefold(): meaning for text, meaning in meanings.items()}
            values[f"{kind}.{column}"] = {**self.words(kind, column), **added}
        return replace(self, values=values)

    @property
    def explained(self) -> tuple[tuple[str, str, str], ...]:
        """Our column, a word in files and its meaning there, or "" if the word is skipped."""
        meaning_by_word = {
            (key.rpartition(".")[2], word): meaning
            for key, meanings in self.values.items()
            for word, meaning in meanings.items()
        }
        return tuple((*key, meaning) for key, meaning in sorted(meaning_by_word.items()))

    def without_word(self, column: str, word: str) -> "ImportMappings":
        """Return the mappings without the meaning of a word, in files of every kind."""
        removed = word.strip().casefold()
        values = {
            key: {
                known: meaning
                for known, meaning in meanings.items()
                if known != removed or not key.endswith(f".{column}")
            }
            for key, meanings in self.values.items()
        }
        return replace(self, values={key: left for key, left in values.items() if left})


def _name_layout(kind: str, headings: Sequence[str]) -> str:
    return f"{kind}: {', '.join(sorted(heading for heading in headings if heading))}"
