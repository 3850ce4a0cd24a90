"""Printed documents, one per module."""
