"""The workspace Log: visits, incidents, records."""
