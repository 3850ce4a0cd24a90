"""Panels of the map: layers, symbology, tools."""
