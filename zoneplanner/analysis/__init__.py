"""Pure numeric functions on domain values."""
