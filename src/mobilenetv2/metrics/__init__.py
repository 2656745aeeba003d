"""How good answers are: figures that published evaluators agree with."""

# Not when they are first used, as the package's other names are: `coco_ap` is a function in a file
# of its own name, and whoever imported the file first would find the file under it.
from mobilenetv2.metrics.bootstrap import Interval, ap50_interval, mean_iou_interval
from mobilenetv2.metrics.coco_ap import CocoAP, coco_ap
from mobilenetv2.metrics.mean_iou import MaskAgreement, confusion_matrix
from mobilenetv2.metrics.voc_ap import VocAP, voc_ap

__all__ = [
    "CocoAP",
    "Interval",
    "MaskAgreement",
    "VocAP",
    "ap50_interval",
    "coco_ap",
    "confusion_matrix",
    "mean_iou_interval",
    "voc_ap",
]
