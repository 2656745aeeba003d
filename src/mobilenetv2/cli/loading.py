"""What every command does with --model."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mobilenetv2.cli.console import messages
from mobilenetv2.cli.progress import download_progress
from mobilenetv2.engine.compiled import CompiledClassifier
from mobilenetv2.engine.program_file import SUFFIX, ProgramFile
from mobilenetv2.model import Model, load, load_checkpoint
from mobilenetv2.weights.checkpoint import Checkpoint
from mobilenetv2.weights.folder import run_told
from mobilenetv2.weights.marks import PROGRAM
from mobilenetv2.weights.store import read_mark

if TYPE_CHECKING:
    from mobilenetv2.jobs.job import Identified


def open_model(name_or_path: str, threads: int | None = None) -> Model:
    """A model that can run; a download shows its progress, a run's folder which epoch it is."""
    _tell_run(name_or_path)
    with download_progress(name_or_path) as report:
        return load(name_or_path, report, threads)


def open_predictor(name_or_path: str, threads: int | None = None) -> Identified[Any]:
    """Whatever says something of pictures: a model, or a program; one picture on `threads`."""
    path = Path(name_or_path)
    if not is_program(path):
        return open_model(name_or_path, threads)
    if ProgramFile(str(path)).task == "classification":
        return CompiledClassifier(path, threads)
    from mobilenetv2.engine.compiled_model import CompiledModel

    return CompiledModel(path, threads)


def is_program(path: Path) -> bool:
    """Whether a file is a program, or says so of itself.

    By content, so that one of another name is found; by suffix, so that a damaged one is told of.
    """
    exists = os.path.isfile(path)  # noqa: PTH113 - raises for no name at all
    return exists and (path.suffix.lower() == SUFFIX or read_mark(path) == PROGRAM)


def plain_name(name_or_path: str) -> str:
    """A name that can stand in an address: of a run's model.safetensors, the run's."""
    path = Path(name_or_path)
    stem = path.parent.name if path.stem == "model" and path.parent.name else path.stem
    return re.sub(r"[^A-Za-z0-9._-]+", "-", stem) or "model"


def open_checkpoint(name_or_path: str) -> Checkpoint:
    """Weights to look at or to train on; told as by `open_model`."""
    _tell_run(name_or_path)
    with download_progress(name_or_path) as report:
        return load_checkpoint(name_or_path, report)


def _tell_run(name_or_path: str) -> None:
    told = run_told(Path(name_or_path))
    if told:
        messages().print(told, markup=False, soft_wrap=True)
