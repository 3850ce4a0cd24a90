"""What is measured of a plan, and what two plans differ in."""
