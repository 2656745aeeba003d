"""An exported file against the checkpoint: its numbers, its words, and its answers."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, assert_never

import numpy as np
import numpy.typing as npt

from mobilenetv2.deploy.compile import compare_compiled
from mobilenetv2.deploy.convert import example_pictures
from mobilenetv2.deploy.kind import Kind
from mobilenetv2.engine.oracle import oracle
from mobilenetv2.errors import CheckpointError, MissingDependencyError, ParityError
from mobilenetv2.export.files import FileTensors, Format, file_tensors, write_files
from mobilenetv2.export.interface import Interface
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Embedding
from mobilenetv2.parity.answers import AnswerComparison, Answers, decide, decided, kind_of
from mobilenetv2.parity.compare import Parity
from mobilenetv2.parity.maps import MapComparison
from mobilenetv2.peers.known import LITERT, NCNN, ONNXRUNTIME, Peer, Run, open_peer
from mobilenetv2.tasks.image import decode, prepare
from mobilenetv2.tasks.options import Options
from mobilenetv2.weights.checkpoint import Array, Checkpoint
from mobilenetv2.weights.open import read_foreign

TOLERANCE = 1e-3
"""Of the range of an output. float32 in another order leaves 1e-6; ncnn, which keeps the weights
of its dense layer in float16, leaves 3e-4."""
INTEGER_TOLERANCE = 0.15
"""Runtimes round integers in ways of their own; over fifty layers that adds up."""
SAME_ANSWERS = 0.98
"""Of the answers of a network in real numbers; what is near to being another does not count."""
LOOKED_AT = Options(threshold=0.05)
"""Boxes far below those that anybody is shown: the more of them, the more is compared."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found; None where the file's runtime is not installed."""

    parity: Parity | None
    answers: Answers | None = None
    """None also of a feature extractor, which has none."""
    exact: float | None = None
    """The share of the outputs' integers that are ours to the last; None for real numbers."""
    steps_apart: int | None = None
    """How far from ours the furthest of those integers is."""
    unproved: str = ""


@dataclass(frozen=True, slots=True)
class _Seen:
    """One picture, in our reference and in the runtime."""

    picture: Path
    size: tuple[int, int]
    ours: Mapping[str, Array]
    theirs: Mapping[str, Array]


def prove(folded: Checkpoint, path: Path, kind: Kind, interface: Interface) -> Proof:
    """Read a file back, run it in its runtime, and compare both with the checkpoint.

    Args:
        folded: what the file was made from.
        path: the file, in a folder that may be written to.
        kind: its format.
        interface: what goes in and what comes out.

    Raises:
        ParityError: other numbers, other words or other answers than the checkpoint's.
    """
    try:
        if kind == "program":
            parity, answers = compare_compiled(folded, path, example_pictures())
            return _checked(Proof(parity, answers), folded)
        proof = _checked(_prove_maps(folded, path, kind, interface), folded)
    except MissingDependencyError as error:
        proof = Proof(None, unproved=str(error))
    if kind != "ncnn":
        _require_same(folded, _read_back(path))
    return proof


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


def _prove_maps(folded: Checkpoint, path: Path, kind: Format, interface: Interface) -> Proof:
    peer, tail = peer_of(kind), interface.detections
    plain = Interface(interface.input)
    # Boxes do not say which map they came from: the maps are compared in a file that ends there.
    maps = path if tail is None else write_files(folded, path.with_name("maps.tflite"), plain)[0]
    tensors = file_tensors(folded, kind, interface if tail is None else plain)
    said = folded if kind == "ncnn" else _read_back(path)
    comparison, integers = MapComparison(folded.spec.head), _Integers(folded)
    options = tail or LOOKED_AT
    answers = None
    if not isinstance(folded.spec.head, Embedding):
        answers = AnswerComparison(kind_of(folded), options)
    ends = open_peer(peer, path, threads=1) if tail else None
    for seen in _run(folded, said, tensors, open_peer(peer, maps, threads=1)):
        comparison.add(seen.ours, seen.theirs)
        integers.add(seen)
        if answers is None:
            continue
        ours = decide(folded, seen.ours, seen.size, options)
        theirs = (
            decide(said, seen.theirs, seen.size, options)
            if ends is None
            else decided(said, ends(_fed(said, tensors, seen.picture)), seen.size)
        )
        answers.add(ours, theirs)
    parity = comparison.result(peer.title, version(peer.distribution))
    found = None if answers is None else answers.result()
    return Proof(parity, found, integers.exact, integers.steps_apart)


