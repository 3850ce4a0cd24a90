"""The formats that data leaves in, one a module."""
