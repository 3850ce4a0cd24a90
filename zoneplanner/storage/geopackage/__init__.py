"""A project as a GeoPackage file."""
