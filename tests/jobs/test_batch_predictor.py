"""One class for every engine that hands over tables: what it adds to a batch, and as what."""

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pyarrow
import pytest
from PIL import Image

import mobilenetv2
from mobilenetv2 import BatchPredictor
from mobilenetv2.errors import OptionError
from mobilenetv2.jobs.given_threads import given_threads
from tests.jobs.pictures import BAD, make_pictures

COUNT = 9


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return sorted(make_pictures(tmp_path_factory.mktemp("batch"), COUNT).iterdir())


@pytest.fixture(scope="module")
def expected(paths: list[Path], tiny_file: Path) -> list[list[dict[str, object]]]:
    """Of `Model.predict`; nothing for the picture that is none."""
    model = mobilenetv2.load(tiny_file)
    return [
        [] if path.name == BAD else [one.to_json() for one in model.predict(path).predictions]
        for path in paths
    ]


def answers(batch: Any) -> list[list[dict[str, object]]]:
    return [json.loads(text) for text in batch["predictions"]]


@pytest.mark.parametrize("form", ["path", "text", "bytes", "bytearray", "arrays"])
def test_pictures_in_any_form_are_answered_as_predict_does(
    tiny_file: Path, paths: list[Path], expected: list[list[dict[str, object]]], form: str
):
    match form:
        case "path":
            column: list[Any] = list(paths)
        case "text":
            column = list(map(str, paths))
        case "bytes":
            column = [path.read_bytes() for path in paths]
        case "bytearray":
            column = [bytearray(path.read_bytes()) for path in paths]
        case "arrays":
            column = [None if path.name == BAD else np.asarray(Image.open(path)) for path in paths]
    predict = BatchPredictor(tiny_file, "picture", threads=1)
    found = predict({"number": np.arange(COUNT), "picture": column})
    assert list(found) == ["number", "picture", "predicted", "score", "predictions", "error"]
    assert answers(found) == expected
    assert found["predicted"].tolist() == [one[0]["label"] if one else "" for one in expected]
    assert found["score"].round(6).tolist() == [one[0]["score"] if one else 0 for one in expected]
    assert [bool(error) for error in found["error"]] == [path.name == BAD for path in paths]


def test_a_batch_comes_back_as_what_it_was(
    tiny_file: Path, paths: list[Path], expected: list[list[dict[str, object]]]
):
    column = [path.read_bytes() for path in paths]
    predict = BatchPredictor(tiny_file, keep=False, top=2)
    frame = predict(pandas.DataFrame({"bytes": column, "number": range(COUNT)}))
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame) == ["number", "predicted", "score", "predictions", "error"]
    assert answers(frame) == [one[:2] for one in expected]
    table = predict(pyarrow.table({"bytes": column, "number": list(range(COUNT))}))
    assert isinstance(table, pyarrow.Table)
    assert answers(table.to_pydict()) == [one[:2] for one in expected]
    assert table.schema.field("score").type == pyarrow.float64()
    array = predict({"bytes": np.array(column, object)})
    assert answers(array) == [one[:2] for one in expected]


def test_no_row_at_all_has_the_same_columns_of_the_same_types(tiny_file: Path):
    predict = BatchPredictor(tiny_file)
    empty = predict(pandas.DataFrame({"bytes": []}))
    assert list(empty) == ["bytes", "predicted", "score", "predictions", "error"]
    assert empty["score"].dtype == np.float64


@pytest.mark.parametrize("task", ["detector", "segmenter"])
def test_other_tasks_have_their_answers_as_json(
    task: str, paths: list[Path], request: pytest.FixtureRequest
):
    file = request.getfixturevalue(f"tiny_{task}_file")
    found = BatchPredictor(file, "path")({"path": list(map(str, paths[:2]))})
    assert list(found) == ["path", "predictions", "error"]
    model = mobilenetv2.load(file)
    assert answers(found) == [model.predict(path).to_json()["predictions"] for path in paths[:2]]


def test_pickled_it_goes_by_the_models_file_or_with_its_weights(
    tiny_file: Path, paths: list[Path], expected: list[list[dict[str, object]]]
):
    batch = {"path": list(map(str, paths))}
    by_file = pickle.dumps(BatchPredictor(tiny_file, "path"))
    assert len(by_file) < 2000
    checkpoint = mobilenetv2.load(tiny_file).checkpoint
    with_weights = pickle.dumps(BatchPredictor(mobilenetv2.Model(checkpoint), "path"))
    assert len(with_weights) > 100_000
    for content in (by_file, with_weights):
        assert answers(pickle.loads(content)(batch)) == expected


def test_mistakes_are_told_with_the_rule(tiny_file: Path):
    predict = BatchPredictor(tiny_file, "picture")
    with pytest.raises(OptionError, match=r"told column='picture', and the batch has \['bytes'\]"):
        predict({"bytes": []})
    with pytest.raises(OptionError, match=r"has \['score', 'error'\] already: rename or drop"):
        predict({"picture": [], "score": [], "error": []})
    with pytest.raises(OptionError, match=r"a batch must be a mapping .* got list"):
        predict([b"picture"])
    with pytest.raises(ValueError, match="nms is not for classification"):
        BatchPredictor(tiny_file, nms=0.2)
    with pytest.raises(mobilenetv2.UnknownModelError):
        BatchPredictor("nonsense")


def test_outside_of_ray_nobody_gives_threads():
    assert given_threads() is None


def test_dask_gives_partitions_of_frames(
    tiny_file: Path, paths: list[Path], expected: list[list[dict[str, object]]]
):
    dataframe = pytest.importorskip("dask.dataframe", reason="Dask is not installed")
    predict = BatchPredictor(tiny_file, "path", threads=1)
    frame = dataframe.from_pandas(pandas.DataFrame({"path": list(map(str, paths))}), npartitions=3)
    found = frame.map_partitions(predict, meta=predict(frame._meta)).compute(scheduler="threads")
    assert list(found["path"]) == list(map(str, paths))
    assert answers(found) == expected


def test_spark_gives_an_iterator_of_frames(
    tiny_file: Path, paths: list[Path], expected: list[list[dict[str, object]]]
):
    """As `mapInPandas` calls it; Spark itself needs Java."""
    frames = (pandas.DataFrame({"path": [str(path)]}) for path in paths)
    found = pandas.concat(map(BatchPredictor(tiny_file, "path"), frames))
    assert answers(found) == expected
