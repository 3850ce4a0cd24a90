"""What an audience gets: maps, pages, tables, calendars."""
