"""Pictures a second, end to end, beside Ray Data with torch on the same cores: docs/scale.md.

python benchmarks/ray_data.py PICTURES [--weights mobilenet_v2.pth] [--repeat 4] [--json FILE]
python benchmarks/ray_data.py PICTURES --limit 400 --repeat 1 --minutes 3         # the short one

Whole jobs take turns, each from the files in a folder to an answer for every one: ours here, ours
on Ray, ours as `BatchPredictor`, and torchvision's network in torch on Ray, once as Ray's
documentation has it and once with as little between file and network as Ray allows. All have the
same weights in float32 (ours as `objects`, in 8 bits, in addition), and answers are compared. Ray
runs already when a job begins; its workers start with the job, as ours do, which is why there are
some thousand pictures: those of the folder, several times under other names. What a job takes more
than the first one, of two batches, is what it does once its workers have started: a rate that few
pictures show as well as many.

Without --weights they are random, with batch norms and a classifier fitted to the pictures, so that
answers differ from one another as much as real ones do.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import ray
import ray.data
import torch
import torchvision
from PIL import Image
from ray_turns import Answers, Turns, take_turns, times_the_better
from torchvision.transforms import v2

import mobilenetv2
from mobilenetv2.benchmark.machine import cpus_for, describe_machine
from mobilenetv2.jobs.job import Choice, Job
from mobilenetv2.jobs.listing import list_words
from mobilenetv2.jobs.on_ray import run_on_ray
from mobilenetv2.jobs.run_here import Tally, run_here
from mobilenetv2.tasks.find_pictures import find_pictures

CORES = 2
BATCH = 32
START = 2 * BATCH
"""Pictures of a job that shows what starting costs."""
PEERS = ("torch as documented", "torch fused")

PREPARE = v2.Compose(
    [
        v2.Resize(256),
        v2.CenterCrop(224),
        v2.PILToTensor(),
        v2.ToDtype(torch.float32, scale=True),
        v2.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    ]
)


class Torch:
    """A worker of the peer's: prepared pictures in a batch to classes."""

    def __init__(self, weights: str) -> None:
        torch.set_num_threads(1)
        self.network = torchvision.models.mobilenet_v2()
        self.network.load_state_dict(torch.load(weights, weights_only=True))
        self.network.eval()

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Classes of pictures, float32 [N, 3, 224, 224]."""
        with torch.inference_mode():
            logits = self.network(torch.as_tensor(batch["image"]))
        return {"path": batch["path"], "class": logits.argmax(1).numpy()}


class DecodingTorch(Torch):
    """The same from files: nothing but their names goes between processes."""

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Classes of files."""
        pictures = [prepared(path) for path in batch["path"]]
        return super().__call__({"path": batch["path"], "image": torch.stack(pictures)})


def prepared(path: str) -> torch.Tensor:
    """A file as the network takes it."""
    with Image.open(path) as image:
        return PREPARE(image.convert("RGB"))


def prepared_row(row: dict[str, object]) -> dict[str, object]:
    """A decoded picture as the network takes it."""
    return {"path": row["path"], "image": PREPARE(Image.fromarray(row["image"])).numpy()}


def as_documented(weights: str, paths: list[str]) -> Answers:
    """`read_images`, `map`, `map_batches`: a core reads and prepares, a core has the network."""
    rows = (
        ray.data.read_images(paths, mode="RGB", include_paths=True)
        .map(prepared_row)
        .map_batches(
            Torch,
            fn_constructor_args=(weights,),
            compute=ray.data.ActorPoolStrategy(size=CORES - 1),
            num_cpus=1,
            batch_size=BATCH,
        )
    )
    return {row["path"]: int(row["class"]) for row in rows.iter_rows()}


def fused(weights: str, paths: list[str]) -> Answers:
    """A worker on each core does all of it."""
    rows = named(paths).map_batches(
        DecodingTorch,
        fn_constructor_args=(weights,),
        compute=ray.data.ActorPoolStrategy(size=CORES),
        num_cpus=1,
        batch_size=BATCH,
    )
    return {row["path"]: int(row["class"]) for row in rows.iter_rows()}


def batch_predictor(model: str, paths: list[str]) -> Answers:
    """Ours as a class of Ray Data."""
    rows = named(paths).map_batches(
        mobilenetv2.BatchPredictor,
        fn_constructor_args=(model, "path"),
        compute=ray.data.ActorPoolStrategy(size=CORES),
        num_cpus=1,
        batch_size=BATCH,
    )
    return {row["path"]: json.loads(row["predictions"])[0]["index"] for row in rows.iter_rows()}


