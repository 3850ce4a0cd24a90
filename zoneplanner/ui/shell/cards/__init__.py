"""Cards of what is selected."""
