"""A table of several labels a picture from a set with boxes: which classes each picture shows.

python benchmarks/label_table.py coco128-val labels.csv --least 10
"""

import argparse
import csv
from collections import Counter
from pathlib import Path

from mobilenetv2.datasets.read_boxes import read_boxes


def main() -> None:
    """Write the table, with the labels that enough pictures have."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("table", type=Path)
    parser.add_argument("--least", type=int, default=10, help="Pictures of a label.")
    given = parser.parse_args()
    data = read_boxes(given.data).pictures
    shown = [
        (picture.path.resolve(), {data.labels[index] for index in picture.classes.tolist()})
        for picture in data.pictures
    ]
    counts = Counter(label for _, labels in shown for label in labels)
    with given.table.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("path", "labels"))
        for path, labels in shown:
            rows.writerow(
                (path, "|".join(sorted(one for one in labels if counts[one] >= given.least)))
            )


if __name__ == "__main__":
    main()
