"""The workspace Zones."""
