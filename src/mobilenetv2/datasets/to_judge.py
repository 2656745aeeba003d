"""Pictures to judge a model on: a part by name, or the fifth that its training held out."""

from dataclasses import replace
from pathlib import Path

from mobilenetv2.datasets.held_out import (
    HELD_OUT,
    hold_out_boxes,
    hold_out_classes,
    hold_out_labels,
    hold_out_masked,
)
from mobilenetv2.datasets.masks import MaskedPictures, masked_split_names, read_masked
from mobilenetv2.datasets.read_boxes import ReadBoxes, box_split_names, read_boxes
from mobilenetv2.datasets.split_names import usual_part
from mobilenetv2.shards.names import is_shards
from mobilenetv2.tasks.labeled import LabeledPictures, read_labeled, table_of
from mobilenetv2.tasks.multi_labeled import (
    MultiLabelPictures,
    as_classes,
    has_label_table,
    label_tables,
    read_multi_labeled,
)
from mobilenetv2.tasks.shard_set import part_to_learn
from mobilenetv2.tasks.split_folders import to_train_and_judge


def labeled_to_judge(data: Path, labels: tuple[str, ...], split: str | None) -> LabeledPictures:
    """As `read_labeled`, or what `train classify` holds out of `data` where it is told no other.

    Raises:
        DatasetError: as `read_labeled`, or nothing can be held out.
    """
    if not is_shards(data) and table_of(data) is None and has_label_table(data):
        return _in_tables(data, labels, split)
    if not is_held_out(split):
        return read_labeled(data, labels, split)
    if is_shards(data):
        return hold_out_classes(read_labeled(data, labels, part_to_learn(data)))[1]
    folder, _ = to_train_and_judge(data, None)
    return hold_out_classes(read_labeled(folder, labels))[1]


def _in_tables(data: Path, labels: tuple[str, ...], split: str | None) -> LabeledPictures:
    """The same of a folder with a table a part, as train.csv."""
    if not is_held_out(split):
        return as_classes(read_multi_labeled(data, labels, split))
    learnt = "train" if "train" in label_tables(data) else None
    return hold_out_classes(as_classes(read_multi_labeled(data, labels, learnt)))[1]


def multi_labeled_to_judge(
    data: Path, labels: tuple[str, ...], split: str | None
) -> MultiLabelPictures:
    """As `read_multi_labeled`, or what `train classify` holds out of `data` where it is told no
    other.

    Raises:
        DatasetError: as `read_multi_labeled`, or nothing can be held out.
    """
    if not is_held_out(split):
        return read_multi_labeled(data, labels, split)
    learnt = "train" if "train" in label_tables(data) else None
    return hold_out_labels(read_multi_labeled(data, labels, learnt))[1]


def boxes_to_judge(data: Path, split: str | None) -> ReadBoxes:
    """As `read_boxes`, or what `train detect` holds out of `data` where it is told no other.

    Raises:
        DatasetError: as `read_boxes`, or nothing can be held out.
    """
    if not is_held_out(split):
        return read_boxes(data, split)
    labels = read_boxes(data).pictures.labels
    found = read_boxes(data, usual_part("train", box_split_names(data)), labels)
    return replace(found, pictures=hold_out_boxes(found.pictures)[1])


def masked_to_judge(data: Path, masks: Path | None, split: str | None) -> MaskedPictures:
    """As `read_masked`, or what `train segment` holds out of `data` where it is told no other.

    Raises:
        DatasetError: as `read_masked`, or nothing can be held out.
    """
    if not is_held_out(split):
        return read_masked(data, masks, split)
    learnt = usual_part("train", masked_split_names(data, masks))
    return hold_out_masked(read_masked(data, masks, learnt))[1]


def is_held_out(split: str | None) -> bool:
    """Whether a split is the one that training holds out, as its figures call it, or shorter."""
    words = (split or "").casefold().replace("-", " ").split()
    return words in (HELD_OUT.replace("-", " ").split(), ["held", "out"], ["heldout"])
