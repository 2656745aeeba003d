"""What a person should know of a folder of classes before anything is learnt from it."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from mobilenetv2.datasets.class_names import alike
from mobilenetv2.datasets.equal_files import both_notes, equal_files
from mobilenetv2.datasets.findings import counted
from mobilenetv2.shards.names import is_shards
from mobilenetv2.tasks.find_pictures import class_folders, look_through, notes_on
from mobilenetv2.tasks.labeled import LabeledPictures
from mobilenetv2.tasks.multi_labeled import MultiLabelPictures, has_label_table, label_tables
from mobilenetv2.tasks.own_classes import both_told
from mobilenetv2.tasks.split_folders import bare_parts, parts_within_classes, split_folders


def class_warnings(
    labels: Sequence[str],
    training: LabeledPictures,
    validation: LabeledPictures | None,
    data: Path | None = None,
) -> tuple[str, ...]:
    """Sentences on names, on equal files, and on what was left aside.

    Args:
        labels: of the classes.
        training: pictures to learn from, or to judge on where there are no others.
        validation: pictures to judge on.
        data: the folder that was given, whose other files are counted; None: nobody counts.
    """
    found = list(_about_folder(data)) if data is not None else []
    targets = {*training.targets, *(validation.targets if validation else ())}
    # Of the classes that are shown: a model may know others, which nobody can put together, and
    # pictures without a label show none.
    found += _about_names([label for place, label in enumerate(labels) if place in targets])
    found += _in_two_classes(labels, training)
    if validation is not None:
        found += both_notes(training.paths, validation.paths)
        found += _without_judge(labels, training, validation)
        found += (*training.notes, *validation.notes)
    return tuple(found)


def _without_judge(
    labels: Sequence[str], training: LabeledPictures, validation: LabeledPictures
) -> Iterable[str]:
    """A sentence on classes of which nothing will be known."""
    missing = {*training.targets} - {*validation.targets}
    names = [label for place, label in enumerate(labels) if place in missing]
    if names:
        many = counted(len(names), "class has", "classes have")
        more = f" and {len(names) - 10} more" if len(names) > 10 else ""
        yield (
            f"{many} no picture to validate on, so no figure tells of them: {', '.join(names[:10])}"
            f"{more}"
        )


def label_warnings(
    labels: Sequence[str], training: MultiLabelPictures, validation: MultiLabelPictures
) -> tuple[str, ...]:
    """The same of pictures with several labels, which a table names."""
    return tuple(
        dict.fromkeys(
            (
                *_about_names(labels),
                *both_notes(training.paths, validation.paths),
                *training.notes,
                *validation.notes,
            )
        )
    )


def _about_names(labels: Sequence[str]) -> Iterable[str]:
    for group in alike(labels):
        names = ", ".join(repr(name) for name in group)
        yield (
            f"the classes {names} differ by case, spaces, hyphens, underscores or Unicode form "
            "alone; put them into one folder if they are one"
        )


def _about_folder(data: Path) -> Iterable[str]:
    if is_shards(data) or data.is_file():
        return
    if has_label_table(data):
        tables = label_tables(data).values()
        others = [item for item in look_through(data).left_aside if item.path not in tables]
        yield from notes_on(others, data)
        return
    parts = split_folders(data) if data.is_dir() else {}
    found = look_through(data, follow=2 if parts else 1)
    if parts:
        names = ", ".join(f"{part} = {path.name}" for part, path in parts.items())
        bare = bare_parts(parts)
        unused = "; test is left for `evaluate`" if "test" in parts and "test" not in bare else ""
        yield f"{data} holds parts of a data set ({names}), taken as such, not as classes{unused}"
        yield from bare.values()
        used = list(parts.values())
    else:
        if data.is_dir():
            yield from filter(None, [both_told(data), parts_within_classes(data)])
        used = class_folders(data) if data.is_dir() else []
    yield from lying_beside(data, found.pictures, used)
    yield from notes_on(found.left_aside, data)


def lying_beside(data: Path, pictures: Sequence[Path], used: Sequence[Path]) -> Iterable[str]:
    """A sentence on pictures below a folder that lie in none of those that are taken, or none."""
    taken = set(used)
    # Of ten thousand classes none is looked through for each of a million pictures.
    others = [path for path in pictures if taken.isdisjoint(path.parents)]
    if others:
        where = "part" if used and split_folders(data) else "class"
        yield (
            f"{data}: {counted(len(others), 'picture lies', 'pictures lie')} in no {where}'s "
            f"folder and {'is' if len(others) == 1 else 'are'} left out, such as {others[0]}"
        )


def _in_two_classes(labels: Sequence[str], pictures: LabeledPictures) -> Iterable[str]:
    target_of = dict(zip(pictures.paths, pictures.targets, strict=True))
    groups = [
        group
        for group in equal_files(pictures.paths)
        if len({target_of[path] for path in group}) > 1
    ]
    if groups:
        first = groups[0]
        other = next(path for path in first if target_of[path] != target_of[first[0]])
        classes = f"{labels[target_of[first[0]]]!r} and {labels[target_of[other]]!r}"
        yield (
            f"{counted(len(groups), 'picture lies', 'pictures lie')} in two classes, byte by byte, "
            f"such as {first[0]} and {other} ({classes}): no network can learn both"
        )
