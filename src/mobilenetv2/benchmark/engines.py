"""The engines of a benchmark: files with the same weights, and the input for each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from mobilenetv2.benchmark import own, own_compiled
from mobilenetv2.benchmark.compare import compare_file, compare_logits, compare_maps
from mobilenetv2.benchmark.engine import Engine
from mobilenetv2.deploy.compile import compile_network
from mobilenetv2.engine import library
from mobilenetv2.engine.program_file import SUFFIX
from mobilenetv2.errors import BenchmarkError, ExportError, LoweringError
from mobilenetv2.export.files import file_tensors, format_of, write_files
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Classifier
from mobilenetv2.peers.known import LITERT, OPENVINO, PEERS, Peer, PeerName
from mobilenetv2.tasks.pixels import Pixels, normalize
from mobilenetv2.weights.checkpoint import Checkpoint
from mobilenetv2.weights.recognize.importer import Imported
from mobilenetv2.weights.recognize.layers import Rows, Sigmoid, Softmax, sources
from mobilenetv2.weights.recognize.words import kind as in_words
from mobilenetv2.weights.tflite.importer import import_tflite

OURS, COMPILED, CONTROL = "mobilenetv2", "compiled", "control"

Isa = Literal["scalar", "avx2", "avx512", "avxvnni", "vnni", "amx", "neon", "neondot", "neoni8mm"]
_ONEDNN = {
    "avx2": "AVX2",
    "avxvnni": "AVX2_VNNI",
    "avx512": "AVX512_CORE",
    "vnni": "AVX512_CORE_VNNI",
    "amx": "AVX512_CORE_AMX",
}
"""What OpenVINO's kernels call the limits that they know."""
_MODULES = {"onnxruntime": "onnxruntime", "litert": "ai_edge_litert"}


@dataclass(frozen=True, slots=True)
class Workbench:
    """What all engines share: a network without batch norms, a picture, a folder for files."""

    model: str
    checkpoint: Checkpoint = field(repr=False)
    pixels: Pixels = field(repr=False)
    """uint8 [height, width, 3], at the network's size."""
    folder: Path
    threads: int
    isa: Isa | None

    def save_input(self, name: str, tensor: npt.NDArray[np.generic]) -> Path:
        """Keep an input tensor where a process finds it."""
        path = self.folder / f"{name}.npy"
        np.save(path, tensor)
        return path


def installed(peer: Peer) -> bool:
    """Whether a runtime can be imported here, without doing so."""
    return find_spec(_MODULES.get(peer.name, peer.name)) is not None


def choose_peers(names: tuple[PeerName, ...] | None) -> tuple[tuple[Peer, ...], tuple[str, ...]]:
    """The peers to measure, and why others are left out; None asks for all that are installed.

    Raises:
        BenchmarkError: one that was named is not installed.
    """
    if names is None:
        there = tuple(peer for peer in PEERS if installed(peer))
        absent = (f"{peer.title}: not installed" for peer in PEERS if not installed(peer))
        return there, tuple(absent)
    chosen = tuple(peer for peer in PEERS if peer.name in names)
    missing = [peer.title for peer in chosen if not installed(peer)]
    if missing:
        raise BenchmarkError(
            f"{', '.join(missing)} cannot be measured without being installed: "
            "pip install 'mobilenetv2[bench]'"
        )
    return chosen, ()


