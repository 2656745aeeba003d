"""A checkpoint becomes a file to be run elsewhere, and is proved to be the same function."""

import tempfile
from dataclasses import dataclass
from errno import EISDIR
from pathlib import Path

from mobilenetv2.deploy.compile import compile_network
from mobilenetv2.deploy.kind import Kind
from mobilenetv2.deploy.place import place
from mobilenetv2.deploy.prove import Proof, prove
from mobilenetv2.engine.program_file import SUFFIX
from mobilenetv2.errors import CheckpointError, ExportError
from mobilenetv2.export.files import format_of, write_files
from mobilenetv2.export.interface import AS_IT_IS, Interface, check_interface
from mobilenetv2.parity.answers import Answers
from mobilenetv2.parity.compare import Parity
from mobilenetv2.weights.checkpoint import Checkpoint
from mobilenetv2.weights.fold import fold_checkpoint
from mobilenetv2.weights.leftovers import clear_leftovers, temporary_prefix
from mobilenetv2.weights.place_to_write import check_place


@dataclass(frozen=True, slots=True)
class Deployment:
    """Files that were written, and how close they are to the original."""

    files: tuple[Path, ...]
    format: Kind
    parity: Parity | None
    unproved: str
    """Why there is no parity figure, and how to get one; empty where there is one."""
    answers: Answers | None = None
    """What a user gets from the file, against what the checkpoint says."""
    exact: float | None = None
    """The share of the outputs' integers that are the checkpoint's to the last."""
    steps_apart: int | None = None
    """How far from the checkpoint's the furthest of those integers is."""
    left_to_others: str = ""
    """What of a picture's preparation this package does and other runtimes do not."""


STRETCHED = (
    "grey pictures of 16 bits are stretched from their darkest to their brightest value before "
    "they come to this network: whoever feeds the file in another program does it first"
)


def deploy(
    checkpoint: Checkpoint,
    target: Path,
    *,
    verify: bool = True,
    interface: Interface = AS_IT_IS,
) -> Deployment:
    """Write a checkpoint as ONNX, TFLite, ncnn or a program, run it there, and compare.

    The target appears only when all went well, and of two files both or neither.

    Args:
        checkpoint: of any task; batch norms are folded on the way, integers stay integers.
        target: ends in .onnx, .tflite, .param (ncnn, whose weights go beside it as .bin), or
            .program (for `CompiledModel`, `CompiledClassifier` and pages).
        verify: read the file back, run it in onnxruntime, LiteRT, ncnn or our engine on the
            pictures of the package, and compare outputs and answers.
        interface: what goes in and what comes out, where the format leaves a choice.

    Raises:
        ExportError: an unknown suffix, or a network or a choice that the format cannot say.
        ParityError: the file's outputs, words or answers are not the checkpoint's.
        MissingDependencyError: what writes the format is not installed.
    """
    kind: Kind = "program" if target.suffix.lower() == SUFFIX else format_of(target)
    folded = fold_checkpoint(checkpoint)
    check_interface(folded, interface, kind)
    files = _places(target, kind)
    try:
        for path in files:
            check_place(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        clear_leftovers(target)
        prefix = temporary_prefix(target)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=prefix) as folder:
            written = _write(folded, Path(folder) / target.name, kind, interface)
            proof = Proof(None, unproved="not asked for")
            if verify:
                proof = prove(folded, written[0], kind, interface)
            aside = Path(folder) / "old"
            aside.mkdir()
            place(list(zip(written, files, strict=True)), aside)
    except OSError as error:
        said = f"{error.filename} is a folder" if error.errno == EISDIR else error.strerror
        raise ExportError(
            f"cannot write {target}: {said or error}; choose another folder"
        ) from error
    left = STRETCHED if folded.preprocessing.stretch else ""
    return Deployment(
        files,
        kind,
        proof.parity,
        proof.unproved,
        proof.answers,
        proof.exact,
        proof.steps_apart,
        left,
    )


def _places(target: Path, kind: Kind) -> tuple[Path, ...]:
    return (target, target.with_suffix(".bin")) if kind == "ncnn" else (target,)


def _write(folded: Checkpoint, target: Path, kind: Kind, interface: Interface) -> tuple[Path, ...]:
    if kind != "program":
        return write_files(folded, target, interface)
    try:
        compile_network(folded, target)
    except CheckpointError as error:
        # It names the file that it was told to write, which is in a folder of ours.
        raise (error.__cause__ if isinstance(error.__cause__, OSError) else error) from None
    return (target,)
