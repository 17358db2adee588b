"""Writes a model with one FFN, one linear that is none, and one that is only like an FFN's."""
import sys

import numpy as np
from onnx import TensorProto, helper, numpy_helper

random = np.random.default_rng(0)


def weight(name, *shape):
    return numpy_helper.from_array(random.standard_normal(shape).astype(np.float32), name)


nodes = [
    helper.make_node("MatMul", ["x", "up"], ["h0"], name="/mlp/up/MatMul"),
    helper.make_node("Add", ["h0", "up_bias"], ["h1"], name="/mlp/up/Add"),
    helper.make_node("Relu", ["h1"], ["h2"], name="/mlp/act/Relu"),
    helper.make_node("MatMul", ["h2", "down"], ["h3"], name="/mlp/down/MatMul"),
    helper.make_node("Add", ["x", "h3"], ["h4"], name="/Add"),
    helper.make_node("MatMul", ["h4", "head"], ["h5"], name="/head/MatMul"),
    helper.make_node("Softmax", ["h5"], ["y"], name="/Softmax"),
]
weights = [weight("up", 32, 64), weight("up_bias", 64), weight("down", 64, 32), weight("head", 32, 8)]
graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["t", 32])],
                          [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["t", 8])], weights)
with open(sys.argv[1], "wb") as file:
    file.write(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]).SerializeToString())
