"""What the training loop knows of a task: batches, a loss, and what makes a model good."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from torch import Tensor

from mobilenetv2.network.build import build
from mobilenetv2.train.batches import TaskBatch
from mobilenetv2.train.compute import Compute
from mobilenetv2.train.decoders import Decoders
from mobilenetv2.train.freeze import freeze_layers
from mobilenetv2.train.grey import in_grey
from mobilenetv2.train.kept import Kept
from mobilenetv2.train.module import GraphModule, Statistics
from mobilenetv2.train.order import WHOLE, Order, PictureOrder, Share
from mobilenetv2.train.panel import Answer, Panel
from mobilenetv2.train.processes import ALONE, Processes
from mobilenetv2.train.recipe import LoopRecipe
from mobilenetv2.train.shelf import Shelf
from mobilenetv2.train.subject import Judged, Subject
from mobilenetv2.weights.checkpoint import Checkpoint
from mobilenetv2.weights.quantized import Quantization

B = TypeVar("B", bound=TaskBatch)
R_co = TypeVar("R_co", bound=LoopRecipe, covariant=True)


@dataclass(frozen=True, slots=True)
class Lesson(Generic[R_co]):
    """What every task is given besides its pictures."""

    subject: Subject
    recipe: R_co
    compute: Compute
    usual_workers: int
    """Processes that decode, unless more or fewer are found to be needed."""
    fresh: frozenset[str]
    """Parameters that begin without first weights."""
    panel: Panel = field(default_factory=Panel)
    """Who teaches beside the right answers."""
    unreadable: set[str] = field(default_factory=set)
    """Messages about pictures that were left out so far."""
    integers: Quantization | None = None
    """Those of the first weights, where the run goes on in them."""
    processes: Processes = ALONE
    """Those that teach together."""
    decoders: Decoders = field(default_factory=Decoders)
    """What is known of how many are needed."""
    kept: Kept = field(default_factory=Kept)
    """What they need not decode again."""

    @property
    def workers(self) -> int:
        """Processes that decode."""
        found = self.decoders.number
        return self.usual_workers if found is None else found

    def order(self, pictures: int) -> Order:
        """In which so many training pictures come."""
        return Order(pictures, self.recipe.batch_size, self.recipe.seed)

    def shelf(self, of: object, pictures: int, depths: Sequence[int]) -> Shelf | None:
        """As `Kept.shelf`; None where no epoch follows that could be served from it."""
        return self.kept.shelf(of, pictures, depths) if self.recipe.epochs > 1 else None

    def module(self) -> GraphModule:
        """The network that learns, without weights."""
        graph = build(self.subject.training_spec)
        module = GraphModule(graph, statistics=self.statistics, dropout=self.recipe.dropout)
        freeze_layers(module, self.recipe.freeze)
        return module

    @property
    def statistics(self) -> Statistics:
        """Where batch norms take theirs from, over all processes unless each is to use its own."""
        if self.recipe.batch_norm_rule in ("frozen", "folded"):
            return "frozen"
        return "batch" if self.recipe.batch_norm == "batch" else "synced"

    def images(self, batch: TaskBatch) -> Tensor:
        """A batch's pictures as the network's input, float32 [N, 3, height, width]."""
        pictures = batch.images
        if not len(batch):
            # None of a process's share can be read, and the others wait for its word.
            pictures = pictures.new_empty((0, 3, *self.subject.training_spec.size))
        images = self.compute.normalize(pictures, self.subject.preprocessing)
        return in_grey(images) if self.subject.grey else images

    def taught(self, images: Tensor) -> list[Answer]:
        """What the teachers say of the network's input."""
        return self.panel.answers(images, self.subject.preprocessing)

    def weighed(
        self, right: Mapping[str, Tensor], taught: Mapping[str, Tensor]
    ) -> Mapping[str, Tensor]:
        """Loss terms of the right answers and of the teachers', by the recipe's weight.

        Where either are missing the others count in full.
        """
        if not (right and taught):
            return {**right, **taught}
        weight = self.recipe.teacher_weight
        ours = {name: (1 - weight) * term for name, term in right.items()}
        return ours | {name: weight * term for name, term in taught.items()}

    def readable(self, batches: Iterator[B]) -> Iterator[B]:
        """Those that hold a picture; what could not be read is noted."""
        for batch in batches:
            self.unreadable.update(batch.unreadable)
            if len(batch):
                yield batch


class Task(Protocol[B]):
    """Classification, detection, segmentation: what they share is this and nothing else."""

    @property
    def lesson(self) -> Lesson[LoopRecipe]:
        """Model, recipe and device."""
        ...

    @property
    def order(self) -> PictureOrder:
        """In which the training pictures come."""
        ...

    @property
    def learnt_from(self) -> str:
        """The training pictures' name, for messages."""
        ...

    @property
    def judged(self) -> Judged:
        """On what `evaluate` judges, and which of its metrics a checkpoint keeps."""
        ...

    @property
    def best_metric(self) -> str:
        """The name of the metric by which epochs are ranked; more is better."""
        ...

    @property
    def identity(self) -> Mapping[str, str]:
        """What of the task must be the same for a run to be gone on with, by name."""
        ...

    def batches(self, first_step: int, share: Share = WHOLE) -> Iterator[B]:
        """Batches of all epochs, without end; which one a step gets depends on the step alone.

        Of each, one process's share, which may be empty.
        """
        ...

    def loss(self, module: GraphModule, batch: B, step: int) -> Mapping[str, Tensor]:
        """The terms whose sum is minimized for the pictures of a step, by name.

        They are divided by what all processes count, such as pictures, of which one at least has
        some: what the processes find adds up to the whole step's.
        """
        ...

    def evaluate(self, module: GraphModule) -> Mapping[str, float]:
        """Metrics on the validation pictures, and how many `pictures` there were.

        The processes share them out, and all hear what the first makes of their findings.
        """
        ...

    def remeasured(self, module: GraphModule, say: Callable[[str], None]) -> GraphModule:
        """What is kept of a run at the end of its epochs in floats: the module, or a copy whose
        batch norms have statistics that suit its use better.
        """
        ...

    def finish(self, checkpoint: Checkpoint, metrics: Mapping[str, float]) -> Checkpoint:
        """A checkpoint in which what an evaluation of its weights found has its consequences."""
        ...
