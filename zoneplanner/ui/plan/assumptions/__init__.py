"""What loads and travel are based on."""
