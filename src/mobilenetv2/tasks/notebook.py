"""Results as small pieces of HTML: how notebooks show them."""

import base64
import io
from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from mobilenetv2.tasks.draw_mask import id_picture, mask_colors
from mobilenetv2.tasks.segment import Mask

if TYPE_CHECKING:
    from mobilenetv2.tasks.classify import Classification
    from mobilenetv2.tasks.detect import Detection

LONGEST_SIDE = 480
"""Pixels of a mask as it is shown."""

MOST_ROWS = 30
"""Of more boxes, the number says enough."""

_BAR = "background:linear-gradient(90deg,#4084f455 {share:.1%},transparent {share:.1%})"


def classification_html(predictions: Sequence["Classification"], nothing: str) -> str:
    """A line an answer, a bar behind it as long as its probability; none: the word `nothing`."""
    rows = [
        (f'<td style="{_BAR.format(share=one.score)}">{escape(one.label)}</td>', f"{one.score:.1%}")
        for one in predictions
    ]
    lines = (f"{label}{_number(score)}" for label, score in rows)
    return _table(("label", "score"), lines, nothing)


def detections_html(predictions: Sequence["Detection"]) -> str:
    """A line a box."""
    rows = [
        f"<td>{escape(one.label)}</td>{_number(f'{one.score:.1%}')}"
        + "".join(_number(f"{side:.0f}") for side in one.box)
        for one in predictions[:MOST_ROWS]
    ]
    more = len(predictions) - MOST_ROWS
    if more > 0:
        rows.append(f'<td colspan="6">and {more} more</td>')
    return _table(("label", "score", "left", "top", "right", "bottom"), rows)


def segmentation_html(
    mask: Mask, labels: Sequence[str], present: Iterable[tuple[int, float]]
) -> str:
    """The mask in the colors of its classes, and a line a class with its share.

    Args:
        mask: uint8 [height, width], ids of `labels`.
        labels: one a class.
        present: ids and their shares of the pixels, 0..1.
    """
    picture = id_picture(mask, labels)
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    file = io.BytesIO()
    picture.save(file, "PNG")
    data = base64.b64encode(file.getvalue()).decode("ascii")
    colors = mask_colors(labels)
    rows = []
    for index, share in present:
        red, green, blue = colors[index].tolist()
        swatch = f'<td style="background:rgb({red},{green},{blue});width:1em"></td>'
        rows.append(f"{swatch}<td>{escape(labels[index])}</td>{_number(f'{share:.1%}')}")
    shown = f'<img alt="mask" style="max-width:100%" src="data:image/png;base64,{data}">'
    return shown + _table(("", "label", "share"), rows)


def _table(headings: Sequence[str], rows: Iterable[str], nothing: str = "nothing") -> str:
    head = "".join(f"<th>{heading}</th>" for heading in headings)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    none = f'<tr><td colspan="{len(headings)}"><i>{nothing}</i></td></tr>'
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body or none}</tbody></table>"


def _number(text: str) -> str:
    return f'<td style="text-align:right">{text}</td>'
