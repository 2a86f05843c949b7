"""Fronts of pictures and videos, against a loop over single pictures, and against what lies beside a picture."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from seqpipe.features.sizes import Sizes
from seqpipe.nn.fronts import FRONTS
from seqpipe.nn.pictures import ColumnFront, Convolutions, PositionFront, VideoFront
from seqpipe.padded import Padded, pad

WIDTHS = [9, 1, 4, 13, 2]
HEIGHT, CHANNELS = 7, 3


def images(seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(width, HEIGHT * CHANNELS)).astype(np.float32) for width in WIDTHS]


def more(padded: Padded, steps: int, fill: float) -> Padded:
    data = functional.pad(padded.data, (0, 0, 0, steps))
    mask = Padded(data, padded.lengths).mask()[:, :, None]
    return Padded(torch.where(mask, data, fill), padded.lengths)


def half(width: int) -> int:
    return -(-width // 2)


def trained(front: nn.Module) -> nn.Module:
    """With biases that are not zero, as training leaves them."""
    for name, weight in front.named_parameters():
        if name.endswith("bias"):
            nn.init.normal_(weight)
    return front.eval()


FRONTS_OF_PICTURES = [
    (ColumnFront, half),
    (lambda sizes, size: ColumnFront(sizes, size, 1), lambda width: width),
    (lambda sizes, size: ColumnFront(sizes, size, 4), lambda width: half(half(width))),
    (PositionFront, lambda width: half(half(width)) * 2),
]


@pytest.mark.parametrize(("make", "steps"), FRONTS_OF_PICTURES)
@pytest.mark.parametrize("fill", [0.0, 9.0, float("nan")])
def test_a_picture_alone_is_the_same_as_beside_wider_ones_and_more_padding(make, steps, fill) -> None:
    torch.manual_seed(0)
    front = trained(make(Sizes("image", HEIGHT * CHANNELS, 0, HEIGHT, CHANNELS), 6))
    together, wider = front(pad(images())), front(more(pad(images()), 20, fill))
    assert together.lengths.tolist() == wider.lengths.tolist() == [steps(width) for width in WIDTHS]
    for at, image in enumerate(images()):
        alone = front(pad([image]))
        length = int(alone.lengths[0])
        assert alone.data.shape == (1, length, 6)
        for batch in (together, wider):
            torch.testing.assert_close(batch.data[at, :length], alone.data[0], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("pools", [[(2, 2)], [(2, 2), (2, 1)], [(2, 2), (2, 2), (1, 1)], [(3, 3), (1, 2)]])
def test_the_convolutions_are_a_loop_over_single_pictures(pools) -> None:
    torch.manual_seed(1)
    network = trained(Convolutions(CHANNELS, pools))
    pictures = [torch.from_numpy(image).view(1, -1, HEIGHT, CHANNELS).permute(0, 3, 2, 1) for image in images(1)]
    stacked = torch.cat([functional.pad(picture, (0, max(WIDTHS) - picture.shape[3])) for picture in pictures])
    maps, widths = network.padded(stacked, torch.tensor(WIDTHS))
    for at, picture in enumerate(pictures):
        expected = picture
        for layer, pool in zip(network.layers, pools, strict=True):
            expected = functional.conv2d(expected, layer.weight, layer.bias, padding=1).relu()
            expected = functional.max_pool2d(expected, pool, ceil_mode=True)
        assert tuple(expected.shape[2:]) == (network.shrunk(HEIGHT), int(widths[at]))
        torch.testing.assert_close(maps[at, :, :, : widths[at]], expected[0], atol=1e-5, rtol=1e-5)
        assert not maps[at, :, :, widths[at] :].any()
        torch.testing.assert_close(network(picture), expected, atol=1e-5, rtol=1e-5)


def test_a_column_of_pixels_reaches_only_the_steps_near_it() -> None:
    torch.manual_seed(2)
    front = trained(FRONTS["image"](Sizes("image", HEIGHT, 0, HEIGHT, 1), 5, None))
    source = torch.randn(1, 24, HEIGHT, requires_grad=True)
    for step in range(12):
        (gradient,) = torch.autograd.grad(front(Padded(source, torch.tensor([24]))).data[0, step].sum(), source)
        reached = gradient[0].abs().sum(dim=1).nonzero().squeeze(1)
        assert (reached >= 2 * step - 3).all()
        assert (reached <= 2 * step + 4).all()


def test_a_place_is_told_by_its_column_and_row() -> None:
    front = PositionFront(Sizes("image", 8, 0, 8, 1), 4)
    with torch.no_grad():
        front.project.weight.zero_()
        front.project.bias.zero_()
        front.place.weight.copy_(torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]]))
    vectors, lengths = front(Padded(torch.randn(2, 12, 8), torch.tensor([12, 8])))
    assert lengths.tolist() == [6, 4]
    across, down = vectors[..., 0] - vectors[..., 1], vectors[..., 2] - vectors[..., 3]
    torch.testing.assert_close(across[0], torch.tensor([-2 / 3, -2 / 3, 0, 0, 2 / 3, 2 / 3]))
    torch.testing.assert_close(across[1, :4], torch.tensor([-0.5, -0.5, 0.5, 0.5]))
    torch.testing.assert_close(down[0], torch.tensor([-0.5, 0.5] * 3))


def test_a_video_is_its_frames_one_by_one_and_padding_is_never_looked_at() -> None:
    torch.manual_seed(3)
    height, width, channels = 5, 6, 3
    front = trained(VideoFront(Sizes("video", height * width * channels, 0, height, channels), 8))
    rng = np.random.default_rng(3)
    videos = [rng.normal(size=(length, height * width * channels)).astype(np.float32) for length in (4, 1, 6)]
    found = front(more(pad(videos), 3, float("nan")))
    assert found.data.shape == (3, 9, 8)
    assert found.lengths.tolist() == [4, 1, 6]
    for at, video in enumerate(videos):
        for step, frame in enumerate(video):
            picture = torch.from_numpy(frame).view(1, height, width, channels).permute(0, 3, 1, 2)
            expected = front.project(front.convolutions(picture).flatten(1))[0]
            torch.testing.assert_close(found.data[at, step], expected, atol=1e-5, rtol=1e-5)
        assert not found.data[at, len(video) :].any()
