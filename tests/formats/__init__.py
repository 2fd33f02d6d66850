"""Input formats, each against a sample of it."""
