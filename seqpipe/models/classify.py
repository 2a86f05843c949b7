"""Classification: one label for a whole sequence."""

from __future__ import annotations

from torch import Tensor, nn

from seqpipe.features.sizes import Sizes
from seqpipe.nn.dropout import DROPOUTS
from seqpipe.nn.fronts import FRONTS
from seqpipe.nn.pooling import POOLINGS
from seqpipe.nn.recurrent import Encoder
from seqpipe.padded import Padded
from seqpipe.params.models import ClassifyModel


class Classify(nn.Module):
    """p(label) = softmax(V pool(h_1 … h_T) + b)."""

    def __init__(self, params: ClassifyModel, sizes: Sizes) -> None:
        super().__init__()
        self.front = FRONTS[sizes.kind](sizes, params.embedding, params)
        self.encoder = Encoder(self.front.size, params, params.bidirectional)
        self.pool = POOLINGS[params.pooling](self.encoder.size)
        self.output = nn.Linear(self.encoder.size, sizes.target)
        self.dropout = DROPOUTS[params.dropout_kind](params.dropout)

    def forward(self, source: Padded) -> Tensor:
        """Logits (B, labels)."""
        inputs = self.front(source)
        outputs = self.encoder(Padded(self.dropout(inputs.data), inputs.lengths))
        pooled = self.pool(outputs, self.encoder.summary(outputs))
        return self.output(self.dropout(pooled))  # type: ignore[no-any-return]
