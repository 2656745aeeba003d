"""The paper as something one can run: every table and figure as a function that returns data.

Nothing in here draws but `paper.draw` (matplotlib, the extra `paper`), and nothing trains but
`paper.ablation_training` (torch, the extra `train`).
"""

from mobilenetv2.paper.ablation_runs import figure_6
from mobilenetv2.paper.accuracy import figure_5
from mobilenetv2.paper.blocks import figure_2, figure_3, figure_4
from mobilenetv2.paper.invertibility import lemma_2, theorem_1
from mobilenetv2.paper.memory import section_5_1
from mobilenetv2.paper.positives import figure_7
from mobilenetv2.paper.spiral import figure_1
from mobilenetv2.paper.table1 import table_1
from mobilenetv2.paper.table2 import table_2
from mobilenetv2.paper.table3 import table_3
from mobilenetv2.paper.table4 import table_4
from mobilenetv2.paper.table5 import table_5
from mobilenetv2.paper.table6 import table_6
from mobilenetv2.paper.table7 import table_7
from mobilenetv2.paper.text import sentences

__all__ = [
    "figure_1",
    "figure_2",
    "figure_3",
    "figure_4",
    "figure_5",
    "figure_6",
    "figure_7",
    "lemma_2",
    "section_5_1",
    "sentences",
    "table_1",
    "table_2",
    "table_3",
    "table_4",
    "table_5",
    "table_6",
    "table_7",
    "theorem_1",
]
