"""Files in and out, layers of one's own."""
