"""Create, open, share, back up and repair projects, and fill them with samples."""
