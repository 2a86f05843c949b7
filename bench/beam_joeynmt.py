"""The JoeyNMT worker of bench/beam.py: its own tokenizer, batches and search over weights that were trained by seqpipe.

Both decoders are the same function of their weights. Ours maps the encoder's outputs once, v_s = A m_s + a, and attends
with q · v_s to Σ_s α_s v_s. JoeyNMT's scores are q · (A m_s), which differ by a constant, and its context is
Σ_s α_s m_s, so the layer after it takes A and a in. Its output layer has no bias; it is given one.

It runs in an interpreter that has JoeyNMT and not seqpipe, and answers with translations and seconds.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import torch
from joeynmt.config import load_config, parse_global_args
from joeynmt.data import load_data
from joeynmt.model import build_model
from joeynmt.prediction import predict
from torch import Tensor, nn
from turns import answer_questions

NEVER = -1e9
"""Bias of a token that only JoeyNMT's vocabulary has."""


def transplant(model: Any, ours: dict[str, Tensor], pieces: list[list[str]]) -> None:
    """Give JoeyNMT's model our weights; ``pieces`` are our tokens of source and target in the order of their ids."""
    hidden = model.decoder.hidden_size
    places = [
        torch.tensor([vocabulary.lookup(piece) for piece in side])
        for vocabulary, side in zip((model.src_vocab, model.trg_vocab), pieces, strict=True)
    ]
    for embedding, place, weight in zip(
        (model.src_embed, model.trg_embed),
        places,
        (ours["front.vectors.weight"], ours["decoder.vectors.weight"]),
        strict=True,
    ):
        embedding.lut.weight[place] = weight
    for rnn, cell, suffix in (
        (model.encoder.rnn, "encoder.forward_cells.0", "_l0"),
        (model.encoder.rnn, "encoder.backward_cells.0", "_l0_reverse"),
        (model.decoder.rnn, "decoder.recurrent.cells.0", "_l0"),
    ):
        getattr(rnn, f"weight_ih{suffix}").copy_(ours[f"{cell}.W"])
        getattr(rnn, f"weight_hh{suffix}").copy_(ours[f"{cell}.U"])
        getattr(rnn, f"bias_ih{suffix}").copy_(ours[f"{cell}.b"])
        getattr(rnn, f"bias_hh{suffix}").copy_(torch.cat([torch.zeros(2 * hidden), ours[f"{cell}.b_n"]]))
    A, a = ours["values.weight"], ours["values.bias"]
    model.decoder.bridge_layer.weight.copy_(ours["bridge.weight"])
    model.decoder.bridge_layer.bias.copy_(ours["bridge.bias"])
    model.decoder.attention.key_layer.weight.copy_(A)
    of_hidden, of_context = ours["decoder.readout.weight"].split(hidden, dim=1)
    model.decoder.att_vector_layer.weight.copy_(torch.cat([of_hidden, of_context @ A], dim=1))
    model.decoder.att_vector_layer.bias.copy_(ours["decoder.readout.bias"] + of_context @ a)
    output = nn.Linear(hidden, len(model.trg_vocab))
    output.weight.zero_()
    output.bias.fill_(NEVER)
    output.weight[places[1]] = ours["decoder.output.linear.weight"]
    output.bias[places[1]] = ours["decoder.output.linear.bias"]
    model.decoder.output_layer = output


@torch.no_grad()
def main() -> None:
    """Answer questions: a range of test sentences and the number that are translated together."""
    torch.set_num_threads(1)
    config, weights = sys.argv[1:]
    args = parse_global_args(load_config(config), rank=0, mode="train")
    source_vocabulary, target_vocabulary, _, _, test = load_data(cfg=args.data, datasets=["test"])
    model = build_model(args.model, src_vocab=source_vocabulary, trg_vocab=target_vocabulary)
    saved = torch.load(weights)
    transplant(model, saved["weights"], saved["pieces"])
    source, encode = test.src_lang, source_vocabulary.sentences_to_ids
    test.sequence_encoder[source] = lambda sentences, bos, eos: encode(sentences, bos=False, eos=False)  # as ours
    lines = test.data[source]
    test.has_trg = False

    def translate(question: dict[str, int]) -> dict[str, Any]:
        test.data[source] = lines[question["start"] : question["end"]]
        test.reset_indices()
        began = time.process_time()
        result = predict(
            model=model,
            data=test,
            device=args.device,
            n_gpu=args.n_gpu,
            args=args.test._replace(batch_size=question["batch"]),
            autocast=args.autocast,
        )
        return {"seconds": time.process_time() - began, "texts": result[2]}

    answer_questions(translate)


if __name__ == "__main__":
    main()
