"""``python -m seqpipe``: what DVC stages call, so that a queued experiment runs the code of its own copy."""

from seqpipe.cli import main

if __name__ == "__main__":
    main()
