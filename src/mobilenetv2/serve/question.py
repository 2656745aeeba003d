"""A request's picture and how its answer is wanted; done by a worker."""

import io
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from mobilenetv2.errors import ImageError
from mobilenetv2.pipeline import Predictor
from mobilenetv2.serve.refusals import RefusalError, TooLargeError
from mobilenetv2.sources.side_by_side import prepare_as_chosen
from mobilenetv2.tasks.options import Options
from mobilenetv2.tasks.picture import opened
from mobilenetv2.tasks.results import Result, Segmentation

Form = Literal["json", "drawing", "mask"]
JPEG_QUALITY = 90


@dataclass(frozen=True, slots=True)
class Question:
    """One picture."""

    picture: bytes | npt.NDArray[np.uint8] = field(repr=False)
    """A file's bytes, or uint8 [height, width, 3]."""
    options: Options
    pixels: int
    """More are refused."""

    def answer(self, model: Predictor[Any]) -> Result:
        """What the model says of it.

        Raises:
            RefusalError: no picture, too large a one, or an option that the model does not take.
        """
        try:
            model.check(self.options)
            self._require_room()
            return model.answer(prepare_as_chosen(model, self.picture, self.options), self.options)
        except ImageError as error:
            raise RefusalError(str(error)) from error
        except ValueError as error:
            raise RefusalError(str(error)) from error

    def drawn(self, model: Predictor[Any], form: Form) -> bytes:
        """The answer as a picture: a JPEG with what was found, or a PNG of a segmenter's ids.

        Raises:
            RefusalError: as `answer`, or a mask of a model that makes none.
        """
        result = self.answer(model)
        file = io.BytesIO()
        if form == "mask":
            if not isinstance(result, Segmentation):
                raise RefusalError(
                    f"image/png is a segmenter's mask; this model is for {model.task}"
                )
            result.mask_picture().save(file, "PNG")
        else:
            result.draw(self.picture).save(file, "JPEG", quality=JPEG_QUALITY)
        return file.getvalue()

    def _require_room(self) -> None:
        if isinstance(self.picture, bytes):
            with opened(self.picture) as image:
                width, height = image.size
        else:
            height, width = self.picture.shape[:2]
        if width * height > self.pixels:
            raise TooLargeError(
                f"a picture may have at most {self.pixels:,} pixels, got {width} x {height}"
            )
