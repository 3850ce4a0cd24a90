"""Streets, water, parks and names out of foreign map files."""
