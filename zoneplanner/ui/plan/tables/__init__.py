"""Tables of sites, zones, checks, figures and steps."""
