"""A traced network in torch, in batches: how torchvision's users answer many pictures."""

import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

BATCH = 32


def open_batches(
    path: str, threads: int, prepare: Callable[[str], Array]
) -> Callable[[Sequence[str]], list[Array]]:
    """A function from pictures' files to the first output for each.

    Pictures are decoded on a pool of threads, the next batch while the network has the one before.

    Args:
        path: a TorchScript file.
        threads: of the pool, and of the network.
        prepare: from a file to the input tensor.

    Raises:
        ImportError: torch is not installed.
    """
    import torch

    torch.set_num_threads(threads)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of TorchScript's end
        network = torch.jit.load(path).eval()  # type: ignore[no-untyped-call]

    def many(names: Sequence[str]) -> list[Array]:
        found: list[Array] = []
        with ThreadPoolExecutor(threads) as pool, torch.inference_mode():
            tensors = pool.map(prepare, names)
            for _ in range(0, len(names), BATCH):
                batch = [tensor for _, tensor in zip(range(BATCH), tensors, strict=False)]
                images = torch.from_numpy(np.concatenate(batch))
                maps = network(images.contiguous(memory_format=torch.channels_last))
                found.extend(maps.numpy()[:, None])
        return found

    return many
