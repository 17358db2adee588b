"""onnx-channels-last on random image models: regions of nodes that act on each pixel alone.

Every model has 1x1 convolutions with pointwise nodes, constants of all spellings, batch norms,
masks and parts of the channels between them, and nodes that see other pixels. What the pass
makes of it is run in ONNX Runtime beside the original, alone and with the merging behind it.
"""

import random
import subprocess

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

PASSES = ["--onnx-channels-last"]
MERGED = [*PASSES, "--onnx-raise-linears", "--slin-merge=verify-exact=true", "--slin-to-onnx"]


class Model:
    """A random graph; all its values are [batch, channels, size, …]."""

    def __init__(self, seed, rank, opset):
        self.random, self.numbers = random.Random(seed), np.random.default_rng(seed)
        self.rank, self.opset = rank, opset
        self.nodes, self.weights = [], []
        self.values = [("x", 4)]

    def weight(self, array):
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(array, name))
        return name

    def floats(self, *shape):
        return self.weight(self.numbers.standard_normal(shape).astype(np.float32))

    def integers(self, *values):
        return self.weight(np.array(values, np.int64))

    def node(self, op, inputs, channels, outputs=1, **attributes):
        names = [f"v{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op, inputs, names, name=f"/{op}_{len(self.nodes)}", **attributes))
        self.values += [(name, channels) for name in names]
        return names[0]

    def pick(self):
        return self.random.choice(self.values[-4:])

    def conv(self):
        value, channels = self.pick()
        out = self.random.choice([2, 4, 4, 6])
        bias = [self.floats(out)] if self.random.random() < 0.7 else []
        self.node("Conv", [value, self.floats(out, channels, *[1] * (self.rank - 2)), *bias], out)

    def spatial(self):
        value, channels = self.pick()
        size = [3] * (self.rank - 2)
        if self.random.random() < 0.5:
            self.node("AveragePool", [value], channels, kernel_shape=size, pads=[1] * 2 * len(size))
        else:
            self.node("Conv", [value, self.floats(channels, 1, *size)], channels, group=channels,
                      pads=[1] * 2 * len(size))

    def pointwise(self):
        value, channels = self.pick()
        self.node(self.random.choice(["Relu", "Tanh", "Sigmoid", "Erf", "LeakyRelu"]), [value], channels)

    def scaled(self):
        value, channels = self.pick()
        ones = [1] * (self.rank - 2)
        shape = self.random.choice([[], [1], [channels, *ones], [1, channels, *ones], [1, 1, *ones], [5]])
        operands = [value, self.floats(*shape)]
        op = self.random.choice(["Add", "Mul", "Sub"])
        self.node(op, operands[::self.random.choice([1, -1])], channels)

    def masked(self):
        value, channels = self.pick()
        other = [name for name, width in self.values if width == channels]
        mask = self.numbers.random([channels, *[1] * (self.rank - 2)]) < 0.5
        self.node("Where", [self.weight(mask), value, self.random.choice(other)], channels)

    def added(self):
        value, channels = self.pick()
        other = [name for name, width in self.values if width == channels]
        self.node(self.random.choice(["Add", "Mul"]), [value, self.random.choice(other)], channels)

    def norm(self):
        value, channels = self.pick()
        variance = self.weight((0.5 + self.numbers.random(channels)).astype(np.float32))
        self.node("BatchNormalization", [value, *(self.floats(channels) for _ in range(3)), variance], channels)

    def part(self):
        value, channels = self.pick()
        axis = 1 if self.opset < 11 else self.random.choice([1, 1 - self.rank])
        if self.opset < 10:
            self.node("Slice", [value], channels - 1, starts=[1], ends=[channels], axes=[1])
        else:
            lists = [self.integers(number) for number in (1, channels, axis)]
            self.node("Slice", [value, *lists], channels - 1)

    def joined(self):
        (value, channels), (other, width) = self.pick(), self.pick()
        if channels + width <= 12:
            self.node("Concat", [value, other], channels + width, axis=1)

    def gathered(self):
        value, channels = self.pick()
        order = self.numbers.permutation(channels)
        self.node("Gather", [value, self.integers(*order)], channels, axis=1)

    def halves(self):
        value, channels = self.pick()
        if channels % 2 == 0:
            count = {"num_outputs": 2} if self.opset >= 18 else {}
            self.node("Split", [value], channels // 2, outputs=2, axis=1, **count)

    def build(self):
        steps = [self.pointwise, self.scaled, self.masked, self.added, self.norm, self.part,
                 self.joined, self.gathered, self.halves]
        if self.opset < 9:
            steps.remove(self.masked)
        for _ in range(self.random.randint(6, 14)):
            self.random.choice([self.conv, self.random.choice(steps), self.random.choice(steps)])()
            if self.random.random() < 0.1:
                self.spatial()
            # Parts of parts would have no channels left.
            self.values = [(name, width) for name, width in self.values if width >= 2]
        self.conv()
        made = [name for name, _ in self.values[1:]]
        outputs = {made[-1], self.random.choice(made)}
        sizes = ["batch", 4, *[5] * (self.rank - 2)]
        graph = helper.make_graph(
            self.nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, sizes)],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None] * self.rank) for name in sorted(outputs)],
            self.weights)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=8)


