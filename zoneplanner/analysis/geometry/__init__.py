"""Shapes on the ground: cells of sites, neighbors, outlines, what lies where."""
