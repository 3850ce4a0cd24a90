"""Sentences that the window and the command line share."""


def proof_text(gap: float, *, proven: bool) -> str:
    """Say what a proof means, in plain words."""
    if proven:
        return "No better split exists."
    shown = max(gap, 0.0005)
    return f"At most {shown:.1%} better is possible."
