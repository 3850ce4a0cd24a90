"""The workspace Data: the office's tables, imports and exports, and projects as a whole."""
