"""The JoeyNMT worker of bench/translation.py: its own data, model, trainer and search, after the file it is given.

It runs in an interpreter that has JoeyNMT and not seqpipe. Validation once an epoch chooses the checkpoint.
"""

from __future__ import annotations

import sys

import torch
from joeynmt.config import load_config, parse_global_args, set_validation_args
from joeynmt.helpers import load_checkpoint, set_seed
from joeynmt.prediction import predict, prepare
from joeynmt.training import TrainManager
from turns import take_turns


def main() -> None:
    """Train in turns, then translate the test split."""
    torch.set_num_threads(1)
    config = load_config(sys.argv[1])
    args = parse_global_args(config, rank=0, mode="train")
    args.model_dir.mkdir(parents=True)
    set_seed(args.seed)  # `prepare` sets it after the first weights are drawn
    model, train_data, valid_data, test_data = prepare(args, rank=0, mode="train")
    trainer = TrainManager(
        model=model,
        model_dir=args.model_dir,
        device=args.device,
        rank=0,
        n_gpu=args.n_gpu,
        num_workers=args.num_workers,
        autocast=args.autocast,
        seed=args.seed,
        train_args=args.train,
        dev_args=set_validation_args(args.test),
    )
    over, answer = take_turns(lambda: trainer.stats.total_tokens)
    print(f"{sum(weight.numel() for weight in model.parameters()):,} weights")
    trainer.train_and_validate(train_data=train_data, valid_data=valid_data)
    over()
    trainer._validate(valid_data)  # the last weights may be the best
    best = load_checkpoint(args.model_dir / "best.ckpt", map_location=args.device)
    model.load_state_dict(best["model_state"])
    result = predict(
        model=model, data=test_data, device=args.device, n_gpu=args.n_gpu, args=args.test, autocast=args.autocast
    )
    answer(result[2])  # the texts


if __name__ == "__main__":
    main()
