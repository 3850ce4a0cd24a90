"""A project on a PostgreSQL server, shared by several desks."""
