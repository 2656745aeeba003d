"""Makes the embedded models of public files: `docs/models.md`.

python benchmarks/box.py DATA OUT [NAME ...]

DATA holds imagenet-sample, imagenet-flickr, everyday, coco128-val and bccd; OUT gets
NAME.safetensors of objects, outline, everyday and cells, or of those that are named. `cells` is
made of docs/detection.md's network: run/model.safetensors.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from mobilenetv2.catalog.labels import imagenet_labels
from mobilenetv2.datasets.mask_meaning import model_meaning
from mobilenetv2.datasets.masks import read_masked
from mobilenetv2.evaluate import evaluate_classifier, evaluate_segmenter
from mobilenetv2.metrics.calibration import expected_calibration_error
from mobilenetv2.model import Model, load_checkpoint
from mobilenetv2.quantization import quantize
from mobilenetv2.tasks.find_pictures import find_pictures
from mobilenetv2.tasks.labeled import LabeledPictures, read_labeled
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint, Metric
from mobilenetv2.weights.temperature import divide_logits

SIZE = (256, 256)
CALIBRATED_ONE_IN = 8
"""Of the 2400 pictures of everyday: 300 are plenty."""
CELLS = Path("run/model.safetensors")


def make_objects(data: Path) -> Checkpoint:
    """The uint8 classifier, shown the largest square at 256 pixels, with a temperature.

    Size and share of the short side are those that named most of imagenet-sample right (the table
    is in docs/models.md); imagenet-flickr has chosen nothing.
    """
    public = load_checkpoint("imagenet-quant")
    whole = replace(public.preprocessing, fit="crop", crop_fraction=1.0, size=SIZE)
    spec = replace(public.spec, size=SIZE)
    plain = replace(public, spec=spec, preprocessing=whole, labels=imagenet_labels())
    fitted_on = read_labeled(data / "imagenet-sample", plain.labels)
    temperature = fit_temperature(*logits_of(plain, fitted_on))
    made = with_deed(
        divide_logits(plain, temperature),
        "run at 256x256 on the largest square; short labels",
        f"logits divided by {temperature:.2f}, fitted on {len(fitted_on.paths)} pictures of "
        f"{fitted_on.name}",
    )
    judged = read_labeled(data / "imagenet-flickr", plain.labels)
    report = evaluate_classifier(Model(made), judged)
    for name, one in (("before", plain), ("after", made)):
        print(f"calibration error {name}: {calibration_error(*logits_of(one, judged)):.4f}")
    figures = {
        "top1": report.top1.value,
        "top5": report.top5.value,
        "calibration_error": calibration_error(*logits_of(made, judged)),
    }
    return with_metrics(made, figures, "imagenet-flickr", report.top1.count)


def make_outline(data: Path) -> Checkpoint:
    """The uint8 segmenter as it is."""
    public = load_checkpoint("voc")
    folder = data / "coco128-val"
    masked = read_masked(folder / "images", folder / "voc-masks")
    report = evaluate_segmenter(Model(public), masked, model_meaning(masked, public.labels))
    figures = {
        "mean_iou": report.agreement.mean_iou or 0.0,
        "pixel_accuracy": report.agreement.pixel_accuracy or 0.0,
    }
    return with_metrics(public, figures, "coco128-val on VOC classes", report.count)


def make_everyday(data: Path) -> Checkpoint:
    """The public detector in 8 bits."""
    some = find_pictures(data / "everyday")[::CALIBRATED_ONE_IN]
    found = quantize("open-images", some, data=data / "coco128-val", max_loss=0.5)
    print(f"loss {found.proof.loss:.2f} points of AP50, {found.proof.loss_interval}")
    return found.checkpoint


def make_cells(data: Path) -> Checkpoint:
    """The detector of docs/detection.md in 8 bits."""
    found = quantize(CELLS, data / "bccd", data=data / "bccd", split="test", max_loss=0.3)
    print(f"loss {found.proof.loss:.2f} points of AP50, {found.proof.loss_interval}")
    return found.checkpoint


def logits_of(checkpoint: Checkpoint, pictures: LabeledPictures) -> tuple[np.ndarray, np.ndarray]:
    """Logits float64 [pictures, classes] and classes [pictures]."""
    model = Model(checkpoint)
    rows = [model.outputs(model.prepare(path))["logits"].reshape(-1) for path in pictures.paths]
    return np.stack(rows).astype(np.float64), np.array(pictures.targets)


def fit_temperature(logits: np.ndarray, targets: np.ndarray) -> float:
    """The one of 0.50, 0.51 .. 2.00 under which the right classes are likeliest."""
    choices = [step / 100 for step in range(50, 201)]
    every = np.arange(len(targets))
    losses = [-np.log(probabilities(logits / one)[every, targets]).mean() for one in choices]
    return choices[int(np.argmin(losses))]


def probabilities(logits: np.ndarray) -> np.ndarray:
    """[pictures, classes]."""
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return np.maximum(powers / powers.sum(1, keepdims=True), 1e-12)


def calibration_error(logits: np.ndarray, targets: np.ndarray) -> float:
    """Expected calibration error of the first answers, 0..1."""
    scores = probabilities(logits)
    return expected_calibration_error(scores.max(1), scores.argmax(1) == targets)


def with_deed(checkpoint: Checkpoint, *deeds: str) -> Checkpoint:
    """The same with more in its history."""
    source = checkpoint.provenance
    return replace(checkpoint, provenance=replace(source, history=(*source.history, *deeds)))


def with_metrics(
    checkpoint: Checkpoint, figures: dict[str, float], data: str, count: int
) -> Checkpoint:
    """The same with what was measured."""
    metrics = tuple(Metric(name, value, data, "all", count) for name, value in figures.items())
    return replace(checkpoint, metrics=metrics)


MAKERS = {
    "objects": make_objects,
    "outline": make_outline,
    "everyday": make_everyday,
    "cells": make_cells,
}


def main(data: Path, out: Path, names: Sequence[str]) -> None:
    """Make, save, say how large."""
    out.mkdir(parents=True, exist_ok=True)
    for name in names or MAKERS:
        checkpoint = MAKERS[name](data)
        store.save(checkpoint, out / f"{name}.safetensors")
        for metric in checkpoint.metrics:
            print(f"{name}: {metric.name} {100 * metric.value:.2f}, {metric.dataset}")
        print(f"{name}: {(out / f'{name}.safetensors').stat().st_size / 1e6:.2f} MB", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("names", nargs="*", choices=[*MAKERS, []])
    given = parser.parse_args()
    main(given.data, given.out, given.names)
