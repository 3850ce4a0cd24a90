"""What every part of the window uses: bridge, jobs, actions, notices, icons, theme, palette."""
