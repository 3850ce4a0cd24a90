"""The journal: appended, chained, added up, verified."""
