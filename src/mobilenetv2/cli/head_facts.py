"""What a network's head is for, and the maps it gives, as plain values."""

from typing import assert_never

from mobilenetv2.network.build import build
from mobilenetv2.network.spec import SSD, Classifier, DeepLab, Embedding, Spec, SSDLite


def head_facts(spec: Spec) -> dict[str, object]:
    """Task, classes, and what else there is to say of this kind of head; ready for JSON."""
    match spec.head:
        case Classifier():
            return _classifier(spec.head)
        case Embedding():
            return {"task": "embedding", "features": build(spec).by_name["pool"].shape.channels}
        case SSD() | SSDLite():
            return _detector(spec, spec.head)
        case DeepLab():
            rows, columns, _ = build(spec).by_name["logits"].shape
            return {
                "task": "segmentation",
                "classes": spec.head.classes,
                "output_stride": spec.output_stride,
                "map": [rows, columns],
                "aspp_rates": list(spec.head.aspp_rates),
            }
        case _:
            assert_never(spec.head)


_SCORES = "of each label by itself: a picture has none, one or several"


def _classifier(head: Classifier) -> dict[str, object]:
    facts: dict[str, object] = {"task": "classification", "classes": head.classes}
    if head.hidden is not None:
        facts |= {"hidden": head.hidden.channels, "hidden_activation": head.hidden.activation}
    if head.multi_label:
        facts |= {"scores": head.scores}
    return facts


def head_lines(spec: Spec) -> list[tuple[str, str, str]]:
    """The same for people: name, value, explanation."""
    facts = head_facts(spec)
    explained = {
        "classes": "the background counted" if facts["task"] == "segmentation" else "",
        "features": "numbers a picture becomes; it has no classes: see embed, and train --model",
        "anchors": "boxes that the network corrects",
        "maps": "rows x columns x anchors a cell",
        "map": "rows and columns, before it is enlarged",
        "hidden": "channels between the pooling and the logits",
        "scores": _SCORES if facts["task"] == "classification" else "",
        "output_stride": "input pixels a cell of the map",
    }
    return [
        (name.replace("_", " "), _written(value), explained.get(name, ""))
        for name, value in facts.items()
        if value != []
    ]


def _detector(spec: Spec, head: SSD | SSDLite) -> dict[str, object]:
    shapes = build(spec).by_name
    maps = []
    for index in range(len(head.anchors.shapes)):
        rows, columns, _ = shapes[f"class{index}"].shape
        maps.append([rows, columns, head.anchors.per_cell(index)])
    return {
        "task": "detection",
        "classes": head.classes,
        "anchors": sum(rows * columns * anchors for rows, columns, anchors in maps),
        "maps": maps,
        "scores": head.scores,
    }


def _written(value: object) -> str:
    if not isinstance(value, list):
        return f"{value:,}" if isinstance(value, int) else str(value)
    if value and isinstance(value[0], list):
        return ", ".join("x".join(map(str, one)) for one in value)
    return ", ".join(map(str, value))
