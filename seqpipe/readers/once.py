"""Examples whose ids are all different: one whose id was there before is dropped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b

from seqpipe.readers.example import Dropped, Example

KEPT = 1 << 20  # prints of ids in memory at most


def once(items: Iterable[Example | Dropped]) -> Iterator[Example | Dropped]:
    """The items, but a ``Dropped`` for an example whose id another one has.

    Ids are compared by their prints, 64 bits of BLAKE2b. Past ``KEPT`` of them only every second is kept, then every
    fourth, chosen by the print itself, so that memory is bounded; so many rows with ids of their own are rare.
    """
    found: set[int] = set()
    modulus = 1
    for item in items:
        if isinstance(item, Example):
            digest = blake2b(item.id.encode("utf-8", "surrogatepass"), digest_size=8).digest()
            print_ = int.from_bytes(digest, "little")
            if print_ in found:
                yield Dropped(item.where, f"its id '{item.id}' stands in the corpus before; give it another")
                continue
            if not print_ % modulus:
                found.add(print_)
            if len(found) > KEPT:
                modulus *= 2
                found = {one for one in found if not one % modulus}
        yield item
