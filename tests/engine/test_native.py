"""The native engine gives what the reference gives, on every instruction set and at every size."""

import threading
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mobilenetv2.engine import library
from mobilenetv2.engine.lower import lower
from mobilenetv2.engine.native import NativeRunner
from mobilenetv2.engine.program import Program
from mobilenetv2.engine.reference import evaluate_node, random_weights, reference_runner
from mobilenetv2.errors import EngineError
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import SSD, Classifier, DeepLab, MobileNetV2, Spec, SSDLite, Stage
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.tasks.pixels import pixel_values
from mobilenetv2.weights.checkpoint import Array
from tests.engine.every_kind import every_kind
from tests.engine.integers import random_quantization

pytestmark = pytest.mark.skipif(
    not library.available(), reason="the engine was not built: there is no C++ compiler"
)
ISAS = library.isas() if library.available() else ()

SPECS = [
    Spec(width=0.35, size=(96, 96)),
    Spec(size=(65, 97), padding="torch"),
    Spec(width=0.5, size=(65, 81), head=DeepLab(21, aspp_rates=(6, 12, 18)), output_stride=16),
    Spec(width=0.35, size=(65, 65), head=DeepLab(5, channels=24), output_stride=8),
    Spec(width=0.5, size=(160, 128), head=SSDLite(7)),
    Spec(width=0.35, size=(160, 160), head=SSD(3)),
    Spec(width=0.35, size=(64, 64), backbone=MobileNetV2(divisor=1), head=Classifier(11)),
]


def name_of(spec: Spec) -> str:
    return f"{type(spec.head).__name__} {spec.width:g} {spec.size[0]}x{spec.size[1]}"


def case(spec: Spec, batch: int = 1) -> tuple[Program, dict[str, Array], Array]:
    spec = replace(spec, batch_norm_epsilon=None)
    graph = build(spec)
    weights = random_weights(graph, 3)
    images = np.random.default_rng(0).normal(size=(batch, *spec.size, 3)).astype(np.float32)
    return lower(graph, weights), reference_runner(graph, weights)(images), images


def worst(ours: dict[str, Array], theirs: dict[str, Array]) -> float:
    """The largest difference of any output, as a share of that output's range."""
    return max(
        float(np.abs(ours[name] - theirs[name]).max() / np.ptp(theirs[name])) for name in theirs
    )


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("spec", SPECS, ids=name_of)
def test_outputs_are_the_references(spec: Spec, isa: str):
    program, expected, images = case(spec)
    assert worst(NativeRunner(program, 1, isa)(images), expected) < 1e-4


@pytest.mark.parametrize("threads", [2, 3, 5])
@pytest.mark.parametrize("spec", SPECS, ids=name_of)
def test_threads_do_not_change_outputs(spec: Spec, threads: int):
    program, _, images = case(spec, batch=2)
    alone = NativeRunner(program, 1)(images)
    assert worst(NativeRunner(program, threads)(images), alone) < 1e-5


def test_a_batch_is_its_pictures():
    program, expected, images = case(SPECS[0], batch=3)
    runner = NativeRunner(program)
    together = runner(images)
    assert worst(together, expected) < 1e-4
    for number in range(3):
        alone = runner(images[number : number + 1])
        assert (alone["logits"][0] == together["logits"][number]).all()


def test_runs_repeat_to_the_last_bit():
    program, _, images = case(SPECS[2])
    runner = NativeRunner(program, 2)
    first = runner(images)
    for _ in range(5):
        again = runner(images)
        assert all((again[name] == first[name]).all() for name in first)


@pytest.mark.parametrize("size", [(224, 224), (321, 257)])
def test_no_bit_depends_on_which_thread_takes_a_piece(size: tuple[int, int]):
    """Seven threads on a few cores are never equally fast: many pieces are taken over."""
    spec = Spec(size=size, batch_norm_epsilon=None)
    graph = build(spec)
    program = lower(graph, random_weights(graph, 3))
    images = np.random.default_rng(0).normal(size=(1, *size, 3)).astype(np.float32)
    alone = NativeRunner(program, 1)(images)
    runner = NativeRunner(program, 7)
    for _ in range(10):
        together = runner(images)
        assert all((together[name] == alone[name]).all() for name in alone)


def test_many_python_threads_share_one_runner():
    program, _, images = case(SPECS[0], batch=4)
    runner = NativeRunner(program, 2)
    expected = [runner(images[i : i + 1])["logits"] for i in range(4)]
    wrong: list[int] = []

    def work(number: int) -> None:
        found = (runner(images[number : number + 1])["logits"] for _ in range(20))
        wrong.extend(number for logits in found if not (logits == expected[number]).all())

    workers = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert wrong == []


def bent() -> Array:
    """A straight line but for the last bit of one number."""
    values = pixel_values(Preprocessing())
    values[1, 77] = np.nextafter(values[1, 77], np.float32(9))
    return values


