"""Maps on printed pages, and the lines behind the zones."""
