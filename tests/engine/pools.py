"""A script: pools of processes predict with models that were sent to them.

    pools.py METHOD FILE...

METHOD is how processes start. Prints for each file how many answers of a pool were this process's
own, and then what kind of error a picture that does not exist has come back as.
"""

import multiprocessing
import sys
from collections.abc import Sequence
from pathlib import Path

import mobilenetv2
from mobilenetv2 import CompiledClassifier, Segmentation, load
from mobilenetv2.tasks.results import Result

PICTURES = sorted(Path(mobilenetv2.__file__).parent.glob("examples/*.jpg"))
SECONDS = 30
"""After which a pool that still has no answer has none."""


def open_model(path: str) -> mobilenetv2.Model | CompiledClassifier:
    return CompiledClassifier(path, 2) if path.endswith(".program") else load(path, threads=2)


def plain(result: Result) -> tuple[object, ...]:
    """What can be compared: masks as bytes."""
    mask = result.mask.tobytes() if isinstance(result, Segmentation) else b""
    return result.to_json(), mask


def main(method: str, paths: Sequence[str]) -> None:
    said: list[object] = []
    models = [open_model(path) for path in paths]
    own = [[plain(model.predict(picture)) for picture in PICTURES] for model in models]
    with multiprocessing.get_context(method).Pool(2) as pool:
        for model, expected in zip(models, own, strict=True):
            results = pool.map_async(model.predict, PICTURES * 2).get(SECONDS)
            pairs = zip(map(plain, results), expected * 2, strict=True)
            said.append(sum(found == wanted for found, wanted in pairs))
        try:
            pool.map_async(models[0].predict, ["none.jpg"]).get(SECONDS)
        except mobilenetv2.MobileNetV2Error as error:
            said.append(type(error).__name__)
    print(*said)  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
