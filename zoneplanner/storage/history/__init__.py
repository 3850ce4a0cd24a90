"""Saved edits: written, read back, rewound."""
