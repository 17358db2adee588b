"""Writes models with one thing wrong each into the folder that is given."""
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OUT = pathlib.Path(sys.argv[1])
OUT.mkdir(parents=True, exist_ok=True)
W = numpy_helper.from_array(np.arange(64, dtype=np.float32).reshape(8, 8), "w")


def value(name, shape=(None, 8)):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def save(name, nodes, initializers=(W,)):
    graph = helper.make_graph(nodes, "g", [value("x")], [value("y")], list(initializers))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    (OUT / f"{name}.onnx").write_bytes(model.SerializeToString())
    return model


def external(location, offset=0, length=256, name="w"):
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=[8, 8], data_location=TensorProto.EXTERNAL)
    for key, entry in (("location", location), ("offset", str(offset)), ("length", str(length))):
        tensor.external_data.add(key=key, value=entry)
    return tensor


MATMUL = helper.make_node("MatMul", ["x", "w"], ["y"], name="/fc/MatMul")
(OUT / "good.data").write_bytes(b"\0" * 300)
(OUT / "outside").mkdir(exist_ok=True)
(OUT / "outside" / "real.data").write_bytes(b"\0" * 300)
(OUT / "models").mkdir(exist_ok=True)

model = save("good", [MATMUL])
(OUT / "truncated.onnx").write_bytes(model.SerializeToString()[:-40])
(OUT / "random.onnx").write_bytes(bytes(range(256)))
(OUT / "empty.onnx").write_bytes(b"")
save("dangling", [helper.make_node("MatMul", ["x", "nowhere"], ["y"], name="/fc/MatMul")])
save("duplicate", [MATMUL, helper.make_node("Relu", ["x"], ["y"], name="/act/Relu")])
save("cycle", [helper.make_node("Add", ["x", "b"], ["a"], name="/a"), helper.make_node("Relu", ["a"], ["b"], name="/b"),
               helper.make_node("Relu", ["a"], ["y"], name="/c")])
inner = helper.make_graph([helper.make_node("Neg", ["x"], ["z"])], "inner", [], [value("z")])
twice = helper.make_node("Op", ["x"], ["y"], name="/op", domain="com.example", body=inner)
twice.attribute.append(twice.attribute[0])
save("twice", [twice])
short = TensorProto()
short.CopyFrom(W)
short.dims[0] = 9
save("length", [MATMUL], [short])
negative = TensorProto()
negative.CopyFrom(W)
negative.dims[0] = -8
save("negative", [MATMUL], [negative])
huge = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[2**40, 2**40], raw_data=b"")
save("huge", [MATMUL], [huge])
save("missing", [MATMUL], [external("nothing.data")])
save("short", [MATMUL], [external("good.data", offset=100)])
save("absolute", [MATMUL], [external("/etc/passwd")])
save("parent", [MATMUL], [external("../good.data")])
save("overlap", [MATMUL], [external("good.data"), external("good.data", offset=16, name="v")])


def field(number, content):
    """A length-delimited protobuf field, by hand: onnx itself refuses such nesting."""
    size, head = len(content), bytearray([number << 3 | 2])
    while size >= 128:
        head.append(size & 127 | 128)
        size >>= 7
    return bytes(head) + bytes([size]) + content


deep = b""
for _ in range(40):
    deep = field(1, field(4, b"If") + field(5, field(1, b"then_branch") + field(6, deep)))
(OUT / "deep.onnx").write_bytes(b"\x08\x08" + field(7, deep))
link = OUT / "models" / "link.data"
if not link.is_symlink():
    link.symlink_to(OUT.resolve() / "outside" / "real.data")
graph = helper.make_graph([MATMUL], "g", [value("x")], [value("y")], [external("link.data")])
(OUT / "models" / "link.onnx").write_bytes(helper.make_model(graph).SerializeToString())
# As a hub cache has it: model and weights are links into one folder.
(OUT / "blobs").mkdir(exist_ok=True)
(OUT / "blobs" / "1").write_bytes((OUT / "models" / "link.onnx").read_bytes())
(OUT / "blobs" / "2").write_bytes(b"\0" * 300)
(OUT / "snapshot").mkdir(exist_ok=True)
for name, target in (("model.onnx", "1"), ("link.data", "2")):
    if not (OUT / "snapshot" / name).is_symlink():
        (OUT / "snapshot" / name).symlink_to(pathlib.Path("..") / "blobs" / target)
