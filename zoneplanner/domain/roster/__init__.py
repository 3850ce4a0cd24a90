"""Officers, shifts and swaps, the rules of a roster, and its independent checker."""
