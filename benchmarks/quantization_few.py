"""What few calibration pictures cost, with and without room for more: `docs/quantization.md`.

python benchmarks/quantization_few.py MODEL PICTURES [JUDGED] [--most N] [--draws N]
"""

import argparse
import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from mobilenetv2.calibration.calibrate import Stages, calibrate
from mobilenetv2.model import Model, load_checkpoint
from mobilenetv2.network.spec import Classifier
from mobilenetv2.quantization.likeness import Comparison, agreement
from mobilenetv2.quantization.pictures import prepare_all
from mobilenetv2.tasks.find_pictures import find_pictures
from mobilenetv2.tasks.pixels import Prepared
from mobilenetv2.weights.checkpoint import Array, Checkpoint
from mobilenetv2.weights.fold import fold_checkpoint

COUNTS = (8, 20, 50)


def figures(
    real: Checkpoint, answers: list[Mapping[str, Array]], integers: Checkpoint, some: list[Prepared]
) -> tuple[float, float]:
    """(percent of answers that agree, mean of the outputs' signal to noise in decibels)."""
    model, comparison = Model(integers), Comparison(real)
    alike, sums = [], dict[str, tuple[float, float]]()
    for picture, ours in zip(some, answers, strict=True):
        theirs = model.outputs(picture)
        alike.append(comparison.compare(picture, ours, theirs))
        for name, wide in ours.items():
            apart = (theirs[name] - wide).astype(np.float64)
            if isinstance(real.spec.head, Classifier):
                wide, apart = wide - wide.mean(), apart - apart.mean()
            before = sums.get(name, (0.0, 0.0))
            sums[name] = (before[0] + np.square(wide).sum(), before[1] + np.square(apart).sum())
    ratios = [10 * np.log10(signal / noise) for signal, noise in sums.values()]
    return 100 * agreement(alike), float(np.mean(ratios))


def main() -> None:
    """Print a row for each count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("pictures", type=Path)
    parser.add_argument("judged", type=Path, nargs="?")
    parser.add_argument("--most", type=int, default=200)
    parser.add_argument("--draws", type=int, default=2)
    chosen = parser.parse_args()
    real = fold_checkpoint(load_checkpoint(chosen.model))
    model = Model(real)
    found = list(find_pictures(chosen.pictures))
    random.Random(0).shuffle(found)
    if chosen.judged is None:
        judged, found = found[: chosen.most], found[chosen.most :]
    else:
        judged = list(find_pictures(chosen.judged))
        random.Random(1).shuffle(judged)
        judged = judged[: chosen.most]
    some = [model.prepare(path) for path in judged]
    answers = [model.outputs(one) for one in some]
    print("| pictures | without: agree, % | dB | with: agree, % | dB |\n|---|---|---|---|---|")
    for count in COUNTS:
        rows = []
        for draw in range(chosen.draws):
            used, _ = prepare_all(model, found[draw * count : (draw + 1) * count], lambda: None)
            for stages in (replace(Stages(), headroom=False), Stages()):
                made = calibrate(real, used, lambda: None, stages).integers
                rows.append(figures(real, answers, made, some))
        cells = np.concatenate([np.mean(rows[0::2], axis=0), np.mean(rows[1::2], axis=0)])
        print(f"| {count} | " + " | ".join(f"{cell:.1f}" for cell in cells) + " |", flush=True)


if __name__ == "__main__":
    main()
