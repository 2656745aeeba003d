"""Trains figure 6's networks from scratch on any folder of pictures, resumably."""

import json
import os
import platform
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from mobilenetv2.errors import RecipeError, TrainingError
from mobilenetv2.network.count import analyze
from mobilenetv2.paper.ablation_records import AblationEpoch, AblationRun, read_run
from mobilenetv2.paper.ablations import Setting, Variant, all_variants, families
from mobilenetv2.weights.plain import to_plain

if TYPE_CHECKING:
    from mobilenetv2.tasks.labeled import LabeledPictures
    from mobilenetv2.train.classify.data import TrainingData
    from mobilenetv2.train.classify.recipe import Recipe
    from mobilenetv2.train.compute import Device
    from mobilenetv2.train.reporter import Reporter

SEEDS = (0, 1, 2)
EPOCHS = 10


@dataclass(frozen=True, slots=True)
class AblationPlan:
    """What is to be trained.

    Raises:
        RecipeError: an unknown family, or no seed.
    """

    width: float = 0.35
    size: tuple[int, int] = (64, 64)
    epochs: int = EPOCHS
    batch_size: int = 64
    learning_rate: float = 3e-3
    seeds: tuple[int, ...] = SEEDS
    families: tuple[str, ...] = ()
    """Names of families; empty: all."""

    def __post_init__(self) -> None:
        known = [family.name for family in families()]
        unknown = sorted(set(self.families) - set(known))
        if unknown:
            raise RecipeError(f"families must be among {', '.join(known)}, got {unknown}")
        if not self.seeds:
            raise RecipeError("an ablation needs at least one seed, got none")


def train_ablations(
    data: Path,
    out: Path,
    *,
    plan: AblationPlan | None = None,
    validation: Path | None = None,
    device: "Device" = "auto",
    workers: int | None = None,
    reporter: "Reporter | None" = None,
    started: Callable[[str], None] | None = None,
) -> tuple[AblationRun, ...]:
    """Train every variant once a seed through the one training loop; again goes on.

    A run whose record is there is not repeated; one that was stopped goes on from its state. All
    variants are trained with one seed before any is with the next.

    Args:
        data: one folder a class.
        out: gets `runs/VARIANT-SEED/` with states and logs, and `records/VARIANT-SEED.json`.
        plan: widths, epochs, seeds, families.
        validation: one folder a class; without it a fifth of every class is held out.
        device: "cpu", "cuda" or "auto".
        workers: processes that decode pictures.
        reporter: hears how each run goes.
        started: hears a line before each run.

    Raises:
        MissingDependencyError: torch is not installed.
        DatasetError: no pictures, or an empty class.
        TrainingError: `out` holds a run with other settings, or the disk is full.
        TrainingInterrupted: by Ctrl-C, after saving.
    """
    from mobilenetv2.train.classify.data import read_training_data
    from mobilenetv2.train.state import write_text

    plan = plan or AblationPlan()
    pictures = read_training_data(data, validation)
    setting = Setting(plan.size, plan.width, len(pictures.labels))
    variants = chosen_variants(setting, plan.families)
    records: list[AblationRun] = []
    work = [(variant, seed) for seed in plan.seeds for variant in variants]
    for number, (variant, seed) in enumerate(work, 1):
        name = f"{variant.name}-{seed}"
        kept = out / "records" / f"{name}.json"
        if kept.is_file():
            records.append(finished_run(kept, variant, seed, plan, pictures))
            continue
        if started:
            started(f"run {number} of {len(work)}: {name}")
        record = train_one(
            variant, seed, plan, data, out / "runs" / name, pictures,
            validation=validation, device=device, workers=workers, reporter=reporter,
        )  # fmt: skip
        write_text(kept, json.dumps(to_plain(record)) + "\n")
        records.append(record)
    return tuple(records)


def finished_run(
    kept: Path, variant: Variant, seed: int, plan: AblationPlan, pictures: "TrainingData"
) -> AblationRun:
    """The record of a run that need not be repeated.

    Raises:
        DatasetError: the file is no record.
        TrainingError: it is the record of another run.
    """
    record = read_run(kept)
    wanted = {
        "variant": variant.name,
        "seed": seed,
        "width": variant.spec.width,
        "recipe": scratch_recipe(plan, seed).to_json(),
        "training_pictures": _describe(pictures.training),
        "validation_pictures": _describe(pictures.validation),
    }
    for name, value in wanted.items():
        if getattr(record, name) != value:
            raise TrainingError(
                f"{kept} must be a run with {name} {value}, got {getattr(record, name)}; "
                "choose another --out, or remove the file to train again"
            )
    return record


