"""Values and rules of the planner: standard library and shapely, nothing else."""
