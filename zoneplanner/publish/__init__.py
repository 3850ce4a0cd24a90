"""Everything the office hands out: the web map, printed pages, tables and calendars."""
