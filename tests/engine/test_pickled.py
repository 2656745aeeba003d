"""Models are copied, pickled and sent to other processes, and say there what they said here."""

import copy
import pickle
from dataclasses import replace
from multiprocessing import get_all_start_methods
from pathlib import Path

import numpy as np
import pytest

import mobilenetv2
from mobilenetv2 import CompiledClassifier, Model, Segmentation, load
from mobilenetv2.catalog.labels import imagenet_labels
from mobilenetv2.deploy.compile import compile_network
from mobilenetv2.engine import library
from mobilenetv2.errors import CheckpointError, MissingDependencyError, MobileNetV2Error
from mobilenetv2.model import load_checkpoint
from mobilenetv2.weights.fold import fold_checkpoint
from tests.quantized import random_quantized
from tests.scripts import run_script

POOLS = Path(__file__).with_name("pools.py")
PICTURE = np.random.default_rng(0).integers(0, 256, (50, 60, 3), np.uint8)
needs_engine = pytest.mark.skipif(not library.available(), reason="the engine was not built")


@pytest.fixture
def file(tiny_file: Path, tmp_path: Path) -> Path:
    """A file that may be changed."""
    path = tmp_path / "tiny.safetensors"
    path.write_bytes(tiny_file.read_bytes())
    return path


@pytest.fixture
def program(tiny_file: Path, tmp_path: Path) -> Path:
    path = tmp_path / "tiny.program"
    compile_network(fold_checkpoint(load_checkpoint(tiny_file)), path)
    return path


def outputs(model: Model) -> dict[str, bytes]:
    return {name: map_.tobytes() for name, map_ in model.outputs(model.prepare(PICTURE)).items()}


def again(value: object) -> object:
    return pickle.loads(pickle.dumps(value))


def change(file: Path) -> None:
    """One weight more or less."""
    content = bytearray(file.read_bytes())
    content[-2] ^= 1
    file.write_bytes(content)


def test_a_model_goes_by_its_file(file: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(file.parent)
    model = load(file.name, threads=3)
    sent = pickle.dumps(model)
    assert len(sent) < 500
    monkeypatch.chdir("/")
    received = pickle.loads(sent)
    assert isinstance(received, Model)
    assert outputs(received) == outputs(model)
    assert pickle.dumps(received) == sent  # the number of threads is in there


def test_a_model_of_the_catalogue_goes_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    sent = pickle.dumps(load("objects", threads=1))
    assert b"safetensors" not in sent
    (tmp_path / "objects").write_text("lies by chance where the receiver works")
    monkeypatch.chdir(tmp_path)
    received = pickle.loads(sent)
    assert received.labels == imagenet_labels()
    assert pickle.dumps(received) == sent


@pytest.mark.parametrize("arithmetic", ["float32", "integers"])
def test_a_model_without_a_file_carries_its_weights(arithmetic: str, tiny_file: Path):
    checkpoint = load_checkpoint(tiny_file)
    if arithmetic == "integers":
        checkpoint = random_quantized(replace(checkpoint.spec, batch_norm_epsilon=None))
    model = Model(checkpoint, threads=2)
    received = again(model)
    assert isinstance(received, Model)
    assert outputs(received) == outputs(model)
    assert received.checkpoint.provenance == checkpoint.provenance
    assert (received.checkpoint.quantization is None) == (arithmetic == "float32")


def test_what_is_sent_is_the_model_and_not_what_its_file_has_become(file: Path):
    model = load(file)
    change(file)
    received = again(model)
    assert isinstance(received, Model)
    assert outputs(received) == outputs(model) != outputs(load(file))
    file.unlink()
    assert isinstance(again(model), Model)


def test_a_file_that_has_changed_on_the_way_is_refused(file: Path):
    sent, before = pickle.dumps(load(file)), file.read_bytes()
    change(file)
    with pytest.raises(CheckpointError, match=r"tiny.safetensors has changed since: .*sha256 must"):
        pickle.loads(sent)
    file.write_bytes(before)
    pickle.loads(sent)
    change(file)
    with pytest.raises(CheckpointError, match="has changed since"):
        pickle.loads(sent)
    file.unlink()
    with pytest.raises(CheckpointError, match=r"tiny.safetensors is not there .*Put it back"):
        pickle.loads(sent)


@needs_engine
def test_a_compiled_classifier_goes_by_its_file(program: Path):
    compiled = CompiledClassifier(program, threads=2)
    sent = pickle.dumps(compiled)
    assert len(sent) < 500
    received = pickle.loads(sent)
    assert received.predict(PICTURE) == compiled.predict(PICTURE)
    assert pickle.dumps(received) == sent
    change(program)
    with pytest.raises(CheckpointError, match=r"tiny.program has changed since"):
        pickle.loads(sent)
    with pytest.raises(CheckpointError, match=r"tiny.program has changed or gone since it was op"):
        pickle.dumps(compiled)


@pytest.mark.parametrize("isa", [None, library.NUMPY])
def test_copies_need_no_file(file: Path, isa: str | None, monkeypatch: pytest.MonkeyPatch):
    if isa:
        monkeypatch.setenv(library.ISA_VARIABLE, isa)
    model = load(file)
    file.unlink()
    expected = outputs(model)
    shallow, deep = copy.copy(model), copy.deepcopy(model)
    assert shallow is not model
    assert shallow.checkpoint is model.checkpoint
    name = next(iter(model.checkpoint.weights))
    deep.checkpoint.weights[name][:] = 0
    assert model.checkpoint.weights[name].any()
    del model
    assert outputs(shallow) == outputs(deep) == expected


@needs_engine
def test_a_copy_of_a_compiled_classifier_outlives_it(program: Path):
    compiled = CompiledClassifier(program)
    expected = compiled.predict(PICTURE)
    copies = copy.copy(compiled), copy.deepcopy(compiled)
    del compiled
    assert [found.predict(PICTURE) for found in copies] == [expected, expected]


def test_results_come_back(tiny_file: Path, tiny_detector_file: Path, tiny_segmenter_file: Path):
    for path in (tiny_file, tiny_detector_file):
        result = load(path).predict(PICTURE)
        assert result.predictions
        assert again(result) == result
    mask = load(tiny_segmenter_file).predict(PICTURE)
    back = again(mask)
    assert isinstance(mask, Segmentation)
    assert isinstance(back, Segmentation)
    np.testing.assert_array_equal(back.mask, mask.mask)
    assert back.labels == mask.labels


def test_errors_come_back():
    """A pool waits for ever for one that cannot be put together again."""
    kinds = [MobileNetV2Error]
    for kind in kinds:
        kinds += kind.__subclasses__()
    assert MissingDependencyError in kinds
    for kind in kinds:
        words = ("torch", "train", "training") if kind is MissingDependencyError else ("wrong",)
        back, error = again(kind(*words)), kind(*words)
        assert type(back) is kind
        assert str(back) == str(error)
        assert vars(back) == vars(error)


@needs_engine
@pytest.mark.parametrize("method", get_all_start_methods())
def test_pools_give_the_same_answers(
    method: str,
    tiny_file: Path,
    tiny_detector_file: Path,
    tiny_segmenter_file: Path,
    program: Path,
):
    files = (tiny_file, tiny_detector_file, tiny_segmenter_file, program)
    said = run_script(POOLS, method, *files, seconds=60)
    pictures = 2 * len(list(Path(mobilenetv2.__file__).parent.glob("examples/*.jpg")))
    assert said.split() == [str(pictures)] * 4 + ["ImageError"]
