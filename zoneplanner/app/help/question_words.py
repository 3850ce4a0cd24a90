"""The words of a question that name nothing.

A small module, because the search field needs it before anything of the handbook is loaded.
"""

from zoneplanner.domain.clean_text import fold_for_search

_QUESTION_WORDS = (
    " a an the my our i we you do does did can could how what where when who which is are am be to "
    "of in on for from with and or me us please want need see show find get "
)


def list_search_words(text: str) -> list[str]:
    """Return the words of a search without those of a question, unless it has no others."""
    words = fold_for_search(text).split()
    return [word for word in words if f" {word} " not in _QUESTION_WORDS] or words
