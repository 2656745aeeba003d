"""How good a model is on a data set: figures that name what they were measured on."""

from mobilenetv2.evaluate.classification import evaluate_classifier
from mobilenetv2.evaluate.classification_report import ClassificationReport, Proportion
from mobilenetv2.evaluate.detection import evaluate_detector
from mobilenetv2.evaluate.detection_report import DetectionReport
from mobilenetv2.evaluate.multi_label import evaluate_multi_label
from mobilenetv2.evaluate.multi_label_report import MultiLabelReport
from mobilenetv2.evaluate.segmentation import evaluate_segmenter
from mobilenetv2.evaluate.segmentation_report import SegmentationReport

__all__ = [
    "ClassificationReport",
    "DetectionReport",
    "MultiLabelReport",
    "Proportion",
    "SegmentationReport",
    "evaluate_classifier",
    "evaluate_detector",
    "evaluate_multi_label",
    "evaluate_segmenter",
]
