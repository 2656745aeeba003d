"""The same outputs give the same results as in Python, for all three tasks."""

from dataclasses import asdict, replace

import numpy as np
import pytest

from mobilenetv2.network.anchors import tensorflow_anchors
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Classifier, DeepLab, Spec, SSDLite
from mobilenetv2.preprocessing import Fit, Preprocessing
from mobilenetv2.tasks.boxes import anchor_boxes
from mobilenetv2.tasks.options import Options
from mobilenetv2.tasks.read_outputs import Look, OutputReader
from mobilenetv2.tasks.results import Segmentation
from tests.web.javascript import JavaScript, JavaScriptError

LABELS = ("background", "bee", "cow")
CLASSIFIER = Spec(width=0.1, size=(32, 32), head=Classifier(3))
DETECTOR = Spec(
    width=0.1, size=(96, 80), head=SSDLite(3, (32, 32), (3,) * 4, tensorflow_anchors(4))
)
SEGMENTER = Spec(width=0.1, size=(65, 49), head=DeepLab(3, channels=16), output_stride=16)
PICTURE = (120, 77)


class Case:
    """A network that was never trained, what it might say, and both languages' readings of that."""

    def __init__(self, spec: Spec, fit: Fit, javascript: JavaScript) -> None:
        draw = np.random.default_rng(3)
        graph = build(spec)
        self.maps = {
            name: draw.normal(0, 2, (1, *graph.by_name[name].shape)).astype(np.float32)
            for name in graph.outputs
        }
        self._spec = spec
        self._preprocessing = Preprocessing(size=spec.size, fit=fit)
        self._javascript = javascript

    def python(self, options: Options):
        reader = OutputReader(self._spec, LABELS, self._preprocessing)
        return reader.read([Look(self.maps, self._spec.size)], PICTURE, options)

    def browser(self, file: str, options: dict[str, object]):
        maps = [
            {"name": name, "shape": map_.shape[1:], "values": map_}
            for name, map_ in self.maps.items()
        ]
        model = {"labels": LABELS, "preprocessing": asdict(self._preprocessing)}
        if isinstance(head := self._spec.head, Classifier):
            model["multiLabel"] = head.multi_label
        if isinstance(head, SSDLite):
            model["anchors"] = anchor_boxes(self._spec)
            model["head"] = {"maps": 4, "box_scales": head.box_scales, "scores": head.scores}
        return self._javascript.call(file, "read", maps, model, {"among": None} | options, PICTURE)


def test_answers_of_a_classifier(javascript: JavaScript):
    case = Case(CLASSIFIER, "crop", javascript)
    found = case.browser("classify.js", {"top": 2, "threshold": 0})
    assert found["predictions"] == case.python(Options(top=2)).to_json()["predictions"]
    unknown = case.browser("classify.js", {"top": 5, "threshold": 1})
    assert unknown["predictions"] == []


def test_labels_of_which_several_may_hold(javascript: JavaScript):
    several = replace(CLASSIFIER, head=Classifier(3, scores="sigmoid"))
    case = Case(several, "crop", javascript)
    found = case.browser("classify.js", {"top": 3, "threshold": 0.5})
    expected = case.python(Options()).to_json()
    assert found["predictions"] == expected["predictions"]
    assert found["multiLabel"] is expected["multi_label"] is True
    assert len(case.browser("classify.js", {"top": 3, "threshold": 0})["predictions"]) == 3


@pytest.mark.parametrize("fit", ["squash", "pad", "crop"])
def test_boxes_of_a_detector(fit: Fit, javascript: JavaScript):
    case = Case(DETECTOR, fit, javascript)
    options = Options(threshold=0.5, nms=0.4, max_detections=40)
    found = case.browser("detect.js", {"threshold": 0.5, "nms": 0.4, "maxDetections": 40})
    ours, theirs = found["predictions"], case.python(options).to_json()["predictions"]
    assert len(ours) == len(theirs) == 40
    assert [one["label"] for one in ours] == [one["label"] for one in theirs]
    for one, other in zip(ours, theirs, strict=True):
        assert one["score"] == pytest.approx(other["score"], abs=2e-6)
        assert one["box"] == pytest.approx(other["box"], abs=0.011)


def test_boxes_of_all_classes_suppress_each_other(javascript: JavaScript):
    case = Case(DETECTOR, "squash", javascript)
    options = Options(threshold=0.5, max_detections=500, class_agnostic=True)
    choices = {"threshold": 0.5, "nms": 0.5, "maxDetections": 500, "classAgnostic": True}
    found = case.browser("detect.js", choices)["predictions"]
    assert [one["label"] for one in found] == [
        one.label for one in case.python(options).predictions
    ]


@pytest.mark.parametrize("fit", ["squash", "pad", "crop"])
def test_pixels_of_a_segmenter(fit: Fit, javascript: JavaScript):
    case = Case(SEGMENTER, fit, javascript)
    expected = case.python(Options())
    assert isinstance(expected, Segmentation)
    found = case.browser("segment.js", {})
    mask = found["mask"].reshape(PICTURE)
    # Where two classes are equal to seven digits, the last bit decides.
    assert (mask == expected.mask).mean() > 0.999
    assert [one["label"] for one in found["predictions"]] == [
        one.label for one in expected.predictions
    ]


OWN = {"threshold": 0.3, "nms": 0.5, "max_detections": 100}
"""A detector's, as its file has them."""


class TestOptions:
    def read(self, javascript: JavaScript, task: str, given: dict[str, object]):
        return javascript.call("options.js", "readOptions", task, LABELS, OWN, given)

    def test_what_is_not_chosen_is_the_model_s(self, javascript: JavaScript):
        read = self.read(javascript, "detection", {"nms": 0.2})
        assert (read["threshold"], read["nms"]) == (0.3, 0.2)
        assert read["maxDetections"] == 100
        assert read["among"] is None

    @pytest.mark.parametrize(
        ("task", "given", "sentence"),
        [
            ("detection", {"threshold": 2}, r"threshold must be in 0..1, got 2"),
            ("detection", {"maxDetections": 1.5}, "must be a whole number, at least 1, got 1.5"),
            ("classification", {"nms": 0.5}, "nms is not for classification, which takes top and"),
            ("segmentation", {"labels": ["be"]}, 'among the model.s 3, got "be"; model.labels'),
            ("segmentation", {"labels": "bee"}, "labels must be a list of names"),
        ],
    )
    def test_others_are_refused_with_the_rule(
        self, task: str, given: dict[str, object], sentence: str, javascript: JavaScript
    ):
        with pytest.raises(JavaScriptError, match=f"OptionError: .*{sentence}"):
            self.read(javascript, task, given)
