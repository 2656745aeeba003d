"""The surest mistakes of a classifier, with their pictures."""

from collections.abc import Iterable, Sequence

from PIL import Image

from mobilenetv2.errors import ImageError
from mobilenetv2.evaluate.page.html import Html, gallery, paragraph, picture, section
from mobilenetv2.shards.member import PictureFile
from mobilenetv2.tasks.contact_sheet import Tile, fitted
from mobilenetv2.tasks.image import decode_to_show

MISTAKES = 24
"""Pictures on the page."""

SIDE = 320
"""Pixels, of the longer one."""


def decoded(mistakes: Iterable[tuple[PictureFile, tuple[str, ...]]]) -> list[Tile]:
    """Pictures, decoded again, with what is to stand below each; without those that are gone."""
    found = []
    for path, lines in mistakes:
        try:
            image = fitted(Image.fromarray(decode_to_show(path)), SIDE)
        except ImageError:
            continue
        found.append(Tile(image, lines))
    return found


def surest_mistakes(tiles: Sequence[Tile], what: str) -> list[Html]:
    """Their section; none where there is no mistake."""
    if not tiles:
        return []
    shown = [picture(tile.picture, " - ".join(tile.lines)) for tile in tiles]
    return [section("Surest mistakes", paragraph(what, dim=True), gallery(shown, "small"))]
