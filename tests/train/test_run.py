"""A state on the disk is believed only when it is one of this very run."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from mobilenetv2.errors import TrainingError
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Classifier, Spec
from mobilenetv2.reading import UNEXPECTED
from mobilenetv2.train.ema import Average
from mobilenetv2.train.module import GraphModule
from mobilenetv2.train.run import Run

CPU = torch.device("cpu")
IDENTITY = {"recipe": '{"epochs": 3, "augmentation": {"mixup": 0}}', "pictures": "12 of them"}
State = dict[str, Any]


def fresh() -> Run:
    module = GraphModule(build(Spec(width=0.1, size=(32, 32), head=Classifier(2))))
    optimizer = torch.optim.SGD(module.parameters())
    scaler = torch.amp.GradScaler("cpu", enabled=False)
    return Run(module, Average(module, 0.9), optimizer, scaler)


def without(name: str) -> Callable[[State], object]:
    return lambda state: {key: value for key, value in state.items() if key != name}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda _: {"version": 1}, "it lacks module, average, first, optimizer, scaler, identity"),
        (lambda _: [1, 2], "must hold the state of a run, it holds a list"),
        (lambda _: torch.zeros(3), "must hold the state of a run, it holds a Tensor"),
        (without("history"), "it lacks history"),
        (lambda state: state | {"step": "2"}, "step in it is of another kind"),
        (lambda state: state | {"identity": {"recipe": "{"}}, "its recipe is not valid JSON"),
        (lambda state: state | {"identity": {}}, "its recipe is not valid JSON"),
        (lambda state: state | {"module": {"a": torch.zeros(1)}}, "does not fit this run"),
        (lambda state: state | {"first": {"a": torch.zeros(1)}}, "weights are those of another"),
        (lambda state: state | {"first": {"a": 3}}, "does not fit this run"),
        (lambda state: state | {"optimizer": {}}, "does not fit this run"),
    ],
)
def test_a_state_of_another_shape_is_refused_with_the_way_out(
    tmp_path: Path, change: Callable[[State], object], message: str
) -> None:
    fresh().save(tmp_path, IDENTITY)
    path = tmp_path / "state.pt"
    torch.save(change(torch.load(path)), path)
    with pytest.raises(TrainingError, match=message) as raised:
        fresh().restore(tmp_path, IDENTITY, CPU)
    assert str(path) in str(raised.value)
    assert "Remove it to begin anew, or choose another folder" in str(raised.value)
    assert UNEXPECTED not in str(raised.value)


def test_what_was_saved_comes_back(tmp_path: Path) -> None:
    run = fresh()
    run.step, run.history = 7, [{"top1": 0.5}]
    run.save(tmp_path, IDENTITY)
    again = fresh()
    again.restore(tmp_path, IDENTITY, CPU)
    assert (again.step, again.history) == (7, [{"top1": 0.5}])


def test_a_state_of_nothing_but_a_version(hostile: Path, tmp_path: Path) -> None:
    content = (hostile / "state_version_only.pt").read_bytes()
    (tmp_path / "state.pt").write_bytes(content)
    with pytest.raises(TrainingError, match=r"state\.pt is not the state of a run"):
        fresh().restore(tmp_path, IDENTITY, CPU)
