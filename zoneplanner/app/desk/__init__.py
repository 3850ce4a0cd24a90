"""What this desk remembers: settings, its log of errors, where projects are."""
