"""Files in: sites, areas, plans, calendars, officers, the log."""
