"""What a caller may choose about a prediction changes the answers as it says."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import mobilenetv2
from mobilenetv2.deploy.export import deploy
from mobilenetv2.tasks.boxes import pairwise_iou
from mobilenetv2.tasks.classify import softmax

COFFEE = Path(mobilenetv2.__file__).parent / "examples" / "coffee.jpg"


@pytest.fixture(scope="module")
def classifier(tiny_file: Path) -> mobilenetv2.Model:
    return mobilenetv2.load(tiny_file)


@pytest.fixture(scope="module")
def detector(tiny_detector_file: Path) -> mobilenetv2.Model:
    return mobilenetv2.load(tiny_detector_file)


@pytest.fixture(scope="module")
def segmenter(tiny_segmenter_file: Path) -> mobilenetv2.Model:
    return mobilenetv2.load(tiny_segmenter_file)


def probabilities(model: mobilenetv2.Model, pixels: np.ndarray) -> np.ndarray:
    return softmax(model._run(pixels)["logits"].reshape(-1))


class TestClassifiers:
    def test_labels_leave_others_out_and_scores_as_they_are(self, classifier: mobilenetv2.Model):
        every = {item.label: item for item in classifier.predict(COFFEE).predictions}
        chosen = classifier.predict(COFFEE, labels=["cow", "ant"])
        assert {item.label for item in chosen.predictions} == {"cow", "ant"}
        assert all(item == every[item.label] for item in chosen.predictions)

    def test_below_the_threshold_is_unknown(self, classifier: mobilenetv2.Model):
        best = classifier.predict(COFFEE).score
        assert classifier.predict(COFFEE, threshold=best).score == best
        unknown = classifier.predict(COFFEE, threshold=min(1.0, best + 1e-6))
        assert (unknown.label, unknown.score, unknown.predictions) == ("unknown", 0.0, ())
        assert unknown.to_json() == {"task": "classification", "predictions": []}
        assert unknown.draw(COFFEE).height > Image.open(COFFEE).height

    def test_views_are_averaged_as_probabilities(self, classifier: mobilenetv2.Model):
        scales = (1.0, 0.5)
        inputs = classifier.prepare(COFFEE, scales).inputs
        assert len({pixels.shape for pixels in inputs}) == 2
        expected = np.mean(
            [
                probabilities(classifier, view)
                for pixels in inputs
                for view in (pixels, np.ascontiguousarray(pixels[:, ::-1]))
            ],
            axis=0,
        )
        found = classifier.predict(COFFEE, scales=scales, flip=True, top=3)
        for item in found.predictions:
            assert item.score == pytest.approx(expected[item.index], abs=1e-6)

    def test_a_program_takes_what_it_can_and_refuses_the_rest(
        self, classifier: mobilenetv2.Model, tmp_path: Path
    ):
        path = tmp_path / "tiny.program"
        deploy(classifier.checkpoint, path, verify=False)
        program = mobilenetv2.CompiledClassifier(path)
        chosen = program.predict(COFFEE, labels=["cow"], top=2)
        assert [item.label for item in chosen.predictions] == ["cow"]
        assert program.predict(COFFEE, threshold=1.0).label == "unknown"
        with pytest.raises(ValueError, match="flip is not for a compiled program"):
            program.predict(COFFEE, flip=True)


class TestDetectors:
    def test_labels(self, detector: mobilenetv2.Model):
        every = detector.predict(COFFEE, threshold=0.2, max_detections=1000)
        name = every.predictions[0].label
        chosen = detector.predict(COFFEE, threshold=0.2, max_detections=1000, labels=[name])
        # Suppression goes class by class, so that the boxes of one are what they were.
        assert chosen.predictions == tuple(one for one in every.predictions if one.label == name)
        assert len(chosen) < len(every)

    def test_boxes_of_all_classes_suppress_each_other(self, detector: mobilenetv2.Model):
        options = {"threshold": 0.2, "nms": 0.4, "max_detections": 1000}
        by_class = detector.predict(COFFEE, **options)
        agnostic = detector.predict(COFFEE, class_agnostic=True, **options)
        overlaps = pairwise_iou(agnostic.boxes, agnostic.boxes)
        np.fill_diagonal(overlaps, 0)
        assert overlaps.max() <= 0.4 + 1e-6
        assert 0 < len(agnostic) < len(by_class)

    def test_the_mirrored_picture_finds_the_mirrored_boxes(self, detector: mobilenetv2.Model):
        height, width = detector.checkpoint.spec.size
        picture = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
        options = {"threshold": 0.2, "flip": True, "max_detections": 1000}
        found = detector.predict(picture, **options)
        other = detector.predict(np.ascontiguousarray(picture[:, ::-1]), **options)
        mirrored = other.boxes.copy()
        mirrored[:, 0::2] = width - mirrored[:, 2::-2]
        assert len(found) == len(other) > 0

        def ordered(boxes: np.ndarray) -> np.ndarray:
            return boxes[np.lexsort(boxes.round(2).T)]

        np.testing.assert_allclose(ordered(found.boxes), ordered(mirrored), atol=0.02)


def test_pixels_of_other_labels_become_background(segmenter: mobilenetv2.Model):
    mask = segmenter.predict(COFFEE).mask
    labels = segmenter.labels
    present = [index for index in np.unique(mask).tolist() if index < len(labels)]
    wanted = present[-1]
    found = segmenter.predict(COFFEE, labels=[labels[wanted]])
    rest = 0 if labels[0] == "background" else 255
    expected = np.where(np.isin(mask, (wanted, 255)), mask, rest)
    np.testing.assert_array_equal(found.mask, expected)
    shares = [item.share for item in found.predictions]
    assert shares == [item.pixels / mask.size for item in found.predictions]
    assert {type(share) for share in shares} == {float}


class TestEmbeddings:
    def test_the_last_layer_makes_the_answer_of_them(self, classifier: mobilenetv2.Model):
        features = classifier.embed(COFFEE)
        weights = classifier.checkpoint.weights
        matrix = weights["logits.weight"].reshape(len(classifier.labels), -1)
        logits = matrix @ features + weights["logits.bias"]
        expected = classifier.outputs(classifier.prepare(COFFEE))["logits"].reshape(-1)
        np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-5)

    def test_a_list_is_a_matrix_and_a_generator_is_lazy(self, classifier: mobilenetv2.Model):
        one = classifier.embed(COFFEE)
        both = classifier.embed([COFFEE, str(COFFEE)])
        assert both.dtype == np.float32
        np.testing.assert_array_equal(both, [one, one])
        assert classifier.embed([]).shape == (0, len(one))
        np.testing.assert_array_equal(next(classifier.embed(iter([COFFEE]))), one)

    def test_other_heads_have_features_too(
        self, detector: mobilenetv2.Model, segmenter: mobilenetv2.Model
    ):
        for model in (detector, segmenter):
            features = model.embed(COFFEE)
            assert features.ndim == 1
            assert np.isfinite(features).all()

    def test_of_a_network_in_integers(self):
        whole = mobilenetv2.load("objects")
        features = whole.embed(COFFEE)
        assert features.shape == (1280,)
        assert 0 <= features.min() < features.max() <= 6
