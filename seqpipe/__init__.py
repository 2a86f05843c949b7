"""seqpipe: sequence modelling from raw data to comparable experiments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seqpipe.commands.trained import Trained

__all__ = ["__version__", "load"]


def load(folder: str, **decode: Any) -> Trained:
    """Open a trained pipeline; call it with new raw inputs to read them out.

    ``folder`` is what ``seqpipe train`` wrote, for example ``data/models/speech``; ``decode`` overrides the
    ``decode`` section (``beam=1``). Raises ``SeqpipeError`` if the folder is not whole.
    """
    from pathlib import Path

    from seqpipe.commands.saved import open_trained  # torch loads here, not on import

    return open_trained(Path(folder), decode)


def __getattr__(name: str) -> str:
    if name != "__version__":
        raise AttributeError(f"module 'seqpipe' has no attribute '{name}'")
    from importlib.metadata import version  # slow to import, and seldom asked for

    return version("seqpipe")
