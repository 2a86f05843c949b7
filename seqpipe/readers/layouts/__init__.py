"""Layouts of corpora: each looks whether a folder is laid out its way, and reads it in place."""
