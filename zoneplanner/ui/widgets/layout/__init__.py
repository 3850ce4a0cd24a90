"""Rows, folds, sizes of windows."""
