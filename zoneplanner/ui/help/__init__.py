"""Handbook, tour and shortcuts."""
