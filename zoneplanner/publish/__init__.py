"""What leaves the office: the web map, printed pages and tables."""
