"""The engine for browsers, under node: its integers are the native engine's, its floats close."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from mobilenetv2.engine import library
from mobilenetv2.engine.lower import lower
from mobilenetv2.engine.native import NativeRunner
from mobilenetv2.engine.program import Program
from mobilenetv2.engine.reference import random_weights
from mobilenetv2.engine.wasm import WasmModules, wasm_modules
from mobilenetv2.engine.write_program import write_program
from mobilenetv2.network.build import build
from mobilenetv2.network.graph import Graph
from mobilenetv2.network.spec import Classifier, Spec
from mobilenetv2.weights.fold import folded_spec
from tests.engine.cases import head_graphs, random_graph
from tests.engine.integers import random_quantization
from tests.engine.node import NEEDED, run_node

pytestmark = [
    *NEEDED,
    pytest.mark.skipif(not library.available(), reason="there is no native engine to compare with"),
]


@pytest.fixture(scope="module")
def modules() -> WasmModules:
    return wasm_modules()


@dataclass(frozen=True)
class Case:
    """A program in a file with a picture, and what the native engine says of it."""

    path: Path
    program: Program
    picture: npt.NDArray[np.generic]

    @classmethod
    def of(cls, folder: Path, graph: Graph, numbers: str, seed: int, floats: bool) -> "Case":
        random = np.random.default_rng(seed)
        values = random.normal(size=(3, 256)).astype(np.float32)
        if numbers == "float32":
            program = lower(graph, random_weights(graph, seed), values)
        else:
            integers = random_quantization(graph, seed, getattr(np, numbers))
            program = lower(graph, integers, values)
        path = folder / f"{seed}-{numbers}.program"
        write_program(program, path, {})
        pixels = random.integers(0, 256, graph.input.shape).astype(np.uint8)
        picture = random.normal(size=pixels.shape).astype(np.float32) if floats else pixels
        path.with_suffix(".picture").write_bytes(picture.tobytes())
        return cls(path, program, picture)

    @property
    def files(self) -> list[Path]:
        return [self.path, self.path.with_suffix(".picture"), self.path.with_suffix(".out")]

    def difference(self) -> float:
        """The largest, in shares of the largest number; the bytes of integers must be equal."""
        found = self.path.with_suffix(".out").read_bytes()
        expected = NativeRunner(self.program)(self.picture[None])
        tensors = {tensor.name: tensor for tensor in self.program.tensors}
        largest, at = 0.0, 0
        for name, map_ in expected.items():
            floats = np.frombuffer(found, np.float32, map_.size, at)
            at += floats.nbytes
            scale = max(1, np.abs(map_).max())
            largest = max(largest, np.abs(floats - map_.ravel()).max() / scale)
            if self.program.arithmetic == "uint8":
                stored = np.frombuffer(found, np.uint8, map_.size, at)
                at += stored.nbytes
                real = np.float32(tensors[name].scale) * (
                    stored.astype(np.float32) - tensors[name].zero_point
                )
                assert (real == map_.ravel()).all(), f"{self.path.name}: {name}"
        assert at == len(found)
        return float(largest)


def answer(module: Path, cases: list[Case], *, kind: int = 1, threads: int = 1) -> str:
    """Has a module answer all cases; what it says of itself."""
    done = run_node(
        "run_module.mjs", module, kind, threads, *(path for case in cases for path in case.files)
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip()


def cases_of(folder: Path, numbers: str, *, floats: bool = False) -> list[Case]:
    graphs = [*head_graphs(), *(random_graph(seed) for seed in range(8))]
    return [Case.of(folder, graph, numbers, seed, floats) for seed, graph in enumerate(graphs)]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("numbers", ["int8", "uint8"])
@pytest.mark.parametrize("name", ["relaxed", "simd128"])
def test_integers_are_the_native_engines(
    modules: WasmModules, name: str, numbers: str, threads: int, tmp_path: Path
):
    cases = cases_of(tmp_path, numbers)
    said = answer(getattr(modules, name), cases, threads=threads)
    assert said.endswith(f" {threads}")
    assert max(case.difference() for case in cases) == 0


@pytest.mark.parametrize("floats", [False, True], ids=["pixels", "floats"])
@pytest.mark.parametrize("name", ["relaxed", "simd128"])
def test_floats_are_close(modules: WasmModules, name: str, floats: bool, tmp_path: Path):
    cases = cases_of(tmp_path, "float32", floats=floats)
    answer(getattr(modules, name), cases, kind=0 if floats else 1, threads=2)
    assert max(case.difference() for case in cases) < 1e-5


@pytest.mark.parametrize(
    ("place", "value", "sentence"),
    [
        (1, 7, "version must be 2..2, got 7"),
        (6, 2**34, "arena is out of range, got 17179869184"),
        (6, 2**29 + 64, "the file asks for 536870976 bytes of working memory"),
        (8, 2**32, "table is out of range, got 4294967296"),
        (9, 2**15 + 1, "height must be 1..32768, got 32769"),
    ],
)
def test_a_hostile_program_is_refused_with_the_engines_sentence(
    modules: WasmModules, place: int, value: int, sentence: str, tmp_path: Path
):
    case = Case.of(tmp_path, random_graph(3), "int8", 3, False)
    words = np.array(case.program.words(), np.int64)
    data = case.path.read_bytes()
    at = data.index(words.tobytes()) + 8 * place
    case.path.write_bytes(data[:at] + np.int64(value).tobytes() + data[at + 8 :])
    done = run_node("run_module.mjs", modules.simd128, 1, 1, *case.files)
    assert done.returncode != 0
    assert f"Error: {sentence}" in done.stderr


@pytest.mark.parametrize("pages", [32, 33, 36])
def test_a_page_with_too_little_memory_is_told(modules: WasmModules, pages: int, tmp_path: Path):
    """Whoever asks first: for the file, the weights or the maps."""
    graph = build(folded_spec(Spec(width=0.35, head=Classifier(1000))))
    case = Case.of(tmp_path, graph, "int8", 1, False)
    done = run_node("run_module.mjs", modules.simd128, 1, 1, *case.files, pages=pages)
    assert done.returncode != 0
    assert "Error: not enough memory for the engine" in done.stderr
