"""What the examples in Python share: timed networks, programs and their tests, photos, packages."""
