"""Many pictures through one model: what runs where, and the same bits whatever runs where."""

import io
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import mobilenetv2
from mobilenetv2.engine import library
from mobilenetv2.errors import ImageError
from mobilenetv2.model import load_checkpoint
from mobilenetv2.pipeline import predict_many
from mobilenetv2.sources.in_order import AHEAD
from mobilenetv2.tasks.classify import Classification
from mobilenetv2.tasks.image import decode
from mobilenetv2.tasks.options import Options
from mobilenetv2.tasks.picture_room import LARGE_PIXELS
from mobilenetv2.tasks.results import Prediction

EXAMPLES = Path(mobilenetv2.__file__).parent / "examples"
PICTURES = [EXAMPLES / "coffee.jpg", EXAMPLES / "cat.jpg"] * 6


class Telling:
    """Answers with the threads it was given, and by whom: its caller or another thread."""

    task = "classification"
    labels = ("here", "beside")
    at_once = 3

    def check(self, options: Options) -> None:
        options.check(self.task)

    def prepare(self, picture: object, scales: Sequence[float], decoding: str) -> float:
        return float(decode(picture).mean())

    def answer(self, prepared: float, options: Options, threads: int | None = None) -> Prediction:
        here = threading.current_thread() is threading.main_thread()
        return Prediction((Classification("here" if here else "beside", threads or 0, prepared),))


def told(pictures: Sequence[object]) -> list[tuple[str, int]]:
    answers = predict_many(Telling(), pictures)
    return [(one.prediction.label, one.prediction.predictions[0].index) for one in answers]


def test_one_picture_has_all_threads_and_many_have_one_each():
    assert told(PICTURES[:1]) == [("here", 0)]
    assert told(PICTURES[:5]) == [("beside", 1)] * 5
    assert told([]) == []


def test_large_pictures_wait_for_their_turn_in_the_caller_s_thread(tmp_path: Path):
    side = int(LARGE_PIXELS**0.5) + 1
    for name, size in {"a": (8, 8), "b": (side, side), "c": (8, 8)}.items():
        Image.new("1", size).save(tmp_path / f"{name}.png")
    assert told(sorted(tmp_path.iterdir())) == [("beside", 1), ("here", 1), ("beside", 1)]


@pytest.mark.parametrize("fixture", ["tiny_file", "tiny_detector_file", "tiny_segmenter_file"])
def test_lists_and_generators_give_the_bits_of_single_pictures(
    request: pytest.FixtureRequest, fixture: str
):
    file = request.getfixturevalue(fixture)
    alone = mobilenetv2.load(file, threads=2)
    expected = [alone.predict(picture) for picture in PICTURES]
    for threads in (1, 3):
        model = mobilenetv2.load(file, threads=threads)
        assert list(map(same, model.predict(PICTURES))) == list(map(same, expected))
        assert list(map(same, model.predict(iter(PICTURES)))) == list(map(same, expected))
        answers = predict_many(model, PICTURES)
        assert [same(one.prediction) for one in answers] == list(map(same, expected))


def same(result: mobilenetv2.Prediction) -> object:
    """What two results share to the bit."""
    mask = getattr(result, "mask", None)
    return result.predictions if mask is None else (mask.tobytes(), result.labels)


def test_embeddings_too(tiny_file: Path):
    model = mobilenetv2.load(tiny_file, threads=3)
    one = [model.embed(picture) for picture in PICTURES]
    np.testing.assert_array_equal(model.embed(PICTURES), one)


@pytest.mark.skipif(not library.in_use(), reason="numpy answers one picture after another")
def test_weights_are_packed_once_for_all_threads(tiny_segmenter_file: Path):
    model = mobilenetv2.load(tiny_segmenter_file, threads=3)
    assert model.at_once == 3
    model.predict(PICTURES, scales=(0.5, 1.0))
    runners = [model._sizes.runner_at(size) for size in model._sizes._runners]
    model.predict(PICTURES, scales=(0.5, 1.0))
    assert [model._sizes.runner_at(size) for size in model._sizes._runners] == runners


def test_a_run_that_is_not_the_engine_s_is_asked_one_picture_after_another(tiny_file: Path):
    checkpoint = load_checkpoint(tiny_file)
    callers = set()

    def run(pixels: np.ndarray) -> dict[str, np.ndarray]:
        callers.add(threading.current_thread())
        return {"logits": np.zeros((1, 1, 1, 3), np.float32)}

    model = mobilenetv2.Model(checkpoint, run=run)
    assert model.at_once == 1
    assert len(model.predict(PICTURES)) == len(PICTURES)
    assert callers == {threading.main_thread()}


class TestBadPictures:
    def test_in_a_list_are_told_by_their_file(self, tiny_file: Path, tmp_path: Path):
        bad = tmp_path / "bad.jpg"
        bad.write_bytes((EXAMPLES / "cat.jpg").read_bytes()[:5000])
        model = mobilenetv2.load(tiny_file, threads=2)
        results = model.predict(iter([*PICTURES[:3], bad, *PICTURES]))
        assert [next(results).label for _ in range(3)]
        with pytest.raises(ImageError, match=r"bad\.jpg cannot be decoded: .*truncated"):
            next(results)
        with pytest.raises(ImageError, match=r"bad\.jpg"):
            model.predict([PICTURES[0], bad])

    def test_never_end_a_batch(self, tiny_file: Path, tmp_path: Path):
        bad = tmp_path / "bad.jpg"
        bad.write_text("not a picture")
        model = mobilenetv2.load(tiny_file, threads=2)
        answers = list(predict_many(model, [bad, *PICTURES, tmp_path / "gone.png"]))
        assert [one.error is None for one in answers] == [False, *[True] * len(PICTURES), False]
        assert answers[0].error == f"{bad} is not a picture in any format that Pillow reads"
        assert "gone.png: no such file" in answers[-1].error


def test_what_a_generator_raises_comes_after_the_results_before_it(tiny_file: Path):
    model = mobilenetv2.load(tiny_file, threads=2)
    expected = model.predict(PICTURES[0])

    def breaks_off(pictures: int) -> Iterator[Path]:
        yield from PICTURES[::2][:pictures]
        raise OSError("the disk is gone")

    for pictures in (1, 2):
        results = model.predict(breaks_off(pictures))
        assert [next(results) for _ in range(pictures)] == [expected] * pictures
        with pytest.raises(OSError, match="the disk is gone"):
            next(results)


def test_a_generator_is_read_a_little_ahead(tiny_file: Path):
    model = mobilenetv2.load(tiny_file, threads=2)
    taken = []

    def endless() -> Iterator[bytes]:
        file = io.BytesIO()
        Image.new("RGB", (9, 9)).save(file, "PNG")
        while True:
            taken.append(1)
            yield file.getvalue()

    results = model.predict(endless())
    assert not taken
    for _ in range(20):
        next(results)
    assert len(taken) < 20 + AHEAD + 1
