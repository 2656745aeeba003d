"""A few seconds of the real training, on two classes of eight pictures."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from mobilenetv2.errors import RecipeError, TrainingError
from mobilenetv2.network.build import build
from mobilenetv2.paper import figure_6
from mobilenetv2.paper.ablation_records import read_runs
from mobilenetv2.paper.ablation_training import (
    AblationPlan,
    scratch_recipe,
    train_ablations,
)
from mobilenetv2.paper.ablations import all_variants
from mobilenetv2.train import Silent
from mobilenetv2.train.scratch import initial_weights

TINY = AblationPlan(
    width=0.2, size=(32, 32), epochs=2, batch_size=4, seeds=(0, 1), families=("activation",)
)


@pytest.fixture(scope="module")
def classes(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes of eight pictures each, from Tiny ImageNet."""
    folder = tmp_path_factory.mktemp("tiny") / "train"
    source = shared / "data" / "tiny-imagenet-20" / "train"
    for name in sorted(path.name for path in source.iterdir() if path.is_dir())[:2]:
        (folder / name).mkdir(parents=True)
        for picture in sorted((source / name).iterdir())[:8]:
            shutil.copy(picture, folder / name)
    return folder


class Steps(Silent):
    """Counts the steps that were really done."""

    def __init__(self) -> None:
        self.count = 0

    def step(self, step: int, total: int, loss: float) -> None:
        self.count += 1


def test_variants_are_trained_kept_and_drawn_from(classes: Path, tmp_path: Path):
    lines: list[str] = []
    runs = train_ablations(
        classes, tmp_path, plan=TINY, device="cpu", workers=0, started=lines.append
    )
    assert [(run.variant, run.seed) for run in runs] == [
        ("v2", 0), ("relu6-bottleneck", 0), ("v2", 1), ("relu6-bottleneck", 1),
    ]  # fmt: skip
    assert lines[0] == "run 1 of 4: v2-0"
    assert sorted(read_runs([tmp_path / "records"]), key=str) == sorted(runs, key=str)
    assert all(len(run.curve) == 2 and 0 <= run.top1 <= 1 for run in runs)
    assert all(run.count == 2 and run.classes == 2 for run in runs)
    family = figure_6([tmp_path / "records"]).scales[0].families[0]
    assert [variant.top1.count for variant in family.variants] == [2, 2]
    # The same again does nothing: the records suffice. With another plan the folder is refused.
    shutil.rmtree(tmp_path / "runs")
    steps = Steps()
    again = train_ablations(classes, tmp_path, plan=TINY, device="cpu", workers=0, reporter=steps)
    assert steps.count == 0
    assert [run.curve for run in again] == [run.curve for run in runs]
    other = AblationPlan(
        width=0.2, size=(32, 32), epochs=3, batch_size=4, seeds=(0,), families=("activation",)
    )
    with pytest.raises(TrainingError, match="epochs"):
        train_ablations(classes, tmp_path, plan=other, device="cpu", workers=0)


def test_weights_are_he_normal_and_the_same_for_layers_that_variants_share():
    variants = {variant.name: build(variant.spec) for variant in all_variants()}
    base = initial_weights(variants["v2"], 3)
    relu6 = initial_weights(variants["relu6-bottleneck"], 3)
    assert all(np.array_equal(base[name], relu6[name]) for name in base)
    kernel = base["block10.expand.weight"]
    assert kernel.std() == pytest.approx((2 / kernel.shape[1]) ** 0.5, rel=0.05)
    assert set(np.unique(base["stem.gamma"])) == {1.0}
    assert set(np.unique(base["stem.mean"])) == {0.0}
    assert not np.array_equal(
        base["stem.weight"], initial_weights(variants["v2"], 4)["stem.weight"]
    )


def test_all_variants_share_one_recipe_but_for_the_seed():
    assert scratch_recipe(TINY, 0).seed == 0
    assert scratch_recipe(TINY, 1).seed == 1
    assert scratch_recipe(TINY, 1).keep_first == 0.0


def test_a_plan_names_known_families():
    with pytest.raises(RecipeError, match="activation, shortcut"):
        AblationPlan(families=("dropout",))
    with pytest.raises(RecipeError, match="at least one seed"):
        AblationPlan(seeds=())
