"""The tables of sites, zones, checks, figures and history."""
