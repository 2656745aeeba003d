"""Whether a folder to validate on holds anything to judge a classifier by."""

from pathlib import Path

from mobilenetv2.errors import DatasetError
from mobilenetv2.shards.names import is_shards
from mobilenetv2.tasks.class_pictures import class_pictures
from mobilenetv2.tasks.find_pictures import class_folders
from mobilenetv2.tasks.labeled import table_of
from mobilenetv2.tasks.split_folders import bare_parts, split_folders, to_train_and_judge


def train_and_judge(data: Path, validation: Path | None) -> tuple[Path, Path | None, str]:
    """The folders to learn from and to judge on, as `to_train_and_judge`, and a sentence.

    A part val of `data` in which no picture lies in a folder of its class, or none at all, is left
    out, which the sentence says: as without such a part the caller holds pictures out. A folder
    that was named must hold some.

    Raises:
        DatasetError: as `to_train_and_judge`; or `validation` holds nothing to judge by.
    """
    training, judged = to_train_and_judge(data, validation)
    if judged is None or not judged.is_dir() or table_of(judged) or is_shards(judged):
        return training, judged, ""
    bare = "val" in bare_parts(split_folders(data)) if validation is None else False
    if not bare and _holds_classes(judged):
        return training, judged, ""
    found = f"{judged} holds no picture in a folder of its class"
    if validation is not None:
        raise DatasetError(
            f"{found}, so nothing can be judged by it. Put those of each class into a folder of "
            "its name, or name no folder to validate on (--val): then a fifth of the training "
            "pictures is held out"
        )
    return (
        training,
        None,
        f"{found}: to validate on, a fifth of the training pictures is held out instead",
    )


def _holds_classes(folder: Path) -> bool:
    return any(class_pictures(class_folders(folder)).of.values())
