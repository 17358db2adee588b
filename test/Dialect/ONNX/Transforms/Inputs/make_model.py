"""Writes small.onnx (a weight of 8x8) and large.onnx (64x64) into the folder that is given."""
import pathlib
import sys

import numpy as np
from onnx import TensorProto, helper, numpy_helper

for name, size in (("small", 8), ("large", 64)):
    weight = numpy_helper.from_array(np.arange(size * size, dtype=np.float32).reshape(size, size), "w")
    value = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["n", size]) for n in ("x", "y")]
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"], name="/fc")], "g", value[:1], value[1:], [weight])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    (pathlib.Path(sys.argv[1]) / f"{name}.onnx").write_bytes(model.SerializeToString())
