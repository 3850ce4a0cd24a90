"""Logging visits, incidents and response actions; corrections, dispatch, what is due."""
