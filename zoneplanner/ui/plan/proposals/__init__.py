"""Propose Zones: the search form, the search, its candidates and its dialogs."""
