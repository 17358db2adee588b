"""The exact rewrites at the sizes of the papers, on models that are written here.

RePaViT (2505.21847): a block of width C with four times as many hidden channels, of which a are
activated. ColBERT projections (2510.12327): the heads 768 -> 3072 -> 768 -> 128 and
384 -> 768 -> 384. The fixtures of test_exact_rewrites.py have the spellings; here are the sizes,
f64, and the numbers of parameters that the papers print.
"""

import subprocess

import numpy as np
import onnx
import onnx.reference
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

PASSES = ["--onnx-raise-linears", "--slin-merge=verify-exact=true", "--slin-to-onnx"]
TYPES = {np.float32: TensorProto.FLOAT, np.float64: TensorProto.DOUBLE}


class Writer:
    """A graph from `x` [batch, tokens, width], node by node."""

    def __init__(self, width, dtype, seed=11):
        self.random, self.dtype, self.width = np.random.default_rng(seed), dtype, width
        self.nodes, self.weights, self.count = [], [], 0

    def node(self, op, inputs, outputs=1, **attributes):
        self.count += 1
        names = [f"v{self.count}_{index}" for index in range(outputs)]
        self.nodes.append(helper.make_node(op, inputs, names, name=f"/{op}_{self.count}", **attributes))
        return names[0] if outputs == 1 else names

    def weight(self, array, dtype=None):
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(array, dtype or self.dtype), name))
        return name

    def linear(self, x, inner, outer, bias=True):
        product = self.node("MatMul", [x, self.weight(self.random.standard_normal((inner, outer)) / inner**0.5)])
        return self.node("Add", [product, self.weight(self.random.standard_normal(outer))]) if bias else product

    def norm(self, x, width, variances):
        """A BatchNormalization of features, whose epsilon is the default; slopes of both signs."""
        variance = np.exp(self.random.uniform(np.log(variances[0]), np.log(variances[1]), width))
        vectors = [self.weight(array) for array in (
            self.random.standard_normal(width) * np.sqrt(variance), self.random.standard_normal(width),
            self.random.standard_normal(width), variance)]
        turned = self.node("Transpose", [x], perm=[0, 2, 1])
        return self.node("Transpose", [self.node("BatchNormalization", [turned, *vectors])], perm=[0, 2, 1])

    def gelu(self, x):
        scaled = self.node("Div", [x, self.weight(2**0.5)])
        shifted = self.node("Add", [self.node("Erf", [scaled]), self.weight(1)])
        return self.node("Mul", [self.node("Mul", [x, shifted]), self.weight(0.5)])

    def save(self, y, path):
        self.nodes.append(helper.make_node("Identity", [y], ["y"], name="/result"))
        value = [helper.make_tensor_value_info(name, TYPES[self.dtype], ["batch", "tokens", None if name == "y" else
                                                                         self.width]) for name in "xy"]
        graph = helper.make_graph(self.nodes, "main_graph", value[:1], value[1:], self.weights)
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
        return path


def repavit(path, width, active, dtype=np.float32, hidden=None, variances=(0.5, 1.5)):
    """x + W2 norm([gelu(u[:a]), u[a:]]) + b2, u = W1 norm(x) + b1."""
    hidden = hidden or 4 * width
    out = Writer(width, dtype)
    up = out.linear(out.norm("x", width, variances), width, hidden)
    if active == hidden:
        mixed = out.gelu(up)
    elif active:
        sizes = out.weight([active, hidden - active], np.int64)
        first, rest = out.node("Split", [up, sizes], outputs=2, axis=-1)
        mixed = out.node("Concat", [out.gelu(first), rest], axis=-1)
    else:
        mixed = up
    down = out.linear(out.norm(mixed, hidden, variances), hidden, width)
    return out.save(out.node("Add", ["x", down]), path)


def rewrite(path):
    out = path.with_suffix(".out.onnx")
    subprocess.run(["slin-opt", path, *PASSES, "-o", out], check=True)
    return out


def matrices(path):
    return [tuple(one.dims) for one in onnx.load(path).graph.initializer if len(one.dims) == 2]


def run(path, x):
    if x.dtype == np.float64:  # ONNX Runtime has no Erf of f64
        return onnx.reference.ReferenceEvaluator(str(path)).run(None, {"x": x})[0]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"]).run(None, {"x": x})[0]


