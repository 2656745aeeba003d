"""Everything that `mobilenetv2 paper` can show, in the order of the tour."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from mobilenetv2 import paper
from mobilenetv2.paper.draw.ablations import draw_ablations
from mobilenetv2.paper.draw.accuracy import draw_accuracy
from mobilenetv2.paper.draw.blocks import draw_blocks
from mobilenetv2.paper.draw.flow import draw_flows
from mobilenetv2.paper.draw.invertibility import draw_theorem
from mobilenetv2.paper.draw.memory import draw_memory
from mobilenetv2.paper.draw.positives import draw_positives
from mobilenetv2.paper.draw.spiral import draw_spiral
from mobilenetv2.paper.tour import ablations, blocks, memory, results, theory
from mobilenetv2.paper.tour.sections import Section

if TYPE_CHECKING:
    from matplotlib.figure import Figure

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shown(Generic[T]):
    """An item once computed."""

    name: str
    data: T
    """A frozen dataclass of `mobilenetv2.paper`, or a tuple of them."""
    section: Section
    draw: "Callable[[T], Figure] | None"

    def figure(self) -> "Figure | None":
        """Its picture, or None where it has none.

        Raises:
            MissingDependencyError: matplotlib is not installed.
        """
        return self.draw(self.data) if self.draw and self.section.picture else None


@dataclass(frozen=True, slots=True)
class Item(Generic[T]):
    """A table, a figure or a statement of the paper."""

    name: str
    title: str
    where: str
    """Section of the paper."""
    compute: Callable[[], T]
    tell: Callable[[T], Section]
    draw: "Callable[[T], Figure] | None" = None

    def show(self, data: T | None = None) -> Shown[T]:
        """Compute it, or take `data` that were computed otherwise (figure 6 of other runs)."""
        data = self.compute() if data is None else data
        return Shown(self.name, data, self.tell(data), self.draw)


FIGURE_2 = Item(
    "figure2", "Figure 2: from regular convolutions to bottlenecks", "3.1",
    paper.figure_2, blocks.tell_figure_2, draw_blocks,
)  # fmt: skip
FIGURE_1 = Item(
    "figure1", "Figure 1: what ReLU does to a narrow space", "3.2",
    paper.figure_1, theory.tell_figure_1, draw_spiral,
)  # fmt: skip
LEMMA_2 = Item(
    "lemma2", "Lemma 2: when ReLU can be undone", "A", paper.lemma_2, theory.tell_lemma_2
)
THEOREM_1 = Item(
    "theorem1", "Theorem 1: how much survives an expansion", "A",
    paper.theorem_1, theory.tell_theorem_1, draw_theorem,
)  # fmt: skip
FIGURE_7 = Item(
    "figure7", "Figure 7: positive channels, layer by layer", "A",
    paper.figure_7, theory.tell_figure_7, draw_positives,
)  # fmt: skip
FIGURE_3 = Item(
    "figure3", "Figure 3: the inverted residual", "3.3",
    paper.figure_3, blocks.tell_figure_3, draw_blocks,
)  # fmt: skip
TABLE_1 = Item(
    "table1", "Table 1: the bottleneck residual block", "3.3", paper.table_1, blocks.tell_table_1
)
TABLE_2 = Item("table2", "Table 2: the architecture", "4", paper.table_2, blocks.tell_table_2)
FIGURE_4 = Item(
    "figure4", "Figure 4: blocks of four architectures", "4",
    paper.figure_4, blocks.tell_figure_4, draw_flows,
)  # fmt: skip
TABLE_3 = Item("table3", "Table 3: memory between blocks", "4", paper.table_3, memory.tell_table_3)
MEMORY = Item(
    "memory", "Section 5.1: memory inside a block", "5.1",
    paper.section_5_1, memory.tell_memory, draw_memory,
)  # fmt: skip
TABLE_4 = Item("table4", "Table 4: ImageNet", "6.1", paper.table_4, results.tell_table_4)
FIGURE_5 = Item(
    "figure5", "Figure 5: accuracy against multiply-adds", "6.1",
    paper.figure_5, results.tell_figure_5, draw_accuracy,
)  # fmt: skip
TABLE_5 = Item("table5", "Table 5: SSD and SSDLite", "6.2", paper.table_5, results.tell_table_5)
TABLE_6 = Item("table6", "Table 6: object detection", "6.2", paper.table_6, results.tell_table_6)
TABLE_7 = Item(
    "table7", "Table 7: semantic segmentation", "6.3", paper.table_7, results.tell_table_7
)
FIGURE_6 = Item(
    "figure6", "Figure 6: ablations, trained", "6.4",
    paper.figure_6, ablations.tell_figure_6, draw_ablations,
)  # fmt: skip
TEXT = Item("text", "Figures in the text", "3 to 6", paper.sentences, results.tell_sentences)


@dataclass(frozen=True, slots=True)
class Chapter:
    """Some items that belong together."""

    title: str
    items: tuple[Item[Any], ...]


CHAPTERS = (
    Chapter("Cheaper convolutions (section 3.1)", (FIGURE_2,)),
    Chapter(
        "Linear bottlenecks (section 3.2, appendix A)", (FIGURE_1, LEMMA_2, THEOREM_1, FIGURE_7)
    ),
    Chapter("Inverted residuals (sections 3.3 and 3.4)", (FIGURE_3, TABLE_1)),
    Chapter("The network (section 4)", (TABLE_2, FIGURE_4, TABLE_3)),
    Chapter("Memory (section 5)", (MEMORY,)),
    Chapter("Experiments (sections 6.1 to 6.3)", (TABLE_4, FIGURE_5, TABLE_5, TABLE_6, TABLE_7)),
    Chapter("Ablations (section 6.4)", (FIGURE_6,)),
    Chapter("What the sentences say", (TEXT,)),
)

ITEMS: tuple[Item[Any], ...] = tuple(item for chapter in CHAPTERS for item in chapter.items)
