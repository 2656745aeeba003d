"""A folder answered by us and by others, taking turns."""

import json
import random
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Literal, get_args

import numpy as np

from mobilenetv2.benchmark.engine import Engine
from mobilenetv2.benchmark.folder import least, own, peer
from mobilenetv2.benchmark.folder.report import FolderEngine, FolderReport, Least, rate
from mobilenetv2.benchmark.machine import command_line, cpus_for, describe_machine
from mobilenetv2.benchmark.process import EngineProcess
from mobilenetv2.benchmark.report import paired_ratio, precision_of
from mobilenetv2.errors import BenchmarkError
from mobilenetv2.export.files import write_files
from mobilenetv2.model import load_checkpoint
from mobilenetv2.network.spec import Classifier
from mobilenetv2.tasks.find_pictures import find_pictures
from mobilenetv2.tasks.options import Decoding
from mobilenetv2.weights.checkpoint import Checkpoint, describe
from mobilenetv2.weights.fold import fold_checkpoint

FolderPeer = Literal["onnxruntime", "openvino", "torch"]
OURS = "mobilenetv2"
_SEED = 1801
_NOTES: Mapping[str, str] = {
    "onnxruntime": "a pool of threads, one thread in each call",
    "openvino": "AsyncInferQueue, hint THROUGHPUT; decoded on a pool of threads",
    "torch": "TorchScript in batches of 32, decoded on a pool of threads; float32",
}

WriteTraced = Callable[[Checkpoint, Path], None]


@dataclass(slots=True)
class _Turns:
    """What one engine took, round by round."""

    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)


def benchmark_folder(
    model: str,
    folder: Path,
    *,
    threads: int,
    against: Sequence[FolderPeer] | None,
    rounds: int,
    decode: Decoding,
    write_traced: WriteTraced,
    advance: Callable[[], None] = lambda: None,
) -> FolderReport:
    """Answer every picture of a folder, by ours and by others with the same weights.

    Each has a process of its own, is given the list of files, and they take turns in shuffled
    order; a first round warms up. What others do around their runtime is the least that it takes,
    without a look at damaged files.

    Args:
        model: a classifier's file or name.
        folder: searched through for pictures.
        threads: for each.
        against: who; None for all that are installed.
        rounds: how many count.
        decode: how ours decodes; others decode whole.
        write_traced: writes torch's file.
        advance: told `rounds + 1` times that something is done.

    Raises:
        BenchmarkError: no classifier, no picture, or an engine that is missing or dies.
        CheckpointError: the model cannot be read.
    """
    checkpoint = fold_checkpoint(load_checkpoint(model))
    if not isinstance(checkpoint.spec.head, Classifier):
        raise BenchmarkError(f"folders are timed with classifiers, {model} is none")
    names = [str(path) for path in find_pictures(folder)]
    if not names:
        raise BenchmarkError(f"{folder} must hold at least one picture, got none")
    machine, cpus = describe_machine(), cpus_for(threads)
    with tempfile.TemporaryDirectory(prefix="mobilenetv2-benchmark-") as made:
        place = Path(made)
        (place / "names.json").write_text(json.dumps(names), "utf-8")
        engines = {OURS: _engine(OURS, own.__file__, place, {"model": model, "decode": decode})}
        for name in _chosen(against):
            file = _file_for(name, checkpoint, place, write_traced)
            job = {"model": model, "peer": name, "file": str(file)}
            engines[name] = _engine(name, peer.__file__, place, job)
        found, best, peaks = _take_turns(engines, threads, cpus, rounds, place, advance)
        smallest = _least(model, place, len(names))
    rows = [_row(engine, found, best, peaks[name], len(names)) for name, engine in engines.items()]
    return FolderReport(
        model=model,
        network=describe(checkpoint.spec),
        precision=precision_of(checkpoint),
        folder=str(folder),
        pictures=len(names),
        decode=decode,
        threads=threads,
        cpus=cpus,
        rounds=rounds,
        least=smallest,
        engines=tuple(rows),
        machine=machine,
        command=command_line(),
    )


def _chosen(against: Sequence[FolderPeer] | None) -> list[FolderPeer]:
    """Those that are installed.

    Raises:
        BenchmarkError: one that was named is not.
    """
    every: tuple[FolderPeer, ...] = get_args(FolderPeer)
    there = [name for name in every if _version(name)]
    missing = [name for name in against or () if name not in there]
    if missing:
        raise BenchmarkError(
            f"{', '.join(missing)} cannot be measured without being installed: "
            "pip install 'mobilenetv2[bench,train]'"
        )
    return [name for name in there if against is None or name in against]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _file_for(
    name: FolderPeer, checkpoint: Checkpoint, folder: Path, write_traced: WriteTraced
) -> Path:
    if name == "torch":
        write_traced(checkpoint, folder / "network.pt")
        return folder / "network.pt"
    return write_files(checkpoint, folder / f"{name}.onnx")[0]


def _engine(name: str, module: str, folder: Path, job: Mapping[str, str]) -> Engine:
    return Engine(
        name=name,
        version=_version(name.partition(" ")[0]),
        module=Path(module),
        file=json.dumps(job),
        input=folder / "names.json",
        compare=None,
        note=_NOTES.get(name, ""),
    )


def _take_turns(
    engines: Mapping[str, Engine],
    threads: int,
    cpus: tuple[int, ...],
    rounds: int,
    folder: Path,
    advance: Callable[[], None],
) -> tuple[dict[str, _Turns], dict[str, list[int]], dict[str, int]]:
    turns = {name: _Turns() for name in engines}
    shuffled = random.Random(_SEED)
    with ExitStack() as stack:
        processes: dict[str, EngineProcess] = {}
        for name, engine in engines.items():
            processes[name] = stack.enter_context(EngineProcess(engine, threads, cpus))
            processes[name].wait_ready()
        advance()
        for _ in range(rounds):
            for name in shuffled.sample(list(processes), len(processes)):
                seconds, processor = processes[name].run_once()
                turns[name].seconds.append(seconds)
                turns[name].processor.append(processor)
            advance()
        outputs = {name: process.outputs(folder) for name, process in processes.items()}
    best = {name: [int(one) for one in found["best"]] for name, (found, _) in outputs.items()}
    return turns, best, {name: peak for name, (_, peak) in outputs.items()}


def _least(model: str, folder: Path, pictures: int) -> Least:
    taken = {}
    for part in ("decode", "network"):
        engine = _engine(part, least.__file__, folder, {"model": model, "part": part})
        with EngineProcess(engine, 1, cpus_for(1)) as process:
            process.wait_ready()
            taken[part] = median(process.run_once()[1] for _ in range(3)) * 1000 / pictures
    return Least(**taken)


def _row(
    engine: Engine,
    turns: Mapping[str, _Turns],
    best: Mapping[str, Sequence[int]],
    peak: int,
    pictures: int,
) -> FolderEngine:
    own_turns = turns[engine.name]
    middle, p10, p90 = rate(own_turns.seconds, pictures)
    ratio = None
    if engine.name != OURS:
        theirs = [[one] for one in own_turns.seconds]
        ratio = paired_ratio(theirs, [[one] for one in turns[OURS].seconds])
    same = np.mean([a == b for a, b in zip(best[engine.name], best[OURS], strict=True)])
    return FolderEngine(
        name=engine.name,
        version=engine.version,
        pictures_per_second=middle,
        p10=p10,
        p90=p90,
        processor_milliseconds=median(own_turns.processor) * 1000 / pictures,
        peak_mebibytes=peak / 2**20,
        same_best=float(same),
        ratio=ratio,
        note=engine.note,
    )
