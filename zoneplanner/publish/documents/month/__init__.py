"""The papers of a month: for our office, the board and each principal."""
