"""Corpora with a fault each, and what must come of it."""
