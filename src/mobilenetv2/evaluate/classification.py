"""How good a classifier is on pictures with right answers."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from mobilenetv2.datasets.already_read import require_read
from mobilenetv2.errors import DatasetError
from mobilenetv2.evaluate.classification_report import (
    ClassificationReport,
    JudgedPicture,
    Proportion,
)
from mobilenetv2.evaluate.require_task import require_task
from mobilenetv2.model import Model
from mobilenetv2.pipeline import predict_many
from mobilenetv2.shards.member import PictureFile
from mobilenetv2.tasks.labeled import LabeledPictures
from mobilenetv2.tasks.options import DEFAULTS, Options
from mobilenetv2.tasks.results import Prediction


def evaluate_classifier(
    model: Model,
    data: LabeledPictures,
    advance: Callable[[], None] | None = None,
    options: Options = DEFAULTS,
) -> ClassificationReport:
    """Run every picture through the model, exactly as `predict` would.

    Args:
        model: a classifier.
        data: from `read_labeled` with the model's own labels.
        advance: called after each picture, for a progress bar.
        options: how pictures are looked at; five answers of each are judged.

    Raises:
        DatasetError: not one picture can be read, or `data` has no labels.
        TypeError: the model is no classifier.
    """
    require_task(model, "classification")
    require_read(data, LabeledPictures, "tasks.labeled.read_labeled")
    if model.multi_label:
        raise DatasetError(
            f"{data.name}: a model of several labels a picture is judged on pictures that have "
            "them, these have one right class each"
        )
    judged: list[JudgedPicture] = []
    unreadable: list[tuple[PictureFile, str]] = []
    answers = predict_many(model, data.paths, replace(options, top=5))
    for answer, target in zip(answers, data.targets, strict=True):
        if isinstance(answer.prediction, Prediction):
            judged.append(_judged(answer.path, target, answer.prediction))
        else:
            unreadable.append((answer.path, answer.error or ""))
        if advance:
            advance()
    if not judged:
        raise DatasetError(f"{data.name}: no picture can be read; the first: {unreadable[0][1]}")
    return _report(data, model.labels, judged, unreadable)


def _judged(path: PictureFile, target: int, prediction: Prediction) -> JudgedPicture:
    ranked = [item.index for item in prediction.predictions]
    rank = ranked.index(target) if target in ranked else len(ranked)
    return JudgedPicture(path, target, ranked[0], prediction.score, rank)


def _report(
    data: LabeledPictures,
    labels: tuple[str, ...],
    judged: Sequence[JudgedPicture],
    unreadable: Sequence[tuple[PictureFile, str]],
) -> ClassificationReport:
    by_class: dict[int, list[bool]] = {}
    for one in judged:
        by_class.setdefault(one.target, []).append(one.right)
    accuracies = [sum(hits) / len(hits) for hits in by_class.values()]
    return ClassificationReport(
        data=data.name,
        fingerprint=data.fingerprint,
        top1=Proportion(sum(one.rank == 0 for one in judged), len(judged)),
        top5=Proportion(sum(one.rank < 5 for one in judged), len(judged)),
        mean_class_accuracy=sum(accuracies) / len(accuracies),
        classes_present=len(accuracies),
        unreadable=tuple(unreadable),
        labels=labels,
        pictures=tuple(judged),
    )
