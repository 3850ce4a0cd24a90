"""What the office keeps of its district: schools, agencies, units, areas, calendar, loads."""
