"""Drills and reviews: the rules, what they require, and what follows from incidents."""
