"""What a data set is for, found by looking."""

from pathlib import Path

from mobilenetv2.catalog.embedded import Task
from mobilenetv2.datasets.boxes_csv import is_boxes_csv
from mobilenetv2.datasets.masks import read_masked
from mobilenetv2.datasets.sources import find_sources
from mobilenetv2.datasets.split_names import LAYOUT
from mobilenetv2.errors import DatasetError
from mobilenetv2.shards.look_through import open_index
from mobilenetv2.shards.names import is_shards
from mobilenetv2.tasks.class_pictures import about_masks, masks_beside
from mobilenetv2.tasks.find_pictures import class_folders, find_pictures
from mobilenetv2.tasks.labeled import CSV_NAME
from mobilenetv2.tasks.multi_labeled import has_label_table
from mobilenetv2.tasks.stemmed_parts import lying_deeper


def recognize(data: Path, masks: Path | None) -> tuple[Task, str]:
    """The task, and a word on what else it might be.

    Masks that were given, or folders of pictures and masks without boxes, are for segmentation;
    annotations in any format of `datasets.sources` for detection; a table or folders of pictures
    for classification.

    Raises:
        DatasetError: nothing there, or nothing of these.
    """
    if masks is not None:
        return "segmentation", ""
    if is_shards(data):
        return _in_shards(data), ""
    if data.is_file():
        table = data.suffix.lower() in (".csv", ".tsv") and not is_boxes_csv(data)
        return ("classification" if table else "detection"), ""
    if not data.is_dir():
        raise DatasetError(f"{data}: no such file or folder")
    masked = _holds_masks(data)
    why = _why_no_boxes(data)
    if not why:
        return "detection", "it holds masks too: --task segmentation looks at these" * masked
    if masked:
        return "segmentation", ""
    folders = [folder.name.casefold() for folder in class_folders(data)]
    if (data / CSV_NAME).is_file() or has_label_table(data) or not set(folders) <= LAYOUT:
        return "classification", ""
    likelier = lying_deeper(data) or about_masks(data, masks_beside(find_pictures(data)))
    raise DatasetError(
        f"{data} must hold one folder a class or a table {CSV_NAME}, pictures with boxes, or "
        f"folders of pictures and of masks (or --masks); got none of these"
        + (f"; {likelier}" if likelier else f". {why}")
    )


def _in_shards(data: Path) -> Task:
    index = open_index(data)
    if index.arrays["mask_size"].any():
        return "segmentation"
    boxed = next((is_json and b'"annotations"' in text for text, is_json in index.labels()), False)
    return "detection" if boxed else "classification"


def _holds_masks(data: Path) -> bool:
    try:
        return bool(read_masked(data).pictures)
    except DatasetError:
        return False


def _why_no_boxes(data: Path) -> str:
    """Why nothing is found to detect; empty where something is."""
    try:
        find_sources(data)
    except DatasetError as error:
        return str(error)
    return ""
