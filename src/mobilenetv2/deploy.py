"""A checkpoint becomes a file of another runtime, and is proved to be the same function."""

import os
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import assert_never

from mobilenetv2.convert import example_pictures
from mobilenetv2.engine.integer_reference import integer_reference_runner
from mobilenetv2.engine.reference import reference_runner
from mobilenetv2.engine.runner import Runner
from mobilenetv2.errors import ExportError, MissingDependencyError, ParityError
from mobilenetv2.export.files import Format, file_tensors, format_of, write_files
from mobilenetv2.network import build
from mobilenetv2.parity.compare import Parity
from mobilenetv2.parity.maps import MapComparison
from mobilenetv2.peers.known import LITERT, NCNN, ONNXRUNTIME, Peer, Run, open_peer
from mobilenetv2.tasks.image import decode, prepare
from mobilenetv2.weights.checkpoint import Checkpoint
from mobilenetv2.weights.fold import fold_checkpoint

TOLERANCE = 1e-3
"""Of the range of an output. float32 in another order leaves 1e-6; ncnn, which keeps the weights
of its dense layer in float16, leaves 3e-4."""

INTEGER_TOLERANCE = 0.15
"""Runtimes round integers in ways of their own; over fifty layers that adds up."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """Files that were written, and how close they are to the original."""

    files: tuple[Path, ...]
    format: Format
    parity: Parity | None
    unproved: str
    """Why there is no parity figure, and how to get one; empty where there is one."""


def deploy(checkpoint: Checkpoint, target: Path, *, verify: bool = True) -> Deployment:
    """Write a checkpoint as ONNX, TFLite or ncnn, run it there, and compare.

    The target appears only when all went well.

    Args:
        checkpoint: of any task; batch norms are folded on the way, integers stay integers.
        target: ends in .onnx, .tflite or .param (ncnn, whose weights go beside it as .bin).
        verify: run the file in onnxruntime, LiteRT or ncnn on the pictures of the package.

    Raises:
        ExportError: an unknown suffix, or a network that the format cannot say.
        ParityError: the runtime's outputs are not ours.
        MissingDependencyError: what writes the format is not installed.
    """
    kind = format_of(target)
    folded = fold_checkpoint(checkpoint)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
            written = write_files(folded, Path(folder) / target.name)
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


def _prove(folded: Checkpoint, path: Path, kind: Format) -> tuple[Parity | None, str]:
    peer = peer_of(kind)
    try:
        run = open_peer(peer, path, threads=1)
    except MissingDependencyError as error:
        return None, str(error)
    parity = _measure(folded, run, kind).result(peer.title, version(peer.distribution))
    allowed = TOLERANCE if folded.quantization is None else INTEGER_TOLERANCE
    if parity.relative_error > allowed:
        raise ParityError(
            f"{peer.title} gives other outputs than the network: they differ by "
            f"{parity.relative_error:.1e} of their range, and at most {allowed:g} is rounding. "
            "Nothing was written; please report this"
        )
    return parity, ""


def _measure(folded: Checkpoint, run: Run, kind: Format) -> MapComparison:
    graph, tensors = build(folded.spec), file_tensors(folded, kind)
    ours_of = _reference(folded)
    comparison = MapComparison(folded.spec.head)
    for path in example_pictures():
        picture = prepare(decode(path), folded.preprocessing)[None]
        found = run(tensors.input(picture))
        shapes = {name: graph.by_name[name].shape for name in graph.outputs}
        theirs = {name: tensors.output(name, found[name], shape) for name, shape in shapes.items()}
        comparison.add(ours_of(picture), theirs)
    return comparison


def _reference(folded: Checkpoint) -> Runner:
    graph = build(folded.spec)
    if folded.quantization is None:
        return reference_runner(graph, folded.weights)
    return integer_reference_runner(graph, folded.quantization)
