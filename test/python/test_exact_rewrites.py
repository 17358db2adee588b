"""The exact rewrites of the papers, on the layers of the papers as exporters write them.

`papers.json` says of every form which rewrites apply and which must not, each with its
condition. Here the models go through the raising and the merging; what comes out is run in
ONNX Runtime beside the original, and its weights are compared with what the mathematics says:
RePaViT (2505.21847, section 2.2): matrices [a, C], [C, a] and [C, C]; ColBERT projections
(2510.12327): one matrix for each maximal linear run.
"""

import collections
import json
import pathlib
import subprocess

import numpy as np
import onnx
import onnxruntime
import pytest

FOLDER = pathlib.Path(__file__).parents[1] / "Dialect/Slin/Transforms/Inputs/papers"
PAPERS = json.loads((FOLDER / "papers.json").read_text(encoding="utf-8"))
FORMS = {(paper, form): facts for paper, one in PAPERS.items() for form, facts in one["forms"].items()}
FILES = [(paper, form, name) for (paper, form), facts in FORMS.items() for name in facts["files"]]
PASSES = ["--onnx-raise-linears", "--slin-merge=verify-exact=true", "--slin-to-onnx"]
# Features lie on axis 1 of images: they are brought to the last one first.
IMAGE_PASSES = ["--onnx-channels-last", *PASSES]
DTYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64}

# Of RePaViT's blocks: width 16, hidden 32, 8 of them active unless said otherwise.
REPARAMETERISED = [(8, 16), (16, 8), (16, 16)]
REPAVIT = {
    "all-idle": [(16, 16)],
    "all-active": [(16, 32), (32, 16)],
    "few-idle": [(8, 16), (16, 32), (24, 16)],
    "mask-of-tokens": [(16, 32), (32, 16)],
    "added-identity": [(16, 32), (32, 16)],
    "vit-block": [*REPARAMETERISED, (16, 16), (16, 48)],
}
COLBERT = {
    "single": [(32, 8)], "identity-chain": [(16, 8)], "identity-chain-bias": [(16, 8)],
    "identity-chain-static": [(16, 8)], "identity-chain-rank-2-input": [(16, 8)],
    "residual-chain": [(16, 16)], "residual-identity": [(16, 8)], "gelu-first": [(16, 32), (32, 8)],
    "gelu-residual": [(16, 8), (16, 32), (32, 8)], "gelu-residual-wide": [(8, 32), (8, 16), (8, 16)],
    "gated": [(16, 32), (16, 32), (32, 8)], "scaled-normalize": [(16, 8)], "scaled-norm": [(16, 8)],
    "scaled-rsqrt": [(16, 8)], "no-norm": [(16, 8)],
}


def rewrite(name, folder, *passes):
    out = folder / name
    done = subprocess.run(["slin-opt", FOLDER / name, *(passes or PASSES), "-o", out,
                           "--remarks-filter=slin-merge|onnx-raise-linears"], capture_output=True, text=True)
    assert done.returncode == 0 and "error" not in done.stderr.split("remark:")[0], done.stderr[:2000]
    return out, done.stderr


def session(path):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def inputs_of(model):
    random, sizes, inputs = np.random.default_rng(7), {}, {}
    for one in model.get_inputs():
        shape = [size if isinstance(size, int) else sizes.setdefault(size, int(random.integers(2, 6)))
                 for size in one.shape]
        if one.type == "tensor(bool)":
            inputs[one.name] = random.random(shape) < 0.6
            inputs[one.name][..., 0] = True
        else:
            inputs[one.name] = random.standard_normal(shape).astype(DTYPES[one.type])
    return inputs


def matrices(path):
    """The shapes of the weights that products read, transposed ones as the smaller number first."""
    return sorted(tuple(sorted(size for size in one.dims if size > 1)) if 1 in one.dims else tuple(one.dims)
                  for one in onnx.load(path).graph.initializer
                  if len(one.dims) >= 2 and one.data_type == onnx.TensorProto.FLOAT)


def assert_same_results(original, out):
    onnx.checker.check_model(onnx.load(out), full_check=True)
    before, after = session(original), session(out)
    inputs = inputs_of(before)
    for expected, found in zip(before.run(None, inputs), after.run(None, inputs), strict=True):
        assert found.dtype == expected.dtype and found.shape == expected.shape
        error = np.linalg.norm(found.astype(np.float64) - expected) / np.linalg.norm(expected)
        assert error <= 1e-5, error


