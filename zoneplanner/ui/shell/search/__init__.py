"""Search: sites, zones, records, actions, parts of the window."""
