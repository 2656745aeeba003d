"""Crop or squash, asked of the first weights."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mobilenetv2.tasks.labeled import LabeledPictures, read_labeled
from mobilenetv2.train import Recipe
from mobilenetv2.train.classify.fit import Trial, try_fits
from mobilenetv2.train.compute import choose_compute
from mobilenetv2.weights.checkpoint import Checkpoint


def trial(*losses: float) -> Trial:
    return Trial("crop", torch.tensor(losses), 0.0)


def test_a_trial_beats_another_by_more_than_the_standard_error_of_the_difference() -> None:
    other = trial(1.0, 1.0, 1.0, 1.0)
    assert trial(0.5, 0.6, 0.7, 0.6).beats(other)
    # Ahead by 0.1 on the average, with a standard error of 0.46.
    assert not trial(0.0, 2.0, 0.0, 1.6).beats(other)
    assert not other.beats(trial(0.5, 0.6, 0.7, 0.6))
    assert not other.beats(other)


def test_pictures_as_hard_both_ways_are_squashed(small: Checkpoint, tmp_path: Path) -> None:
    """Noise: of two ways to see nothing one is a little ahead, by chance."""
    cropping = replace(small, preprocessing=replace(small.preprocessing, fit="crop"))
    compute = choose_compute("cpu", "auto", (64, 64))
    taken, ahead = set(), set()
    for seed in range(4):
        random, folder = np.random.default_rng(seed), tmp_path / str(seed)
        for label in ("one", "other"):
            (folder / label).mkdir(parents=True)
            for index in range(9):
                pixels = random.integers(0, 255, (64, 96, 3)).astype(np.uint8)
                Image.fromarray(pixels).save(folder / label / f"{index}.png")
        pictures = read_labeled(folder, ("one", "other"))
        trials = try_fits(cropping, Recipe(), pictures, 2, compute, 0)
        taken.add(trials[0].fit)
        ahead.add(min(trials, key=lambda one: one.loss).fit)
    assert (taken, ahead) == ({"squash"}, {"squash", "crop"})


def test_weights_that_were_taught_squashed_are_asked_about_the_crop_as_well(
    small: Checkpoint, tmp_path: Path
) -> None:
    """What tells the classes apart lies in the middle of long pictures, chance at their sides."""
    random = np.random.default_rng(0)
    for label, dark in (("dark", 40), ("light", 215)):
        (tmp_path / label).mkdir()
        for index in range(18):
            pixels = random.choice([0, 255], (8, 64, 3)).repeat(8, 0).repeat(8, 1).astype(np.uint8)
            pixels[:, 220:292] = dark
            Image.fromarray(pixels).save(tmp_path / label / f"{index}.png")
    squashing = replace(small, preprocessing=replace(small.preprocessing, fit="squash"))
    pictures = read_labeled(tmp_path, ("dark", "light"))
    compute = choose_compute("cpu", "auto", (64, 64))
    trials = try_fits(squashing, Recipe(), pictures, 2, compute, 0)
    assert [one.fit for one in trials] == ["crop", "squash"]
    assert trials[0].beats(trials[1])


def test_the_order_of_a_table_changes_nothing(small: Checkpoint, tmp_path: Path) -> None:
    """Classes in turn are in step with every third picture, and with every other of many."""
    random = np.random.default_rng(0)
    for index in range(18):
        pixels = random.integers(0, 100, (64, 64, 3)) + np.array((0, 70, 140))[index % 3]
        Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / f"{index}.png")
    compute, found = choose_compute("cpu", "auto", (64, 64)), []
    for order in (range(18), sorted(range(18), key=lambda index: index % 3)):
        paths = tuple(tmp_path / f"{index}.png" for index in order)
        pictures = LabeledPictures("table", paths, tuple(index % 3 for index in order))
        found.append(try_fits(small, Recipe(), pictures, 3, compute, 0)[0])
    assert found[0].top1 == found[1].top1 > 0.5
    assert found[0].loss == pytest.approx(found[1].loss, rel=1e-3)