def named(paths: list[str]) -> ray.data.Dataset:
    """The names in blocks of a batch each."""
    return ray.data.from_items(
        [{"path": path} for path in paths], override_num_blocks=-(-len(paths) // BATCH)
    )


def job(model: str, paths: list[str], on_ray: bool) -> Answers:
    """`predict --out`, as the command line has it."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "list.txt").write_text("".join(f"{path}\n" for path in paths))
        listing = list_words([str(folder / "list.txt")], print, lambda: None)
        loaded = mobilenetv2.load(model)
        opened = Job(folder / "out", loaded, listing, Choice())
        if on_ray:
            run_on_ray(opened, loaded, Tally())
        else:
            run_here(opened, loaded, Tally(), print, lambda: None)
        lines = [
            json.loads(line)
            for part in sorted((folder / "out").glob("*.jsonl"))
            for line in part.read_text().splitlines()
        ]
    return {line["path"]: line["predictions"][0]["index"] for line in lines}


def random_weights(path: Path, pictures: list[str]) -> None:
    """A network of random numbers whose answers differ: norms fitted, classes spread."""
    torch.manual_seed(0)
    network = torchvision.models.mobilenet_v2(dropout=0)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None  # the mean of all batches
    batch = torch.stack([prepared(picture) for picture in pictures[:64]])
    with torch.no_grad():
        network.train()(batch)
        network.eval()
        features = network.features(batch).mean((2, 3))
        layer = network.classifier[1]
        layer.weight.mul_(10 / layer(features).std())
        layer.bias.sub_(layer(features).mean(0))
    torch.save(network.state_dict(), path)


def linked(files: list[Path], times: int, folder: Path) -> list[str]:
    """Each file under several names."""
    names = []
    for turn in range(times):
        for file in files:
            link = folder / f"{turn}-{file.name}"
            link.symlink_to(file.absolute())
            names.append(str(link))
    return names


def main() -> None:
    """Print a table; write what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--limit", type=int, default=500)
    parser.add_argument("--repeat", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--minutes", type=float, help="after which no further round begins")
    parser.add_argument("--jobs", nargs="+", metavar="NAME", help="some alone; the peers always")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    cpus = cpus_for(CORES)
    if cpus:
        os.sched_setaffinity(0, cpus)
    files = find_pictures(given.pictures)[: given.limit]
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}
    ray.init("local", num_cpus=CORES, include_dashboard=False, log_to_driver=False)
    with tempfile.TemporaryDirectory() as scratch:
        paths = linked(files, given.repeat, Path(scratch))
        weights = given.weights
        if weights is None:
            weights = Path(scratch) / "random.pth"
            random_weights(weights, paths)
        jobs = contenders(str(weights))
        chosen = {name: jobs[name] for name in jobs if name in PEERS or not given.jobs
                  or name in given.jobs}  # fmt: skip
        measured = take_turns(chosen, paths, given.rounds, given.minutes, START)
    ray.shutdown()
    report(measured, len(paths), given)


def contenders(weights: str) -> dict[str, Callable[[list[str]], Answers]]:
    """Whole jobs, by name."""
    return {
        "ours here": lambda paths: job(weights, paths, on_ray=False),
        "ours on Ray": lambda paths: job(weights, paths, on_ray=True),
        "BatchPredictor": lambda paths: batch_predictor(weights, paths),
        "torch as documented": lambda paths: as_documented(weights, paths),
        "torch fused": lambda paths: fused(weights, paths),
        "ours here, 8 bits": lambda paths: job("objects", paths, on_ray=False),
        "ours on Ray, 8 bits": lambda paths: job("objects", paths, on_ray=True),
    }


def report(measured: dict[str, Turns], count: int, given: argparse.Namespace) -> None:
    """Medians; ratios are those of the same round, to the better of the two peers in it."""
    theirs, peers = measured["torch fused"].answers, [measured[name] for name in PEERS]
    rows = {}
    for name, turns in measured.items():
        same = sum(turns.answers[path] == found for path, found in theirs.items()) / count
        rows[name] = {
            "pictures_per_second_and_core": round(
                count / statistics.median(turns.seconds) / CORES, 1
            ),
            "times_the_better_peer": times_the_better(peers, turns, started=False),
            "times_once_started": times_the_better(peers, turns, started=True),
            "same_best_class": None if "8 bits" in name else round(same, 4),
            "start_seconds": round(turns.start, 3),
            "seconds": [round(value, 3) for value in turns.seconds],
        }
        print(f"{name:22} {rows[name]}")
    if given.json:
        facts = {
            "command": " ".join(["python", *sys.argv]),
            "machine": asdict(describe_machine()),
            "versions": {"ray": ray.__version__, "torch": torch.__version__,
                         "torchvision": torchvision.__version__},
            "cores": CORES, "pictures": count, "batch": BATCH,
            "weights": "random" if given.weights is None else given.weights.name,
            "rows": rows,
        }  # fmt: skip
        given.json.write_text(json.dumps(facts, indent=1) + "\n")


if __name__ == "__main__":
    main()
