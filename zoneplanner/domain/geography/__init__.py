"""Sites, jurisdictions, building blocks, and times of travel between sites."""
