"""Where and in what precision training computes."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from mobilenetv2.engine.cores import cores
from mobilenetv2.errors import RecipeError
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.train.launched import launched
from mobilenetv2.train.recipe import Precision

Device = Literal["auto", "cpu", "cuda"]

LARGE_PICTURES = 128
"""Pixels a side from which bfloat16 pays on a CPU that has it: 21.1 against 10.1 pictures a second
at 224, but slower at 96 (MobileNetV2 1.0, batch 32, two Zen 4 cores)."""


@dataclass(frozen=True, slots=True)
class Compute:
    """A device and the type of its large products; weights and their updates stay float32."""

    device: torch.device
    dtype: torch.dtype

    def autocast(self) -> AbstractContextManager[object]:
        """For forward passes and losses."""
        if self.dtype == torch.float32:
            return nullcontext()
        return torch.autocast(self.device.type, self.dtype)

    def normalize(self, images: Tensor, preprocessing: Preprocessing) -> Tensor:
        """uint8 [N, 3, height, width] to the network's input: float32, channels_last, on device."""
        moved = images.to(self.device, non_blocking=True)
        std = torch.tensor(preprocessing.std, device=self.device)
        mean = torch.tensor(preprocessing.mean, device=self.device)
        factor, offset = (1 / 255) / std, mean / std
        values = moved.to(torch.float32, memory_format=torch.channels_last)
        return values.mul_(factor[:, None, None]).sub_(offset[:, None, None])


MOST_WORKERS = 8

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def choose_compute(device: Device, precision: Precision, size: tuple[int, int]) -> Compute:
    """Settle "auto".

    Device: a CUDA GPU where there is one, and its own for each process of a machine. Precision:
    bfloat16 on a GPU that has it, else float16 there; on a CPU bfloat16 where the hardware has it
    and pictures are at least 128 pixels.

    Raises:
        RecipeError: CUDA asked for and missing, more processes than GPUs, or float16 on a CPU.
    """
    has_cuda = torch.cuda.is_available()
    if device == "cuda" and not has_cuda:
        raise RecipeError("device 'cuda' needs a CUDA GPU that torch can see, got none; use 'cpu'")
    place = _own_gpu() if has_cuda and device != "cpu" else torch.device("cpu")
    if precision == "auto":
        precision = _best(place, size)
    if precision == "float16" and place.type == "cpu":
        raise RecipeError("precision 'float16' needs a GPU; on a CPU use 'bfloat16' or 'float32'")
    return Compute(place, DTYPES[precision])


def default_workers(compute: Compute) -> int:
    """Processes that decode: a CPU is busy with training itself, a GPU must be kept fed.

    Those that train share a machine's cores out.
    """
    if compute.device.type == "cpu":
        return 1
    return max(1, min(MOST_WORKERS, own_cores() - 1))


def own_cores() -> int:
    """The cores that are this process's, where others train on the same machine."""
    return max(1, cores() // launched().local.number)


def _own_gpu() -> torch.device:
    local = launched().local
    if local.number == 1:
        return torch.device("cuda")
    count = torch.cuda.device_count()
    if local.number > count:
        raise RecipeError(
            f"each process of a machine needs a GPU of its own, got {local.number} processes for "
            f"{count}; start {count} (--nproc-per-node, --processes), or use --device cpu"
        )
    return torch.device("cuda", local.rank)


def _best(device: torch.device, size: tuple[int, int]) -> Precision:
    if device.type == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float16"
    native = torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return "bfloat16" if native and min(size) >= LARGE_PICTURES else "float32"
