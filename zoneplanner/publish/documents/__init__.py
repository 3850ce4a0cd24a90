"""Printed documents, one a module."""
