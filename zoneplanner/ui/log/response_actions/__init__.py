"""Response actions: begun, running, ended."""
