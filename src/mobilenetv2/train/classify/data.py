"""Training pictures from a folder, one folder a class in the order of their names; or a table."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mobilenetv2.datasets.findings import counted
from mobilenetv2.datasets.held_out import HELD_OUT, hold_out_classes
from mobilenetv2.datasets.masks import FOLDERS, MASK_FOLDERS
from mobilenetv2.errors import DatasetError
from mobilenetv2.shards.names import is_shards
from mobilenetv2.tasks.class_pictures import about_masks, class_pictures, masks_beside
from mobilenetv2.tasks.find_pictures import class_folders, find_pictures, looks_like_picture
from mobilenetv2.tasks.labeled import LabeledPictures, read_labeled
from mobilenetv2.tasks.labeled_shards import learnt_classes, read_shards
from mobilenetv2.tasks.own_classes import read_own_classes, require_to_learn, table_to_learn
from mobilenetv2.tasks.part_names import part_called
from mobilenetv2.tasks.shard_set import CLASS_FILES, part_to_learn, shard_parts
from mobilenetv2.tasks.split_folders import to_train_and_judge
from mobilenetv2.tasks.stemmed_parts import lying_deeper
from mobilenetv2.train.class_rows import class_rows
from mobilenetv2.train.classify.judged_by import train_and_judge
from mobilenetv2.train.unlabeled import UNLABELED, is_unlabeled, judged_by, unlabeled_classes


@dataclass(frozen=True, slots=True)
class TrainingData:
    """What is learnt from and what it is judged on."""

    labels: tuple[str, ...]
    training: LabeledPictures
    validation: LabeledPictures
    split: str
    """What the validation pictures are, for the metrics: "test", "held-out fifth"."""

    @property
    def unlabeled(self) -> bool:
        """Whether nobody said what the training pictures show."""
        return set(self.training.targets) == {UNLABELED}


def read_training_data(
    data: Path, validation: Path | None, known: tuple[str, ...] = ()
) -> TrainingData:
    """Pictures of `data`, and of `validation` or held out of `data`.

    Where `data` is the parent of folders that are parts of a data set (train, val), these are
    taken instead; so are the parts in the names of tar shards.

    Args:
        data: one folder a class, some of which may be `known`; or a table of pictures and classes,
            or a folder with one called labels.csv.
        validation: likewise, of classes of `data` or `known`.
        known: a model's labels, to which those of the data are added.

    Raises:
        DatasetError: missing, too little, validation classes that are not trained or a folder
            without any, or no class beside the known ones.
    """
    if is_shards(data):
        return _read_shards(data, validation, known)
    told = ""
    if table_to_learn(data) is None:
        data, validation, told = train_and_judge(data, validation)
    pictures, labels = read_classes(data, least=1 if known else 2)
    pictures = replace(pictures, notes=tuple(filter(None, (*pictures.notes, told))))
    if known:
        pictures, labels = _beside(pictures, labels, known)
    if validation is None:
        training, held = hold_out_classes(pictures)
        training = replace(training, notes=pictures.notes)
        return TrainingData(labels, training, held, HELD_OUT)
    held = read_labeled(validation, labels)
    return TrainingData(labels, pictures, held, _called(validation, held))


def _called(validation: Path, pictures: LabeledPictures) -> str:
    """What the validation pictures are for the metrics."""
    if is_shards(validation):
        return pictures.name.rpartition("/")[2]
    folder = validation.resolve()
    wrapped = part_called(folder.parent.name) and not part_called(folder.name)
    return folder.parent.name if wrapped else folder.name


def _read_shards(data: Path, validation: Path | None, known: tuple[str, ...]) -> TrainingData:
    shards = read_shards(data, part_to_learn(data))
    labels, targets = learnt_classes(shards, least=1 if known else 2)
    pictures = LabeledPictures(shards.name, shards.pictures, targets, shards.notes)
    if known:
        if shards.numbers is not None and not shards.classes:
            raise DatasetError(
                f"{data}: adding classes goes by their names, and these have numbers alone; write "
                f"{CLASS_FILES[0]} beside the shards, a name a line"
            )
        pictures, labels = _beside(pictures, labels, known)
    if validation is not None:
        held = read_labeled(validation, labels)
        return TrainingData(labels, pictures, held, _called(validation, held))
    if "val" in shard_parts(data):
        return TrainingData(labels, pictures, read_labeled(data, labels, "val"), "val")
    training, held = hold_out_classes(pictures)
    return TrainingData(labels, replace(training, notes=shards.notes), held, HELD_OUT)


def _beside(
    pictures: LabeledPictures, labels: tuple[str, ...], known: tuple[str, ...]
) -> tuple[LabeledPictures, tuple[str, ...]]:
    """The same pictures in terms of a model's classes, first all of these, then the new ones.

    Raises:
        DatasetError: no class is new.
    """
    places = class_rows(labels, known)
    new = [label for label, place in zip(labels, places, strict=True) if place is None]
    if not new:
        raise DatasetError(
            f"{pictures.name}: keeping the first weights' classes is for data with others, and all "
            f"{len(labels)} are known, such as {list(labels[:3])}: train without"
        )
    joined = (*known, *new)
    index = [
        joined.index(label) if place is None else place
        for label, place in zip(labels, places, strict=True)
    ]
    return replace(pictures, targets=tuple(index[one] for one in pictures.targets)), joined


def read_unlabeled_data(
    data: Path, validation: Path | None, labels: tuple[str, ...]
) -> TrainingData:
    """Pictures without right answers of `data`, and of `validation` or held out of `data`.

    Whatever lies below `data` is taken, but for the parts val and test of a data set. Validation
    pictures are judged by right answers where they have these.

    Args:
        data: any folder with pictures.
        validation: likewise, or labeled as for `read_labeled`.
        labels: of the teachers, whose classes are learnt.

    Raises:
        DatasetError: missing, too little, or validation classes that are not the teachers'.
    """
    asked = validation is not None
    data, validation = to_train_and_judge(data, validation)
    pictures = unlabeled_classes(data)
    if validation is not None and not asked and not find_pictures(validation):
        told = f"{validation} holds no picture: a fifth of {pictures.name} is held out instead"
        pictures, validation = replace(pictures, notes=(*pictures.notes, told)), None
    if validation is None:
        training, held = hold_out_classes(pictures)
        training = replace(training, notes=pictures.notes)
        return TrainingData(labels, training, held, judged_by(HELD_OUT))
    if is_unlabeled(validation):
        held = unlabeled_classes(validation)
        return TrainingData(labels, pictures, held, judged_by(_called(validation, held)))
    held = read_labeled(validation, labels)
    return TrainingData(labels, pictures, held, _called(validation, held))


def class_names(data: Path, least: int = 2) -> tuple[str, ...]:
    """The labels a folder teaches: its folders' names, sorted.

    Raises:
        DatasetError: no such folder, or fewer than one or two (`least`) classes.
    """
    if not data.is_dir():
        why = "is a file" if data.is_file() else "no such folder"
        raise DatasetError(
            f"{data}: {why}; training needs a folder with one folder a class in it, or a CSV"
        )
    folders = class_folders(data)
    if len(folders) < least:
        names = [path.name for path in folders]
        hints = filter(
            None, [lying_deeper(data), about_masks(data, masks_beside(find_pictures(data)))]
        )
        raise DatasetError(
            f"{data} must hold at least {'one folder' if least == 1 else 'two folders'}, one a "
            f"class, got {len(names)}: {names}{_lying_loose(data)}"
            + "".join(f"; {hint}" for hint in hints)
        )
    return tuple(path.name for path in folders)


def _refuse_other_tasks(data: Path, labels: Sequence[str]) -> None:
    """Pictures beside their boxes or masks are no classes "images" and "masks".

    Raises:
        DatasetError: every folder is called as a part of such a layout.
    """
    names = {label.casefold() for label in labels}
    if names <= FOLDERS:
        task = "segment" if names & MASK_FOLDERS else "detect"
        beside = "masks" if task == "segment" else "boxes"
        raise DatasetError(
            f"{data} must hold one folder a class, got {', '.join(labels)}: the folders of "
            f"pictures with {beside}, from which `train {task}` learns; of classes that are called "
            "so rename one"
        )


def _lying_loose(data: Path) -> str:
    """What a folder holds in place of folders, and what becomes of it."""
    here = list(data.iterdir())
    pictures = [path.name for path in here if looks_like_picture(path.name)]
    tables = [path.name for path in here if path.suffix.lower() in (".csv", ".tsv")]
    text = ""
    if pictures:
        text += (
            f"; {counted(len(pictures), 'picture lies', 'pictures lie')} in it, such as "
            f"{min(pictures)}: move those of each class into a folder of its name"
        )
    if tables:
        text += f"; to learn from the table {min(tables)} name it itself: {data / min(tables)}"
    return text


def read_classes(data: Path, least: int = 2) -> tuple[LabeledPictures, tuple[str, ...]]:
    """All pictures of a folder, or of the table that it is or holds, and its labels.

    Raises:
        DatasetError: as `class_names`, or a class without a picture.
    """
    table = table_to_learn(data)
    if table is not None:
        found_rows, labels = read_own_classes(table)
        require_to_learn(found_rows, labels, table, least)
        return found_rows, labels
    labels = class_names(data, least)
    _refuse_other_tasks(data, labels)
    found = class_pictures(data / label for label in labels)
    empty = [folder.name for folder, paths in found.of.items() if not paths]
    if empty:
        raise DatasetError(
            f"{data}: every class needs at least one picture; {len(empty)} have none: {empty[:5]}. "
            "Remove these folders or fill them"
        )
    pairs = [(path, index) for index, paths in enumerate(found.of.values()) for path in paths]
    folder = data.resolve()
    paths, targets = zip(*pairs, strict=True)
    notes = tuple(filter(None, [about_masks(data, found.masks)]))
    return LabeledPictures(f"{folder.parent.name}/{folder.name}", paths, targets, notes), labels
