"""Dialogs: one a file, rare."""
