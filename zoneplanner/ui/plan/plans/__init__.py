"""The list of plans, and the dialogs that create, annotate, adopt and retire them."""
