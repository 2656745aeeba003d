"""Training pictures from tables and shards: one label each, or none, one or several."""

from dataclasses import dataclass, replace
from pathlib import Path

from mobilenetv2.datasets.held_out import HELD_OUT, hold_out_classes, hold_out_labels
from mobilenetv2.errors import DatasetError
from mobilenetv2.tasks.label_table import LabelRows
from mobilenetv2.tasks.multi_labeled import (
    ALL,
    MultiLabelPictures,
    as_classes,
    has_label_table,
    in_terms_of,
    label_tables,
    read_multi_labeled,
    read_parts,
)
from mobilenetv2.tasks.own_classes import table_to_learn
from mobilenetv2.train.classify.data import TrainingData


@dataclass(frozen=True, slots=True)
class MultiLabelData:
    """What is learnt from and what it is judged on."""

    labels: tuple[str, ...]
    training: MultiLabelPictures
    validation: MultiLabelPictures
    split: str
    """What the validation pictures are, for the metrics: "val", "held-out fifth"."""


def read_table_data(
    data: Path, validation: Path | None, *, multi_label: bool = False
) -> TrainingData | MultiLabelData | None:
    """Pictures of a table, or of the part to train on, and those to validate on.

    Where no picture has more than one label, and nobody says otherwise, labels exclude each other.

    Returns:
        None where there is no table of labels, or one that `read_training_data` reads.

    Args:
        data: as `label_tables` reads it.
        validation: likewise; None: the part val of `data`, or a fifth that is held out.
        multi_label: a picture may have none of the labels, one or several.

    Raises:
        DatasetError: no table, fewer than two labels, one without a picture, or validation labels
            that are not trained.
    """
    if not multi_label and (not has_label_table(data) or _one_a_picture(data)):
        return None
    tables = label_tables(data)
    if tables and ALL not in tables and "train" not in tables:
        raise DatasetError(f"{data} must hold a table to train on, got {', '.join(tables)}")
    ((table, rows),) = read_parts(data, None if ALL in tables or not tables else "train")
    labels = _labels(table, rows)
    pictures = in_terms_of(table, rows, labels)
    held, split = _validation(data, validation, labels)
    if not multi_label and not rows.several:
        return _one_each(labels, pictures, held, split)
    if not multi_label:
        more = sum(len(own) > 1 for own in rows.labels)
        note = (
            f"{table}: {more} of {len(rows.paths)} pictures have more than one label, so a picture "
            "may have none of them, one or several"
        )
        pictures = replace(pictures, notes=(*pictures.notes, note))
    if held is not None:
        return MultiLabelData(labels, pictures, held, split)
    training, held = hold_out_labels(pictures)
    return MultiLabelData(labels, replace(training, notes=pictures.notes), held, HELD_OUT)


def _one_a_picture(data: Path) -> bool:
    """Whether a table is one that `read_training_data` reads, or refuses with the better word."""
    if table_to_learn(data) is None:
        return False
    try:
        return not any(rows.several for _, rows in read_parts(data, None))
    except DatasetError:
        return True


def _labels(table: Path, rows: LabelRows) -> tuple[str, ...]:
    labels = rows.classes
    if len(labels) < 2:
        raise DatasetError(f"{table} must have at least two labels, got {list(labels)}")
    used = {name for own in rows.labels for name in own}
    unused = [label for label in labels if label not in used]
    if unused:
        raise DatasetError(
            f"{table}: every label needs at least one picture; {len(unused)} have none: "
            f"{unused[:5]}. Remove their columns, or add pictures"
        )
    return labels


def _validation(
    data: Path, validation: Path | None, labels: tuple[str, ...]
) -> tuple[MultiLabelPictures | None, str]:
    if validation is not None:
        parts = label_tables(validation)
        part = next((name for name in ("val", "test") if name in parts), None)
        return read_multi_labeled(validation, labels, part), part or validation.resolve().stem
    if "val" in label_tables(data):
        return read_multi_labeled(data, labels, "val"), "val"
    return None, HELD_OUT


def _one_each(
    labels: tuple[str, ...],
    pictures: MultiLabelPictures,
    held: MultiLabelPictures | None,
    split: str,
) -> TrainingData:
    bare = [path for path, own in zip(pictures.paths, pictures.targets, strict=True) if not own]
    if bare:
        raise DatasetError(
            f"{pictures.name}: every picture needs a class, {bare[0].name:.80} has none; "
            "--multi-label takes pictures of none of the labels, or several"
        )
    note = (
        f"{pictures.name}: every picture has one label, so they are taken as classes that exclude "
        "each other; --multi-label says that a picture may have none of them, or several"
    )
    training = replace(as_classes(pictures), notes=(*pictures.notes, note))
    if held is not None:
        return TrainingData(labels, training, as_classes(held), split)
    kept, out = hold_out_classes(training)
    return TrainingData(labels, replace(kept, notes=training.notes), out, split)
