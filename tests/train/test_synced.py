"""Batch norm over processes is batch norm of all their pictures."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from mobilenetv2.train.order import Share
from mobilenetv2.train.processes import Processes
from mobilenetv2.train.synced import synced_batch_norm
from tests.train.together import together

MOMENTUM, EPSILON = 0.1, 1e-3


def parts(rows: int, dtype: torch.dtype = torch.float64) -> list[Tensor]:
    """Values, what becomes of them, gamma, beta, mean, variance."""
    random = np.random.default_rng(3)
    values = torch.from_numpy(random.normal(4, 2, (rows, 5, 3, 2))).to(dtype)
    wanted = torch.from_numpy(random.normal(0, 1, (rows, 5, 3, 2)))
    each = [torch.from_numpy(random.uniform(0.5, 2, 5)) for _ in range(4)]
    return [values.to(memory_format=torch.channels_last), wanted, *each]


def normalized(values: Tensor, wanted: Tensor, *others: Tensor, synced: bool) -> list[np.ndarray]:
    """The result, gradients of values, gamma and beta, and the running statistics."""
    gamma, beta, mean, variance = others
    for one in (values, gamma, beta):
        one.requires_grad_()
    if synced:
        result = synced_batch_norm(values, mean, variance, gamma, beta, MOMENTUM, EPSILON)
    else:
        result = F.batch_norm(values, mean, variance, gamma, beta, True, MOMENTUM, EPSILON)
    (result * wanted).sum().backward()
    found = [result, values.grad, gamma.grad, beta.grad, mean, variance]
    return [one.detach().double().numpy() for one in found]


@pytest.mark.parametrize("counts", [(4, 4), (5, 2), (7, 0), (3, 1, 2)])
def test_it_is_that_of_all_rows_and_so_are_gradients(counts: tuple[int, ...]) -> None:
    """Shares of any size, an empty one too."""
    whole = normalized(*parts(sum(counts)), synced=False)
    starts = np.cumsum((0, *counts))

    def work(processes: Processes) -> list[np.ndarray]:
        rank = processes.share.rank
        values, wanted, *others = parts(sum(counts))
        mine = slice(starts[rank], starts[rank + 1])
        return normalized(values[mine], wanted[mine], *others, synced=True)

    each = together(len(counts), work)
    result, for_values, for_gamma, for_beta, mean, variance = zip(*each, strict=True)
    for found, right in ((result, whole[0]), (for_values, whole[1])):
        assert np.concatenate(found) == pytest.approx(right, abs=1e-12)
    for found, right in ((for_gamma, whole[2]), (for_beta, whole[3])):
        assert np.sum(found, axis=0) == pytest.approx(right, abs=1e-12)
    for found, right in ((mean, whole[4]), (variance, whole[5])):
        assert all(one == pytest.approx(right, abs=1e-12) for one in found)


def test_a_single_value_a_channel_is_normalized_by_what_is_stored() -> None:
    def work(processes: Processes) -> np.ndarray:
        values = torch.full((1 - processes.share.rank, 2, 1, 1), 3.0)
        mean, variance, one = torch.ones(2), torch.full((2,), 4.0), torch.ones(2)
        result = synced_batch_norm(values, mean, variance, one, 0 * one, MOMENTUM, 0.0)
        return result.numpy()

    first, second = together(2, work)
    assert first.flatten().tolist() == [1.0, 1.0]
    assert second.shape == (0, 2, 1, 1)


def test_bfloat16_keeps_its_kind_and_is_as_near_as_it_can_be() -> None:
    whole = normalized(*parts(8), synced=False)

    def work(processes: Processes) -> list[np.ndarray]:
        values, wanted, *others = parts(8, torch.bfloat16)
        mine = slice(4 * processes.share.rank, 4 * processes.share.rank + 4)
        floats = [one.float() for one in others]
        found = normalized(values[mine], wanted[mine].bfloat16(), *floats, synced=True)
        return found[1]

    found = np.concatenate(together(2, work))
    assert np.abs(found - whole[1]).max() < 0.02 * np.abs(whole[1]).max()


def test_shares_are_the_whole_in_order() -> None:
    shares = [list(Share(rank, 3).of(range(8))) for rank in range(3)]
    assert shares == [[0, 1], [2, 3, 4], [5, 6, 7]]
