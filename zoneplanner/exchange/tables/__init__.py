"""Foreign tables: text, workbooks, zone assignments, travel minutes, school calendars."""
