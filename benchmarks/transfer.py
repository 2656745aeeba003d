"""The default recipe of `train classify` beside a plain fine-tune: `docs/training.md`.

python benchmarks/transfer.py RESULTS.json --set DATA ... --model MODEL@SIZE ... --out FOLDER

DATA holds train/ and test/, one folder a class; of DATA:20 the first 20 pictures of each class are
learnt from, of DATA:20:5 those of every fifth class. What RESULTS.json has is not run again, so
the same command goes on where it was stopped; --table prints what is there.
"""

import argparse
import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, replace
from itertools import product
from pathlib import Path
from time import process_time

import numpy as np
from plain_finetune import plain_fine_tune

from mobilenetv2.benchmark.machine import describe_machine
from mobilenetv2.evaluate import evaluate_classifier
from mobilenetv2.metrics.bootstrap import mean_difference_interval
from mobilenetv2.model import Model, load_checkpoint
from mobilenetv2.tasks.find_pictures import find_pictures
from mobilenetv2.tasks.labeled import read_labeled
from mobilenetv2.train.classify.data import class_names, read_classes
from mobilenetv2.train.classify.finetune import fine_tune_classifier
from mobilenetv2.train.classify.recipe import default_recipe
from mobilenetv2.weights.checkpoint import Checkpoint

Row = dict[str, object]
WAYS = ("default", "plain")


def train(way: str, first: Checkpoint, data: Path, size: int, row: Row, out: Path) -> Checkpoint:
    """One run; a default one that was stopped goes on in `out`."""
    epochs, seed = int(str(row["epochs"])), int(str(row["seed"]))
    if way == "plain":
        return plain_fine_tune(first, data / "train", (size, size), epochs, seed)
    pictures, _ = read_classes(data / "train")
    recipe = default_recipe(len(pictures.paths), first.spec.width)
    # Judged at the end alone: the last epoch is what both are compared by.
    recipe = replace(
        recipe, epochs=epochs, seed=seed, size=(size, size), evaluate_every=epochs,
        warmup_epochs=min(recipe.warmup_epochs, epochs / 4),
    )  # fmt: skip
    return fine_tune_classifier(
        data / "train", out, first=first, validation=data / "test", recipe=recipe,
        device="cpu", workers=0,
    )  # fmt: skip


def part_of(data: str, folder: Path) -> Path:
    """DATA, or a copy of what DATA:20:5 means."""
    path, *numbers = data.split(":")
    if not numbers:
        return Path(path)
    pictures, every = int(numbers[0]), int(numbers[1]) if len(numbers) > 1 else 1
    labels = class_names(Path(path) / "train")[::every]
    for part, label in product(("train", "test"), labels):
        (folder / part / label).mkdir(parents=True, exist_ok=True)
        found = find_pictures(Path(path) / part / label)
        for picture in found[: pictures if part == "train" else None]:
            shutil.copy(picture, folder / part / label)
    return folder


def rows(chosen: argparse.Namespace) -> Iterator[Row]:
    """What there is to run, one seed of everything before the next."""
    places = product(range(chosen.seeds), chosen.model, chosen.set, WAYS)
    for seed, model, data, way in places:
        name, _, size = model.rpartition("@")
        yield {
            "set": Path(data).name, "model": Path(name).name, "size": int(size),
            "epochs": chosen.epochs, "seed": seed, "way": way, "data": data, "file": name,
        }  # fmt: skip


def key(row: Row) -> tuple[object, ...]:
    """What makes two rows the same run."""
    return tuple(row[name] for name in ("set", "model", "size", "epochs", "seed", "way"))


def run(chosen: argparse.Namespace, done: list[Row]) -> None:
    """Everything that is not done, written as soon as it is."""
    known = {key(row) for row in done}
    for row in rows(chosen):
        if key(row) in known:
            continue
        out = chosen.out / "-".join(map(str, key(row)))
        data = part_of(str(row.pop("data")), chosen.out / "pictures" / str(row["set"]))
        first, began = load_checkpoint(str(row.pop("file"))), process_time()
        checkpoint = train(str(row["way"]), first, data, int(str(row["size"])), row, out)
        seconds = process_time() - began
        report = evaluate_classifier(
            Model(checkpoint, threads=1), read_labeled(data / "test", checkpoint.labels)
        )
        row |= {
            "right": "".join("01"[one.right] for one in report.pictures), "top1": report.top1.value,
            "calibration_error": report.calibration_error, "fit": checkpoint.preprocessing.fit,
            "processor_seconds": round(seconds),
        }  # fmt: skip
        done.append(row)
        text = json.dumps(
            {"machine": asdict(describe_machine()), "rows": done},
            indent=1,
        )
        chosen.results.write_text(text + "\n")
        shutil.rmtree(out, ignore_errors=True)
        print(*key(row), f"{report.top1.value:.4f}", flush=True)


def table(done: list[Row]) -> Iterator[str]:
    """Mean top-1 over the seeds that both have, and the difference with its 95 % interval."""
    yield "| set | first weights | epochs | seeds | default | plain | difference | 95 % interval |"
    yield "|---|---|---|---|---|---|---|---|"
    found = {key(row): np.array([*map(int, str(row["right"]))], float) for row in done}
    settings = dict.fromkeys(one[:4] for one in found)
    gains = []
    for setting in settings:
        seeds = [seed for seed in range(100) if all((*setting, seed, way) in found for way in WAYS)]
        if not seeds:
            continue
        ours, plain = (np.mean([found[(*setting, seed, way)] for seed in seeds], 0) for way in WAYS)
        low, high = mean_difference_interval(ours - plain)
        gains.append(100 * (ours - plain).mean())
        name, model, size, epochs = setting
        yield (
            f"| {name}, {len(ours)} | {model} at {size} | {epochs} | {len(seeds)} "
            f"| {100 * ours.mean():.1f} | {100 * plain.mean():.1f} "
            f"| {gains[-1]:+.1f} | {100 * low:+.1f} .. {100 * high:+.1f} |"
        )
    if gains:
        yield f"| mean of {len(gains)} rows | | | | | | {np.mean(gains):+.1f} | |"


def main() -> None:
    """Run what is left, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path)
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--model", action="append", default=[], help="file@size")
    parser.add_argument("--out", type=Path, default=Path("transfer-runs"))
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--table", action="store_true", help="only print what is there")
    chosen = parser.parse_args()
    done = json.loads(chosen.results.read_text())["rows"] if chosen.results.is_file() else []
    if not chosen.table:
        run(chosen, done)
    print("\n".join(table(done)))


if __name__ == "__main__":
    main()
