"""How sites and zones look: symbols, colors, classes, hatches."""
