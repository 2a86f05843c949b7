"""Linear-chain conditional random field (Lafferty, McCallum & Pereira 2001): labels that know their neighbours.

p(y | x) = exp(s(x, y) − log Z(x)) with s(x, y) = a_{y_1} + Σ_t e_{t, y_t} + Σ_t A_{y_{t−1}, y_t} + b_{y_T}, where e are
emissions (B, T, L) and a, A, b are learned; log Z sums exp s over all label sequences, by the forward algorithm. An
empty sequence has score 0 and log Z = 0.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seqpipe.padded import Padded
from seqpipe.readers.bio import may_begin, may_follow

FORBIDDEN = -1e30
"""What a transition that cannot be adds to a score: far below what emissions can make up for, and yet, unlike −∞,
no difference of two is NaN; single precision holds 10⁸ of them."""


class Crf(nn.Module):
    """Scores of label sequences over emissions (B, T, L).

    ``constrained`` forbids what BIO forbids, if labels are ``bio``: ``I-X`` after anything but ``B-X`` and ``I-X``, and
    at the beginning. A call says whether it applies, so that training may do without.
    """

    begin: Tensor
    follow: Tensor

    def __init__(self, labels: int, bio: bool = True) -> None:
        super().__init__()
        self.start = nn.Parameter(torch.empty(labels))  # a
        self.transitions = nn.Parameter(torch.empty(labels, labels))  # A, from row to column
        self.end = nn.Parameter(torch.empty(labels))  # b
        for weight in self.parameters():
            nn.init.uniform_(weight, -0.1, 0.1)
        self.register_buffer("begin", _penalty(may_begin(labels) | (not bio)), persistent=False)
        self.register_buffer("follow", _penalty(may_follow(labels) | (not bio)), persistent=False)

    def weights(self, constrained: bool) -> tuple[Tensor, Tensor]:
        """a (L,) and A (L, L), with penalties on what is forbidden."""
        if not constrained:
            return self.start, self.transitions
        return self.start + self.begin, self.transitions + self.follow

    def score(self, emissions: Padded, labels: Padded, constrained: bool) -> Tensor:
        """s(x, y) of labels (B, T): (B,)."""
        start, transitions = self.weights(constrained)
        data, mask, lengths = labels.zeroed().data, labels.mask(), labels.lengths
        each = emissions.data.gather(2, data[:, :, None]).squeeze(2)  # e_{t, y_t}
        each = each + torch.cat([start[data[:, :1]], transitions[data[:, :-1], data[:, 1:]]], dim=1)
        total = each.masked_fill(~mask, 0).sum(dim=1)
        return total + self.end[Padded(data, lengths).last()].masked_fill(lengths == 0, 0)

    def log_partition(self, emissions: Padded, constrained: bool) -> Tensor:
        """log Z(x): (B,).  α_1 = a + e_1;  α_t(j) = e_{t,j} + log Σ_i exp(α_{t−1}(i) + A_{i,j})."""
        start, transitions = self.weights(constrained)
        first, *others = emissions.data.unbind(1)
        _, *masks = emissions.mask().unbind(1)
        alpha = start + first  # (B, L)
        for emission, mask in zip(others, masks, strict=True):
            following = emission + torch.logsumexp(alpha[:, :, None] + transitions, dim=1)
            alpha = torch.where(mask[:, None], following, alpha)
        return torch.logsumexp(alpha + self.end, dim=1).masked_fill(emissions.lengths == 0, 0)

    @torch.no_grad()
    def viterbi(self, emissions: Padded, constrained: bool) -> tuple[Padded, Tensor]:
        """The best labels (B, T), zeros on padding, and their scores (B,)  (Viterbi 1967)."""
        start, transitions = self.weights(constrained)
        first, *others = emissions.data.unbind(1)
        _, *masks = emissions.mask().unbind(1)
        best = start + first  # (B, L): the best score of a sequence that ends here in each label
        same = torch.arange(best.shape[1], device=best.device).expand_as(best)
        before: list[Tensor] = []  # (B, L) each: the label before
        for emission, mask in zip(others, masks, strict=True):
            scores, origin = (best[:, :, None] + transitions).max(dim=1)
            before.append(torch.where(mask[:, None], origin, same))
            best = torch.where(mask[:, None], emission + scores, best)
        score, last = (best + self.end).max(dim=1)
        path = [last]
        for origin in reversed(before):
            path.append(origin.gather(1, path[-1][:, None]).squeeze(1))
        labels = Padded(torch.stack(path[::-1], dim=1), emissions.lengths).zeroed()
        return labels, score.masked_fill(emissions.lengths == 0, 0)

    def marginals(self, emissions: Padded, constrained: bool) -> Tensor:
        """p(y_t = j | x), (B, T, L), zero on padding: the derivative of log Z by e_{t,j}."""
        with torch.inference_mode(False), torch.enable_grad():
            data = emissions.data.detach().clone().requires_grad_()
            total = self.log_partition(Padded(data, emissions.lengths.clone()), constrained).sum()
            (found,) = torch.autograd.grad(total, data)
        return found


def _penalty(allowed: object) -> Tensor:
    return torch.where(torch.as_tensor(allowed), 0.0, FORBIDDEN)
