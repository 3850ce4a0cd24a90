"""Places in files of others: sites, districts, jurisdictions and blocks."""
