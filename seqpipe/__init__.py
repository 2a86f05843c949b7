"""seqpipe: sequence modelling from raw data to comparable experiments."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seqpipe.commands.trained import Trained

try:
    __version__ = version("seqpipe")
except PackageNotFoundError:  # run from a checkout that was never installed
    __version__ = "0.0.0"

__all__ = ["__version__", "load"]


def load(folder: str, **decode: Any) -> Trained:
    """Open a trained pipeline; call it with new raw inputs to read them out.

    ``folder`` is what ``seqpipe train`` wrote, for example ``data/models/speech``; ``decode`` overrides the
    ``decode`` section (``beam=1``). Raises ``SeqpipeError`` if the folder is not whole.
    """
    from pathlib import Path

    from seqpipe.commands.trained import open_trained  # torch loads here, not on import

    return open_trained(Path(folder), decode)
