"""Which column of a foreign table is meant by which of ours; profiles keep it."""