TABLES = {
    "as Inception does": pixel_values(Preprocessing()),
    "as torchvision does": pixel_values(
        Preprocessing(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
    ),
    "one gray for all": np.zeros((3, 256), np.float32),
    "too small for all bits": (np.ones((3, 1)) * np.arange(256) * 1e-41).astype(np.float32),
    "bent": bent(),
    "at random": np.random.default_rng(4).normal(size=(3, 256)).astype(np.float32),
}


@pytest.mark.parametrize("values", TABLES.values(), ids=TABLES)
def test_pixels_are_prepared_by_the_table_to_the_bit(values: Array):
    spec = replace(SPECS[0], size=(37, 45), batch_norm_epsilon=None)
    graph = build(spec)
    runner = NativeRunner(lower(graph, random_weights(graph, 3), values))
    pixels = np.random.default_rng(1).integers(0, 256, (1, *spec.size, 3), np.uint8)
    prepared = np.stack([values[color][pixels[..., color]] for color in range(3)], -1)
    assert (runner(pixels)["logits"] == runner(prepared)["logits"]).all()


@st.composite
def networks(draw: st.DrawFn) -> Spec:
    """Small networks with odd channels, sizes and strides: what tiles do not divide by."""
    stages = draw(
        st.lists(
            st.builds(
                Stage,
                expansion=st.sampled_from([1, 2, 3, 6, 9]),
                channels=st.integers(1, 50),
                repeats=st.integers(1, 2),
                stride=st.sampled_from([1, 2]),
            ),
            min_size=1,
            max_size=3,
        )
    )
    return Spec(
        backbone=MobileNetV2(
            stages=tuple(stages),
            stem_channels=draw(st.integers(1, 40)),
            last_channels=draw(st.integers(1, 70)),
            divisor=1,
        ),
        size=(draw(st.integers(5, 70)), draw(st.integers(5, 70))),
        padding=draw(st.sampled_from(["tensorflow", "torch"])),
        head=Classifier(draw(st.integers(1, 60))),
    )


@pytest.mark.parametrize("isa", ISAS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(spec=networks(), threads=st.integers(1, 3))
def test_every_step_of_any_network(isa: str, spec: Spec, threads: int):
    spec = replace(spec, batch_norm_epsilon=None)
    graph = build(spec)
    weights = random_weights(graph, 1)
    image = np.random.default_rng(2).normal(size=(*spec.size, 3)).astype(np.float32)
    maps: dict[str, Array] = {}
    for node in graph.nodes:
        sources = [maps[source] for source in node.sources] or [image[None]]
        maps[node.name] = evaluate_node(node, sources, weights)
    program = lower(graph, weights)
    runner = NativeRunner(program, threads, isa)
    for number, step in enumerate(program.steps):
        found = runner.peek(image, number, step.target)
        expected = maps[step.target][0]
        assert np.abs(found - expected).max() <= 1e-4 * max(1.0, np.abs(expected).max())
    logits = runner(image[None])["logits"]
    assert np.abs(logits - maps["logits"]).max() <= 1e-4 * max(1.0, np.abs(maps["logits"]).max())


def test_not_a_number_stays_visible():
    program, _, images = case(SPECS[0])
    images[0, 40, 40, 1] = np.nan
    assert np.isnan(NativeRunner(program)(images)["logits"]).any()


def test_memory_is_told():
    program, _, _ = case(SPECS[0])
    arena, scratch = NativeRunner(program, 1).memory()
    assert arena == program.arena_bytes
    assert scratch > 0
    assert NativeRunner(program, 2).memory()[1] > scratch


def test_a_wrong_picture_is_told():
    program, _, images = case(SPECS[0])
    runner = NativeRunner(program)
    with pytest.raises(ValueError, match=r"\[N, 96, 96, 3\], got \(1, 95, 96, 3\)"):
        runner(images[:, 1:])
    with pytest.raises(ValueError, match="float32 or uint8, got float64"):
        runner(images.astype(np.float64))  # type: ignore[arg-type]


def test_an_unknown_instruction_set_is_told(monkeypatch: pytest.MonkeyPatch):
    program, _, _ = case(SPECS[0])
    with pytest.raises(EngineError, match=r"must be one of .*scalar, got mmx"):
        NativeRunner(program, isa="mmx")
    monkeypatch.setenv(library.ISA_VARIABLE, "sse9")
    with pytest.raises(EngineError, match="sse9"):
        NativeRunner(program)


@pytest.mark.parametrize("integer", [False, True])
def test_steps_may_be_run_one_by_one_on_maps_that_are_given(integer: bool):
    graph = every_kind(9, 10, 8)
    weights = random_weights(graph, 1)
    numbers = random_quantization(graph, 1) if integer else weights
    runner = NativeRunner(lower(graph, numbers))
    image = np.random.default_rng(0).normal(size=(9, 10, 3)).astype(np.float32)
    expected = runner(image[None])
    program = lower(graph, numbers)
    maps = {"input": image}
    for number, step in enumerate(program.steps):
        sources = {name: maps[name] for name in step.sources}
        maps |= runner.run_steps(number, number + 1, sources, [step.target])
    for name, values in expected.items():
        np.testing.assert_array_equal(maps[name], values[0])
    half = len(program.steps) // 2
    made = {"input", *(step.target for step in program.steps[:half])}
    read = {source for step in program.steps[half:] for source in step.sources}
    given = {name: maps[name] for name in made & (read | set(graph.outputs))}
    rest = runner.run_steps(half, len(program.steps), given, graph.outputs)
    for name, values in expected.items():
        np.testing.assert_array_equal(rest[name], values[0])


def test_steps_that_there_are_not_are_refused():
    graph = every_kind(9, 10, 8)
    runner = NativeRunner(lower(graph, random_weights(graph, 1)))
    with pytest.raises(EngineError, match="no steps 3 to 99"):
        runner.run_steps(3, 99, {}, [])
    with pytest.raises(ValueError, match="input must be"):
        runner.run_steps(0, 1, {"input": np.zeros((9, 10, 4), np.float32)}, [])
