"""The one training loop. Tasks come in through `Task`; what a recipe says is done here."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Generic, TypeVar

import torch

from mobilenetv2.errors import DatasetError
from mobilenetv2.train import results
from mobilenetv2.train.batches import TaskBatch
from mobilenetv2.train.compute import Compute
from mobilenetv2.train.ema import Average
from mobilenetv2.train.endings import Limit, early_end_told, going_on_told, longer_told, stop_told
from mobilenetv2.train.enter_integers import enter_integers
from mobilenetv2.train.identity import Identity, check_together
from mobilenetv2.train.interrupt import TrainingInterrupted, Wish, interruptions
from mobilenetv2.train.log import write_log
from mobilenetv2.train.measured_batches import measured_batches
from mobilenetv2.train.module import GraphModule, load_weights
from mobilenetv2.train.optimizer import build_optimizer, set_learning_rate
from mobilenetv2.train.processes import Processes
from mobilenetv2.train.ranking import best_told, evaluations_since_best
from mobilenetv2.train.recipe import LoopRecipe
from mobilenetv2.train.reporter import Reporter
from mobilenetv2.train.run import Run
from mobilenetv2.train.schedule import learning_rate_factor, step_seed
from mobilenetv2.train.state import STATE, from_bytes, to_bytes, write_text
from mobilenetv2.train.step import learn
from mobilenetv2.train.task import Task
from mobilenetv2.train.to_integers import find_integers
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint, Weights

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
    def processes(self) -> Processes:
        """Those that teach together."""
        return self.task.lesson.processes

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
        return results.total_steps(self.task)

    @property
    def in_floats(self) -> int:
        """How many of the steps are; the others compute in integers."""
        return results.float_steps(self.task)

    def train(self, module: GraphModule, first_weights: Callable[[], Weights]) -> Checkpoint:
        """Begin, or go on where the folder's state ends, up to the last epoch.

        A run that was killed and gone on with ends with the same bits as one that was not (on a
        CPU, with the same number of threads and of processes).

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
        device = self.compute.device
        # Chance has one state, the caller's. Of one GPU: to look at all would occupy all.
        forked = torch.random.fork_rng([device] if device.type == "cuda" else [])
        with forked, interruptions() as wish:
            with wish.at_once("stopped before the first step. Run the same command again"):
                run = self._start(module, first_weights)
            if run.summed and run.step % self.steps_per_epoch == 0:
                self._end_epoch(run, wish)
            if run.step < self.in_floats and not self._over(run):
                self._run_epochs(run, wish, self.in_floats)
            if self.in_floats < self.total and run.integers is None:
                with wish.at_once(stop_told(run.step, self.total, self.folder)):
                    self._begin_integers(run)
            if run.integers is not None and run.step < self.total and not self._over(run):
                self._run_epochs(run, wish, self.total)
        return self._finish(run)

    def _start(self, module: GraphModule, first_weights: Callable[[], Weights]) -> Run:
        first, number = self.processes.first, self.processes.number
        resumed = first and (self.folder / STATE).is_file()
        if first and not resumed and self.task.lesson.integers is None:
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
                self.folder, self.identity, self.compute.device, partial(enter_integers, self.task),
                longer=self.longer,
            )  # fmt: skip
            per_epoch = self.steps_per_epoch
            for told in going_on_told(run.step, self.total, per_epoch, run.processes, number):
                self.reporter.say(told)
            run.count(number)
            if self.longer:
                self._extend(run)
        elif first:
            run.count(number)
            # Before the state: a kill between the two leaves what --resume asks for.
            write_text(self.folder / RECIPE, self.recipe.to_json() + "\n")
            run.save(self.folder, self.identity)
        self._follow(run)
        return run

    def _follow(self, run: Run) -> None:
        """What the first process has read or made becomes every process's."""
        if self.processes.number == 1:
            return
        packed = self.processes.from_first(lambda: to_bytes(run.state(self.identity)))
        if not self.processes.first:
            state = from_bytes(packed, self.compute.device)
            check_together(state["identity"], self.identity, self.processes.share.rank)
            run.take(state, self.folder / STATE, partial(enter_integers, self.task))

    def _extend(self, run: Run) -> None:
        run.save(self.folder, self.identity)
        write_text(self.folder / RECIPE, self.recipe.to_json() + "\n")
        self.reporter.say(longer_told(run.step, self.total, self.recipe))

    def _begin_integers(self, run: Run) -> None:
        """Where the epochs in floats end; all that they learnt is in their average."""
        start = self.task.lesson.integers
        if start is None:
            results.remeasure(run, self.task, self.reporter.say)
        if self.processes.first:
            if start is None:
                floats = results.kept(run, self.task)
                start = find_integers(self.task, floats, self.reporter).quantization
            enter_integers(self.task, run, start)
            # Epochs in floats are not ranked with those in integers: the best is one of these.
            run.best = -math.inf
            run.save(self.folder, self.identity)
        self._follow(run)

    def _run_epochs(self, run: Run, wish: Wish, end: int) -> None:
        saved = started = monotonic()
        for batch in measured_batches(self.task, run.step, end, self.reporter.say):
            loss = self._step(run, batch)
            took, now = self._since(started), monotonic()
            run.seconds, run.spent = run.seconds + took, run.spent + took
            started, last = now, self._last_step(run)
            self.reporter.step(run.step, last, loss)
            # All stop after the same step, whoever was asked, and once everything is saved.
            stop = self.processes.any(wish.requested)
            if run.step % self.steps_per_epoch == 0 or run.step == last:
                # Judging may take longer than whoever sent a signal waits.
                self._save(run)
                self._end_epoch(run, wish)
                saved = started = monotonic()
            elif stop or now - saved > SAVE_EVERY_SECONDS:
                self._save(run)
                saved = monotonic()
            # The rate has fallen to zero there, however soon the evaluation was done.
            if run.step in (end, last) or self._over(run):
                return
            if stop:
                self.processes.wait()
                raise TrainingInterrupted(stop_told(run.step, self.total, self.folder))

    def _save(self, run: Run) -> None:
        if self.processes.first:
            run.save(self.folder, self.identity)

    def _since(self, started: float) -> float:
        """Seconds; by the first process's clock where they decide when the run ends."""
        if self.limit.seconds == math.inf:
            return monotonic() - started
        return self.processes.from_first(lambda: monotonic() - started)

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
        module.rows = self.processes.rows(len(batch))
        if module.rows.whole:
            with self.compute.autocast():
                terms = self.task.loss(module, batch, run.step)
            loss = learn(run, terms, self.task)
        run.step += 1
        run.average.update(module, run.step - (0 if run.integers is None else self.in_floats))
        return loss

    def _end_epoch(self, run: Run, wish: Wish) -> None:
        if not run.summed:
            raise DatasetError("not one training picture of a whole epoch can be read")
        started = monotonic()
        epoch = math.ceil(run.step / self.steps_per_epoch)
        # In float32: the figures in log and checkpoints are those that `predict` will reach.
        ends = run.step in (self.in_floats, self._last_step(run))
        due = ends or epoch % self.recipe.evaluate_every == 0
        with wish.at_once(stop_told(run.step, self.total, self.folder)):
            if ends:
                results.remeasure(run, self.task, self.reporter.say)
            metrics = results.judge(run, self.task) if due else {}
            raw = self.task.evaluate(run.module) if due and self.recipe.evaluate_raw else {}
            row = run.close_epoch(epoch, metrics, raw, self._since(started))
        if metrics and metrics[self.task.best_metric] > run.best:
            run.best = metrics[self.task.best_metric]
            self._keep(run, metrics, BEST)
        self._save(run)
        if self.processes.first:
            write_log(run.history, self.folder)
        self.reporter.epoch(row)

    def _keep(self, run: Run, metrics: Mapping[str, float], name: str) -> Checkpoint:
        checkpoint = results.checkpoint_of(run, self.task, metrics)
        if self.processes.first:
            store.save(checkpoint, self.folder / name)
        return checkpoint

    def _finish(self, run: Run) -> Checkpoint:
        if self.processes.first:
            write_log(run.history, self.folder)
        anew = results.remeasure(run, self.task, self.reporter.say)
        figures = {} if anew else results.last_figures(run)
        told = best_told(run.history, self.task.best_metric, self._ranked_from)
        if told:
            self.reporter.say(f"{told}: {self.folder / BEST}")
        if run.step < self.total:
            epochs = run.step / self.steps_per_epoch
            waited = evaluations_since_best(run.history, self.task.best_metric)
            self.reporter.say(early_end_told(epochs, self.recipe, self.limit, waited))
        return self._keep(run, figures or results.judge(run, self.task), FINAL)

    @property
    def _ranked_from(self) -> int:
        """The step behind which epochs are ranked: those in integers are not with the others."""
        return self.in_floats if self.in_floats < self.total else 0
