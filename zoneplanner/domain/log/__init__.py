"""Records of the log: their fields, what is refused, corrections, and the rule of visits."""
