"""A model answers for any kind of picture, in any kind of container."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import mobilenetv2
from mobilenetv2.engine.reference import random_weights
from mobilenetv2.errors import CheckpointError, ImageError, OptionError, UnknownModelError
from mobilenetv2.pipeline import predict_many
from mobilenetv2.tasks.boxes import anchor_boxes, flatten_outputs
from mobilenetv2.tasks.detect import detect_arrays
from mobilenetv2.tasks.options import Options
from mobilenetv2.weights import store

EXAMPLES = Path(mobilenetv2.__file__).parent / "examples"
COFFEE = EXAMPLES / "coffee.jpg"


@pytest.fixture(scope="module")
def model(tiny_file: Path) -> mobilenetv2.Model:
    return mobilenetv2.load(tiny_file)


@pytest.fixture(scope="module")
def detector(tiny_detector_file: Path) -> mobilenetv2.Model:
    return mobilenetv2.load(tiny_detector_file)


@pytest.fixture(scope="module")
def segmenter(tiny_segmenter_file: Path) -> mobilenetv2.Model:
    return mobilenetv2.load(tiny_segmenter_file)


def test_one_picture_in_every_form_gives_one_and_the_same_result(model: mobilenetv2.Model):
    expected = model.predict(COFFEE)
    assert expected.label in ("ant", "bee", "cow")
    assert expected.score == expected.predictions[0].score
    image = Image.open(COFFEE)
    for picture in (str(COFFEE), COFFEE.read_bytes(), image, np.asarray(image)):
        assert model.predict(picture) == expected


def test_a_list_gives_a_list_and_a_generator_is_lazy(model: mobilenetv2.Model):
    one = model.predict(COFFEE)
    assert model.predict([COFFEE, str(COFFEE)]) == [one, one]
    assert model.predict(()) == []

    def endless():
        while True:
            yield COFFEE

    results = model.predict(endless())
    assert [next(results), next(results)] == [one, one]


def test_top_limits_the_answers(model: mobilenetv2.Model):
    assert len(model.predict(COFFEE, top=2).predictions) == 2
    with pytest.raises(ValueError, match="top must be at least 1, got 0"):
        model.predict(COFFEE, top=0)


def test_results_draw_themselves_and_become_json(model: mobilenetv2.Model):
    result = model.predict(COFFEE)
    assert result.draw(COFFEE).height > 400
    plain = result.to_json()
    assert plain["task"] == "classification"
    best = plain["predictions"][0]  # type: ignore[index]
    assert set(best) == {"label", "index", "score"}


def test_a_saved_model_says_the_same(model: mobilenetv2.Model, tmp_path: Path):
    model.save(tmp_path / "again.safetensors")
    again = mobilenetv2.load(tmp_path / "again.safetensors")
    assert again.predict(COFFEE) == model.predict(COFFEE)
    assert "MobileNetV2 0.1, 3 classes, 48x40" in repr(again)


def test_threads_share_one_model(model: mobilenetv2.Model):
    expected = model.predict(COFFEE)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(model.predict, [COFFEE] * 32)) == {expected}


def test_a_pipeline_keeps_order_and_goes_on_past_bad_pictures(
    model: mobilenetv2.Model, tmp_path: Path
):
    bad = tmp_path / "bad.jpg"
    bad.write_text("not a picture")
    paths = [COFFEE, bad, EXAMPLES / "cat.jpg"] * 10
    answers = list(predict_many(model, paths, Options(top=1)))
    assert [answer.path for answer in answers] == paths
    assert [answer.error is None for answer in answers] == [True, False, True] * 10
    assert answers[2].prediction == model.predict(EXAMPLES / "cat.jpg", top=1)
    assert answers[1].to_json() == {"path": str(bad), "error": answers[1].error}


def test_an_abandoned_pipeline_stops_decoding(tiny_file: Path):
    model = mobilenetv2.load(tiny_file, threads=2)
    seen = 0

    def counted():
        nonlocal seen
        for _ in range(1000):
            seen += 1
            yield COFFEE

    next(predict_many(model, counted()))
    assert seen < 20


class TestDetector:
    def test_boxes_are_those_of_the_arrays(self, detector: mobilenetv2.Model):
        result = detector.predict(COFFEE, threshold=0.4)
        assert isinstance(result, mobilenetv2.Detections)
        assert detector.task == result.task == "detection"
        checkpoint = detector.checkpoint
        head = checkpoint.spec.head
        assert isinstance(head, mobilenetv2.SSDLite)
        offsets, logits = flatten_outputs(detector.outputs(detector.prepare(COFFEE)), head)
        found = detect_arrays(
            offsets[0], logits[0], anchor_boxes(checkpoint.spec), head, size=(400, 600),
            preprocessing=checkpoint.preprocessing, threshold=0.4, max_detections=100, nms=0.5,
        )  # fmt: skip
        assert len(found) > 10
        np.testing.assert_array_equal(result.to_arrays().boxes, found.boxes)
        assert {item.label for item in result.predictions} <= set(detector.labels)

    def test_forms_and_containers_are_those_of_classifiers(self, detector: mobilenetv2.Model):
        one = detector.predict(COFFEE)
        assert detector.predict([COFFEE.read_bytes(), Image.open(COFFEE)]) == [one, one]
        assert next(predict_many(detector, [COFFEE])).prediction == one

    @pytest.mark.parametrize("size", [(1, 1), (1, 1000), (1000, 1), (30, 4000)])
    def test_pictures_of_any_shape(self, detector: mobilenetv2.Model, size: tuple[int, int]):
        picture = np.full((*size, 3), 90, np.uint8)
        result = detector.predict(picture)
        assert isinstance(result, mobilenetv2.Detections)
        for item in result.predictions:
            left, top, right, bottom = item.box
            assert 0 <= left < right <= size[1]
            assert 0 <= top < bottom <= size[0]
        result.draw(picture)


class TestSegmenter:
    @pytest.mark.parametrize("size", [(1, 1), (1, 1000), (1000, 1), (30, 4000), (65, 65)])
    def test_a_mask_has_the_size_of_its_picture(
        self, segmenter: mobilenetv2.Model, size: tuple[int, int]
    ):
        picture = np.full((*size, 3), 90, np.uint8)
        for options in ({}, {"scales": (0.5, 1.25), "flip": True}):
            result = segmenter.predict(picture, **options)
            assert isinstance(result, mobilenetv2.Segmentation)
            assert segmenter.task == result.task == "segmentation"
            assert result.mask.shape == size
            assert sum(item.pixels for item in result.predictions) == result.mask.size
            result.draw(picture)

    def test_with_flip_a_mirrored_picture_has_a_mirrored_mask(self, segmenter: mobilenetv2.Model):
        # Square, so that there is no padding to mirror.
        picture = np.asarray(Image.open(COFFEE).crop((50, 0, 450, 400)))
        plain = segmenter.predict(picture, scales=(1, 1.5), flip=True)
        mirrored = segmenter.predict(picture[:, ::-1], scales=(1, 1.5), flip=True)
        assert isinstance(plain, mobilenetv2.Segmentation)
        assert isinstance(mirrored, mobilenetv2.Segmentation)
        assert (plain.mask == mirrored.mask[:, ::-1]).mean() > 0.99
        without = segmenter.predict(picture[:, ::-1])
        assert isinstance(without, mobilenetv2.Segmentation)
        assert (plain.mask == without.mask[:, ::-1]).mean() < 0.99

    def test_scaled_inputs_keep_their_corners(self, segmenter: mobilenetv2.Model):
        prepared = segmenter.prepare(COFFEE, scales=(0.5, 1, 1.75))
        assert [pixels.shape[:2] for pixels in prepared.inputs] == [(33, 33), (65, 65), (113, 113)]
        assert prepared.size == (400, 600)


def test_options_of_another_task_are_refused_at_once(model: mobilenetv2.Model):
    with pytest.raises(ValueError, match="nms is not for classification"):
        model.predict(iter([COFFEE]), nms=0.7)
    with pytest.raises(ValueError, match="class_agnostic is not for classification"):
        predict_many(model, [COFFEE], Options(class_agnostic=True))
    with pytest.raises(ValueError, match=r"among the model's 3, got 'beee'; near it are 'bee'"):
        model.predict(iter([COFFEE]), labels=["beee"])


def test_checkpoints_that_cannot_run_are_refused(tiny_segmenter_file: Path):
    checkpoint = mobilenetv2.load(tiny_segmenter_file).checkpoint
    with pytest.raises(CheckpointError, match="prepared at the network's size"):
        mobilenetv2.Model(replace(checkpoint, preprocessing=mobilenetv2.Preprocessing()))
    spec = replace(checkpoint.spec, head=mobilenetv2.DeepLab(300, channels=16))
    many = replace(
        checkpoint,
        spec=spec,
        weights=random_weights(mobilenetv2.build(spec), 0),
        labels=tuple(map(str, range(300))),
    )
    with pytest.raises(CheckpointError, match="at most 255 classes, got 300"):
        mobilenetv2.Model(many)


def test_unknown_names_list_the_known_ones():
    with pytest.raises(UnknownModelError, match=r"'nonsense' is neither a file nor .*objects"):
        mobilenetv2.load("nonsense")


def test_a_bad_file_is_refused(tmp_path: Path):
    (tmp_path / "x.pth").write_bytes(b"nothing that anyone would call weights")
    with pytest.raises(CheckpointError):
        mobilenetv2.load(tmp_path / "x.pth")


def test_a_bad_picture_is_refused(model: mobilenetv2.Model):
    with pytest.raises(ImageError):
        model.predict(b"no picture")


@pytest.mark.parametrize("threads", ["2", 0, -1, True, 2.0, 10**9])
def test_a_number_of_threads_that_makes_no_sense(tiny_file: Path, threads: object):
    with pytest.raises(OptionError, match="threads must be a whole number from 1 to 1024"):
        mobilenetv2.load(tiny_file, threads=threads)  # type: ignore[arg-type]


def test_a_number_of_threads_may_be_numpys(tiny_file: Path):
    one, two = (mobilenetv2.load(tiny_file, threads=threads) for threads in (1, np.int64(2)))
    picture = np.full((50, 50, 3), 90, np.uint8)
    assert one.predict(picture) == two.predict(picture)


@pytest.mark.parametrize("head", ["tiny_file", "tiny_detector_file", "tiny_segmenter_file"])
def test_an_answer_that_is_no_number_is_an_error(head: str, request: pytest.FixtureRequest):
    """Finite weights whose products are not: NaN percent is no answer, and no JSON."""
    checkpoint = store.load(request.getfixturevalue(head))
    huge = {name: np.full_like(array, 3e38) for name, array in checkpoint.weights.items()}
    with np.errstate(over="ignore", invalid="ignore"):
        model = mobilenetv2.Model(replace(checkpoint, weights=huge))
        with pytest.raises(CheckpointError, match="numbers that are not finite"):
            model.predict(np.zeros((70, 70, 3), np.uint8))
