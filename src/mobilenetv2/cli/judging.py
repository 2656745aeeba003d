"""What `evaluate` was asked for, and the report that comes of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import assert_never

import click

from mobilenetv2.catalog.embedded import Task
from mobilenetv2.cli.console import counting
from mobilenetv2.cli.data_report import tell_warnings
from mobilenetv2.cli.judged import Judged, judge_boxes, judge_classes, judge_labels, judge_masks
from mobilenetv2.datasets.class_report import class_warnings
from mobilenetv2.datasets.declared_masks import DeclaredMasks
from mobilenetv2.datasets.to_judge import (
    boxes_to_judge,
    labeled_to_judge,
    masked_to_judge,
    multi_labeled_to_judge,
)
from mobilenetv2.evaluate.learnt import learnt_notes
from mobilenetv2.model import Model
from mobilenetv2.tasks.options import Options
from mobilenetv2.tasks.task_of import answering_task


@dataclass(frozen=True, slots=True)
class Choices:
    """What was asked for beside model and data; each belongs to a task or two."""

    split: str | None
    declared: DeclaredMasks
    save_predictions: Path | None
    mistakes: Path | None
    options: Options

    def refuse_others(self, task: Task) -> None:
        """An option that would change nothing is a mistake to be told of."""
        users: dict[str, Task] = dict.fromkeys(self.declared.options(), "segmentation")
        if self.save_predictions:
            users["--save-predictions"] = "detection"
        if self.mistakes:
            users["--mistakes"] = "classification"
        for option, user in users.items():
            if user != task:
                raise click.UsageError(f"{option} is not for a {task} model")


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges models on one data set; a warning that holds for two of them is told once."""

    data: Path
    choices: Choices
    told: set[str] = field(default_factory=set)

    def judge(self, model: Model) -> Judged:
        """The report, and what makes pictures for its page."""
        match answering_task(model.task):
            case "classification":
                return self._classifier(model)
            case "detection":
                return self._detector(model)
            case "segmentation":
                return self._segmenter(model)
            case never:
                assert_never(never)

    def _classifier(self, model: Model) -> Judged:
        self.choices.refuse_others("classification")
        if model.multi_label:
            return self._labels(model)
        labeled = labeled_to_judge(self.data, model.labels, self.choices.split)
        warnings = class_warnings(model.labels, labeled, None)
        self._tell((*labeled.notes, *warnings, *_learnt(model, labeled.name, None)))
        with counting("Evaluating", len(labeled.paths)) as advance:
            return judge_classes(model, labeled, advance, self.choices.options)

    def _labels(self, model: Model) -> Judged:
        pictures = multi_labeled_to_judge(self.data, model.labels, self.choices.split)
        self._tell((*pictures.notes, *_learnt(model, pictures.name, None)))
        with counting("Evaluating", len(pictures.paths)) as advance:
            return judge_labels(model, pictures, advance, self.choices.options)

    def _detector(self, model: Model) -> Judged:
        self.choices.refuse_others("detection")
        read = boxes_to_judge(self.data, self.choices.split)
        self._tell(_learnt(model, read.pictures.name, read.pictures.split))
        with counting("Evaluating", len(read.pictures.pictures)) as advance:
            return judge_boxes(model, read, advance, self.choices.options)

    def _segmenter(self, model: Model) -> Judged:
        choices = self.choices
        choices.refuse_others("segmentation")
        masked = masked_to_judge(self.data, choices.declared.folder, choices.split)
        meaning = choices.declared.meaning(masked, model.labels)
        self._tell((*meaning.notes, *_learnt(model, masked.name, masked.split)))
        with counting("Evaluating", len(masked.pictures)) as advance:
            return judge_masks(model, masked, meaning, advance, choices.options)

    def _tell(self, warnings: Sequence[str]) -> None:
        tell_warnings([warning for warning in warnings if warning not in self.told])
        self.told.update(warnings)


def _learnt(model: Model, name: str, split: str | None) -> tuple[str, ...]:
    return learnt_notes(model.checkpoint.provenance.history, name, split)
