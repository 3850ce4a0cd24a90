"""Printed pages about plans: two compared, and what the rules of one cost."""
