"""A checkpoint becomes a file to be run elsewhere, and is proved to be the same function."""

import os
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal, assert_never

from mobilenetv2.deploy.compile import compare_compiled, compile_classifier
from mobilenetv2.deploy.convert import example_pictures
from mobilenetv2.engine.oracle import oracle
from mobilenetv2.engine.program_file import SUFFIX
from mobilenetv2.errors import ExportError, MissingDependencyError, ParityError
from mobilenetv2.export.files import Format, file_tensors, format_of, write_files
from mobilenetv2.network.build import build
from mobilenetv2.parity.compare import Parity
from mobilenetv2.parity.maps import MapComparison
from mobilenetv2.peers.known import LITERT, NCNN, ONNXRUNTIME, Peer, open_peer
from mobilenetv2.tasks.image import decode, prepare
from mobilenetv2.weights.checkpoint import Checkpoint
from mobilenetv2.weights.fold import fold_checkpoint
from mobilenetv2.weights.leftovers import clear_leftovers, temporary_prefix

TOLERANCE = 1e-3
"""Of the range of an output. float32 in another order leaves 1e-6; ncnn, which keeps the weights
of its dense layer in float16, leaves 3e-4."""

INTEGER_TOLERANCE = 0.15
"""Runtimes round integers in ways of their own; over fifty layers that adds up."""


Kind = Format | Literal["program"]
"""Another runtime's format, or a program file for our own engine."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """Files that were written, and how close they are to the original."""

    files: tuple[Path, ...]
    format: Kind
    parity: Parity | None
    unproved: str
    """Why there is no parity figure, and how to get one; empty where there is one."""


def deploy(checkpoint: Checkpoint, target: Path, *, verify: bool = True) -> Deployment:
    """Write a checkpoint as ONNX, TFLite, ncnn or a program, run it there, and compare.

    The target appears only when all went well.

    Args:
        checkpoint: of any task; batch norms are folded on the way, integers stay integers.
        target: ends in .onnx, .tflite, .param (ncnn, whose weights go beside it as .bin), or
            .program (a classifier for `CompiledClassifier`).
        verify: run the file in onnxruntime, LiteRT, ncnn or our engine on the pictures of the
            package.

    Raises:
        ExportError: an unknown suffix, or a network that the format cannot say.
        ParityError: the runtime's outputs are not ours.
        MissingDependencyError: what writes the format is not installed.
    """
    kind: Kind = "program" if target.suffix.lower() == SUFFIX else format_of(target)
    folded = fold_checkpoint(checkpoint)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        clear_leftovers(target)
        prefix = temporary_prefix(target)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=prefix) as folder:
            written = _write(folded, Path(folder) / target.name, kind)
            parity, unproved = None, "not asked for"
            if verify:
                parity, unproved = _prove(folded, written[0], kind)
            files = tuple(target.with_name(path.name) for path in written)
            for path, final in zip(written, files, strict=True):
                os.replace(path, final)
    except OSError as error:
        raise ExportError(f"cannot write {target}: {error}; choose another folder") from error
    return Deployment(files, kind, parity, unproved)


def peer_of(kind: Format) -> Peer:
    """Whom a file of that format is proved with."""
    match kind:
        case "onnx":
            return ONNXRUNTIME
        case "tflite":
            return LITERT
        case "ncnn":
            return NCNN
        case never:
            assert_never(never)


def _write(folded: Checkpoint, target: Path, kind: Kind) -> tuple[Path, ...]:
    if kind != "program":
        return write_files(folded, target)
    compile_classifier(folded, target)
    return (target,)


def _prove(folded: Checkpoint, path: Path, kind: Kind) -> tuple[Parity | None, str]:
    try:
        parity = _measure(folded, path, kind)
    except MissingDependencyError as error:
        return None, str(error)
    allowed = TOLERANCE if folded.quantization is None else INTEGER_TOLERANCE
    if parity.relative_error > allowed:
        raise ParityError(
            f"{parity.runtime} gives other outputs than the network: they differ by "
            f"{parity.relative_error:.1e} of their range, and at most {allowed:g} is rounding. "
            "Nothing was written; please report this"
        )
    return parity, ""


def _measure(folded: Checkpoint, path: Path, kind: Kind) -> Parity:
    if kind == "program":
        return compare_compiled(folded, path, example_pictures())
    peer = peer_of(kind)
    run = open_peer(peer, path, threads=1)
    graph, tensors = build(folded.spec), file_tensors(folded, kind)
    ours_of = oracle(graph, folded.numbers)
    comparison = MapComparison(folded.spec.head)
    for example in example_pictures():
        picture = prepare(decode(example), folded.preprocessing)[None]
        found = run(tensors.input(picture))
        shapes = {name: graph.by_name[name].shape for name in graph.outputs}
        theirs = {name: tensors.output(name, found[name], shape) for name, shape in shapes.items()}
        comparison.add(ours_of(picture), theirs)
    return comparison.result(peer.title, version(peer.distribution))
