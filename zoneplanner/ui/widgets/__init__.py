"""What every panel uses."""
