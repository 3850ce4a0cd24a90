"""What sites are also called by dispatch and others, and what words mean; imports use both."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from zoneplanner.app.session.session import Session
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.geography.site_finder import add_site_alias, remove_site_alias
from zoneplanner.domain.project import Project

_MARK = ":"


@dataclass(frozen=True, slots=True)
class ExplainedWord:
    """A word of files in one of our columns, and what it means; "" where it is left out."""

    column: str
    word: str
    meaning: str

    @property
    def key(self) -> str:
        """What names the word: units:2a41."""
        return f"{self.column}{_MARK}{self.word}"


def list_aliases(project: Project) -> list[tuple[str, Site]]:
    """Return the names that sites have beside their own, in the order of their letters."""
    found = [(alias, site) for site in project.sites.values() for alias in site.aliases]
    return sorted(found, key=lambda own: own[0].casefold())


def list_explained_words(project: Project) -> list[ExplainedWord]:
    """Return the words of files that a person explained, by column."""
    return [ExplainedWord(*one) for one in project.mappings.explained]


def add_alias(session: Session, site: str, text: str) -> None:
    """Have a site found by another name too, as one step; see ``add_site_alias``."""
    name = session.saved_project.site(site).name
    if add_site_alias(session.saved_project, site, text) is not session.saved_project:
        session.apply(f"Add the name “{text}” for {name}", _adding(site, text))


def forget_name(session: Session, text: str) -> None:
    """Forget another name of a site, or what a word means (units:2A41), as one step.

    What was imported by it stays; the next file asks again.

    Raises
    ------
    UserError
        No site is called so, and no such word was explained.
    """
    column, _, word = text.partition(_MARK)
    key = ExplainedWord(column.strip(), word.strip().casefold(), "").key
    if any(one.key == key for one in list_explained_words(session.saved_project)):
        session.apply(f"Remove the explanation of “{text}”", partial(_forget_word, column, word))
    else:
        label = f"Remove the name “{text}”"
        session.apply(label, lambda project: remove_site_alias(project, text))


def _adding(site: str, text: str) -> Callable[[Project], Project]:
    return lambda project: add_site_alias(project, site, text)


def _forget_word(column: str, word: str, project: Project) -> Project:
    return replace(project, mappings=project.mappings.without_word(column.strip(), word))
