"""Readers: standard formats in, examples out."""
