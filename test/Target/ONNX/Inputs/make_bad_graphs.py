# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes models whose graphs or tensors contradict themselves into the folder that is given."""

import pathlib
import sys

from onnx import AttributeProto, FunctionProto, ModelProto, TensorProto, helper

OUT = pathlib.Path(sys.argv[1])
OUT.mkdir(parents=True, exist_ok=True)
(OUT / "good.data").write_bytes(b"\0" * 300)
(OUT / "folder").mkdir(exist_ok=True)


def value(name):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, (None, 4))


def save(name, nodes=(), initializers=(), inputs=("x",), outputs=("y",), functions=()):
    graph = helper.make_graph(list(nodes), "g", list(map(value, inputs)), list(map(value, outputs)), list(initializers))
    model = helper.make_model(graph, functions=list(functions))
    (OUT / f"{name}.onnx").write_bytes(model.SerializeToString())
    return model


def node(name, inputs=("x",), outputs=("y",), op_type="Relu"):
    return helper.make_node(op_type, inputs, outputs, name=name)


def tensor(name="w", data_type=TensorProto.FLOAT, dims=(4,), **fields):
    return TensorProto(name=name, data_type=data_type, dims=dims, **fields)


def external(data_type=TensorProto.FLOAT, **entries):
    made = tensor(data_type=data_type, data_location=TensorProto.EXTERNAL)
    for key, entry in entries.items():
        made.external_data.add(key=key, value=entry)
    return made


# Graphs and nodes.
(OUT / "no_graph.onnx").write_bytes(ModelProto(ir_version=8).SerializeToString())
good = save("good", [node("/act")])
# A field of number 0, which protobuf does not have.
(OUT / "field_zero.onnx").write_bytes(good.SerializeToString() + b"\x02\x00")
# An operator set that is no message.
(OUT / "no_message.onnx").write_bytes(good.SerializeToString() + b"\x42\x01\xff")
# raw_data under a key of more than 32 bits, of which protobuf would read the lower ones:
# its sixteen bytes would then be a place in memory.
(OUT / "long_key.onnx").write_bytes(
    ModelProto(ir_version=8, graph=helper.make_graph([], "g", [], [])).SerializeToString()[:-3]
    + bytes([0x3A, 27, 0x2A, 25, 0x08, 2, 0x10, 3, 0xCA, 0x80, 0x80, 0x80, 0x10, 16])
    + (1 << 40).to_bytes(8, "little") + (2).to_bytes(8, "little"))
save("no_operator", [node("/act", op_type="")])
save("no_value", [node("/act", outputs=["z"])])
save("cycle", [node("/a", ["b", "x"], ["a"], "Add"), node("/b", ["a"], ["b"]), node("/c", ["a"], ["y"])])
save("inputs", [node("/act")], inputs=("x", "x"))
save("initializers", [node("/act")], [tensor(float_data=[1, 2, 3, 4])] * 2)
nameless = node("/act")
nameless.attribute.append(AttributeProto(i=1, type=AttributeProto.INT))
save("no_name", [nameless])
function = FunctionProto(name="F", domain="d", input=["a"], output=["c"], node=[node("/inner", ["a"], ["b"])])
save("function", [node("/act")], functions=[function])

# Tensors.
save("float_data", [node("/act")], [tensor(float_data=[1, 2, 3])])
save("no_data", [node("/act")], [tensor()])
save("strings", [node("/act")], [tensor(data_type=TensorProto.STRING, string_data=[b"a", b"b"])])
constant = helper.make_node("Constant", [], ["y"], name="/constant", value=tensor("c", raw_data=b"123"))
save("constant", [constant])
sparse = helper.make_graph([node("/act")], "g", [value("x")], [value("y")])
sparse.sparse_initializer.add(
    values=tensor("s", float_data=[1]), indices=tensor("i", TensorProto.INT64, (1,), int64_data=[0]), dims=[8]
)
(OUT / "sparse.onnx").write_bytes(helper.make_model(sparse).SerializeToString())

# External data.
save("no_location", [node("/act")], [external(offset="0", length="16")])
save("folder", [node("/act")], [external(location="folder")])
save("offset", [node("/act")], [external(location="good.data", offset="0x10")])
save("length", [node("/act")], [external(location="good.data", length="12")])
save("external_strings", [node("/act")], [external(TensorProto.STRING, location="good.data")])
