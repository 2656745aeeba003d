"""Nothing stays behind on the CPU: each task on a CUDA device of torch's fake tensors.

Fake tensors have a device and a shape and no values, and need no GPU; an operation that mixes
devices is refused as the GPU would.
"""

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch._subclasses import FakeTensorMode
from torch.fx.experimental.symbolic_shapes import ShapeEnv
from torch.nn.functional import cross_entropy

from mobilenetv2.datasets.boxes import BoxedPicture, BoxedPictures
from mobilenetv2.network.spec import SSDLite
from mobilenetv2.train.batches import TaskBatch
from mobilenetv2.train.calibrate import gather
from mobilenetv2.train.classify.batches import Batch
from mobilenetv2.train.classify.data import read_training_data
from mobilenetv2.train.classify.recipe import Augmentation, Recipe
from mobilenetv2.train.classify.subject import describe_subject
from mobilenetv2.train.classify.task import Classification
from mobilenetv2.train.compute import Compute
from mobilenetv2.train.detect.recipe import DetectionRecipe
from mobilenetv2.train.detect.subject import describe_detector
from mobilenetv2.train.detect.task import DetectionTask
from mobilenetv2.train.module import GraphModule
from mobilenetv2.train.optimizer import build_optimizer
from mobilenetv2.train.remeasure import deployable, gains, remeasured, with_statistics
from mobilenetv2.train.segment.recipe import SegmentationRecipe
from mobilenetv2.train.segment.subject import describe_segmenter
from mobilenetv2.train.segment.task import SegmentationTask
from mobilenetv2.train.task import Lesson, Task
from mobilenetv2.weights.checkpoint import Checkpoint
from tests.train.segment.drawn_shapes import read

CUDA = Compute(torch.device("cuda"), torch.float32)
MIXED = "Device Propagation|same device"
"""What torch says where tensors of two devices meet."""


@pytest.fixture
def classifying(drawn: Path, small: Checkpoint, tmp_path: Path) -> Classification:
    for label, folder in (("drawn", "images"), ("flat", "masks")):
        (tmp_path / label).symlink_to(drawn / "train" / folder)
    data = read_training_data(tmp_path, None)
    mixed = Recipe(batch_size=4, augmentation=Augmentation(mixup=0.2, cutmix=1.0))
    subject = describe_subject(small, mixed, data, "")
    return Classification(Lesson(subject, mixed, CUDA, 0, frozenset()), data)


@pytest.fixture
def detecting(drawn: Path, small: Checkpoint) -> DetectionTask:
    return detection(drawn, small, DetectionRecipe(batch_size=4, size=(96, 96)))


@pytest.fixture
def focal(drawn: Path, small: Checkpoint) -> DetectionTask:
    return detection(drawn, small, DetectionRecipe(batch_size=4, size=(96, 96), loss="focal"))


def detection(drawn: Path, small: Checkpoint, recipe: DetectionRecipe) -> DetectionTask:
    box, one = np.array([[4, 4, 30, 30]], np.float32), np.ones(1)
    pictures = tuple(
        BoxedPicture(path, path.stem, (48, 64), box, one.astype(np.int64) * 0, one < 0, one * 676)
        for path in sorted((drawn / "train" / "images").iterdir())
    )
    data = BoxedPictures("drawn", "all", ("disk",), pictures)
    subject = describe_detector(small, recipe, data, None, "")
    assert isinstance(subject.spec.head, SSDLite)
    lesson = Lesson(subject, recipe, CUDA, 0, frozenset())
    return DetectionTask(lesson, subject.spec.head, data, data)


@pytest.fixture
def segmenting(drawn: Path, small: Checkpoint) -> SegmentationTask:
    data = read(drawn)
    recipe = SegmentationRecipe(batch_size=4, size=(49, 65))
    labels = data.meaning.labels
    subject = describe_segmenter(small, recipe, data.training, labels, "")
    lesson = Lesson(subject, recipe, CUDA, 0, frozenset())
    weights = (1.0,) * len(labels)
    return SegmentationTask(lesson, data.training, data.validation, data.meaning, weights)


@pytest.fixture(params=["classifying", "detecting", "focal", "segmenting"])
def task(request: pytest.FixtureRequest) -> Task[TaskBatch]:
    found: Task[TaskBatch] = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def fake() -> FakeTensorMode:
    return FakeTensorMode(shape_env=ShapeEnv())


