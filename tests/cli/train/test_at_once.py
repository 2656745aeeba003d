"""What no data can make right is refused before any are read."""

import pytest
from click.testing import CliRunner

from mobilenetv2.cli import main

GREY = ("--set", "channels=grey", "--quantize")


@pytest.mark.parametrize("task", ["classify", "detect", "segment"])
@pytest.mark.parametrize(
    ("options", "told"),
    [
        (GREY, "channels must be color where a run has epochs in integers"),
        ((*GREY, "--dry-run"), "for grey train in floats, then mobilenetv2 quantize"),
        (("--minutes", "3", "--quantize"), "a time limit must leave quantize_epochs at 0"),
        (("--model", "none", "--set", "freeze=backbone"), "freeze must be none where the first"),
        (("--model", "cells", "--width", "0.5"), "--width is that of a network trained from"),
        (("--set", "precision=float16", "--device", "cpu"), "'float16' needs a GPU"),
        (("--set", "patience=3", "--quantize"), "patience must be 0 where quantize_epochs"),
        (("--resume",), "holds no run that has begun"),
    ],
    ids=str,
)
def test_before_any_data_are_read(task, options, told, tmp_path):
    """There are none: whoever looked would say so."""
    command = ["train", task, "--data", tmp_path / "nowhere", "--out", tmp_path / "run", *options]
    assert told in CliRunner().invoke(main, list(map(str, command))).stderr


@pytest.mark.parametrize(
    ("task", "options", "told"),
    [
        ("classify", ("--set", "keep_classes=true"), "say --keep-classes"),
        ("classify", ("--multi-label", "--set", "sampling=balanced"), "sampling draws classes"),
        (
            "classify",
            ("--unlabeled", "--teacher", "embedded", "--set", "sampling=balanced"),
            "--unlabeled looks at no label",
        ),
        ("detect", ("--set", "fit=crop"), "a detector must see whole pictures"),
    ],
    ids=str,
)
def test_what_one_task_alone_knows(task, options, told, tmp_path):
    command = ["train", task, "--data", tmp_path / "nowhere", "--out", tmp_path / "run", *options]
    assert told in CliRunner().invoke(main, list(map(str, command))).stderr


def test_a_search_refuses_what_is_for_one_run(tmp_path):
    command = ["tune", "classify", "--data", tmp_path / "nowhere", "--out", tmp_path, "--resume"]
    told = CliRunner().invoke(main, list(map(str, command))).stderr
    assert "--resume is for `train`: a search makes runs of its own" in told


def test_a_value_that_suits_few_pictures_alone_is_not_refused_early(tmp_path):
    """Few pictures are seen in more epochs, and how many there are is not known yet."""
    command = ["train", "detect", "--data", tmp_path / "nowhere", "--out", tmp_path / "run",
               "--set", "quantize_epochs=30"]  # fmt: skip
    told = CliRunner().invoke(main, list(map(str, command))).stderr
    assert "quantize_epochs" not in told
