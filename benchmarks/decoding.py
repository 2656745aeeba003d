"""What `--decode fast` changes: answers on labeled pictures made large, and what they cost.

    python benchmarks/decoding.py MODEL FOLDER ... [--megapixels 12] [--quality 90]

Each FOLDER holds pictures and a labels.csv (path,index). They are enlarged (bicubic) to so many
megapixels and written as JPEG, then answered both ways. Prints one JSON object: for each way how
many are right at top-1 and top-5 and the processor time a picture; how many best answers differ.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from enlarge import enlarge

import mobilenetv2
from mobilenetv2.tasks.labeled import read_labeled


def answers(
    model: mobilenetv2.Model, paths: Sequence[Path], decode: str
) -> tuple[list[list[int]], float]:
    """The five best classes of each picture, and processor seconds."""
    began = time.process_time()
    results = model.predict(list(paths), decode=decode)
    taken = time.process_time() - began
    return [[one.index for one in result.predictions] for result in results], taken


def main() -> None:
    """Enlarge, ask twice, compare; a hundred pictures at a time, for the disk's sake."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--megapixels", type=float, default=12)
    parser.add_argument("--quality", type=int, default=90)
    parser.add_argument("--most", type=int, help="Pictures of each folder.")
    given = parser.parse_args()
    model = mobilenetv2.load(given.model)
    pairs: list[tuple[Path, int]] = []
    for folder in given.folders:
        data = read_labeled(folder, model.labels)
        pairs += list(zip(data.paths, data.targets, strict=True))[: given.most]
    ways = {way: {"top1": 0, "top5": 0, "seconds": 0.0} for way in ("exact", "fast")}
    differ = 0
    for first in range(0, len(pairs), 100):
        part = pairs[first : first + 100]
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder, f"{number}.jpg") for number in range(len(part))]
            for (path, _), target in zip(part, paths, strict=True):
                enlarge(path, target, given.megapixels, given.quality)
            found = {}
            for way, sums in ways.items():
                found[way], seconds = answers(model, paths, way)
                sums["seconds"] += seconds
                for (_, truth), best in zip(part, found[way], strict=True):
                    sums["top1"] += best[0] == truth
                    sums["top5"] += truth in best
        differ += sum(a[0] != b[0] for a, b in zip(*found.values(), strict=True))
    for sums in ways.values():
        sums["milliseconds_a_picture"] = round(1000 * sums.pop("seconds") / len(pairs), 2)
    print(json.dumps({"pictures": len(pairs), "megapixels": given.megapixels} | ways
                     | {"other_best_answers": differ}))  # fmt: skip


if __name__ == "__main__":
    main()
