"""An ONNX file of operators of integers, each kind once: no exporter of ours writes them."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

MICROSOFT = "com.microsoft"


def qlinear_onnx() -> bytes:
    """A picture through QLinearConv, a sum, a joining, an average and QGemm."""
    scale = {"s": np.float32(0.1), "z": np.uint8(3)}
    constants = scale | {
        "w": np.ones((2, 3, 1, 1), np.int8),
        "ws": np.array([0.1, 0.2], np.float32),
        "wz": np.zeros(2, np.int8),
        "b": np.array([1, 2], np.int32),
        "g": np.ones((4, 3), np.int8),
        "gs": np.float32(0.1),
        "gz": np.int8(0),
        "gb": np.array([1, 2, 3], np.int32),
        "shape": np.array([1, -1], np.int64),
    }
    step = ["s", "z"]
    nodes = [
        helper.make_node("QuantizeLinear", ["x", *step], ["q"]),
        helper.make_node("QLinearConv", ["q", *step, "w", "ws", "wz", *step, "b"], ["c"]),
        helper.make_node("QLinearAdd", ["c", *step, "c", *step, *step], ["a"], domain=MICROSOFT),
        helper.make_node(
            "QLinearConcat", [*step, "a", *step, "c", *step], ["j"], domain=MICROSOFT, axis=1
        ),
        helper.make_node("QLinearGlobalAveragePool", ["j", *step, *step], ["p"], domain=MICROSOFT),
        helper.make_node("Reshape", ["p", "shape"], ["r"]),
        helper.make_node(
            "QGemm", ["r", *step, "g", "gs", "gz", "gb", *step], ["l"], domain=MICROSOFT
        ),
        helper.make_node("DequantizeLinear", ["l", *step], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "integers",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 8, 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    return helper.make_model(graph, producer_name="hand").SerializeToString()
