"""A classifier becomes a program file, and is proved to be the same function."""

import json
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import numpy as np

from mobilenetv2.engine.compiled import CompiledClassifier
from mobilenetv2.engine.lower import lower
from mobilenetv2.engine.oracle import oracle
from mobilenetv2.engine.write_program import write_program
from mobilenetv2.errors import ExportError
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Classifier
from mobilenetv2.parity.answers import AnswerComparison, Answers, decide
from mobilenetv2.parity.compare import Parity, compare
from mobilenetv2.tasks.image import Picture, decode, resize
from mobilenetv2.tasks.options import DEFAULTS
from mobilenetv2.tasks.pixels import normalize, pixel_values
from mobilenetv2.weights.checkpoint import Checkpoint
from mobilenetv2.weights.plain import to_plain


def compile_classifier(folded: Checkpoint, target: Path) -> None:
    """Write what `CompiledClassifier` opens.

    Args:
        folded: without batch norms; integers stay integers.
        target: the file.

    Raises:
        ExportError: no classifier.
        LoweringError: a layer that the native engine lacks.
        CheckpointError: the disk refuses.
    """
    if not isinstance(folded.spec.head, Classifier):
        raise ExportError(
            "a program file holds a classifier, whose answers need no numpy, got a network with a "
            f"{type(folded.spec.head).__name__} head"
        )
    program = lower(build(folded.spec), folded.numbers, pixel_values(folded.preprocessing))
    texts = {
        "labels": json.dumps(folded.labels, ensure_ascii=False),
        "preprocessing": json.dumps(to_plain(folded.preprocessing)),
        "source": folded.provenance.source,
        "license": folded.license,
    }
    write_program(program, target, texts)


def compare_compiled(
    folded: Checkpoint, path: Path, pictures: Iterable[Picture]
) -> tuple[Parity, Answers]:
    """A program file's logits and answers against those of the plain numpy runner.

    Raises:
        EngineError: the native engine is missing, or refuses the program.
    """
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
    runtime = ("the compiled classifier", version("mobilenetv2"))
    return compare(np.stack(ours), np.stack(theirs), "logits", *runtime), answers.result()
