"""The schema of ``params.yaml``: every key, its type, its default, and one sentence on what it does.

A pipeline's section is ``task`` plus five parts, one a stage: ``source`` (the recipe's own), ``features`` (by modality
and task), ``model`` and ``decode`` (by task), ``train``. An unknown key is an error, never ignored.
"""

from seqpipe.params.section import NUMBER, Count, Positive, Section, Share

__all__ = ["NUMBER", "Count", "Positive", "Section", "Share"]
