"""What comes with the package: small, in eight bits, with what it says of itself."""

from importlib.resources import files
from pathlib import Path

import pytest

from mobilenetv2.catalog.embedded import EmbeddedWeights
from mobilenetv2.catalog.entries import CATALOG
from mobilenetv2.model import DEFAULT_MODEL, load

EMBEDDED = [entry for entry in CATALOG if isinstance(entry, EmbeddedWeights)]
DATA = Path(str(files("mobilenetv2").joinpath("data")))


def test_there_are_four_and_the_first_is_the_default():
    assert [entry.name for entry in EMBEDDED] == ["objects", "outline", "everyday", "cells"]
    assert EMBEDDED[0].name == DEFAULT_MODEL


def test_together_they_are_below_16_megabytes():
    sizes = {entry.name: (DATA / entry.file).stat().st_size for entry in EMBEDDED}
    assert sum(sizes.values()) < 16_000_000
    assert sizes["everyday"] < 5_500_000


@pytest.mark.parametrize("entry", EMBEDDED, ids=lambda entry: entry.name)
def test_each_is_what_the_catalogue_says(entry: EmbeddedWeights):
    model = load(entry.name)
    assert model.task == entry.task
    assert model.checkpoint.quantization is not None
    assert all(word in model.checkpoint.license for word in entry.license.split(", "))
    figure = float(entry.figure.split()[0]) / 100
    name = {"top-1": "top1", "AP50": "ap50", "mIoU": "mean_iou"}[entry.figure.split()[1].strip(",")]
    stated = {metric.name: metric.value for metric in model.checkpoint.metrics}
    assert stated[name] == pytest.approx(figure, abs=5e-5)
