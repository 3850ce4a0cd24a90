"""Make the documents of an audience: maps, pages, tables and calendars."""
