"""Teachers at work: the student's crop as pixels, shown to each, in the engine or in torch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own convention
from torch import Tensor

from mobilenetv2.engine.select import select_runner
from mobilenetv2.network.build import build
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.tasks.pixels import pixel_values
from mobilenetv2.train.compute import Compute
from mobilenetv2.train.module import GraphModule
from mobilenetv2.train.teacher import Teacher
from mobilenetv2.weights.fold import fold_checkpoint
from mobilenetv2.weights.to_float import to_float

Maps = Mapping[str, Tensor]
"""A network's outputs by name, float32 [N, channels, height, width]."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one teacher says of a batch."""

    teacher: Teacher
    maps: Maps


@dataclass(frozen=True, slots=True)
class Panel:
    """Teachers who answer together; nobody, where there is none."""

    teachers: tuple[Teacher, ...] = ()
    runs: tuple[Callable[[Tensor], Maps], ...] = ()
    """Of each teacher: from uint8 [N, 3, height, width] to its maps."""

    @torch.no_grad()
    def answers(self, images: Tensor, preprocessing: Preprocessing) -> list[Answer]:
        """What each says of pictures that the student is shown.

        Args:
            images: as the student receives them, mixed or not, float32 [N, 3, height, width].
            preprocessing: the student's.
        """
        shown = to_pixels(images, preprocessing)
        return [
            Answer(teacher, run(fitted(shown, teacher.size)))
            for teacher, run in zip(self.teachers, self.runs, strict=True)
        ]


def seat(teachers: Sequence[Teacher], compute: Compute) -> Panel:
    """Get teachers ready: on a CPU in the engine, in integers where they have them; else in torch.

    A picture of 224 pixels takes 1.8 ms of a processor in integers, 4.6 in the engine's floats and
    21 in torch (MobileNetV2 1.0, batches of 16, a Xeon with VNNI).
    """
    make = _in_engine if compute.device.type == "cpu" else _in_torch
    return Panel(tuple(teachers), tuple(make(teacher, compute) for teacher in teachers))


def to_pixels(images: Tensor, preprocessing: Preprocessing) -> Tensor:
    """The inverse of `Compute.normalize`: whole numbers 0..255, float32 [N, 3, height, width]."""
    std = torch.tensor(preprocessing.std, device=images.device)[:, None, None]
    mean = torch.tensor(preprocessing.mean, device=images.device)[:, None, None]
    return ((images.float() * std + mean) * 255).round_().clamp_(0, 255)


def fitted(pixels: Tensor, size: tuple[int, int]) -> Tensor:
    """The same pictures at a size, uint8."""
    if tuple(pixels.shape[2:]) != size:
        pixels = F.interpolate(pixels, size, mode="bilinear", antialias=True)
    return pixels.round().clamp(0, 255).to(torch.uint8)


def _in_engine(teacher: Teacher, _compute: Compute) -> Callable[[Tensor], Maps]:
    folded = fold_checkpoint(teacher.checkpoint)
    runner = select_runner(
        build(replace(folded.spec, size=teacher.size)),
        folded.numbers,
        pixel_values(folded.preprocessing),
        torch.get_num_threads(),
    )

    def run(pixels: Tensor) -> Maps:
        outputs = runner(pixels.permute(0, 2, 3, 1).contiguous().numpy())
        return {name: torch.from_numpy(one).permute(0, 3, 1, 2) for name, one in outputs.items()}

    return run


def _in_torch(teacher: Teacher, compute: Compute) -> Callable[[Tensor], Maps]:
    folded = fold_checkpoint(to_float(teacher.checkpoint))
    module = GraphModule(build(replace(folded.spec, size=teacher.size)), folded.weights)
    module.to(compute.device).eval()

    def run(pixels: Tensor) -> Maps:
        maps: Maps = module(compute.normalize(pixels, folded.preprocessing))
        return maps

    return run
