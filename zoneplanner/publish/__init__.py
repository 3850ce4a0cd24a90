"""What leaves the office: the web map, printed pages, tables and calendars."""
