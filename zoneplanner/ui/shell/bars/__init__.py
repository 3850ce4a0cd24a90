"""Bars and banners around the map."""
