"""The page engine: text, tables, charts and tags of a PDF."""
