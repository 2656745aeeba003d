"""A run in progress: everything that must survive a kill, and how it goes to disk and back."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import torch

from mobilenetv2.errors import CheckpointError, TrainingError
from mobilenetv2.reading import first_line
from mobilenetv2.train.ema import Average
from mobilenetv2.train.identity import Identity, check_identity
from mobilenetv2.train.module import GraphModule
from mobilenetv2.train.start_integers import from_state, to_state
from mobilenetv2.train.state import BEGIN_ANEW, STATE, load_state, save_state
from mobilenetv2.weights.quantized import Quantization
from mobilenetv2.weights.states.side_file import parse_object


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
    spent: float = 0.0
    """Seconds of all steps and evaluations so far."""
    best: float = -math.inf
    """The best value of the task's metric so far."""
    history: list[dict[str, float]] = field(default_factory=list)
    """The log's rows."""
    integers: Quantization | None = None
    """Those that the epochs in integers began with, once they have."""
    remeasured: tuple[int, GraphModule] | None = None
    """What is kept of the epochs in floats, and after which step."""
    processes: list[int] = field(default_factory=list)
    """How many have computed, one number for each time that it changed."""

    def count(self, processes: int) -> None:
        """So many go on from here."""
        if self.processes[-1:] != [processes]:
            self.processes = [*self.processes, processes]

    def close_epoch(
        self, epoch: int, metrics: Mapping[str, float], raw: Mapping[str, float], seconds: float
    ) -> Mapping[str, float]:
        """Add the log's row of an epoch that is over, and begin to sum anew.

        Args:
            epoch: its number, from 1.
            metrics: what an evaluation found, of what is kept.
            raw: the same of the last step's weights.
            seconds: that evaluations took.
        """
        row: dict[str, float] = {
            "epoch": epoch,
            "step": self.step,
            "learning_rate": max(group["lr"] for group in self.optimizer.param_groups),
        }
        row |= {f"train_{name}": value / self.summed for name, value in self.sums.items()}
        row |= {f"val_{name}": value for name, value in metrics.items()}
        row |= {f"raw_{name}": value for name, value in raw.items()}
        row |= {"training_seconds": self.seconds, "validation_seconds": seconds}
        self.history.append(row)
        self.spent += seconds
        self.sums, self.summed, self.seconds = {}, 0, 0.0
        return row

    def save(self, folder: Path, identity: Identity) -> None:
        """Write the whole state.

        Raises:
            TrainingError: the disk refuses; the old state stays.
        """
        save_state(self.state(identity), folder / STATE)

    def state(self, identity: Identity) -> dict[str, Any]:
        """Tensors and plain values, for a file or for another process."""
        parts = {"module": self.module, "average": self.average.module}
        state: dict[str, Any] = {name: part.state_dict() for name, part in parts.items()}
        state |= {"first": self.average.first}
        state |= {"optimizer": self.optimizer.state_dict(), "scaler": self.scaler.state_dict()}
        state |= {"integers": to_state(self.integers)}
        plain = {name: getattr(self, name) for name in _PLAIN}
        return state | plain | {"identity": dict(identity)}

    def restore(
        self,
        folder: Path,
        identity: Identity,
        device: torch.device,
        enter: Callable[["Run", Quantization], None] | None = None,
        *,
        longer: bool = False,
    ) -> None:
        """Take the state from a folder that `save` wrote.

        Args:
            folder: of the run.
            identity: of this run.
            device: where to compute.
            enter: makes this a run in integers, where the saved one is; None: it must not be.
            longer: whether this run may have more epochs than the saved one was told.

        Raises:
            TrainingError: corrupt, of another shape, or the state of another run.
        """
        path = folder / STATE
        # Earlier releases had no runs in integers, no time limit and one process.
        known: dict[str, Any] = {"integers": {}, "spent": 0.0, "processes": [1]}
        state = known | load_state(path, device)
        _check_shape(state, path)
        kept = bool(state["step"])
        check_identity(state["identity"], identity, folder, longer=longer, kept=kept)
        self.take(state, path, enter)

    def take(
        self,
        state: dict[str, Any],
        path: Path,
        enter: Callable[["Run", Quantization], None] | None = None,
    ) -> None:
        """Become what `state` was made of.

        Args:
            state: whole, and of this run.
            path: where it is from, for messages.
            enter: as for `restore`.

        Raises:
            TrainingError: it is of another shape.
        """
        try:
            begun = from_state(state["integers"])
            if begun is not None:
                if enter is None:
                    raise ValueError("it computes in integers")
                enter(self, begun)
            self.module.load_state_dict(state["module"])
            self.average.module.load_state_dict(state["average"])
            shapes = {name: value.shape for name, value in self.average.first.items()}
            if {name: value.shape for name, value in state["first"].items()} != shapes:
                raise ValueError("its first weights are those of another network")
            self.average.first = state["first"]
            self.optimizer.load_state_dict(state["optimizer"])
            self.scaler.load_state_dict(state["scaler"])
        except MemoryError:
            raise
        # torch has no common parent for what it says of tensors that do not fit.
        except Exception as error:
            raise TrainingError(
                f"{path} does not fit this run: {first_line(error)}. {BEGIN_ANEW}"
            ) from error
        for name in _PLAIN:
            setattr(self, name, state[name])


_PLAIN = ("step", "sums", "summed", "seconds", "spent", "best", "history", "processes")


_KINDS: Mapping[str, type | tuple[type, ...]] = {
    "module": dict, "average": dict, "first": dict, "optimizer": dict, "scaler": dict,
    "identity": dict, "step": int, "sums": dict, "summed": int, "seconds": (int, float),
    "spent": (int, float),
    "best": (int, float), "history": list, "integers": dict, "processes": list,
}  # fmt: skip
"""Everything in a state, and of what kind it is."""


def _check_shape(state: Mapping[str, object], path: Path) -> None:
    missing = [name for name in _KINDS if name not in state]
    wrong = [name for name in _KINDS if name in state and not isinstance(state[name], _KINDS[name])]
    if missing or wrong:
        raise TrainingError(
            f"{path} is not the state of a run: it lacks {', '.join(missing) or 'nothing'}, and "
            f"{', '.join(wrong) or 'nothing'} in it is of another kind. {BEGIN_ANEW}"
        )
    identity = cast("dict[str, object]", state["identity"])
    try:
        parse_object(str(identity.get("recipe")), "its recipe")
    except CheckpointError as error:
        raise TrainingError(f"{path} is not the state of a run: {error}. {BEGIN_ANEW}") from error
