"""The workspace Shifts: the board, officers, who is where today."""
