"""Looks through a torch pickle without running it: what it would import and allocate.

torch's own `weights_only` executes nothing foreign, but it lets a file call `bytearray` or
`torch.FloatTensor` with any number, and a legacy file ask for a storage of any size: both
allocate before anything is checked. So the opcodes are read here first.
"""

import pickletools
import re
from collections import deque
from io import BytesIO

from mobilenetv2.errors import CheckpointError

MAX_OPCODES = 5_000_000
"""A full training checkpoint of MobileNetV2, optimizer and all, has about 50,000."""

HARMLESS = re.compile(
    r"collections (OrderedDict|defaultdict|Counter)"
    r"|torch\._utils _rebuild_(tensor|tensor_v2|parameter|parameter_with_state)"
    r"|torch\.nn\.parameter Parameter|torch Size|torch device|torch\.serialization _get_layout"
    r"|torch (Float|Half|BFloat16|Double|Long|Int|Short|Char|Byte|Bool)Storage"
    r"|torch (b?float\d+|int\d+|uint\d+|bool|double|half|long)"
    r"|builtins (set|dict)|__builtin__ (set|dict)|argparse Namespace|_codecs encode"
    r"|numpy dtype|numpy\._?core\.multiarray scalar"
    r"|pathlib(\._local)? (Pure)?(Posix|Windows)?Path"
)
"""What state dicts and training checkpoints name, as "module name"; nothing here allocates."""

MEMO = ("BINPUT", "LONG_BINPUT", "MEMOIZE")
INTEGERS = ("BININT", "BININT1", "BININT2", "LONG1")


def scan_pickle(stream: BytesIO, limit: int) -> None:
    """Check one pickle, up to its end, leaving `stream` behind it.

    Args:
        stream: at the pickle's first byte.
        limit: elements that all storages together may claim; no honest file claims more than
            it has bytes.

    Raises:
        CheckpointError: not a pickle, one that names anything but tensors and plain
            containers, or one that claims more than `limit` elements.
    """
    recent: deque[tuple[str, object]] = deque(maxlen=3)
    claimed = 0
    try:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(stream)):
            if count > MAX_OPCODES:
                raise CheckpointError(f"a pickle may have {MAX_OPCODES} steps, this has more")
            if opcode.name == "GLOBAL":
                _check_global(str(argument))
            elif opcode.name in ("STACK_GLOBAL", "INST", "OBJ", "EXT1", "EXT2", "EXT4", "PERSID"):
                raise CheckpointError(
                    f"torch never writes the pickle step {opcode.name}; {WAY_OUT}"
                )
            elif opcode.name == "BINPERSID":
                claimed += _storage_elements(recent)
                if claimed > limit:
                    raise CheckpointError(
                        f"its storages claim {claimed} elements, the file has {limit} bytes"
                    )
            if opcode.name not in MEMO:
                recent.append((opcode.name, argument))
    except CheckpointError:
        raise
    except (ValueError, IndexError, OverflowError, EOFError) as error:
        raise CheckpointError(f"not a complete pickle: {error}") from error


WAY_OUT = "save the plain weights anew with torch.save(model.state_dict(), path)"


QUANTIZED = re.compile(r"torch q(u?int\d+|uint\dx\d)|torch\._utils _rebuild_qtensor|.*quantized.*")
"""What torch's own quantisation leaves in a file."""


def _check_global(name: str) -> None:
    if QUANTIZED.fullmatch(name):
        raise CheckpointError(
            f"the file was quantised by torch (it names {name.replace(' ', '.')!r}), whose "
            "integers have another layout. Save the state dict from before "
            "torch.ao.quantization.convert and make integers of it here: mobilenetv2 quantize; "
            "or export it with torch.onnx"
        )
    if not HARMLESS.fullmatch(name):
        raise CheckpointError(
            f"a weight file may name tensors and plain containers only, this one names "
            f"{name.replace(' ', '.')!r}; nothing was executed. If you trust its origin, "
            f"load it there and {WAY_OUT}"
        )


def _storage_elements(recent: deque[tuple[str, object]]) -> int:
    """The element count in ("storage", type, key, location, count[, None]), just built."""
    steps = list(recent)
    if steps and steps[-1][0] == "TUPLE":
        steps.pop()
        if steps and steps[-1][0] == "NONE":
            steps.pop()
        if steps and steps[-1][0] in INTEGERS and isinstance(steps[-1][1], int):
            return abs(steps[-1][1])
    raise CheckpointError(f"a storage is described in a way torch never writes; {WAY_OUT}")