@pytest.mark.parametrize("name", [name for _, _, name in FILES])
def test_computes_the_same(name, tmp_path):
    out, _ = rewrite(name, tmp_path)
    assert_same_results(FOLDER / name, out)


@pytest.mark.parametrize("name", [name for paper, form, name in FILES if form.startswith("self-guided")])
def test_frozen_mixtures_are_one_product(name, tmp_path):
    """a W + (1 - a) U V of StructuredFFN (2406.16450), with a fixed."""
    out, _ = rewrite(name, tmp_path)
    operators = collections.Counter(node.op_type for node in onnx.load(out).graph.node)
    assert operators["MatMul"] + operators["Gemm"] == 1 and operators["Add"] <= 1
    assert sum(operators.values()) == operators["MatMul"] + operators["Gemm"] + operators["Add"]


@pytest.mark.parametrize("form,name", [(form, name) for paper, form, name in FILES if paper == "repavit"])
def test_repavit(form, name, tmp_path):
    if form == "reparameterized":
        pytest.skip("has the form that the others get")
    image = form.startswith("image")
    out, remarks = rewrite(name, tmp_path, *(IMAGE_PASSES if image else PASSES))
    found = matrices(out)
    expected = REPAVIT.get(form, REPARAMETERISED)
    constants = {(2, 5, 32), (5, 32)}  # masks of static shapes stay only where they are not rewritten
    assert sorted(shape for shape in found if shape not in constants) == sorted(expected)
    operators = collections.Counter(node.op_type for node in onnx.load(out).graph.node)
    if expected == REPARAMETERISED:
        norms = 1 if form == "norm-read-elsewhere" else 0
        assert operators["BatchNormalization"] == norms and operators["Where"] == operators["ScatterND"] == 0
        # Where the mask is a choice, the activation had all features before.
        if form.startswith(("mask-where", "mask-multiplied", "mask-assigned-mask")):
            assert "acts on 8 of 32 features" in remarks
        biases = [one.dims[0] for one in onnx.load(out).graph.initializer
                  if len(one.dims) == 1 and "slin_bias" in one.name]
        assert sorted(biases) == [8, 16]
    if image:
        assert operators["Conv"] == 0 and operators["Transpose"] == 2
        assert_same_results(FOLDER / name, out)
    if form == "mask-of-tokens":
        assert "its mask may differ from token to token" in remarks
    if form == "layer-norm":
        assert operators["LayerNormalization"] == 1
        assert "keeps its residual: 'onnx.LayerNormalization' stands between it and the linears" in remarks
    if form == "norm-read-elsewhere":
        assert "'tanh' stands between them" in remarks
    if form == "added-identity":
        assert "is not merged into all that read it: that would take" in remarks


def expression_of(path):
    """What the model's result is, as nested (operator, operands), and its weights in the order in which they come.

    GELU counts as one operator: its spelling is the exporter's and was not rewritten.
    """
    graph, weights = onnx.load(path).graph, []
    made = {output: node for node in graph.node for output in node.output}
    stored = {one.name: onnx.numpy_helper.to_array(one) for one in graph.initializer}

    def activated(node):
        """The value of which a node is the GELU; None if it is of none."""
        if node.op_type == "Gelu":
            return node.input[0]
        inner = [made[name] for name in node.input if name in made]
        if node.op_type == "Erf":
            return inner[0].input[0]
        return next((found for one in inner if node.op_type in ("Mul", "Add") and one.op_type in ("Mul", "Add", "Erf")
                     and (found := activated(one))), None)

    def read(name):
        if name in stored:
            weights.append(stored[name])
            return ("weight", stored[name].shape)
        if name not in made:
            return name
        node = made[name]
        if node.op_type in ("Mul", "Gelu"):
            return ("gelu", read(activated(node)))
        return (node.op_type, *map(read, node.input))
    return read(graph.output[0].name), weights


MASKS = sorted({form for paper, form, _ in FILES
                if paper == "repavit" and form.startswith("mask-") and form != "mask-of-tokens"})


@pytest.mark.parametrize("form", MASKS)
def test_mask_spellings_give_identical_ir(form, tmp_path):
    """All spellings of one mask give the same operators on the same values, with the same bits of weights."""
    reference = "mask-gather-permuted" if "permuted" in form else "mask-where"
    name = next(iter(FORMS[("repavit", reference)]["files"]))
    expected, weights = expression_of(rewrite(name, tmp_path)[0])
    assert len(weights) == 5 and str(expected).count("gelu") == 1
    for name in FORMS[("repavit", form)]["files"]:
        found, others = expression_of(rewrite(name, tmp_path)[0])
        assert found == expected, name
        for one, other in zip(weights, others, strict=True):
            assert (one == other).all(), name