def assert_same(before, after, width, dtype):
    x = np.random.default_rng(5).standard_normal((2, 3, width)).astype(dtype)
    expected, found = run(before, x), run(after, x)
    error = np.linalg.norm(found - expected) / np.linalg.norm(expected)
    assert error <= (1e-5 if dtype == np.float32 else 1e-12), error


def expected_matrices(width, active):
    if active == 4 * width:
        return [(width, active), (active, width)]
    return [(width, active), (active, width), (width, width)] if active else [(width, width)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("share", [0, 1, 2, 4])
@pytest.mark.parametrize("width", [192, 768])
def test_repavit(width, share, dtype, tmp_path):
    if width == 768 and dtype == np.float64 and share != 1:
        pytest.skip("f64 of the larger width: one case of the four, for time")
    before = repavit(tmp_path / "block.onnx", width, share * width, dtype)
    after = rewrite(before)
    assert sorted(matrices(after)) == sorted(expected_matrices(width, share * width))
    assert "BatchNormalization" not in {node.op_type for node in onnx.load(after).graph.node}
    assert_same(before, after, width, dtype)


def test_default_epsilon_is_a_float(tmp_path):
    """Where variances are small, 1e-5 as f64 and as f32 give other slopes."""
    before = repavit(tmp_path / "block.onnx", 32, 32, np.float64, variances=(1e-8, 1e-6))
    assert_same(before, rewrite(before), 32, np.float64)


@pytest.mark.parametrize("width,blocks,millions", [(768, 12, 35.39), (1024, 24, 125.8)])
def test_parameters_of_whole_models(width, blocks, millions, tmp_path):
    """What ViT-B and ViT-L save at three quarters idle: the block's own counts, times the blocks."""
    before = repavit(tmp_path / "block.onnx", width, width)
    numbers = [sum(np.prod(shape) for shape in matrices(path)) for path in (before, rewrite(before))]
    assert numbers[0] - numbers[1] == 5 * width**2
    assert f"{blocks * (numbers[0] - numbers[1]) / 1e6:.4g}" == f"{millions:.4g}"


@pytest.mark.parametrize("idle", [4, 7])
def test_few_idle_channels_stay_factored(idle, tmp_path):
    """Fewer than half of the width: their path as two factors takes fewer operations than one matrix."""
    before = repavit(tmp_path / "block.onnx", 16, 64 - idle, hidden=64)
    after = rewrite(before)
    assert (16, 16) not in matrices(after)
    assert sum(np.prod(shape) for shape in matrices(after)) == 2 * 16 * 64
    assert_same(before, after, 16, np.float32)


def head(path, sizes, bias, residual):
    """Blocks y = W x + b + r(x): r is the identity where widths agree, and a matrix of its own elsewhere."""
    out = Writer(sizes[0], np.float32)
    x = "x"
    for inner, outer in zip(sizes, sizes[1:]):
        y = out.linear(x, inner, outer, bias)
        if residual:
            y = out.node("Add", [y, x if inner == outer else out.linear(x, inner, outer, bias=False)])
        x = y
    return out.save(x, path)


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("sizes", [(768, 3072, 768, 128), (384, 768, 384)])
def test_colbert_heads_are_one_matrix(sizes, bias, residual, tmp_path):
    before = head(tmp_path / "head.onnx", sizes, bias, residual)
    after = rewrite(before)
    assert matrices(after) == [(sizes[0], sizes[-1])]
    vectors = [one for one in onnx.load(after).graph.initializer if len(one.dims) == 1]
    assert len(vectors) == bias
    assert_same(before, after, sizes[0], np.float32)
    tokens = np.random.default_rng(3).standard_normal((64, 64, sizes[0])).astype(np.float32)

    def ranking(path):
        """Late interaction: for each query token its best product, added up."""
        embedded = run(path, tokens)
        embedded = embedded / np.linalg.norm(embedded, axis=-1, keepdims=True)
        return np.argsort(np.einsum("qd,btd->bqt", embedded[0], embedded).max(axis=2).sum(axis=1))
    assert (ranking(before) == ranking(after)).all()
