"""Rosters: proposed, checked, handed out; relief and visiting orders."""
