"""Driving times: along street axes, over roads, from a table; reach and visiting orders."""
