"""What a program file says beside its program: all that whoever runs it needs, a page as well."""

import json
from collections.abc import Mapping
from typing import assert_never

from mobilenetv2.engine.program_file import MULTI_LABEL
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import SSD, Classifier, DeepLab, Embedding, Head, SSDLite
from mobilenetv2.tasks.draw_mask import mask_colors
from mobilenetv2.tasks.options import DEFAULTS
from mobilenetv2.tasks.palette import class_color
from mobilenetv2.tasks.task_of import answering_task, multi_label, task_of
from mobilenetv2.weights.checkpoint import Checkpoint
from mobilenetv2.weights.plain import to_plain

VERSION = "2"
"""Of what is said here; files without one are classifiers of earlier releases."""


def program_texts(folded: Checkpoint) -> Mapping[str, str]:
    """The metadata: words as they are, everything else as JSON.

    Args:
        folded: without batch norms.
    """
    head = folded.spec.head
    values = {
        "labels": folded.labels,
        "preprocessing": to_plain(folded.preprocessing),
        "spec": to_plain(folded.spec),
        "outputs": build(folded.spec).outputs,
        **_of_head(head),
    }
    if isinstance(head, DeepLab):
        values["palette"] = mask_colors(folded.labels)[: head.classes].tolist()
    elif not isinstance(head, Classifier):
        values["palette"] = [class_color(index) for index in range(head.classes)]
    return {
        "version": VERSION,
        "task": MULTI_LABEL if multi_label(head) else answering_task(task_of(head)),
        "source": folded.provenance.source,
        "license": folded.license,
        **{name: json.dumps(value, ensure_ascii=False) for name, value in values.items()},
    }


def _of_head(head: Head) -> dict[str, object]:
    """How outputs become answers, and what is taken for granted where nobody chooses."""
    match head:
        case Classifier():
            most = DEFAULTS.most_answers(head.multi_label) or head.classes
            least = DEFAULTS.least_score("classification", head.multi_label)
            return {"head": {}, "options": {"top": most, "threshold": least}}
        case SSD() | SSDLite():
            said = {
                "box_scales": head.box_scales,
                "scores": head.scores,
                "maps": len(head.anchors.shapes),
            }
            options = {
                "threshold": DEFAULTS.least_score("detection"),
                "nms": DEFAULTS.nms,
                "max_detections": DEFAULTS.max_detections,
            }
            return {"head": said, "options": options}
        case DeepLab() | Embedding():
            return {"head": {}, "options": {}}
        case _ as never:
            assert_never(never)