def our_engine(bench: Workbench, name: str) -> Engine:
    """Our package, as `load` gives it."""
    threads = str(bench.threads)
    # The numpy runner's threads are its matrix library's; the native engine has its own setting.
    environment = {"OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads}
    if bench.isa:
        environment[library.ISA_VARIABLE] = bench.isa
    native = library.in_use(bench.isa)
    kernels = f"native engine, {library.chosen_isa(bench.isa)}" if native else "numpy"
    return Engine(
        name=name,
        version=version("mobilenetv2"),
        module=Path(own.__file__),
        file=bench.model,
        input=bench.save_input(name, bench.pixels[None]),
        compare=None,
        environment=environment,
        note=kernels if name == OURS else "ours a second time: what the resolution is",
    )


def compiled_engine(bench: Workbench) -> Engine | None:
    """Ours from a program file; None where that cannot be, or would be another runner."""
    if not isinstance(bench.checkpoint.spec.head, Classifier) or not library.in_use(bench.isa):
        return None
    path = bench.folder / f"compiled{SUFFIX}"
    try:
        compile_network(bench.checkpoint, path)
    except LoweringError:
        return None
    return replace(
        our_engine(bench, COMPILED),
        module=Path(own_compiled.__file__),
        file=str(path),
        compare=compare_logits,
        note="ours from a program file (mobilenetv2 export), without numpy",
    )


def peer_engines(bench: Workbench, peer: Peer) -> Iterator[Engine]:
    """A peer with its file: one, or two for LiteRT where the model is a file of its own.

    Raises:
        ExportError: the network cannot be said in the peer's format.
    """
    if peer is LITERT and bench.model.lower().endswith(".tflite"):
        imported = import_tflite(Path(bench.model))
        # Of one that decodes its own boxes, and of one that ends in what cannot be done here, the
        # outputs are no maps.
        if imported.foreign.runtime is not None and imported.network.decoding is None:
            yield _original(bench, imported)
            if _beyond(imported):
                yield _exported(bench, peer, f"{peer.title}, exported")
            return
    yield _exported(bench, peer, peer.title)


def peers_or_reasons(
    bench: Workbench, peers: tuple[Peer, ...]
) -> tuple[dict[str, Engine], tuple[str, ...]]:
    """Every peer's engines by name, and the reasons for those that cannot be."""
    engines: dict[str, Engine] = {}
    reasons = []
    for peer in peers:
        try:
            engines |= {engine.name: engine for engine in peer_engines(bench, peer)}
        except ExportError as error:
            reasons.append(f"{peer.title}: {error}")
    return engines, tuple(reasons)


def _exported(bench: Workbench, peer: Peer, name: str) -> Engine:
    target = bench.folder / f"{peer.name}{peer.suffix}"
    path = write_files(bench.checkpoint, target)[0]
    tensors = file_tensors(bench.checkpoint, format_of(path))
    picture = normalize(bench.pixels, bench.checkpoint.preprocessing)[None]
    environment, note = _restricted(peer, bench.isa)
    return Engine(
        name=name,
        version=version(peer.distribution),
        module=peer.file,
        file=str(path),
        input=bench.save_input(peer.name, tensors.input(picture)),
        compare=compare_maps(build(bench.checkpoint.spec), bench.checkpoint.spec.head, tensors),
        environment=environment,
        note=note,
    )


def _original(bench: Workbench, imported: Imported) -> Engine:
    environment, note = _restricted(LITERT, bench.isa)
    beyond = _beyond(imported)
    notes = ["the file itself"] if not beyond else [f"the file itself, which ends in {beyond}"]
    return Engine(
        name=LITERT.title,
        version=version(LITERT.distribution),
        module=LITERT.file,
        file=bench.model,
        input=bench.save_input("litert-original", imported.feed.arrange(bench.pixels)),
        compare=compare_file(Path(bench.model), imported),
        environment=environment,
        note="; ".join(filter(None, [*notes, note])),
    )


def _beyond(imported: Imported) -> str:
    """What a file computes behind our outputs, in words; scores and rows cost next to nothing."""
    names, found = imported.trace.names, list[str]()
    waiting = list(imported.network.layers)
    while waiting:
        layer = waiting.pop()
        if id(layer) not in names:
            waiting += sources(layer)
            if not isinstance(layer, Softmax | Sigmoid | Rows):
                found.insert(0, in_words(layer))
    return " and ".join(found)


def _restricted(peer: Peer, isa: Isa | None) -> tuple[Mapping[str, str], str]:
    """The environment that holds a peer to an instruction set, and a note where there is none."""
    if isa is None:
        return {}, ""
    limit = _ONEDNN.get(isa)
    if peer is OPENVINO and limit is not None:
        return {
            "ONEDNN_MAX_CPU_ISA": limit,
            "DNNL_MAX_CPU_ISA": limit,
        }, f"its convolutions keep to {isa}"
    return {}, f"cannot be kept to {isa}"
