"""Sites assigned to zones with the number keys, and the locks of a plan."""
