"""Arrays as OpenCV, data loaders and torch have them."""

import io
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import mobilenetv2
from mobilenetv2.deploy.export import deploy
from mobilenetv2.engine import library
from mobilenetv2.errors import ImageError, OptionError
from mobilenetv2.model import load_checkpoint
from mobilenetv2.tasks.arrays import as_pictures
from mobilenetv2.tasks.image import decode

RNG = np.random.default_rng(3)
BATCH = RNG.integers(0, 256, (3, 20, 30, 3), np.uint8)


@pytest.fixture(scope="module", params=["model", "compiled"])
def model(request: pytest.FixtureRequest, tiny_file: Path, tmp_path_factory):
    """Both kinds of what predicts."""
    if request.param == "model":
        return mobilenetv2.load(tiny_file)
    if not library.available():
        pytest.skip("the engine was not built")
    path = tmp_path_factory.mktemp("program") / "a.program"
    deploy(load_checkpoint(tiny_file), path, verify=False)
    return mobilenetv2.CompiledClassifier(path)


def test_a_batch_gives_a_list(model):
    assert model.predict(BATCH) == [model.predict(one) for one in BATCH]
    assert model.predict(BATCH[:0]) == []


def test_opencv_has_blue_first(model):
    bgr = np.ascontiguousarray(BATCH[..., ::-1])
    expected = model.predict(BATCH[0])
    assert model.predict(bgr[0], channels="bgr") == expected
    assert model.predict(bgr[0]) != expected
    assert model.predict(bgr, channels="bgr") == model.predict(BATCH)
    assert model.predict([bgr[0]], channels="bgr") == [expected]
    assert next(model.predict(iter([bgr[0]]), channels="bgr")) == expected


def test_transparency_stays_last():
    bgra = RNG.integers(0, 256, (4, 4, 4), np.uint8)
    turned = as_pictures(bgra, "bgr")
    assert isinstance(turned, np.ndarray)
    np.testing.assert_array_equal(turned, bgra[..., [2, 1, 0, 3]])


def test_open_files_and_buffers_are_one_picture(model, tmp_path: Path):
    Image.fromarray(BATCH[0]).save(tmp_path / "a.png")
    data = (tmp_path / "a.png").read_bytes()
    expected = model.predict(BATCH[0])
    with (tmp_path / "a.png").open("rb") as file:
        assert model.predict(file) == expected
    assert model.predict(io.BytesIO(data)) == expected
    assert model.predict(bytearray(data)) == expected
    assert model.predict([memoryview(data), io.BytesIO(data)]) == [expected] * 2
    with pytest.raises(ImageError, match="must be opened for bytes"):
        model.predict(io.StringIO("P3"))
    with pytest.raises(ImageError, match="or several of them, got dict"):
        model.predict({"a.png": data})


def test_features_are_taken_of_the_same(tiny_file: Path):
    model = mobilenetv2.load(tiny_file)
    expected = model.embed(list(BATCH))
    np.testing.assert_array_equal(model.embed(BATCH), expected)
    np.testing.assert_array_equal(model.embed(BATCH[..., ::-1], channels="bgr"), expected)


class TestTensors:
    torch = pytest.importorskip("torch")

    def test_colors_come_first(self, model):
        tensor = self.torch.from_numpy(BATCH).permute(0, 3, 1, 2)
        assert model.predict(tensor) == model.predict(BATCH)
        assert model.predict(tensor[1]) == model.predict(BATCH[1])
        assert model.predict([tensor[2]]) == [model.predict(BATCH[2])]

    def test_floats_lie_in_0_to_1(self, model):
        tensor = self.torch.from_numpy(BATCH[0]).permute(2, 0, 1)
        assert model.predict(tensor / 255) == model.predict(BATCH[0])
        with pytest.raises(ImageError, match=r"floats must lie in 0\.\.1"):
            model.predict(tensor / 128 - 1)

    def test_floats_of_16_bits(self, model):
        tensor = (self.torch.from_numpy(BATCH[0]).permute(2, 0, 1) > 127).to(self.torch.bfloat16)
        assert model.predict(tensor) == model.predict(np.where(BATCH[0] > 127, 255, 0).astype("u1"))

    def test_those_that_need_a_gradient(self, model):
        tensor = self.torch.from_numpy(BATCH[0] / np.float32(255)).permute(2, 0, 1)
        assert model.predict(tensor.clone().requires_grad_()) == model.predict(BATCH[0])

    def test_another_layout_is_refused_with_the_way_out(self, model):
        with pytest.raises(ImageError, match=r"got \[20, 30, 3\]; give tensor.numpy\(\)"):
            model.predict(self.torch.from_numpy(BATCH[0]))


def test_nothing_is_imported_for_it():
    """Whoever gives a tensor has torch; whoever gives a path need not."""
    source = Path(sys.modules["mobilenetv2.tasks.arrays"].__file__ or "").read_text("utf-8")
    assert "\nimport torch" not in source
    assert "\nimport numpy" not in source


@pytest.mark.parametrize("picture", ["a.jpg", b"bytes", Image.new("RGB", (4, 4))])
def test_other_pictures_know_their_colors(picture):
    with pytest.raises(ImageError, match="channels='bgr' is for arrays"):
        as_pictures(picture, "bgr")


def test_grey_arrays_have_no_order():
    with pytest.raises(ImageError, match=r"needs arrays \[height, width, 3 or 4\].*got \[8, 8\]"):
        as_pictures(np.zeros((8, 8), np.uint8), "bgr")


def test_other_mistakes():
    with pytest.raises(OptionError, match="channels must be 'rgb' or 'bgr', got 'brg'"):
        as_pictures("a.jpg", "brg")  # type: ignore[arg-type]
    with pytest.raises(ImageError, match="or several of them, got int"):
        as_pictures(3)  # type: ignore[arg-type]
    with pytest.raises(ImageError, match=r"an array must be .* got \[3, 20, 30, 3\]"):
        mobilenetv2.load().predict([BATCH])


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_colors_first_in_numpy_are_refused_with_the_way_out(kind):
    with pytest.raises(ImageError, match=r"got \[3, 8, 9\]; .*array\.transpose\(1, 2, 0\)"):
        decode(np.zeros((3, 8, 9), kind))
