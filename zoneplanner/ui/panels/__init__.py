"""Panels: one a file, none knows another."""