@pytest.mark.parametrize("form,name", [(form, name) for paper, form, name in FILES if paper == "colbert"])
def test_colbert(form, name, tmp_path):
    out, remarks = rewrite(name, tmp_path)
    found = [tuple(sorted(shape)) for shape in matrices(out)]
    assert sorted(found) == sorted(tuple(sorted(shape)) for shape in COLBERT[form])
    rewrites = FORMS[("colbert", form)]["rewrites"]
    if "gelu" in form:
        assert "'gelu' stands between" in remarks
    if "distribute D over g + R x" in rewrites and not rewrites["distribute D over g + R x"]["applies"]:
        assert "is not merged into all that read it" in remarks
    if "drop the scale" in rewrites:
        # ReduceL2's or the norm's own products aside, nothing multiplies by a constant any more.
        graph = onnx.load(out).graph
        scalars = {one.name for one in graph.initializer if not one.dims}
        scalars |= {node.output[0] for node in graph.node if node.op_type == "Constant"}
        assert not [node for node in graph.node if node.op_type == "Mul" and scalars & set(node.input)]


def test_maxsim_order_is_kept(tmp_path):
    """Late interaction ranks documents as before (ColBERT's score: the sum of the largest products)."""
    name = "colbert-identity-chain-dynamo-opset18.onnx"
    out, _ = rewrite(name, tmp_path)
    random = np.random.default_rng(3)
    tokens = random.standard_normal((64, 64, 16)).astype(np.float32)

    def scores(path):
        embedded = session(path).run(None, {session(path).get_inputs()[0].name: tokens})[0]
        return np.einsum("qd,btd->bqt", embedded[0], embedded).max(axis=2).sum(axis=1)
    assert (np.argsort(scores(FOLDER / name)) == np.argsort(scores(out))).all()


@pytest.mark.parametrize("name", [name for _, _, name in FILES])
def test_raising_alone_changes_nothing(name, tmp_path):
    out, _ = rewrite(name, tmp_path, PASSES[0], PASSES[2])

    def nodes(path):
        return [(node.op_type, node.name, list(node.input), list(node.output)) for node in onnx.load(path).graph.node]
    assert nodes(out) == nodes(FOLDER / name)
    assert [one.name for one in onnx.load(out).graph.initializer] == [
        one.name for one in onnx.load(FOLDER / name).graph.initializer]


def attention(path):
    """The model with the weights of its pooling as a second output: what its last Softmax gives."""
    model = onnx.load(path)
    softmax = [node for node in model.graph.node if node.op_type == "Softmax"]
    if softmax:
        model.graph.output.append(onnx.ValueInfoProto(name=softmax[-1].output[0]))
    return model.SerializeToString()


@pytest.mark.parametrize("form,name", [(form, name) for paper, form, name in FILES if paper == "lama"])
def test_lama(form, name, tmp_path):
    constant = form.startswith("constant-query")
    passes = (["--onnx-fold-scales", *PASSES] if constant
              else ["--onnx-pool-after-linears", "--onnx-stack-linears"])
    out, _ = rewrite(name, tmp_path, *passes)
    found = [shape for shape in matrices(out) if shape != (8, 64)]
    rewrites = {key: one["applies"] for key, one in FORMS[("lama", form)]["rewrites"].items()}
    if rewrites.get("fold the query into Q"):
        assert [tuple(sorted(shape)) for shape in found] == [(4, 16)]
        assert not [node for node in onnx.load(out).graph.node if node.op_type == "Mul"]
    elif rewrites.get("stack P and Q"):
        assert found == [(16, 8)]
    else:
        assert sorted(found) == sorted(matrices(FOLDER / name))
    before = onnxruntime.InferenceSession(attention(FOLDER / name), providers=["CPUExecutionProvider"])
    after = onnxruntime.InferenceSession(attention(out), providers=["CPUExecutionProvider"])
    inputs = inputs_of(before)
    results = list(zip(before.run(None, inputs), after.run(None, inputs), strict=True))
    for expected, result in results:
        assert np.linalg.norm(result - expected) <= 1e-5 * np.linalg.norm(expected)
    if len(results) > 1:
        weights = results[-1][1]
        np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-5)
        for mask in (one for one in inputs.values() if one.dtype == bool):
            assert (weights[np.broadcast_to(~mask[:, None, :], weights.shape)] == 0).all()
