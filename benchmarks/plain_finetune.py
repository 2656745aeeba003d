"""What anybody would write: a plain fine-tune in torch, to measure the default recipe against."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Classifier, Spec
from mobilenetv2.train.calibrate import restore_batch_norm
from mobilenetv2.train.compute import choose_compute
from mobilenetv2.train.module import GraphModule, weights_of
from mobilenetv2.weights.checkpoint import Checkpoint
from mobilenetv2.weights.fold import fold_checkpoint
from mobilenetv2.weights.to_float import to_float

BATCH, PEAK = 32, 3e-4


def plain_fine_tune(
    first: Checkpoint, data: Path, size: tuple[int, int], epochs: int, seed: int
) -> Checkpoint:
    """Cross entropy, AdamW, one cycle; crops, flips and colors; whole pictures when it is judged.

    Args:
        first: a classifier's weights.
        data: one folder a class.
        size: (height, width).
        epochs: how often every picture is seen.
        seed: of everything random.
    """
    torch.manual_seed(seed)
    look = replace(first.preprocessing, size=size, fit="squash")
    transforms = v2.Compose([
        v2.ToImage(), v2.RandomResizedCrop(size, (0.5, 1.0)), v2.RandomHorizontalFlip(),
        v2.ColorJitter(0.2, 0.2, 0.2), v2.ToDtype(torch.float32, scale=True),
        v2.Normalize(look.mean, look.std),
    ])  # fmt: skip
    pictures = ImageFolder(data, transforms)
    loader = DataLoader(pictures, BATCH, shuffle=True, drop_last=len(pictures) >= BATCH)
    compute = choose_compute("cpu", "auto", size)
    start = to_float(first)
    spec = replace(start.spec, size=size, head=Classifier(len(pictures.classes)))
    kept = {name: array for name, array in start.weights.items() if name in _backbone(spec)}
    head = nn.Linear(build(spec).by_name["pool"].shape.channels, len(pictures.classes))
    logits = {
        "logits.weight": head.weight.detach().numpy()[:, :, None, None],
        "logits.bias": head.bias.detach().numpy(),
    }
    labels = tuple(pictures.classes)
    start = replace(start, spec=spec, weights={**kept, **logits}, labels=labels, preprocessing=look)
    with compute.autocast():
        start = restore_batch_norm(start, (images for images, _ in loader))
    module = GraphModule(build(start.spec), start.weights).train()
    optimizer = torch.optim.AdamW(module.parameters(), PEAK)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK, total_steps=epochs * len(loader))
    for _ in range(epochs):
        for images, targets in loader:
            images = images.to(memory_format=torch.channels_last)
            with compute.autocast():
                loss = nn.functional.cross_entropy(module(images)["logits"].flatten(1), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            cycle.step()
    weights = {name: np.array(array) for name, array in weights_of(module).items()}
    return fold_checkpoint(replace(start, weights=weights, metrics=()))


def _backbone(spec: Spec) -> set[str]:
    return {name for name in build(spec).parameter_shapes if not name.startswith("logits.")}
