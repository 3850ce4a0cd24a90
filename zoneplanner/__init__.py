"""Patrol zones, log and coverage for a school district's Safe Schools office."""