def moved(module: GraphModule, mode: FakeTensorMode) -> GraphModule:
    """What `Module.to` would do, which does not work on fake tensors."""
    with mode:
        for part in module.modules():
            for name, values in part._parameters.items():
                if values is not None:
                    part._parameters[name] = nn.Parameter(torch.empty(values.shape, device="cuda"))
            for name, values in part._buffers.items():
                if values is not None:
                    part._buffers[name] = torch.empty(values.shape, device="cuda")
    return module


def faked(batch: TaskBatch, mode: FakeTensorMode) -> TaskBatch:
    """A real batch without its values, still on the CPU."""
    changes: dict[str, object] = {}
    for field in dataclasses.fields(batch):  # type: ignore[arg-type]
        value = getattr(batch, field.name)
        if isinstance(value, Tensor):
            changes[field.name] = mode.from_tensor(value, static_shapes=True)
        elif field.name == "masks":
            masks = (mode.from_tensor(mask, static_shapes=True) for mask in value)
            changes[field.name] = tuple(masks)
    return dataclasses.replace(batch, **changes)  # type: ignore[type-var]


def test_mixing_devices_is_noticed(classifying: Classification, fake: FakeTensorMode) -> None:
    module = moved(classifying.lesson.module(), fake)
    with fake, pytest.raises(RuntimeError, match=MIXED):
        module(torch.zeros(1, 3, 64, 64))


def test_a_step(task: Task[TaskBatch], fake: FakeTensorMode) -> None:
    batch = faked(next(task.batches(0)), fake)
    module = moved(task.lesson.module(), fake).train()
    with fake:
        optimizer = build_optimizer(module, task.lesson.recipe, lambda _: False)
        terms = task.loss(module, batch, 0)
        assert {term.device.type for term in terms.values()} == {"cuda"}
        # Going backward takes a driver; gradients lie where their parameters do.
        for parameter in module.parameters():
            parameter.grad = torch.empty_like(parameter)
        optimizer.step()


def test_calibration(
    task: Task[TaskBatch], fake: FakeTensorMode, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = faked(next(task.batches(0)), fake)
    module = moved(task.lesson.module(), fake)
    # Batch norm's own kernel has no fake.
    monkeypatch.setattr(torch, "batch_norm_update_stats", moments)
    with fake:
        found = gather(module, [task.lesson.images(batch)])
        assert {moment.variance.device.type for moment in found.values()} == {"cuda"}


def moments(values: Tensor, *_: object) -> tuple[Tensor, Tensor]:
    return values.mean((0, 2, 3)), values.var((0, 2, 3), correction=0)


def test_judging(
    task: Task[TaskBatch], fake: FakeTensorMode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Up to the first look at an answer, which is taken on the CPU."""
    real = next(task.batches(0))
    module = moved(task.lesson.module(), fake)
    monkeypatch.setattr(GraphModule, "to", lambda self, *_, **__: moved(self, fake))
    monkeypatch.setattr(type(task), "prepared", lambda *_: iter([faked(real, fake)]))
    with fake, pytest.raises(RuntimeError) as stopped:
        task.evaluate(module)
    assert not re.search(MIXED, str(stopped.value))


def test_statistics_measured_anew(
    classifying: Classification, fake: FakeTensorMode, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = classifying.lesson
    batch = faked(next(classifying.prepared(classifying.pictures.training)), fake)
    module = moved(lesson.module(), fake)
    # Another size is made of numbers, which fakes have not got; nor can they be copied.
    monkeypatch.setattr(GraphModule, "at", lambda self, _: self)
    monkeypatch.setattr("mobilenetv2.train.remeasure.deepcopy", lambda module: module)
    with fake:
        deployed = deployable(module, lesson.subject.spec)

        def losses(network: GraphModule, batch: Batch) -> Tensor:
            logits = network(lesson.images(batch))["logits"].flatten(1)
            return cross_entropy(logits, batch.targets.to(logits.device), reduction="none")

        found = gains(deployed, [batch, batch], lesson.images, losses)
        assert [part.device.type for part in found] == ["cuda", "cuda"]
        back = with_statistics(module, remeasured(deployed, [lesson.images(batch)]))
        assert {value.device.type for value in back.state_dict().values()} == {"cuda"}
