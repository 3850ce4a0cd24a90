"""Geometry: cells of sites, neighbors, outlines, and spatial indexes."""
