"""Our own TOML files: presets, rule packs and the bundled district."""
