"""Which columns hold pictures and classes where their names do not say so."""

from pathlib import Path

import pytest

from mobilenetv2.errors import DatasetError
from mobilenetv2.tasks.label_table import read_label_table
from mobilenetv2.tasks.labeled_table import read_labeled_table
from mobilenetv2.tasks.table import read_table
from mobilenetv2.tasks.table_columns import class_column, picture_column


def written(folder: Path, rows: str) -> Path:
    """A table beside a folder of the pictures p0 to p3 and 0 to 3."""
    (folder / "train_images").mkdir()
    for number in range(4):
        (folder / f"train_images/p{number}.png").touch()
        (folder / f"train_images/{number}.png").touch()
    (folder / "train.csv").write_text(rows)
    return folder / "train.csv"


@pytest.mark.parametrize(
    ("rows", "picture", "label", "notes"),
    [
        # Kaggle's: of blindness, of skin (five more columns), of cassava leaves.
        ("id_code,diagnosis\np0,0\np1,1\np2,0\n", "id_code", "diagnosis", 2),
        ("lesion_id,image_id,dx,age\nH0,p0,nv,80\nH1,p1,mel,60\n", "image_id", "dx", 1),
        ("image_id,label\np0.png,0\np1.png,1\n", "image_id", "label", 0),
        # A column called id that counts lines, beside the names of pictures.
        ("id,scan,label\n70,p0,ant\n71,p1,bee\n", "scan", "label", 1),
        # Classes that are names of pictures too: but two of them.
        ("scan,grade\np0,0\np1,1\np2,1\n", "scan", "grade", 2),
        ("scan,grade,split\np0,a,x\np1,b,y\n", "scan", "grade", 2),
        ("name,label,is_valid\ntrain_images/p0.png,ant,True\n", "name", "label", 1),
    ],
)
def test_columns_by_name_or_by_what_is_in_them(
    tmp_path: Path, rows: str, picture: str, label: str, notes: int
):
    table = read_table(written(tmp_path, rows))
    place, told = picture_column(table)
    assert place is not None
    column, more = class_column(table, place)
    assert column is not None
    assert (table.columns[place], table.columns[column]) == (picture, label)
    assert len(list(filter(None, (told, more)))) == notes
    read = read_labeled_table(table.file, prefer="label")
    assert [path.name for path in read.paths[:1]] == ["p0.png"]
    assert read.values == tuple(row[column] for row in table.rows)
    # Whether a picture may have several labels is another question; the columns are the same.
    labels = read_label_table(table.file)
    assert (labels.paths, [own for (own,) in labels.labels]) == (read.paths, list(read.values))


@pytest.mark.parametrize(
    ("rows", "rename"),
    [
        ("scan,site,grade\np0,a,1\np1,b,1\np2,b,1\n", "rename the column of classes to 'label'"),
        ("scan,grade\nx0,1\nx1,2\nx2,1\nx3,2\n", "rename the column of pictures to 'path'"),
        # Two columns of pictures, and a table without a heading.
        ("left,right,label\np0,p1,a\np1,p2,b\n", "rename the column of pictures to 'path'"),
        ("p0.png,a\np1.png,b\n", "rename the column of pictures to 'path'"),
    ],
)
def test_what_cannot_be_known_is_refused_with_the_columns(tmp_path: Path, rows: str, rename: str):
    with pytest.raises(DatasetError, match=rename) as told:
        read_labeled_table(written(tmp_path, rows))
    assert rows.split("\n")[0] in str(told.value)


def test_a_column_called_so_keeps_its_name_where_pictures_are_missing(tmp_path: Path):
    table = read_table(written(tmp_path, "image,label\nx0,ant\nx1,bee\n"))
    assert picture_column(table) == (0, "")
    assert class_column(table, 0) == (1, "")


def test_the_only_other_column_is_no_class_where_it_is_an_index(tmp_path: Path):
    table = read_table(written(tmp_path, "path,index\np0,0\n"))
    assert class_column(table, 0) == (None, "")
