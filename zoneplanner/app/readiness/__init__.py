"""Requirements of readiness, their records, and the district's choices among the rules."""
