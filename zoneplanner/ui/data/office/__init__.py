"""The workspace Data: what the office keeps of its district, as tables and forms."""
