"""The one training loop. Tasks come in through `Task`; what a recipe says is done here."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

from mobilenetv2.errors import DatasetError, TrainingError
from mobilenetv2.network.build import build
from mobilenetv2.train.batches import TaskBatch
from mobilenetv2.train.compute import Compute
from mobilenetv2.train.ema import Average
from mobilenetv2.train.endings import Limit, divergence_told, early_end_told, longer_told, stop_told
from mobilenetv2.train.freeze import freeze_layers
from mobilenetv2.train.integer_module import IntegerModule
from mobilenetv2.train.interrupt import TrainingInterrupted, Wish, interruptions
from mobilenetv2.train.log import write_log
from mobilenetv2.train.module import GraphModule, load_weights
from mobilenetv2.train.optimizer import build_optimizer, set_learning_rate
from mobilenetv2.train.ranking import best_told, evaluations_since_best
from mobilenetv2.train.recipe import LoopRecipe
from mobilenetv2.train.reporter import Reporter
from mobilenetv2.train.run import STATE, Identity, Run
from mobilenetv2.train.schedule import learning_rate_factor, step_seed
from mobilenetv2.train.state import write_text
from mobilenetv2.train.subject import FLOAT, finished
from mobilenetv2.train.task import Task
from mobilenetv2.train.to_integers import find_integers
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint, Weights
from mobilenetv2.weights.fold import folded_spec
from mobilenetv2.weights.quantized import Quantization

BEST = "best.safetensors"
FINAL = "model.safetensors"
RECIPE = "recipe.json"
SAVE_EVERY_SECONDS = 300.0
"""Within an epoch; the state of a width-1 network (36 MB) takes some 0.1 s to write."""

B = TypeVar("B", bound=TaskBatch)


@dataclass(frozen=True, slots=True)
class Loop(Generic[B]):
    """A task in a folder that holds state, logs and checkpoints."""

    task: Task[B]
    folder: Path
    identity: Identity
    reporter: Reporter
    longer: bool = False
    """Whether a run that was told fewer epochs is gone on with."""
    limit: Limit = field(default_factory=Limit)
    """How long the run may take."""

    @property
    def recipe(self) -> LoopRecipe:
        """How the task is taught."""
        return self.task.lesson.recipe

    @property
    def compute(self) -> Compute:
        """Where, and in what precision."""
        return self.task.lesson.compute

    @property
    def steps_per_epoch(self) -> int:
        """At least one."""
        return self.task.order.steps_per_epoch

    @property
    def total(self) -> int:
        """Steps of the whole run."""
        return self.recipe.epochs * self.steps_per_epoch

    @property
    def in_floats(self) -> int:
        """How many of the steps are; the others compute in integers."""
        if self.task.lesson.integers is not None:
            return 0
        return (self.recipe.epochs - self.recipe.quantize_epochs) * self.steps_per_epoch

    def train(self, module: GraphModule, first_weights: Callable[[], Weights]) -> Checkpoint:
        """Begin, or go on where the folder's state ends, up to the last epoch.

        A run that was killed and gone on with ends with the same bits as one that was not (on a
        CPU, with the same number of threads).

        Args:
            module: in which to train; whatever it holds is replaced.
            first_weights: called only if there is no state.

        Returns:
            The last epoch's averaged weights, as written to model.safetensors; in integers if
            the recipe's last epochs are.

        Raises:
            TrainingError: another run's folder, a full disk, or a loss that is not finite.
            TrainingInterrupted: by Ctrl-C or SIGTERM, after saving.
        """
        run = self._start(module, first_weights)
        # Dropout and the like draw from torch's global state, which is the caller's.
        with torch.random.fork_rng(), interruptions() as wish:
            if run.step < self.in_floats and not self._over(run):
                self._run_epochs(run, wish, self.in_floats)
            if self.in_floats < self.total and run.integers is None:
                self._begin_integers(run)
            if run.step < self.total and not self._over(run):
                self._run_epochs(run, wish, self.total)
        return self._finish(run)

    def _start(self, module: GraphModule, first_weights: Callable[[], Weights]) -> Run:
        resumed = (self.folder / STATE).is_file()
        if not resumed and self.task.lesson.integers is None:
            load_weights(module, first_weights())
        module.to(self.compute.device).to(memory_format=torch.channels_last)
        half = self.compute.dtype == torch.float16
        run = Run(
            module,
            Average(module, self.recipe.ema_decay),
            build_optimizer(module, self.recipe, self.task.lesson.fresh.__contains__),
            torch.amp.GradScaler(self.compute.device.type, enabled=half),
        )
        if resumed:
            run.restore(
                self.folder, self.identity, self.compute.device, self._enter_integers,
                longer=self.longer,
            )  # fmt: skip
            epoch = run.step // self.steps_per_epoch
            self.reporter.say(f"going on at step {run.step} of {self.total} (epoch {epoch + 1})")
            if self.longer:
                self._extend(run)
        else:
            run.save(self.folder, self.identity)
            write_text(self.folder / RECIPE, self.recipe.to_json() + "\n")
        return run

    def _extend(self, run: Run) -> None:
        run.save(self.folder, self.identity)
        write_text(self.folder / RECIPE, self.recipe.to_json() + "\n")
        self.reporter.say(longer_told(run.step, self.total, self.recipe))

    def _begin_integers(self, run: Run) -> None:
        """Where the epochs in floats end; all that they learnt is in their average."""
        start = self.task.lesson.integers
        if start is None:
            kept = run.average.kept(self.recipe.keep_first)
            start = find_integers(self.task, kept, self.reporter).quantization
        self._enter_integers(run, start)
        # Epochs in floats are not ranked with those in integers: the best checkpoint is in these.
        run.best = -math.inf
        run.save(self.folder, self.identity)

    def _enter_integers(self, run: Run, start: Quantization) -> None:
        lesson = self.task.lesson
        graph = build(folded_spec(lesson.subject.training_spec))
        module = IntegerModule(graph, start, dropout=self.recipe.dropout)
        freeze_layers(module, self.recipe.freeze)
        run.integers, run.module = start, module
        module.to(self.compute.device).to(memory_format=torch.channels_last)
        run.average = Average(module, self.recipe.ema_decay)
        run.optimizer = build_optimizer(module, self.recipe, lesson.fresh.__contains__)

    def _run_epochs(self, run: Run, wish: Wish, end: int) -> None:
        saved = started = monotonic()
        for batch in self.task.batches(run.step):
            loss = self._step(run, batch)
            now = monotonic()
            run.seconds, run.spent = run.seconds + now - started, run.spent + now - started
            started, last = now, self._last_step(run)
            self.reporter.step(run.step, last, loss)
            if run.step % self.steps_per_epoch == 0 or run.step == last:
                self._end_epoch(run)
                saved = started = monotonic()
            elif wish.requested or now - saved > SAVE_EVERY_SECONDS:
                run.save(self.folder, self.identity)
                saved = monotonic()
            if run.step == end or self._over(run):
                return
            if wish.requested:
                raise TrainingInterrupted(stop_told(run.step, self.total, self.folder))

    def _last_step(self, run: Run) -> int:
        took = [row["validation_seconds"] for row in run.history[-self.recipe.evaluate_every :]]
        return self.limit.last_step(run.step, run.spent, max(took, default=0.0), self.total)

    def _over(self, run: Run) -> bool:
        """Whether the run ends before its last epoch: in time, or as nothing gets better."""
        waited = evaluations_since_best(run.history, self.task.best_metric)
        out_of_patience = 0 < self.recipe.patience <= waited
        return out_of_patience or run.step == self._last_step(run) < self.total

    def _step(self, run: Run, batch: B) -> float:
        module, optimizer = run.module.train(), run.optimizer
        last = self._last_step(run)
        warmup = self.limit.warmup(round(self.recipe.warmup_epochs * self.steps_per_epoch), last)
        set_learning_rate(
            optimizer, learning_rate_factor(run.step, warmup, last, self.recipe.schedule)
        )
        # A seed a step: what a step draws does not depend on where the process began.
        torch.manual_seed(step_seed(self.recipe.seed, run.step))
        self.task.lesson.unreadable.update(batch.unreadable)
        loss = 0.0
        if len(batch):
            with self.compute.autocast():
                terms = self.task.loss(module, batch, run.step)
            loss = self._learn(run, terms)
        run.step += 1
        run.average.update(module, run.step - (0 if run.integers is None else self.in_floats))
        return loss

    def _learn(self, run: Run, terms: Mapping[str, Tensor]) -> float:
        total = torch.stack([term.float() for term in terms.values()]).sum()
        loss = total.item()
        if not math.isfinite(loss):
            epoch = run.step // self.steps_per_epoch + 1
            raise TrainingError(divergence_told(loss, run.step + 1, epoch, self.recipe))
        run.optimizer.zero_grad(set_to_none=True)
        run.scaler.scale(total).backward()  # type: ignore[no-untyped-call]
        if self.recipe.clip_norm:
            run.scaler.unscale_(run.optimizer)
            nn.utils.clip_grad_norm_(run.module.parameters(), self.recipe.clip_norm)
        run.scaler.step(run.optimizer)
        run.scaler.update()
        for name, term in terms.items():
            run.sums[name] = run.sums.get(name, 0.0) + term.item()
        run.summed += 1
        return loss

    def _end_epoch(self, run: Run) -> None:
        if not run.summed:
            raise DatasetError("not one training picture of a whole epoch can be read")
        started = monotonic()
        # In float32: the figures in log and checkpoints are those that `predict` will reach.
        epoch = math.ceil(run.step / self.steps_per_epoch)
        ends = (self.in_floats, self._last_step(run))
        due = epoch % self.recipe.evaluate_every == 0 or run.step in ends
        metrics = self._evaluate(run) if due else {}
        raw = self.task.evaluate(run.module) if due and self.recipe.evaluate_raw else {}
        row = run.close_epoch(epoch, metrics, raw, monotonic() - started)
        if metrics and metrics[self.task.best_metric] > run.best:
            run.best = metrics[self.task.best_metric]
            self._keep(run, metrics, BEST)
        run.save(self.folder, self.identity)
        write_log(run.history, self.folder)
        self.reporter.epoch(row)

    def _done(self, run: Run) -> float:
        return run.step / self.steps_per_epoch

    def _kept(self, run: Run) -> GraphModule:
        # The first weights' share is taken once, where integers begin; those are no first weights.
        return run.average.kept(self.recipe.keep_first if run.integers is None else 0.0)

    def _evaluate(self, run: Run) -> Mapping[str, float]:
        """Of what is kept; of integers at the run's end also what their floats reach."""
        kept = self._kept(run)
        metrics = self.task.evaluate(kept)
        if isinstance(kept, IntegerModule) and run.step == self.total:
            floats = GraphModule(kept.graph, kept.reals()).to(self.compute.device)
            reached = self.task.evaluate(floats)
            figures = {FLOAT + name: reached[name] for name in self.task.judged.metrics}
            return {**metrics, **figures}
        return metrics

    def _keep(self, run: Run, metrics: Mapping[str, float], name: str) -> Checkpoint:
        numbers, judged = self._kept(run).numbers(), self.task.judged
        subject = self.task.lesson.subject
        if run.step < self.total:
            subject = subject.after(f"as of {self._done(run):.3g} of {self.recipe.epochs} epochs")
        checkpoint = finished(subject, numbers, metrics, judged)
        checkpoint = self.task.finish(checkpoint, metrics)
        checkpoint = replace(checkpoint, recipe=self.recipe.to_json())
        store.save(checkpoint, self.folder / name)
        return checkpoint

    def _finish(self, run: Run) -> Checkpoint:
        write_log(run.history, self.folder)
        last = run.history[-1] if run.history else {}
        measured: Mapping[str, float] = {
            name.removeprefix("val_"): value
            for name, value in last.items()
            if name.startswith("val_") and last["step"] == run.step
        }
        told = best_told(run.history, self.task.best_metric, self._ranked_from)
        if told:
            self.reporter.say(f"{told}: {self.folder / BEST}")
        if run.step < self.total:
            self.reporter.say(early_end_told(self._done(run), self.recipe, self.limit))
        return self._keep(run, measured or self._evaluate(run), FINAL)

    @property
    def _ranked_from(self) -> int:
        """The step behind which epochs are ranked: those in integers are not with the others."""
        return self.in_floats if self.in_floats < self.total else 0
