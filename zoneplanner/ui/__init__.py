"""The window: a thin Qt shell around the use cases of ``app``."""
