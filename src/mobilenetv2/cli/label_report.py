"""What `train classify --dry-run` says of pictures with several labels."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from mobilenetv2.cli.console import output, print_json
from mobilenetv2.cli.data_report import ends
from mobilenetv2.datasets.findings import counted
from mobilenetv2.weights.plain import to_plain

if TYPE_CHECKING:
    from mobilenetv2.train.classify.label_data import MultiLabelData
    from mobilenetv2.train.classify.recipe import Recipe


def print_label_report(
    data: "MultiLabelData", recipe: "Recipe", as_json: bool, more: Mapping[str, object]
) -> None:
    """How many pictures with each label are learnt from and judged on, and how; on stdout.

    Args:
        data: with its labels.
        recipe: how it would be taught.
        as_json: one JSON object.
        more: what else this says.
    """
    parts = (data.training, data.validation)
    counts = list(zip(*(part.counts(len(data.labels)) for part in parts), strict=True))
    if as_json:
        classes = [
            {"label": label, "training": training, "validation": validation}
            for label, (training, validation) in zip(data.labels, counts, strict=True)
        ]
        sizes = {"training": len(parts[0].paths), "validation": len(parts[1].paths)}
        shown = {"split": data.split, "classes": classes, "recipe": to_plain(recipe)}
        print_json({"multi_label": True} | sizes | shown | dict(more))
        return
    console = output()
    console.print(
        f"{parts[0].name}: {counted(len(data.labels), 'label')} of which a picture may have "
        f"several, {counted(len(parts[0].paths), 'picture')} to train on, {len(parts[1].paths)} to "
        f"validate ({data.split})",
        markup=False,
    )
    console.print(_table(data, counts))
    several = [sum(map(len, part.targets)) / max(1, len(part.targets)) for part in parts]
    none = sum(not target for target in parts[0].targets)
    from mobilenetv2.train.classify.balance import labels_told

    for line in (
        f"{several[0]:.2f} labels a picture to train on, {several[1]:.2f} to validate; "
        f"{counted(none, 'picture')} to train on without any",
        labels_told([training for training, _ in counts], data.labels, recipe.balance),
        f"Recipe: {recipe.to_json()}",
    ):
        console.print(line, markup=False, soft_wrap=True, end="\n" if line else "")


def _table(data: "MultiLabelData", counts: list[tuple[int, ...]]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("label")
    for heading in ("training", "validation"):
        table.add_column(heading, justify="right")
    ranked = sorted(range(len(counts)), key=lambda index: -counts[index][0])
    for row in ends([(escape(data.labels[index]), *map(str, counts[index])) for index in ranked]):
        table.add_row(*row)
    return table
