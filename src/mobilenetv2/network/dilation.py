"""Output stride: how strides become dilation (section 6.3)."""


class Dilator:
    """Walks along a backbone and turns strides into dilation past the output stride.

    The block whose stride is dropped keeps its dilation; those after it have it doubled.
    """

    def __init__(self, output_stride: int, reached: int = 2) -> None:
        self._output_stride = output_stride
        self._reached = reached
        self._dilation = 1

    def step(self, stride: int) -> tuple[int, int]:
        """(stride, dilation) to use for a block that asks for `stride`."""
        dilation = self._dilation
        if self._reached * stride <= self._output_stride:
            self._reached *= stride
            return stride, dilation
        self._dilation *= stride
        return 1, dilation
