"""Maps of two plans: side by side, swiped, or only what differs."""
