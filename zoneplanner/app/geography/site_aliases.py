"""Other names of sites, and meanings of words in files; imports use both."""

from dataclasses import dataclass, replace
from functools import partial

from zoneplanner.app.session.session import Session
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.geography.site_finder import (
    add_site_alias,
    normalize_alias,
    remove_site_alias,
)
from zoneplanner.domain.project import Project

_SEPARATOR = ":"


@dataclass(frozen=True, slots=True)
class ExplainedWord:
    """A word in files for one of our columns, and its meaning, or "" if it is left out."""

    column: str
    word: str
    meaning: str

    @property
    def key(self) -> str:
        """The column and the word, such as units:2a41."""
        return f"{self.column}{_SEPARATOR}{self.word}"


def list_aliases(project: Project) -> list[tuple[str, Site]]:
    """Return the other names of sites, in alphabetical order."""
    aliases = [(alias, site) for site in project.sites.values() for alias in site.aliases]
    return sorted(aliases, key=lambda pair: pair[0].casefold())


def find_site_of_alias(project: Project, text: str) -> Site | None:
    """Return the site that has another name, or None."""
    alias = normalize_alias(text)
    return next(
        (site for known, site in list_aliases(project) if normalize_alias(known) == alias), None
    )


def list_explained_words(project: Project) -> list[ExplainedWord]:
    """Return the words that a person explained, by column."""
    return [ExplainedWord(*explained) for explained in project.mappings.explained]


def add_alias(session: Session, site: str, text: str) -> None:
    """Add another name of a site, as one step; see ``add_site_alias``."""
    name = session.saved_project.site(site).name
    if add_site_alias(session.saved_project, site, text) is not session.saved_project:
        label = f"Add the name “{text}” for {name}"
        session.apply(label, lambda project: add_site_alias(project, site, text))


def forget_name(session: Session, text: str) -> None:
    """Remove another name of a site, or the meaning of a word (units:2A41), as one step.

    Imported rows stay; the next import asks again.

    Raises
    ------
    UserError
        No site has the name, and no such word was explained.
    """
    column, _, word = text.partition(_SEPARATOR)
    key = ExplainedWord(column.strip(), word.strip().casefold(), "").key
    if any(known.key == key for known in list_explained_words(session.saved_project)):
        session.apply(f"Remove the explanation of “{text}”", partial(_forget_word, column, word))
    else:
        label = f"Remove the name “{text}”"
        session.apply(label, lambda project: remove_site_alias(project, text))


def _forget_word(column: str, word: str, project: Project) -> Project:
    return replace(project, mappings=project.mappings.without_word(column.strip(), word))
