"""The files that `evaluate` writes beside its tables."""

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from mobilenetv2.cli.console import messages
from mobilenetv2.cli.judged import Judged
from mobilenetv2.cli.outputs.annotated import write_picture
from mobilenetv2.cli.places import require_place
from mobilenetv2.errors import DatasetError
from mobilenetv2.evaluate import DetectionReport
from mobilenetv2.evaluate.coco_files import write_predictions
from mobilenetv2.evaluate.compare_reports import Paired
from mobilenetv2.tasks.contact_sheet import Tile


@dataclass(frozen=True, slots=True)
class Compared:
    """Another model on the same pictures."""

    model: str
    paired: Paired


@dataclass(frozen=True, slots=True)
class Files:
    """Where they go; None: not asked for."""

    page: Path | None
    mistakes: Path | None
    predictions: Path | None

    def require_places(self) -> None:
        """Refuse before the work what could not be written after it.

        Raises:
            DatasetError: a place takes no file, or the sheet is no picture.
        """
        named = {"predictions": self.predictions, "the report": self.page,
                 "the sheet of mistakes": self.mistakes}  # fmt: skip
        for what, path in named.items():
            if path is not None:
                require_place(what, path)
        if self.mistakes is not None:
            require_picture_name(self.mistakes)

    def write(self, model: str, judged: Judged, other: Compared | None) -> None:
        """Write them, each with a word on stderr."""
        report = judged.report
        if self.predictions is not None and isinstance(report, DetectionReport):
            truth = write_predictions(report, self.predictions)
            _tell(f"Wrote {self.predictions} and {truth}")
        shown = judged.tiles() if self.page or self.mistakes else []
        if self.mistakes is not None:
            _write_sheet(self.mistakes, shown)
        if self.page is not None:
            from mobilenetv2.evaluate.page.curves import read_log
            from mobilenetv2.evaluate.page.write import write_page

            # A page may be given to others: where a file lies is nobody's business.
            paired, name = (other.paired, Path(other.model).name) if other else (None, "")
            log = read_log(Path(model))
            write_page(self.page, Path(model).name or model, report, shown, paired, name, log)
            _tell(f"Wrote {self.page}")


def require_picture_name(path: Path) -> None:
    """Refuse a name that says no format that Pillow writes.

    Raises:
        DatasetError: it does not.
    """
    Image.init()
    if Image.registered_extensions().get(path.suffix.lower()) not in Image.SAVE:
        raise DatasetError(f"a sheet is a picture such as sheet.png or sheet.jpg, got {path}")


def _write_sheet(path: Path, tiles: list[Tile]) -> None:
    from mobilenetv2.tasks.contact_sheet import draw_sheet

    if not tiles:
        _tell(f"No mistakes to show: {path} was not written")
        return
    write_picture(draw_sheet(tiles), path)
    _tell(f"Wrote {path}")


def _tell(text: str) -> None:
    messages().print(text, markup=False, soft_wrap=True)
