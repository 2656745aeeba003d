"""Table 2: the architecture, read off the graph."""

from mobilenetv2.network.build import build
from mobilenetv2.network.graph import Conv, Graph
from mobilenetv2.network.spec import TABLE_2, MobileNetV2, Spec
from mobilenetv2.paper.cells import Cell, Comparison, same_cell

COLUMNS = ("input", "operator", "t", "c", "n", "s")

PRINTED = (
    ("224^2x3", "conv2d", "-", "32", "1", "2"),
    ("112^2x32", "bottleneck", "1", "16", "1", "1"),
    ("112^2x16", "bottleneck", "6", "24", "2", "2"),
    ("56^2x24", "bottleneck", "6", "32", "3", "2"),
    ("28^2x32", "bottleneck", "6", "64", "4", "2"),
    ("14^2x64", "bottleneck", "6", "96", "3", "1"),
    ("14^2x96", "bottleneck", "6", "160", "3", "2"),
    ("7^2x160", "bottleneck", "6", "320", "1", "1"),
    ("7^2x320", "conv2d 1x1", "-", "1280", "1", "1"),
    ("7^2x1280", "avgpool 7x7", "-", "-", "1", "-"),
    ("1x1x1280", "conv2d 1x1", "-", "k", "-", ""),
)
"""As in the paper, row by row; the last row's stride is blank there."""

_HOW = "read off the graph that `network.build` makes"


def table_2() -> Comparison:
    """Every entry of Table 2 beside the same entry of the graph; they must all be equal.

    Raises:
        ValueError: one is not.
    """
    rows = read_rows(build(Spec()))
    cells: list[Cell] = []
    for number, (printed, ours) in enumerate(zip(PRINTED, rows, strict=True), 1):
        for column, left, right in zip(COLUMNS, printed, ours, strict=True):
            if left:
                cells.append(same_cell(f"row {number}", column, left, right, _HOW))
    return Comparison("Table 2: the architecture", "4", (*cells, _blocks_cell()))


def read_rows(graph: Graph) -> tuple[tuple[str, ...], ...]:
    """A MobileNetV2 classifier's graph as rows of Table 2: input, operator, t, c, n, s.

    Neighbouring blocks make one row when those after the first repeat it at stride 1.
    """
    nodes = graph.by_name
    stem, last = nodes["stem"], nodes["last"]
    rows = [_conv_row(graph, "stem", "conv2d")]
    blocks = [name.rpartition(".")[0] for name in nodes if name.endswith(".depthwise")]
    for block in blocks:
        depthwise, project = nodes[f"{block}.depthwise"], nodes[f"{block}.project"]
        expand = nodes.get(f"{block}.expand")
        first = expand if isinstance(expand, Conv) else depthwise
        if not (isinstance(first, Conv) and isinstance(depthwise, Conv)):
            raise TypeError(f"{block} must begin with convolutions")
        factor = depthwise.shape.channels // first.in_channels
        channels, entry = str(project.shape.channels), _size(graph, first.source)
        # In Table 2 a stage is a run of blocks with one t and c; only its first block may stride.
        if rows[-1][1:4] == ("bottleneck", str(factor), channels) and depthwise.stride == 1:
            rows[-1] = (*rows[-1][:4], str(int(rows[-1][4]) + 1), rows[-1][5])
        else:
            rows.append((entry, "bottleneck", str(factor), channels, "1", str(depthwise.stride)))
    if not (isinstance(stem, Conv) and isinstance(last, Conv)):
        raise TypeError("stem and last must be convolutions")
    side = last.shape.height
    rows.append(_conv_row(graph, "last", "conv2d 1x1"))
    rows.append((_size(graph, "last"), f"avgpool {side}x{side}", "-", "-", "1", "-"))
    rows.append((_size(graph, "pool"), "conv2d 1x1", "-", "k", "-", ""))
    return tuple(rows)


def _blocks_cell() -> Cell:
    blocks = sum(stage.repeats for stage in MobileNetV2().stages)
    layers = len([conv for conv in build(Spec()).convs if conv.name != "logits"])
    return Cell(
        "text above", "bottleneck layers", "19", str(blocks), "erratum",
        f"column n of its {len(TABLE_2)} bottleneck rows adds up to {blocks}; 19 counts the first "
        f"and the last convolution as well, as TensorFlow's names layer_1 .. layer_19 do "
        f"({layers} convolutions in all before the classifier)",
        "https://github.com/farmingyard/caffe-mobilenet_v2/issues/2",
    )  # fmt: skip


def _conv_row(graph: Graph, name: str, operator: str) -> tuple[str, ...]:
    node = graph.by_name[name]
    if not isinstance(node, Conv):
        raise TypeError(f"{name} must be a convolution, got {type(node).__name__}")
    source = _size(graph, node.source)
    return (source, operator, "-", str(node.shape.channels), "1", str(node.stride))


def _size(graph: Graph, name: str) -> str:
    height, width, channels = graph.by_name[name].shape
    square = f"{height}^2" if height == width != 1 else f"{height}x{width}"
    return f"{square}x{channels}"
