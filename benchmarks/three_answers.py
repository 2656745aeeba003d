"""Draws what the three embedded models of common things say of one picture: the README's picture.

python benchmarks/three_answers.py src/mobilenetv2/examples/cat.jpg docs/images/three.jpg
"""

import sys

from PIL import Image

import mobilenetv2

HEIGHT = 300
GAP = 8


def main(picture: str, out: str) -> None:
    """Side by side, of one height."""
    drawn = [
        mobilenetv2.load(name).predict(picture).draw(picture)
        for name in ("objects", "everyday", "outline")
    ]
    parts = [
        one.convert("RGB").resize(
            (round(one.width * HEIGHT / one.height), HEIGHT), Image.Resampling.LANCZOS
        )
        for one in drawn
    ]
    width = sum(part.width + GAP for part in parts) - GAP
    joined = Image.new("RGB", (width, HEIGHT), "white")
    left = 0
    for part in parts:
        joined.paste(part, (left, 0))
        left += part.width + GAP
    joined.save(out, quality=88)


if __name__ == "__main__":
    main(*sys.argv[1:])
