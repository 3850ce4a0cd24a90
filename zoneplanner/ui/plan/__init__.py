"""The workspace Zones: plans, their tables and figures, what-ifs, and the search for zones."""