def run(path, values):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return session.run(None, {"x": values})


@pytest.mark.parametrize("passes", [PASSES, MERGED], ids=["alone", "merged"])
@pytest.mark.parametrize("seed", range(60))
def test_computes_the_same(seed, passes, tmp_path):
    model = Model(seed, rank=[4, 3, 4][seed % 3], opset=[17, 13, 18, 9][seed % 4])
    before, after = tmp_path / "before.onnx", tmp_path / "after.onnx"
    onnx.save(model.build(), before)
    subprocess.run(["slin-opt", before, *passes, "-o", after], check=True)
    onnx.checker.check_model(onnx.load(after), full_check=True)
    values = np.random.default_rng(seed).standard_normal([2, 4, *[5] * (model.rank - 2)]).astype(np.float32)
    for expected, found in zip(run(before, values), run(after, values), strict=True):
        assert found.shape == expected.shape
        assert np.linalg.norm(found - expected) <= 1e-5 * max(np.linalg.norm(expected), 1.0)


def test_takes_regions(tmp_path):
    """Most of the random models have such a region: the comparison above is not one of equal files."""
    taken = 0
    for seed in range(20):
        path, out = tmp_path / "m.onnx", tmp_path / "o.onnx"
        onnx.save(Model(seed, rank=4, opset=17).build(), path)
        subprocess.run(["slin-opt", path, *PASSES, "-o", out], check=True)
        taken += any(node.op_type == "MatMul" for node in onnx.load(out).graph.node)
    assert taken >= 15


def test_subgraphs_and_functions(tmp_path):
    """Regions inside of a branch and in a function, whose constants are nodes; the branch reads outer values."""
    numbers = np.random.default_rng(0)

    def weight(name):
        return numpy_helper.from_array(numbers.standard_normal((4, 4, 1, 1)).astype(np.float32), name)

    def image(name):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 4, "height", "width"])

    def block(source, result, weights, names):
        return [helper.make_node("Conv", [source, weights[0]], [f"{result}_a"], name=f"{names}/first"),
                helper.make_node("Relu", [f"{result}_a"], [f"{result}_b"], name=f"{names}/act"),
                helper.make_node("Conv", [f"{result}_b", weights[1]], [result], name=f"{names}/second")]
    branch = helper.make_graph(
        [*block("h", "branch", ["w0", "w1"], "/then"),
         helper.make_node("Add", ["branch", "h_b"], ["sum"], name="/sum")],
        "then", [], [image("sum")])
    identity = helper.make_node("Identity", ["h"], ["same"], name="/same")
    other = helper.make_graph([identity], "else", [], [image("same")])
    function = helper.make_function(
        "local", "Block", ["a"], ["c"],
        [helper.make_node("Constant", [], [name], value=weight(name)) for name in ("u", "v")]
        + block("a", "c", ["u", "v"], "/block"), [helper.make_opsetid("", 17)])
    graph = helper.make_graph(
        [*block("x", "h", ["w0", "w1"], ""),
         helper.make_node("If", ["choice"], ["chosen"], name="/if", then_branch=branch, else_branch=other),
         helper.make_node("Block", ["chosen"], ["y"], name="/call", domain="local")],
        "g", [image("x"), helper.make_tensor_value_info("choice", TensorProto.BOOL, [])], [image("y"), image("h")],
        [weight("w0"), weight("w1")])
    model = helper.make_model(graph, functions=[function], ir_version=8,
                              opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("local", 1)])
    before, after = tmp_path / "before.onnx", tmp_path / "after.onnx"
    onnx.save(model, before)
    subprocess.run(["slin-opt", before, *PASSES, "-o", after], check=True)
    onnx.checker.check_model(onnx.load(after), full_check=True)
    assert b"Conv" not in after.read_bytes()
    inputs = {"x": numbers.standard_normal((2, 4, 3, 5)).astype(np.float32)}
    for choice in (True, False):
        inputs["choice"] = np.array(choice)
        sessions = [onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
                    for path in (before, after)]
        for expected, found in zip(*(one.run(None, inputs) for one in sessions), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
