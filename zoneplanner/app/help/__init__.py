"""The handbook and its generated pages."""
