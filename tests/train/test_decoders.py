"""How many processes decode: what the first steps show, and that nothing else depends on it."""

from pathlib import Path

import pytest

from mobilenetv2.train import Augmentation, Recipe, Silent, fine_tune_classifier
from mobilenetv2.train.decoders import needed
from mobilenetv2.train.measured_batches import WORTH_IT
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint

SHORT = Recipe(
    epochs=WORTH_IT // 4, batch_size=5, warmup_epochs=0, fit="squash",
    augmentation=Augmentation(color_jitter=0),
)  # fmt: skip
"""Of the twenty pictures four steps an epoch."""


class Heard(Silent):
    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


@pytest.mark.parametrize(
    ("decoding", "learning", "cores", "expected"),
    [(0.4, 0.1, 16, 5), (0.4, 0.1, 4, 3), (0.01, 0.1, 16, 1), (0.01, 0.1, 1, 1), (1, 0, 9, 8)],
)
def test_a_gpu_is_kept_fed_within_the_machine_s_cores(
    decoding: float, learning: float, cores: int, expected: int
):
    assert needed(decoding, learning, cores, on_cpu=False) == expected


@pytest.mark.parametrize(
    ("decoding", "learning", "cores", "expected"),
    [(0.2, 1, 2, 1), (0.02, 1, 2, 0), (0.5, 1, 1, 0), (2, 1, 2, 1), (2, 1, 8, 3)],
)
def test_a_cpu_decodes_beside_its_steps_where_that_is_worth_it(
    decoding: float, learning: float, cores: int, expected: int
):
    assert needed(decoding, learning, cores, on_cpu=True) == expected


def test_the_first_steps_decide_and_change_nothing(
    pictures: Path, small: Checkpoint, tmp_path: Path
):
    weights = {}
    for name, told in {"told": {"workers": 0}, "measured": {}}.items():
        heard = Heard()
        fine_tune_classifier(
            pictures, tmp_path / name, first=small, validation=pictures, recipe=SHORT,
            device="cpu", reporter=heard, **told,
        )  # fmt: skip
        words = [said for said in heard.said if said.startswith("a batch is decoded in")]
        assert len(words) == (name == "measured")
        weights[name] = store.load(tmp_path / name / "model.safetensors").weights
    assert all((weights["told"][key] == value).all() for key, value in weights["measured"].items())
