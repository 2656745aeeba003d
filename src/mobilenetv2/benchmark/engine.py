"""What is needed to start one engine's process."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy.typing as npt

from mobilenetv2.parity.compare import Parity
from mobilenetv2.weights.checkpoint import Array

Outputs = Mapping[str, npt.NDArray[Any]]
"""As an engine gives them, by its own names."""

Compare = Callable[[Mapping[str, Array], Outputs], Parity]
"""Our outputs against an engine's."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A runtime with the file it is to run and the input it is to be given."""

    name: str
    """Of the row in the report; two engines of one run have two names."""
    version: str
    module: Path
    """The Python file with its `open_file`."""
    file: str
    input: Path
    """A .npy file: the input tensor, with a batch of one."""
    compare: Compare | None = field(repr=False)
    """None for ours, which all others are compared with."""
    environment: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    """What a reader has to know of the row."""
