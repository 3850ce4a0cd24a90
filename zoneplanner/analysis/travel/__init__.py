"""Driving times along street axes, over roads or from a table; reach and visiting orders."""
