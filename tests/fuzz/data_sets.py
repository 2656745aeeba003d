"""Readers of pictures, masks, boxes and tables, as functions of an input and a folder."""

from functools import cache
from pathlib import Path

from PIL import Image

from mobilenetv2.datasets.named_boxes import Reader
from mobilenetv2.datasets.picture_index import PictureIndex
from mobilenetv2.errors import DatasetError
from mobilenetv2.tasks.image import decode
from tests.fuzz.scratch import Read, file_of


def read_picture(data: bytes, _: Path) -> None:
    decode(data)


def read_header(data: bytes, folder: Path) -> None:
    from mobilenetv2.datasets.picture_header import read_header

    read_header(file_of(folder, "a.png", data))


def read_mask(data: bytes, folder: Path) -> None:
    from mobilenetv2.datasets.read_mask import read_mask

    read_mask(file_of(folder, "a.png", data), 3)


def boxes_in(name: str) -> Read:
    """A data set of one picture with the damaged annotation under that name."""

    def read(data: bytes, folder: Path) -> None:
        from mobilenetv2.datasets.read_boxes import read_boxes

        root = folder / name.replace("/", "_")
        target = root / name
        if not target.parent.is_dir():
            target.parent.mkdir(parents=True)
            Image.new("RGB", (64, 48)).save(root / "a.png")
            if name == "a.txt":
                (root / "classes.txt").write_text("cat\ndog\n")
            if name == "data.yaml":
                (root / "a.txt").write_text("0 0.5 0.5 0.25 0.5\n")
        target.write_bytes(data)
        read_boxes(root)

    return read


def listed_in(name: str, reader: Reader) -> Read:
    """A file that names its pictures; there is one, listed once."""

    def read(data: bytes, folder: Path) -> None:
        from mobilenetv2.datasets.named_boxes import read_named

        read_named([file_of(folder, name, data)], reader, _only_picture(folder))

    return read


@cache
def _only_picture(folder: Path) -> PictureIndex:
    Image.new("RGB", (64, 48)).save(folder / "a.png")
    return PictureIndex(folder)


def read_colors(data: bytes, folder: Path) -> None:
    from mobilenetv2.datasets.mask_colors import read_colors

    read_colors(file_of(folder, "colors.csv", data))


def read_label_list(data: bytes, folder: Path) -> None:
    from mobilenetv2.datasets.class_names import read_label_list

    read_label_list(file_of(folder, "labels.txt", data))


def read_number_names(data: bytes, folder: Path) -> None:
    from mobilenetv2.tasks.number_names import number_names

    names = number_names(file_of(folder, "names.json", data).with_name("train.csv"), ("0", "1"))
    if not names.labels:
        raise DatasetError("the file names nothing")
    "".join(names.labels).encode()


def read_list(data: bytes, folder: Path) -> None:
    from mobilenetv2.sources.lists import list_lines

    list_lines(file_of(folder, "list.txt", data))


def read_table(data: bytes, folder: Path) -> None:
    from mobilenetv2.tasks.labeled import read_labeled

    read_labeled(file_of(folder, "labels.csv", data), ("cat", "dog"))


COCO = {
    "images": [{"id": 1, "file_name": "a.png", "width": 64, "height": 48}],
    "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}],
    "annotations": [
        {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 10, 12], "area": 120,
         "iscrowd": 0},
        {"id": 2, "image_id": 1, "category_id": 2, "bbox": [5.5, 2, 10, 12],
         "segmentation": [[1, 2, 10, 2, 10, 20]]},
    ],
}  # fmt: skip
VOC = b"""<annotation><folder>b</folder><filename>a.png</filename>
<size><width>64</width><height>48</height><depth>3</depth></size>
<object><name>cat</name><difficult>0</difficult><truncated>1</truncated>
<bndbox><xmin>2</xmin><ymin>3.5</ymin><xmax>20</xmax><ymax>30</ymax></bndbox></object>
<object><name>dog</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox>
</object></annotation>"""
CVAT = b"""<?xml version="1.0"?><annotations><version>1.1</version><meta><task/></meta>
<image id="0" name="a.png" width="64" height="48">
<box label="cat" xtl="10" ytl="5" xbr="30.5" ybr="25" rotation="30"/>
<polygon label="dog" points="10,5;30,5;20,25"/>
<ellipse label="cat" cx="20" cy="20" rx="10" ry="5"/>
<mask label="dog" rle="1" left="3" top="4" width="10" height="20"/>
</image></annotations>"""
LABELME = {
    "version": "5.4.1", "imagePath": "a.png", "imageHeight": 48, "imageWidth": 64,
    "shapes": [
        {"label": "cat", "points": [[1, 2], [10.5, 12]], "shape_type": "rectangle"},
        {"label": "dog", "points": [[1, 2], [9, 3], [5, 8]], "shape_type": "polygon"},
        {"label": "dog", "points": [[20, 20], [25, 20]], "shape_type": "circle"},
    ],
}  # fmt: skip
TABLE = (
    b"filename,width,height,class,xmin,ymin,xmax,ymax\n"
    b"a.png,64,48,cat,1,2,10.5,12\na.png,64,48,dog,3,4,9,8\n"
)
YOLO = b"# made\npath: .\ntrain: a.png\nval: [a.png]\nnc: 2\nnames:\n  0: cat\n  1: 'dog'\n"
