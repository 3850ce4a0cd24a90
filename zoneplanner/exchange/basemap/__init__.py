"""Streets, water, parks and names from foreign map files."""
