"""Files that say they are ours are believed as far as their layers bear it out, and no further."""

import json

import numpy as np
import pytest

from mobilenetv2.errors import CheckpointError
from mobilenetv2.export import files
from mobilenetv2.export.files import write_files
from mobilenetv2.weights.exported import (
    FIRST_RELEASE,
    exported_texts,
    read_exported,
    read_exported_json,
)
from mobilenetv2.weights.fold import fold_checkpoint
from mobilenetv2.weights.open import read_foreign
from tests.peculiar import peculiar, peculiar_integers

onnx = pytest.importorskip("onnx")


@pytest.fixture(params=["onnx", "tflite"])
def rewritten(request, tmp_path, monkeypatch):
    """Writes a file whose texts a function has changed, and reads it."""

    def write(checkpoint, change):
        folded = fold_checkpoint(checkpoint)
        texts = exported_texts(folded)
        change(texts)
        monkeypatch.setattr(files, "exported_texts", lambda _: texts)
        monkeypatch.setattr(files, "exported_json", lambda _: json.dumps(texts).encode())
        return read_foreign(write_files(folded, tmp_path / f"model.{request.param}")[0])

    return write


def edited(name, change):
    """Changes one text's JSON value in place."""

    def edit(texts):
        value = json.loads(texts[name])
        change(value)
        texts[name] = json.dumps(value)

    return edit


HOSTILE = {
    "no JSON": (lambda t: t.update(spec="{"), "metadata 'spec' is not valid JSON"),
    "nested deeply": (lambda t: t.update(spec="[" * 100_000), "metadata 'spec' is not valid JSON"),
    "of another type": (lambda t: t.update(labels='{"a": 1}'), "labels must be a list"),
    "an unknown field": (
        edited("spec", lambda v: v.update(evil=1)), r"spec must be free of unknown fields"
    ),
    "an impossible network": (
        edited("spec", lambda v: v.update(width=-1.0)), "cannot be built: width must be in"
    ),
    "a size that is none": (
        edited("preprocessing", lambda v: v.update(size=[0, 5])), "cannot be built: size must be"
    ),
    "nothing of the spec": (lambda t: t.pop("spec"), "metadata lacks spec"),
    "another version": (lambda t: t.update(version="9"), "a newer mobilenetv2 may read it"),
    "neither yes nor no": (lambda t: t.update(integers="maybe"), "must be true or false"),
    "labels too few": (lambda t: t.update(labels='["a"]'), "5 classes, got 1 labels"),
    "far too much": (lambda t: t.update(recipe="x" * 4_000_001), "at most 4000000"),
    "batch norms": (
        edited("spec", lambda v: v.update(batch_norm_epsilon=1e-3)), "have them folded"
    ),
    "another size": (
        edited("spec", lambda v: v.update(size=[49, 40])), r"size: the metadata has \(49, 40\)"
    ),
    "another padding": (edited("spec", lambda v: v.update(padding="tensorflow")), "stem: pads"),
    "another depth": (
        edited("spec", lambda v: v["backbone"]["stages"].pop()), "its layers compute something"
    ),
    "another number of channels": (
        edited("spec", lambda v: v["backbone"].update(last_channels=41)), "weights do not fit"
    ),
    "another activation": (
        edited("spec", lambda v: v["backbone"].update(bottleneck_activation="relu6")), "activation"
    ),
    "integers that it has not": (
        lambda t: t.update(integers="true"), "says a network in integers, but"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_not_true_is_refused(name, rewritten):
    change, words = HOSTILE[name]
    with pytest.raises(CheckpointError, match=words) as caught:
        rewritten(peculiar("classifier"), change)
    assert "model." in str(caught.value)


def test_no_bytes_and_no_texts_are_no_description():
    assert read_exported_json(memoryview(b"")) is None
    assert read_exported({}) is None
    assert read_exported({"format": "else", "license": "MIT"}) is None


@pytest.mark.parametrize("data", [b"\xff\xfe", b"[]", b'{"format": 1}', b"[" * 100_000])
def test_bytes_that_are_no_texts_are_refused(data):
    with pytest.raises(CheckpointError, match="metadata 'mobilenetv2'"):
        read_exported_json(memoryview(data))


def test_quantised_by_somebody_else_it_keeps_its_words_and_loses_its_figures(rewritten):
    """Another tool rounds our float file: labels and licence hold, what was measured does not."""
    ours = peculiar_integers("classifier")
    foreign = rewritten(ours, lambda texts: texts.update(integers="false"))
    back = foreign.checkpoint
    assert back.quantization is not None
    assert (back.labels, back.license) == (ours.labels, ours.license)
    assert back.metrics == ()
    assert any("the metrics it had are left out" in note for note in foreign.notes)


def test_names_that_another_tool_gave_do_not_matter(tmp_path):
    """Then the layers are found by their order, as in any foreign file."""
    ours = peculiar("classifier")
    path = write_files(fold_checkpoint(ours), tmp_path / "model.onnx")[0]
    model = onnx.load(path)
    for node in model.graph.node:
        for names in (node.input, node.output):
            for place, name in enumerate(names):
                if name not in ("input", "logits"):
                    names[place] = f"t/{name}"
    for item in model.graph.initializer:
        item.name = f"t/{item.name}"
    onnx.save(model, path)
    back = read_foreign(path).checkpoint
    assert (back.labels, back.preprocessing) == (ours.labels, ours.preprocessing)


def test_an_output_that_is_gone_is_missed(tmp_path):
    path = write_files(fold_checkpoint(peculiar("SSD")), tmp_path / "model.onnx")[0]
    model = onnx.load(path)
    del model.graph.output[3]
    onnx.save(model, path)
    with pytest.raises(CheckpointError, match="class1: no output of the file is made from it"):
        read_foreign(path)


def test_files_of_the_first_release_come_back(tmp_path):
    """They had no mark, no metrics and no recipe."""
    ours = peculiar("DeepLab")
    path = write_files(fold_checkpoint(ours), tmp_path / "model.onnx")[0]
    model = onnx.load(path)
    texts = {item.key: item.value for item in model.metadata_props}
    onnx.helper.set_model_props(model, {name: texts[name] for name in FIRST_RELEASE})
    onnx.save(model, path)
    back = read_foreign(path).checkpoint
    assert (back.labels, back.license, back.spec.size) == (ours.labels, ours.license, (65, 49))
    assert (back.metrics, back.recipe) == ((), "")


def test_given_labels_win(tmp_path):
    path = write_files(fold_checkpoint(peculiar("SSD")), tmp_path / "model.tflite")[0]
    assert read_foreign(path, ("x", "y")).checkpoint.labels == ("x", "y")


def test_every_byte_of_the_words_may_be_wrong(tmp_path):
    """Whatever a bit makes of them: refused in words, or read."""
    path = write_files(fold_checkpoint(peculiar("classifier")), tmp_path / "model.tflite")[0]
    data = bytearray(path.read_bytes())
    start = data.index(b'{"format"')
    random = np.random.default_rng(0)
    refused: list[str] = []
    for place in random.integers(start, start + 1500, 60).tolist():
        changed = bytearray(data)
        changed[place] ^= 1 << int(random.integers(8))
        path.write_bytes(changed)
        try:
            read_foreign(path)
        except CheckpointError as error:
            refused.append(str(error))
    assert len(refused) > 20
    assert all("model.tflite" in words for words in refused)
