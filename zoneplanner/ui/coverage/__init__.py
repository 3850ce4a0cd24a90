"""The workspace Coverage: observed and expected."""
