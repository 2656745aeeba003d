"""Beginning from nothing: random weights, and the recipe that goes with them."""

import json

import numpy as np
import pytest
from click.testing import CliRunner, Result

from mobilenetv2.cli import main
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Spec
from mobilenetv2.train import default_recipe
from mobilenetv2.train.detect.recipe import DetectionRecipe
from mobilenetv2.train.scratch import at_rest, from_scratch, initial_weights, untrained_classifier
from mobilenetv2.train.start import digest
from mobilenetv2.weights import store
from tests.train.drawn_classes import draw_classes


def train(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["train", *map(str, arguments)])


def test_weights_are_he_normal_and_batch_norm_is_at_rest():
    graph = build(Spec())
    weights = initial_weights(graph, 3)
    kernel = weights["block10.expand.weight"]
    assert kernel.std() == pytest.approx((2 / kernel.shape[1]) ** 0.5, rel=0.05)
    assert weights["logits.weight"].std() == pytest.approx(0.01, rel=0.05)
    assert not np.array_equal(kernel, initial_weights(graph, 4)["block10.expand.weight"])


def test_what_has_seen_a_picture_is_not_at_rest():
    first = untrained_classifier(0.2, (32, 32), ("a", "b"))
    assert at_rest(first)
    first.weights["stem.mean"][0] = 0.5
    assert not at_rest(first)


def test_the_same_seed_gives_the_same_network():
    one, same, other = (untrained_classifier(0.2, (32, 32), ("a",), seed) for seed in (1, 1, 2))
    assert digest(one) == digest(same) != digest(other)


def test_the_recipe_gives_all_layers_one_rate_and_normalizes_by_the_batch():
    recipe = from_scratch(DetectionRecipe(batch_size=4))
    assert (recipe.backbone_rate, recipe.batch_norm, recipe.epochs) == (1.0, "batch", 300)
    assert from_scratch(default_recipe(1000)).epochs == 60
    assert from_scratch(default_recipe(1000)).learning_rate == pytest.approx(2e-3)


def test_a_classifier_learns_from_nothing(tmp_path):
    data = draw_classes(tmp_path / "squares", 10)
    done = train("classify", "--data", data, "--model", "none", "--width", 0.1, "--size", 32,
                 "--epochs", 4, "--batch-size", 4, "--workers", 0, "--device", "cpu",
                 "--out", tmp_path / "run")  # fmt: skip
    assert done.exit_code == 0, done.output
    model = store.load(tmp_path / "run/model.safetensors")
    assert (model.spec.width, model.spec.size) == (0.1, (32, 32))
    assert model.provenance.source == "random weights, seed 0"
    log = (tmp_path / "run/log.jsonl").read_text().splitlines()
    losses = [json.loads(line)["train_loss"] for line in log]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("task", ["detect", "segment"])
def test_detectors_and_segmenters_begin_from_nothing_as_well(task, tmp_path, drawn, boxed_squares):
    data = {"detect": boxed_squares, "segment": drawn / "train"}[task]
    more = {"detect": [], "segment": ["--val", drawn / "val"]}[task]
    done = train(task, "--data", data, *more, "--model", "none", "--width", 0.1, "--size", 64,
                 "--epochs", 1, "--workers", 0, "--out", tmp_path / "run")  # fmt: skip
    assert done.exit_code == 0, done.output
    model = store.load(tmp_path / "run/model.safetensors")
    assert model.spec.width == 0.1
    # Not the function of the random weights brought back: the batch's own statistics.
    assert '"batch_norm": "batch"' in model.recipe
    assert "bringing batch norm back" not in done.stderr


def test_a_run_from_nothing_is_gone_on_with_from_the_same_nothing(tmp_path):
    """Size and seed, from which its random weights follow, are the run's own."""
    data = draw_classes(tmp_path / "squares", 5)
    same = ("classify", "--data", data, "--model", "none", "--width", 0.1, "--workers", 0,
            "--device", "cpu", "--out", tmp_path / "run")  # fmt: skip
    begun = train(*same, "--size", 32, "--seed", 3, "--epochs", 1, "--batch-size", 4)
    assert begun.exit_code == 0, begun.output
    done = train(*same, "--epochs", 2, "--resume")
    assert done.exit_code == 0, done.output


def test_a_width_belongs_to_a_network_from_nothing(tmp_path):
    data = draw_classes(tmp_path / "squares", 2)
    done = train("classify", "--data", data, "--width", 0.5, "--dry-run")
    assert done.exit_code == 2
    assert "--model none" in done.stderr
