"""Maps of two plans: one beside the other, one over the other, or what differs."""
