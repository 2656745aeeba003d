"""How good a classifier of several labels a picture is on pictures whose labels are known."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from mobilenetv2.datasets.already_read import require_read
from mobilenetv2.errors import DatasetError
from mobilenetv2.evaluate.multi_label_report import MultiLabelReport
from mobilenetv2.evaluate.require_task import require_task
from mobilenetv2.model import Model
from mobilenetv2.pipeline import predict_many
from mobilenetv2.shards.member import PictureFile
from mobilenetv2.tasks.multi_labeled import MultiLabelPictures
from mobilenetv2.tasks.options import DEFAULTS, Options
from mobilenetv2.tasks.results import Prediction


def evaluate_multi_label(
    model: Model,
    data: MultiLabelPictures,
    advance: Callable[[], None] | None = None,
    options: Options = DEFAULTS,
) -> MultiLabelReport:
    """Run every picture through the model, exactly as `predict` would.

    Args:
        model: a classifier of several labels a picture.
        data: from `read_multi_labeled` with the model's own labels.
        advance: called after each picture, for a progress bar.
        options: how pictures are looked at, and the threshold of precision, recall and F1.

    Raises:
        DatasetError: not one picture can be read, or `data` has no labels.
        TypeError: the model is no such classifier.
    """
    require_task(model, "classification")
    if not model.multi_label:
        raise TypeError("several labels a picture are judged of a model that gives them")
    require_read(data, MultiLabelPictures, "tasks.multi_labeled.read_multi_labeled")
    threshold = options.least_score("classification", multi_label=True)
    every = replace(options, top=None, threshold=0.0)
    numbers = np.arange(len(model.labels))
    paths: list[PictureFile] = []
    scores, has = [], []
    unreadable: list[tuple[PictureFile, str]] = []
    answers = predict_many(model, data.paths, every)
    for answer, target in zip(answers, data.targets, strict=True):
        if isinstance(answer.prediction, Prediction):
            paths.append(answer.path)
            found = {item.index: item.score for item in answer.prediction.predictions}
            scores.append([found[index] for index in numbers.tolist()])
            has.append(np.isin(numbers, target))
        else:
            unreadable.append((answer.path, answer.error or ""))
        if advance:
            advance()
    if not paths:
        raise DatasetError(f"{data.name}: no picture can be read; the first: {unreadable[0][1]}")
    return MultiLabelReport(
        data=data.name,
        fingerprint=data.fingerprint,
        threshold=threshold,
        paths=tuple(paths),
        scores=np.array(scores),
        has=np.array(has),
        unreadable=tuple(unreadable),
        labels=model.labels,
    )
