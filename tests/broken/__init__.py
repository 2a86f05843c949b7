"""Broken corpora: for every layout a clean one, and what can be wrong with its files."""
