"""The office's own data as tables: schools, agencies, units, areas, calendar, assumptions."""
