"""Import foreign files: sites, areas, plans, calendars, officers, the log."""
