"""Import places from foreign files: sites, districts, jurisdictions and blocks."""
