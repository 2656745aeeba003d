"""Fixtures shared by all tests."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mobilenetv2.engine.reference import random_weights
from mobilenetv2.network.anchors import tensorflow_anchors
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Classifier, DeepLab, Spec, SSDLite
from mobilenetv2.preprocessing import Fit, Preprocessing
from mobilenetv2.user_cache import CACHE_VARIABLE
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint, Provenance

SHARED = Path(os.environ.get("MOBILENETV2_SHARED", Path(__file__).parents[2] / "shared"))


@pytest.fixture(scope="session", autouse=True)
def _cache_of_tests(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What was read before is not this user's own: a test begins where a new user does."""
    if CACHE_VARIABLE not in os.environ:
        os.environ[CACHE_VARIABLE] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real pictures and public weights, beside the checkout; tests that need them skip without."""
    if not SHARED.is_dir():
        pytest.skip(f"real data is not at {SHARED}; set MOBILENETV2_SHARED to where it is")
    return SHARED


@pytest.fixture(scope="session")
def hostile(shared: Path) -> Path:
    """Small files made to hurt; tests make their own as well, so these may be missing."""
    folder = shared / "field" / "hostile"
    if not folder.is_dir():
        pytest.skip(f"files made to hurt are not at {folder}")
    return folder


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 64 kB; skips where mounting is not allowed."""
    folder = tmp_path / "small-disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("mounting a small disk needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture(scope="session")
def tiny_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of a very small random classifier with the classes ant, bee and cow."""
    spec = Spec(width=0.1, size=(48, 40), head=Classifier(3))
    return _random_file(spec, "crop", ("ant", "bee", "cow"), tmp_path_factory)


@pytest.fixture(scope="session")
def tiny_labels_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of a classifier of several labels a picture."""
    spec = Spec(width=0.1, size=(48, 40), head=Classifier(3, scores="sigmoid"))
    return _random_file(spec, "crop", ("ant", "bee", "cow"), tmp_path_factory)


@pytest.fixture(scope="session")
def tiny_detector_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of a detector; at a threshold of 0.4 it finds something in any picture."""
    head = SSDLite(3, (32, 32), (3,) * 4, tensorflow_anchors(4))
    spec = Spec(width=0.1, size=(96, 80), head=head)
    return _random_file(spec, "squash", ("ant", "bee", "cow"), tmp_path_factory)


@pytest.fixture(scope="session")
def tiny_segmenter_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of a segmenter with a background."""
    spec = Spec(width=0.1, size=(65, 65), head=DeepLab(3, channels=16), output_stride=16)
    return _random_file(spec, "pad", ("background", "bee", "cow"), tmp_path_factory)


def _random_file(
    spec: Spec, fit: Fit, labels: tuple[str, ...], folders: pytest.TempPathFactory
) -> Path:
    checkpoint = Checkpoint(
        spec=spec,
        weights=random_weights(build(spec), 5),
        preprocessing=Preprocessing(size=spec.size, fit=fit),
        labels=labels,
        provenance=Provenance("random weights"),
        license="CC0-1.0",
    )
    path = folders.mktemp("tiny") / "tiny.safetensors"
    store.save(checkpoint, path)
    return path
