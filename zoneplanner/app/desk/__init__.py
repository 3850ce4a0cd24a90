"""This computer's own data: settings, the error log, project locations."""
