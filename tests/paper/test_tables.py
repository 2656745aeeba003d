"""Tables 1 to 7: every printed figure is there, with a verdict that holds."""

import re
from itertools import chain

import pytest

from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Spec
from mobilenetv2.paper import (
    sentences,
    table_1,
    table_2,
    table_3,
    table_4,
    table_5,
    table_6,
    table_7,
)
from mobilenetv2.paper.cells import MEANINGS, Comparison, agreement
from mobilenetv2.paper.other_networks import count, shufflenet, vgg_ssd, yolo_v2
from mobilenetv2.paper.table1 import block_costs
from mobilenetv2.paper.table2 import read_rows
from mobilenetv2.paper.table3 import largest_maps

TABLES = (table_1, table_2, table_3, table_4, table_5, table_6, table_7, sentences)

# The paper's tables once more, typed from its text row by row: what must appear, and how often.
PRINTED = {
    table_3: """64 1600 16 400 32 800  128 800 32 200 48 300  256 400 64 100 400 600K
        512 200 160 62 800 310  1024 199 320 32 1600 156  1024 2 1280 2 1600 3  1600K 400K 600K""",
    table_4: """70.6 4.2M 575M 113ms  71.5 3.4M 292M  73.7 5.4M 524M  74.0 5.3M 564M 183ms
        72.0 3.4M 300M 75ms  74.7 6.9M 585M 143ms""",
    table_5: "14.8M 1.25B 2.1M 0.35B",
    table_6: """23.2 36.1M 35.2B  26.8 36.1M 99.5B  21.6 50.7M 17.5B
        22.2 5.1M 1.3B 270ms  22.1 4.3M 0.8B 200ms""",
    table_7: """75.29 11.15M 14.25B  78.56 11.15M 941.9B  75.70 4.52M 5.8B  78.42 4.52M 387B
        75.32 2.11M 2.75B  77.33 2.11M 152.6B  80.49 58.16M 81.0B  82.70 58.16M 4870.6B""",
}  # fmt: skip


@pytest.mark.parametrize("table", PRINTED, ids=lambda table: table.__name__)
def test_every_printed_figure_appears(table):
    found = sorted(cell.printed for cell in table().cells)
    assert found == sorted(PRINTED[table].split())


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_verdicts_are_what_their_figures_say(table):
    comparison: Comparison = table()
    for cell in comparison.cells:
        assert cell.verdict in MEANINGS
        assert cell.reason
        numbers = re.fullmatch(r"[\d.,]+[KMB]?", cell.printed)
        if numbers and cell.verdict in ("equal", "rounding") and cell.column != "times":
            ours = float(cell.ours.replace(",", ""))
            # Table 3 shows kilobytes where its printed figure has a K.
            found = {agreement(cell.printed, ours), agreement(cell.printed.rstrip("K"), ours)}
            assert found & {"equal", "rounding"}, cell


def test_errata_are_the_known_ones():
    found = {
        (table.__name__, cell.row, cell.column)
        for table in TABLES
        for cell in table().cells
        if cell.verdict == "erratum" and table is not table_3
    }
    assert found == {
        ("table_1", "text below", "multiply-adds"),
        ("table_2", "text above", "bottleneck layers"),
        ("table_4", "MobileNetV1", "MAdds"),
        ("table_4", "MobileNetV2 (1.4)", "params"),
        ("table_4", "MobileNetV2 (1.4)", "MAdds"),
        ("table_5", "SSDLite", "MAdds"),
        ("table_6", "SSD300", "params"),
        ("table_6", "YOLOv2", "params"),
        ("table_7", "MNet V1, OS 8, ASPP, MF", "MAdds"),
        ("sentences", "4, the cheapest network", "MAdds"),
        ("sentences", "4, the most expensive", "MAdds"),
        ("sentences", "4, the largest", "params"),
        ("sentences", "6.2, MNet V2 + SSDLite is the most accurate of the three", "mAP"),
        ("sentences", "6.3, pictures of PASCAL VOC", "pixels"),
    }


def test_table_1s_formula_is_exact_where_a_block_does_not_stride():
    costs = block_costs()
    assert len(costs) == 17
    assert all((cost.counted == cost.formula) == (cost.stride == 1) for cost in costs)
    assert all(cost.formula >= cost.counted for cost in costs)


def test_table_2_reads_any_width_back():
    rows = read_rows(build(Spec(width=0.5, size=(96, 96))))
    assert [row[3] for row in rows] == [
        "16", "8", "16", "16", "32", "48", "80", "160", "1280", "-", "k",
    ]  # fmt: skip
    assert list(chain(*(row[4] for row in rows if row[1] == "bottleneck"))) == list("1234331")


def test_table_3_is_right_where_the_paper_is():
    assert [m.channels for m in largest_maps("MobileNetV2")] == [16, 24, 32, 96, 320, 1280]
    assert [m.channels for m in largest_maps("MobileNetV1")] == [64, 128, 256, 512, 1024, 1024]


def test_other_networks_are_counted_from_their_layouts():
    """VGG-16 SSD as torchvision has it (35,641,826 with 91 classes and one scale vector)."""
    assert count(vgg_ssd(300, 91)).parameters + 512 == 35_641_826
    assert count(yolo_v2(416)).parameters == 50_952_553
    assert count(shufflenet(2, stem=48)).madds == 524_045_184
