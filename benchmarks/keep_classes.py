"""What is forgotten when classes are added: python benchmarks/keep_classes.py DATA FIRST OUT

DATA has train/ and test/, a folder a class. The first seven classes are learnt from twenty pictures
each, then the others are added: from their own twenty alone, and with five of every old class
beside them. Judged on test/, all classes to choose from. Goes on where it was stopped.
"""

import shutil
import sys
from dataclasses import replace
from pathlib import Path

from mobilenetv2.evaluate import evaluate_classifier
from mobilenetv2.model import Model, load_checkpoint
from mobilenetv2.tasks.labeled import read_labeled
from mobilenetv2.train import default_recipe, fine_tune_classifier
from mobilenetv2.weights.checkpoint import Checkpoint

OLD, LEARNT, BESIDE, ALL = 7, 20, 5, 10_000
SIZE = (96, 96)
EPOCHS = 6


def subset(source: Path, to: Path, counts: dict[str, int]) -> Path:
    """A folder with the first so many pictures of every class."""
    for name, count in counts.items():
        (to / name).mkdir(parents=True, exist_ok=True)
        for picture in sorted((source / name).iterdir())[:count]:
            shutil.copy(picture, to / name)
    return to


def judge(what: str, model: Checkpoint, parts: dict[str, Path]) -> None:
    """One line: how many of each part are right."""
    found = []
    for name, part in parts.items():
        top1 = evaluate_classifier(Model(model), read_labeled(part, model.labels)).top1
        found.append(f"{name} {top1.hits} of {top1.count}")
    print(f"{what}: {', '.join(found)}", flush=True)


def main(data: Path, first: Path, out: Path) -> None:
    """Teach the old classes, then add the new ones in two ways."""
    names = sorted(path.name for path in (data / "train").iterdir())
    old, new = names[:OLD], names[OLD:]
    learnt = subset(data / "train", out / "old-train", dict.fromkeys(old, LEARNT))
    alone = subset(data / "train", out / "new-train", dict.fromkeys(new, LEARNT))
    counts = dict.fromkeys(new, LEARNT) | dict.fromkeys(old, BESIDE)
    beside = subset(data / "train", out / "new-and-old-train", counts)
    parts = {
        "old": subset(data / "test", out / "old-test", dict.fromkeys(old, ALL)),
        "new": subset(data / "test", out / "new-test", dict.fromkeys(new, ALL)),
    }
    recipe = replace(default_recipe(OLD * LEARNT), epochs=EPOCHS, size=SIZE)
    options = {"device": "cpu", "workers": 0}
    known = fine_tune_classifier(
        learnt, out / "known", first=load_checkpoint(first), validation=parts["old"],
        recipe=recipe, **options,
    )  # fmt: skip
    judge("before", known, {"old": parts["old"]})
    keeping = replace(recipe, keep_classes=True)
    for what, pictures in (("new pictures alone", alone), ("five old ones a class", beside)):
        made = fine_tune_classifier(
            pictures, out / pictures.name.replace("-train", ""), first=known,
            validation=data / "test", recipe=keeping, **options,
        )  # fmt: skip
        judge(what, made, parts)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
