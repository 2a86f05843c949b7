"""Models: one file a task, made of the blocks in ``nn``."""
