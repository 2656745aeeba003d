"""A network becomes a program file, and is proved to be the same function."""

from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import numpy as np

from mobilenetv2.deploy.program_texts import program_texts
from mobilenetv2.engine.compiled import CompiledClassifier
from mobilenetv2.engine.compiled_model import CompiledModel
from mobilenetv2.engine.lower import lower
from mobilenetv2.engine.oracle import oracle
from mobilenetv2.engine.write_program import write_program
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import SSD, Classifier, SSDLite
from mobilenetv2.parity.answers import AnswerComparison, Answers, decide, kind_of
from mobilenetv2.parity.compare import Parity, compare
from mobilenetv2.parity.maps import MapComparison
from mobilenetv2.tasks.boxes import anchor_boxes
from mobilenetv2.tasks.image import Picture, decode, resize
from mobilenetv2.tasks.options import DEFAULTS
from mobilenetv2.tasks.pixels import normalize, pixel_values
from mobilenetv2.weights.checkpoint import Checkpoint


def compile_network(folded: Checkpoint, target: Path) -> None:
    """Write what `CompiledModel` opens, and of a classifier `CompiledClassifier`.

    Args:
        folded: without batch norms; integers stay integers.
        target: the file.

    Raises:
        LoweringError: a layer that the native engine lacks.
        CheckpointError: the disk refuses.
    """
    program = lower(build(folded.spec), folded.numbers, pixel_values(folded.preprocessing))
    detector = isinstance(folded.spec.head, SSD | SSDLite)
    anchors = anchor_boxes(folded.spec) if detector else None
    write_program(program, target, program_texts(folded), anchors)


def compare_compiled(
    folded: Checkpoint, path: Path, pictures: Iterable[Picture]
) -> tuple[Parity, Answers]:
    """A program file's outputs and answers against those of the plain numpy runner.

    Raises:
        EngineError: the native engine is missing, or refuses the program.
    """
    if isinstance(folded.spec.head, Classifier):
        return _compare_classifier(folded, path, pictures)
    compiled = CompiledModel(path, threads=1)
    ours_of = oracle(build(folded.spec), folded.numbers)
    comparison = MapComparison(folded.spec.head)
    answers = AnswerComparison(kind_of(folded), DEFAULTS)
    for picture in pictures:
        prepared = compiled.prepare(picture)
        maps = ours_of(normalize(prepared.inputs[0], folded.preprocessing)[None])
        comparison.add(maps, compiled.outputs(prepared.inputs[0]))
        answers.add(decide(folded, maps, prepared.size, DEFAULTS), compiled.answer(prepared))
    return comparison.result(*_RUNTIME), answers.result()


def _compare_classifier(
    folded: Checkpoint, path: Path, pictures: Iterable[Picture]
) -> tuple[Parity, Answers]:
    compiled = CompiledClassifier(path, threads=1)
    ours_of = oracle(build(folded.spec), folded.numbers)
    answers = AnswerComparison("labels", DEFAULTS)
    ours, theirs = [], []
    for picture in pictures:
        decoded = decode(picture)
        pixels = resize(decoded, folded.preprocessing)
        maps = ours_of(normalize(pixels, folded.preprocessing)[None])
        size = (decoded.shape[0], decoded.shape[1])
        answers.add(decide(folded, maps, size, DEFAULTS), compiled.predict(picture))
        ours.append(maps["logits"].ravel())
        theirs.append(np.array(compiled.logits(pixels.tobytes()), np.float32))
    return compare(np.stack(ours), np.stack(theirs), "logits", *_RUNTIME), answers.result()


_RUNTIME = ("the compiled program", version("mobilenetv2"))