def _run(folded: Checkpoint, said: Checkpoint, tensors: FileTensors, run: Run) -> Iterator[_Seen]:
    graph = build(folded.spec)
    ours_of = oracle(graph, folded.numbers)
    shapes = {name: graph.by_name[name].shape for name in graph.outputs}
    for example in example_pictures():
        pixels = decode(example)
        found = run(_fed(said, tensors, example))
        yield _Seen(
            example,
            (pixels.shape[0], pixels.shape[1]),
            ours_of(prepare(pixels, folded.preprocessing)[None]),
            {name: tensors.output(name, found[name], shape) for name, shape in shapes.items()},
        )


def _fed(said: Checkpoint, tensors: FileTensors, picture: Path) -> npt.NDArray[Any]:
    """The input tensor as somebody makes it who knows nothing but what the file says."""
    return tensors.input(prepare(decode(picture), said.preprocessing)[None])


class _Integers:
    """Counts the outputs' integers that are equal, and how far apart the others are."""

    def __init__(self, folded: Checkpoint) -> None:
        self._quantization = folded.quantization
        self._equal = 0
        self._count = 0
        self._furthest = 0

    def add(self, seen: _Seen) -> None:
        if self._quantization is None:
            return
        for name, ours in seen.ours.items():
            step = np.float32(self._quantization.activations[name].scale)
            apart = np.abs(np.rint(ours / step) - np.rint(seen.theirs[name] / step))
            self._equal += int((apart == 0).sum())
            self._count += apart.size
            self._furthest = max(self._furthest, int(apart.max()))

    @property
    def exact(self) -> float | None:
        return self._equal / self._count if self._count else None

    @property
    def steps_apart(self) -> int | None:
        return self._furthest if self._count else None


def _checked(proof: Proof, folded: Checkpoint) -> Proof:
    parity, answers = proof.parity, proof.answers
    allowed = TOLERANCE if folded.quantization is None else INTEGER_TOLERANCE
    if parity is not None and parity.relative_error > allowed:
        raise ParityError(
            f"{parity.runtime} gives other outputs than the network: they differ by "
            f"{parity.relative_error:.1e} of their range, and at most {allowed:g} is rounding. "
            "Nothing was written; please report this"
        )
    real = folded.quantization is None
    if real and parity is not None and answers is not None and answers.share < SAME_ANSWERS:
        raise ParityError(
            f"{parity.runtime} gives other answers than the network: {answers.same} of "
            f"{answers.count} {answers.kind} are the same. Nothing was written; please report this"
        )
    return proof


def _read_back(path: Path) -> Checkpoint:
    try:
        return read_foreign(path).checkpoint
    except CheckpointError as error:
        raise ParityError(
            f"the file cannot be read back: {error}. Nothing was written; please report this"
        ) from error


def _require_same(ours: Checkpoint, back: Checkpoint) -> None:
    told = ("spec", "preprocessing", "labels", "license", "metrics", "recipe")
    different = [name for name in told if getattr(ours, name) != getattr(back, name)]
    different += list(_other_numbers(ours, back))
    if different:
        raise ParityError(
            f"the file does not come back as it was: {len(different)} things differ, first "
            f"{', '.join(different[:3])}. Nothing was written; please report this"
        )


def _other_numbers(ours: Checkpoint, back: Checkpoint) -> Iterable[str]:
    if ours.quantization is None or back.quantization is None:
        if (ours.quantization is None) != (back.quantization is None):
            yield "precision"
        names = ours.weights.keys() & back.weights.keys()
        yield from (n for n in names if not np.array_equal(ours.weights[n], back.weights[n]))
        return
    if ours.quantization.activations != back.quantization.activations:
        yield "scales of maps"
    for name, conv in ours.quantization.convs.items():
        theirs = back.quantization.convs[name]
        for part in ("weight", "scale", "zero_point", "bias"):
            if not np.array_equal(getattr(conv, part), getattr(theirs, part)):
                yield f"{name}.{part}"
