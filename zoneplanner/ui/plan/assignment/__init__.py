"""Sites given to zones by hand, and locks."""
