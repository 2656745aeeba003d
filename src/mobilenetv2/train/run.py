"""A run in progress: everything that must survive a kill, and how it goes to disk and back."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from mobilenetv2.errors import TrainingError
from mobilenetv2.train.ema import Average
from mobilenetv2.train.module import GraphModule
from mobilenetv2.train.state import load_state, save_state

STATE = "state.pt"
Identity = Mapping[str, str]
"""What makes two runs the same one: recipe, first weights, pictures; by name, for messages."""


@dataclass(slots=True)
class Run:
    """The moving parts of a run, and how far it has come."""

    module: GraphModule
    average: Average
    optimizer: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    step: int = 0
    """Steps done."""
    sums: dict[str, float] = field(default_factory=dict)
    """Of the loss terms of this epoch so far."""
    summed: int = 0
    """How many steps are in `sums`."""
    seconds: float = 0.0
    """Of this epoch so far."""
    best: float = -math.inf
    """The best value of the task's metric so far."""
    history: list[dict[str, float]] = field(default_factory=list)
    """The log's rows."""

    def save(self, folder: Path, identity: Identity) -> None:
        """Write the whole state.

        Raises:
            TrainingError: the disk refuses; the old state stays.
        """
        parts = {"module": self.module, "average": self.average.module}
        state: dict[str, Any] = {name: part.state_dict() for name, part in parts.items()}
        state |= {"first": self.average.first}
        state |= {"optimizer": self.optimizer.state_dict(), "scaler": self.scaler.state_dict()}
        plain = {name: getattr(self, name) for name in _PLAIN}
        save_state(state | plain | {"identity": dict(identity)}, folder / STATE)

    def restore(self, folder: Path, identity: Identity, device: torch.device) -> None:
        """Take the state from a folder that `save` wrote.

        Raises:
            TrainingError: corrupt, or the state of another run.
        """
        state = load_state(folder / STATE, device)
        check_identity(state["identity"], identity, folder)
        self.module.load_state_dict(state["module"])
        self.average.module.load_state_dict(state["average"])
        self.average.first = state["first"]
        self.optimizer.load_state_dict(state["optimizer"])
        self.scaler.load_state_dict(state["scaler"])
        for name in _PLAIN:
            setattr(self, name, state[name])


_PLAIN = ("step", "sums", "summed", "seconds", "best", "history")


def check_identity(saved: dict[str, Any], identity: Identity, folder: Path) -> None:
    """Refuse to go on with a run that began otherwise.

    Raises:
        TrainingError: names what differs.
    """
    before, now = flatten(saved), flatten(identity)
    names = [name for name in now if name in before and before[name] != now[name]]
    if names:
        differences = "; ".join(
            f"{name}: was {before.get(name)}, now {now.get(name)}" for name in names[:4]
        )
        raise TrainingError(
            f"{folder} holds a run that began otherwise ({differences}). Give the same settings "
            "to go on with it, or choose another folder for --out"
        )


def flatten(identity: Identity) -> dict[str, object]:
    """The recipe's fields beside the other parts, so that a message can name the one that differs.

    A field that only one of two releases knows cannot be compared, and is no reason to refuse.
    """
    recipe = json.loads(identity["recipe"])
    parts: dict[str, object] = {name: value for name, value in identity.items() if name != "recipe"}
    for values in (recipe, recipe.pop("augmentation", {})):
        parts |= {name: value for name, value in values.items() if name != "kind"}
    return parts
