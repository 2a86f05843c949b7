"""Metrics: from what was written and what should have been, to a number."""
