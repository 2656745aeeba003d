"""The tour's parts on why a bottleneck should be linear: figure 1, appendix A, figure 7."""

from collections.abc import Sequence

from mobilenetv2.paper.invertibility import LemmaTrial, TheoremPoint
from mobilenetv2.paper.positives import PositivesFigure
from mobilenetv2.paper.spiral import SpiralFigure
from mobilenetv2.paper.tour.sections import Grid, Section

_SHOWN = {1: (1, 2, 5, 10), 2: (2, 3, 5, 15, 30), 3: (3, 5, 10, 20), 8: (8, 16, 24, 30)}
"""m of the rows shown, by n; the figure has them all."""


def tell_figure_1(data: SpiralFigure) -> Section:
    """The spiral."""
    rows = tuple(
        (
            str(one.dimensions),
            f"{100 * one.preserved:.1f} %",
            f"{100 * one.expected:.4g} %",
            f"{one.error:.2f}",
        )
        for one in data.embeddings
    )
    return Section(
        before=(
            "Why leave a ReLU out? Because it destroys what is narrow. A curve in the plane is "
            "embedded in n dimensions by a random matrix T, goes through ReLU, and is brought back "
            "by T's pseudo-inverse. In 2 or 3 dimensions parts of it fall onto each other for "
            "good; in 15 or 30 the curve is bent, but all of it is still there.",
        ),
        picture="A spiral, and what is left of it after random embeddings into 2, 3, 5, 15 and 30 "
        "dimensions with ReLU",
        grids=(
            Grid(
                ("n", "kept here", "kept on average (theorem 1)", "distance from the input"),
                rows,
                frozenset({0, 1, 2, 3}),
            ),
        ),
        after=(
            "Kept: points at which at least two of the n coordinates are positive. The paper "
            "prints no numbers here; the matrices are ours (seed 1), so the pictures differ from "
            "its own as two draws do.",
        ),
    )  # fmt: skip


def tell_lemma_2(data: Sequence[LemmaTrial]) -> Section:
    """Lemma 2, tried."""
    rows = tuple(
        (
            str(t.rows),
            str(t.columns),
            str(t.draws),
            f"{t.recovered} of {t.predicted}",
            f"{t.confused} of {t.draws - t.predicted}",
            "right every time" if t.agrees else "wrong",
        )
        for t in data
    )
    return Section(
        before=(
            "**Lemma 2** (appendix A): from y = ReLU(Bx), with B of m rows and n columns, x can be "
            "told if and only if at least n coordinates of y are positive, with n linearly "
            "independent rows of B among them. Tried on normal B and x: where the lemma says "
            "*unique*, x is solved for from the positive coordinates; where it says *not unique*, "
            "a second x with the same y is constructed, by a step along the directions that the "
            "positive rows do not see.",
        ),
        grids=(
            Grid(
                ("m", "n", "draws", "unique: x came back", "not: a second x", "lemma"),
                rows,
                frozenset({0, 1, 2, 3, 4}),
            ),
        ),
        after=(
            "The *only if* needs one more word: the zeros of y must come from coordinates that are "
            "strictly negative. With B = (1, -1)ᵀ and x = 0 no coordinate is positive, and x is "
            "unique all the same. For x drawn at random this has probability zero.",
        ),
    )


def tell_theorem_1(data: Sequence[TheoremPoint]) -> Section:
    """Theorem 1, closed form and Monte Carlo."""
    rows = tuple(
        (
            str(p.dimensions),
            str(p.channels),
            f"{p.closed_form:.6f}",
            f"{p.monte_carlo:.4f} ± {1.96 * p.standard_error:.4f}",
            f"{p.last_bound:.4f}" + ("" if p.last_bound_holds else " (fails)"),
        )
        for p in data
        if p.channels in _SHOWN.get(p.dimensions, ())
    )
    inside = sum(abs(p.monte_carlo - p.closed_form) <= 1.96 * p.standard_error for p in data)
    failing = [p.channels for p in data if p.dimensions == 2 and not p.last_bound_holds]
    return Section(
        before=(
            "**Theorem 1** (appendix A) counts how much survives. Of an n-dimensional set mapped "
            "by ReLU(Bx) into m dimensions, a share of N / 2^m of the volume keeps its n "
            "dimensions on average over B, where N = C(m, 0) + ... + C(m, m - n): the number of "
            "sign patterns with at least n positive coordinates. So an expansion by 6 loses next "
            "to nothing, and a ReLU on the bottleneck itself (m = n) all but 2^-n.",
        ),
        picture="Preserved share of volume against the number of channels, closed form with Monte "
        "Carlo points, and the paper's lower bounds",
        grids=(
            Grid(
                ("n", "m", "N / 2^m", "Monte Carlo, 95 %", "1 - 2^(-m/2)"),
                rows,
                frozenset({0, 1, 2, 3, 4}),
            ),
        ),
        after=(
            f"In {inside} of {len(data)} pairs of m and n the estimate lies within 1.96 standard "
            "errors of the closed form, as it should in 95 % of them.",
            'Two slips. The appendix calls N / 2^m "the fraction of collapsed space"; it is the '
            "fraction **preserved** (m = n gives 2^-n). And its last lower bound, 1 - 2^(-m/2), "
            f"is claimed for m much larger than n: for n = 2 it fails at m = "
            f"{', '.join(map(str, failing))} and holds from {max(failing) + 1} on.",
        ),
    )  # fmt: skip


def tell_figure_7(data: PositivesFigure) -> Section:
    """Positive channels, before and after training."""
    start = [one.mean / one.channels for one in data.at_start]
    below = data.below_threshold(trained=True)
    early = data.below_threshold(trained=False)
    blocks = [one for one in data.trained if one.layer.startswith("block")]
    return Section(
        before=(
            "Does a real network keep enough coordinates positive? After each ReLU6 the channels "
            "above zero are counted at every position of every picture. An expansion makes 6 "
            "channels of 1, so lemma 2 asks for more than a sixth of them.",
        ),
        picture="Share of positive channels layer by layer, least, mean and most, at the first "
        "step and trained, with the threshold of one sixth",
        grids=(
            Grid(
                ("what the paper says (appendix A)", "here"),
                (
                    (
                        "at step 0 about half of the channels are positive",
                        f"the layers' means are {100 * min(start):.0f} to {100 * max(start):.0f} "
                        f"%; {len(early) or 'no'} layer below a sixth",
                    ),
                    (
                        "trained, all but two layers stay above the threshold",
                        f"{len(below)} of {len(blocks)} layers in blocks have a position below it: "
                        f"{', '.join(below)}",
                    ),
                ),
            ),
        ),
        after=(
            f"Counted on {data.count} pictures of {data.pictures} at {data.size} pixels. Trained: "
            f"`{data.weights}`, Google's weights quantized after training and read back as floats. "
            "Step 0: random weights (normal, deviation 0.09, cut at two of them), batch norm by "
            "the statistics of batches of 16. The counts are kept in the package and drawn from "
            "there; `mobilenetv2 paper figure7 --measure --model FILE --data FOLDER --out DIR` "
            "makes them.",
        ),
    )  # fmt: skip
