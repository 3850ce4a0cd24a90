"""What-ifs: asked, shown, kept."""
