"""The tour's parts on the experiments: tables 4 to 7, figure 5, and what the sentences say."""

from collections.abc import Sequence

from mobilenetv2.paper.accuracy import AccuracyPoint, gain
from mobilenetv2.paper.cells import Comparison
from mobilenetv2.paper.slim import SLIM_V1_URL, SLIM_V2_URL
from mobilenetv2.paper.tour.sections import Grid, Section, comparison_grid


def tell_table_4(data: Comparison) -> Section:
    """Table 4."""
    return Section(
        before=(
            "Two conventions explain most of this table. MAdds count convolutions alone, one for "
            "each product. Parameters of V2 are kernels without batch norm and bias, and both "
            "figures are cut rather than rounded: 3,469,760 is printed as 3.4M.",
        ),
        grids=(comparison_grid(data),),
    )


def tell_figure_5(data: Sequence[AccuracyPoint]) -> Section:
    """Figure 5."""
    least, most = gain(tuple(data))
    rows = tuple(
        (point.network, f"{point.width:g}", str(point.side), f"{point.madds:,}", f"{point.top1}")
        for point in data
    )
    return Section(
        before=(
            "Accuracy against cost over all widths and resolutions. The paper draws its points and "
            "prints none, so these are the accuracies of TF-slim's published checkpoints "
            f"([V2]({SLIM_V2_URL}), [V1]({SLIM_V1_URL})), with multiply-adds counted from the "
            "graphs; ShuffleNet and NasNet-A as in Table 4. At the cost of each of V1's best "
            f"networks, V2's best are {least:.1f} to {most:.1f} "
            "points ahead.",
        ),
        picture="Top-1 accuracy against multiply-adds for MobileNetV2, MobileNetV1, ShuffleNet and "
        "NasNet-A",
        grids=(
            Grid(
                ("network", "width", "side", "multiply-adds", "top-1"),
                rows,
                frozenset({1, 2, 3, 4}),
                fold=f"All {len(rows)} points",
            ),
        ),
    )  # fmt: skip


def tell_table_5(data: Comparison) -> Section:
    """Table 5."""
    return Section(
        before=(
            "SSDLite is SSD with every regular convolution of its head made separable. The text "
            "says *prediction layers*; only with the extra feature layers made separable as well "
            "does the head have 2.1M parameters.",
        ),
        grids=(comparison_grid(data),),
    )


def tell_table_6(data: Comparison) -> Section:
    """Table 6."""
    return Section(
        before=(
            "Real-time detectors on COCO. Both MobileNets are counted from their graphs; SSD and "
            "YOLOv2 from their public layouts. The first map that SSDLite reads is the *expansion* "
            "of the first block at stride 32 (`block13.expand`, 576 channels at stride 16; "
            "TensorFlow calls it layer 15, "
            "[thread](https://github.com/tensorflow/models/issues/5577)).",
        ),
        grids=(comparison_grid(data),),
    )


def tell_table_7(data: Comparison) -> Section:
    """Table 7."""
    return Section(
        before=(
            "Mobile DeepLabv3. OS is the output stride, MF stands for six scales and their mirror "
            "images, twelve passes in all; the star says that the head reads the 320 channels "
            "before the last convolution. The printed MAdds hold once an atrous convolution is "
            "counted as TensorFlow runs it: on a map padded to a multiple of the rate (33 pixels "
            "become 36).",
        ),
        grids=(comparison_grid(data),),
        after=(
            "The catalogue has Google's weights of the row without ASPP under the name `voc`; "
            "`mobilenetv2 evaluate --model voc --data PICTURES --masks MASKS` judges them on any "
            "masks ([evaluation](evaluation.md)).",
        ),
    )


def tell_sentences(data: Comparison) -> Section:
    """Figures in the text."""
    return Section(
        before=("Figures that stand in sentences, by section.",), grids=(comparison_grid(data),)
    )
