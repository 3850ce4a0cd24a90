"""What-ifs: the banner, the dialogs that assume something, and the search for answers."""