def train_one(
    variant: Variant,
    seed: int,
    plan: AblationPlan,
    data: Path,
    folder: Path,
    pictures: "TrainingData",
    *,
    validation: Path | None,
    device: "Device",
    workers: int | None,
    reporter: "Reporter | None",
) -> AblationRun:
    """One variant and seed, from random weights to its record."""
    from mobilenetv2.train.classify.finetune import fine_tune_classifier
    from mobilenetv2.train.scratch import untrained

    recipe = scratch_recipe(plan, seed)
    checkpoint = untrained(variant.spec, pictures.labels, seed)
    # The loop finds a finished run's state, checks that it is this one, and ends at once.
    fine_tune_classifier(
        data, folder, first=checkpoint, validation=validation, recipe=recipe,
        device=device, workers=workers, reporter=reporter,
    )  # fmt: skip
    rows = _log(folder)
    counted = analyze(variant.spec)
    return AblationRun(
        variant=variant.name,
        seed=seed,
        size=plan.size,
        base_width=plan.width,
        classes=len(pictures.labels),
        width=variant.spec.width,
        madds=counted.madds,
        parameters=counted.parameters.trainable,
        recipe=recipe.to_json(),
        training_pictures=_describe(pictures.training),
        validation_pictures=_describe(pictures.validation),
        count=len(pictures.validation.paths),
        curve=tuple(_epoch(row) for row in rows if "val_top1" in row),
        machine=describe_machine(),
        hours=round(sum(r["training_seconds"] + r["validation_seconds"] for r in rows) / 3600, 4),
    )


def chosen_variants(setting: Setting, names: Sequence[str]) -> tuple[Variant, ...]:
    """The variants of these families, or all; the paper's own network always comes first."""
    variants = all_variants(setting)
    if not names:
        return variants
    wanted = {v.name for f in families(setting) if f.name in names for v in f.variants}
    return tuple(variant for variant in variants if variant.name in wanted)


def scratch_recipe(plan: AblationPlan, seed: int) -> "Recipe":
    """How all variants are trained: nothing of it was chosen for one of them.

    The learning rate, weight decay and crop are ordinary ones for AdamW from scratch; the paper's
    RMSProp at batch 1536 has no equivalent for a few thousand pictures.
    """
    from mobilenetv2.train.classify.recipe import Augmentation, Recipe

    return Recipe(
        epochs=plan.epochs,
        batch_size=plan.batch_size,
        size=plan.size,
        fit="squash",
        learning_rate=plan.learning_rate,
        weight_decay=0.02,
        warmup_epochs=min(2.0, plan.epochs / 5),
        ema_decay=0.99,
        balance=0.0,
        dropout=0.2,
        keep_first=0.0,
        linear_probe=False,
        batch_norm="batch",
        precision="float32",
        evaluate_every=max(1, plan.epochs // 5),
        seed=seed,
        augmentation=Augmentation(crop_scale=(0.5, 1.0), color_jitter=0.1),
    )


def describe_machine() -> str:
    """Processor, cores and torch, for a record."""
    name = platform.processor() or platform.machine()
    try:
        lines: Iterable[str] = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = ()
    for line in lines:
        if line.startswith("model name"):
            name = line.partition(":")[2].strip()
            break
    return f"{name}, {os.cpu_count()} cores, torch {version('torch')}"


def _describe(pictures: "LabeledPictures") -> str:
    return f"{pictures.name} ({len(pictures.paths)}, {pictures.fingerprint})"


def _log(folder: Path) -> list[dict[str, float]]:
    lines = (folder / "log.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _epoch(row: dict[str, float]) -> AblationEpoch:
    return AblationEpoch(
        epoch=int(row["epoch"]),
        training_loss=round(row["train_loss"], 4),
        validation_loss=round(row["val_loss"], 4),
        top1=round(row["val_top1"], 5),
    )
