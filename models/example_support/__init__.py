"""What the examples in Python share: starting an engine, photos, files out of packages."""
