"""Plans and their life: new, noted, adopted, retired."""
