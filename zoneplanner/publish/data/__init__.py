"""Tables, shapes and calendars for other programs."""
