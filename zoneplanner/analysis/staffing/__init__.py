"""Rosters: who serves which shift, by integer programs over a few weeks at a time."""
