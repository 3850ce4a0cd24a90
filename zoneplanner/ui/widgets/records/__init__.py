"""Records wherever they are listed: rows, buttons, forms."""
