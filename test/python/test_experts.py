# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Experts (FactorLLM) rewritten, in ONNX Runtime: every rewrite that papers.json lists for a
model happens or is refused for the reason it says, and computes the same; experts that are not
chosen cost nothing, counted over what is executed.
"""

import json
import math
import pathlib
import subprocess

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

import slin

PAPERS = pathlib.Path(__file__).parents[1] / "Dialect/Slin/Transforms/Inputs/papers"
FORMS = json.loads((PAPERS / "papers.json").read_text(encoding="utf-8"))["factorllm"]["forms"]
TOLERANCE = 1e-5

# Of each rewrite: the pass, what its remarks say where it applies, and where it is refused.
STACKED = "are one product with"
REWRITES = {
    "un-split experts": ("onnx-unsplit-experts", "network of hidden size 20", "gates differ from token to token"),
    "sink gates": ("onnx-sink-gates", "each token is computed only by", None),
    "group products by expert": ("onnx-sink-gates", "each token is computed only by", None),
    "drop Softmax before TopK": ("onnx-bypass-softmax", "its order is that of its scores", "the probabilities are"),
    "drop the teacher's matrices": ("onnx-drop-unread", None, "reads its matrices"),
    "split by hidden index": ("onnx-split-networks{experts=4}", "20 hidden features are 4 experts", None),
    "stack gate and up of all experts": ("onnx-stack-linears", STACKED, None),
    "stack up of all experts": ("onnx-stack-linears", STACKED, None),
}
CASES = [
    pytest.param(file, rewrite, facts, id=f"{file.removesuffix('.onnx')}-{rewrite.replace(' ', '_')}")
    for form in FORMS.values()
    for file in form["files"]
    for rewrite, facts in form["rewrites"].items()
]


def rewrite_model(path, output, *passes):
    """The model after passes, and their remarks."""
    opt = pathlib.Path(slin.__file__).parents[2] / "bin" / "slin-opt"
    pipeline = f"builtin.module({','.join(passes)})"
    command = [opt, path, f"--pass-pipeline={pipeline}", "--remarks-filter=onnx-.*", "-o", output]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    model = onnx.load(output)
    onnx.checker.check_model(model, full_check=True)
    return model, done.stderr


def sorted_attributes(model):
    """The nodes, with the attributes of each by name: their order says nothing."""
    nodes = []
    for node in model.graph.node:
        attributes = sorted(node.attribute, key=lambda attribute: attribute.name)
        nodes.append((node.op_type, node.name, list(node.input), list(node.output), attributes))
    return nodes, list(model.graph.initializer)


def session_of(model):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def run(model, x):
    session = session_of(model)
    return session.run(None, {session.get_inputs()[0].name: x})


def assert_same(model, other, x, tolerance=TOLERANCE):
    for one, two in zip(run(model, x), run(other, x), strict=True):
        assert one.shape == two.shape and one.dtype == two.dtype
        one, two = one.astype(np.float64), two.astype(np.float64)
        assert np.isfinite(two).all()
        assert np.linalg.norm(two - one) <= tolerance * np.linalg.norm(one)


def tokens_of(count, width, dtype=np.float32):
    shape = (1, 1, width) if count == 1 else (1, 7, width) if count == 7 else (4, count // 4, width)
    return np.random.default_rng(count).standard_normal(shape).astype(dtype)


def executed_macs(model, x):
    """Multiplications and additions that one run executes in products with weights."""
    probed = onnx.ModelProto.FromString(model.SerializeToString())
    known = {value.name for value in probed.graph.output}
    names = [name for node in probed.graph.node for name in node.output if name and name not in known]
    probed.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in names)
    values = dict(zip([value.name for value in probed.graph.output], run(probed, x), strict=True))
    values |= {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    values[model.graph.input[0].name] = x
    total = 0
    for node in model.graph.node:
        if node.op_type == "MatMul":
            total += values[node.output[0]].size * values[node.input[0]].shape[-1]
        elif node.op_type == "Gemm":
            total += values[node.output[0]].size * values[node.input[0]].shape[1]
        elif node.op_type == "Einsum":
            equation = helper.get_attribute_value(node.attribute[0]).decode()
            sizes = {}
            for letters, name in zip(equation.split("->")[0].split(","), node.input, strict=True):
                sizes |= dict(zip(letters, values[name].shape, strict=True))
            total += math.prod(sizes.values())
    return total


# The papers' models.


@pytest.mark.parametrize("file, rewrite, facts", CASES)
def test_rewrite_of_the_papers(tmp_path, file, rewrite, facts):
    passes, applied, refused = REWRITES[rewrite]
    original = onnx.load(PAPERS / file)
    rewritten, remarks = rewrite_model(PAPERS / file, tmp_path / "out.onnx", passes)
    for count in (1, 7, 64):
        assert_same(original, rewritten, tokens_of(count, 16))
    if not facts["applies"]:
        assert refused in remarks
        assert sorted_attributes(rewritten) == sorted_attributes(original)
    elif "looped" in file and passes == "onnx-sink-gates":
        # This is the routed form already, and the remark says so.
        assert remarks.count("computes only its own tokens already") == 4
        assert "[Passed]" not in remarks
    elif rewrite == "drop the teacher's matrices":
        # Both exporters leave out what nothing reads: there is nothing left to drop.
        assert "[Passed]" not in remarks and refused not in remarks
    else:
        assert applied in remarks


ROUTED = [file for name, form in FORMS.items() for file in form["files"] if "sink gates" in form["rewrites"]]


@pytest.mark.parametrize("count", [1, 7, 64])
@pytest.mark.parametrize("file", ROUTED)
def test_work_is_the_chosen_share_of_dense(tmp_path, file, count):
    width, hidden, experts, chosen = 16, 20, 4, 2
    rewritten, _ = rewrite_model(PAPERS / file, tmp_path / "out.onnx", "onnx-sink-gates")
    x = tokens_of(count, width)
    dense, router = 3 * width * hidden, width * experts
    expected = dense * chosen // experts + router
    if "teacher-output" in file:
        expected += dense
    assert executed_macs(rewritten, x) == count * expected
    # No token gathers weights: what is gathered are rows of tokens, numbers and indices.
    weights = {tensor.name: tensor.dims for tensor in rewritten.graph.initializer if len(tensor.dims) > 1}
    gathers = [node for node in rewritten.graph.node if node.op_type in ("Gather", "GatherND")]
    assert not [node.name for node in gathers if node.input[0] in weights]


@pytest.mark.parametrize("file", ROUTED)
def test_rewrites_go_together(tmp_path, file):
    """Sunk, then gate and up of each expert stacked and the Softmax bypassed."""
    passes = ["onnx-sink-gates", "onnx-stack-linears", "onnx-bypass-softmax", "onnx-drop-unread"]
    rewritten, remarks = rewrite_model(PAPERS / file, tmp_path / "out.onnx", *passes)
    for count in (1, 7, 64):
        assert_same(onnx.load(PAPERS / file), rewritten, tokens_of(count, 16))
    assert remarks.count(STACKED) == (5 if "teacher-output" in file else 4)
    assert ("Softmax" in [node.op_type for node in rewritten.graph.node]) == ("threshold" in file)


# Models of our own.


def tensor(name, array):
    return numpy_helper.from_array(np.ascontiguousarray(array), name)


def save(path, nodes, weights, width, code=TensorProto.FLOAT, opset=17):
    shape = ["batch", "time", width]
    value = [helper.make_tensor_value_info(name, code, shape) for name in "xy"]
    graph = helper.make_graph(nodes, "main_graph", value[:1], value[1:], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return model


def expert_nodes(index, weights, parts, dtype):
    """`down(silu(gate x) * up x)` of one expert."""
    name, nodes = f"/experts.{index}", []
    for role, matrix in zip(("gate", "up", "down"), parts, strict=True):
        weights.append(tensor(f"experts.{index}.{role}", matrix.astype(dtype)))
    for role in ("gate", "up"):
        source = ["x", f"experts.{index}.{role}"]
        nodes.append(helper.make_node("MatMul", source, [f"{role}{index}"], name=f"{name}/{role}/MatMul"))
    nodes += [
        helper.make_node("Sigmoid", [f"gate{index}"], [f"s{index}"], name=f"{name}/Sigmoid"),
        helper.make_node("Mul", [f"gate{index}", f"s{index}"], [f"a{index}"], name=f"{name}/Mul"),
        helper.make_node("Mul", [f"a{index}", f"up{index}"], [f"h{index}"], name=f"{name}/Mul_1"),
        helper.make_node("MatMul", [f"h{index}", f"experts.{index}.down"], [f"e{index}"], name=f"{name}/down/MatMul"),
    ]
    return nodes


def teacher(width, hidden, seed=3):
    random = np.random.default_rng(seed)
    gate, up = (random.standard_normal((width, hidden)) / np.sqrt(width) for _ in range(2))
    return gate, up, random.standard_normal((hidden, width)) / np.sqrt(hidden)


def cut(matrices, partition):
    gate, up, down = matrices
    return [(gate[:, part], up[:, part], down[part]) for part in partition]


def partition_of(hidden, experts, shuffled):
    indices = np.random.default_rng(hidden).permutation(hidden) if shuffled else np.arange(hidden)
    return np.array_split(indices, experts)


def routed_model(path, *, experts=4, chosen=2, width=16, hidden=32, router=None, bias=None, opset=17,
                 code=TensorProto.FLOAT):
    """Experts, computed for all tokens, stacked and weighted by scattered ones."""
    dtype = helper.tensor_dtype_to_np_dtype(code)
    parts = cut(teacher(width, hidden), partition_of(hidden, experts, False))
    random = np.random.default_rng(5)
    router = random.standard_normal((width, experts)) if router is None else router
    bias = np.zeros(experts) if bias is None else bias
    weights = [tensor("router", router.astype(dtype)), tensor("router.bias", bias.astype(dtype)),
               tensor("k", np.array([chosen])), tensor("last", np.array([-1])),
               tensor("zero", np.array(0, dtype)), tensor("one", np.array(1, dtype)),
               tensor("scale", np.array(experts / chosen, dtype))]
    nodes = [
        helper.make_node("MatMul", ["x", "router"], ["r"], name="/router/MatMul"),
        helper.make_node("Add", ["r", "router.bias"], ["logits"], name="/router/Add"),
        helper.make_node("TopK", ["logits", "k"], ["best", "chosen"], name="/router/TopK", axis=-1),
        helper.make_node("Shape", ["logits"], ["all"], name="/router/Shape"),
        helper.make_node("Expand", ["zero", "all"], ["zeros"], name="/router/Expand"),
        helper.make_node("Shape", ["chosen"], ["each"], name="/router/Shape_1"),
        helper.make_node("Expand", ["one", "each"], ["ones"], name="/router/Expand_1"),
        helper.make_node("ScatterElements", ["zeros", "chosen", "ones"], ["gates"], name="/router/Scatter", axis=-1),
    ]
    for index, part in enumerate(parts):
        nodes += expert_nodes(index, weights, part, dtype)
        nodes.append(helper.make_node("Unsqueeze", [f"e{index}", "last"], [f"u{index}"], name=f"/Unsqueeze_{index}"))
    nodes += [
        helper.make_node("Concat", [f"u{j}" for j in range(experts)], ["stack"], name="/Concat", axis=-1),
        helper.make_node("Einsum", ["stack", "gates"], ["sum"], name="/Einsum", equation="bthe,bte->bth"),
        helper.make_node("Mul", ["sum", "scale"], ["y"], name="/Mul"),
    ]
    return save(path, nodes, weights, width, code, opset)


@pytest.mark.parametrize("shuffled", [False, True], ids=["contiguous", "shuffled"])
@pytest.mark.parametrize("experts", [2, 4, 8])
def test_unsplit_restores_the_matrices(tmp_path, experts, shuffled):
    """P 3.5.1: experts cut from a dense network compute it, and become it again bit by bit."""
    width, hidden = 256, 704
    matrices = [matrix.astype(np.float32) for matrix in teacher(width, hidden)]
    partition = partition_of(hidden, experts, shuffled)
    weights, nodes = [], []
    for index, part in enumerate(cut(matrices, partition)):
        nodes += expert_nodes(index, weights, part, np.float32)
    nodes.append(helper.make_node("Sum", [f"e{j}" for j in range(experts)], ["y"], name="/Sum"))
    model = save(tmp_path / "in.onnx", nodes, weights, width)
    whole, _ = rewrite_model(tmp_path / "in.onnx", tmp_path / "out.onnx", "onnx-unsplit-experts")
    order = np.concatenate(partition)
    expected = [matrices[0][:, order], matrices[1][:, order], matrices[2][order]]
    found = [numpy_helper.to_array(one) for one in whole.graph.initializer]
    assert len(found) == 3
    for one in expected:
        assert any(np.array_equal(one.view(np.uint32), other.view(np.uint32)) for other in found if
                   one.shape == other.shape)
    dense, nodes = [], expert_nodes(0, [], matrices, np.float32)
    expert_nodes(0, dense, matrices, np.float32)
    nodes.append(helper.make_node("Identity", ["e0"], ["y"], name="/Identity"))
    for count in (1, 7, 64):
        assert_same(model, whole, tokens_of(count, width))
        assert_same(save(tmp_path / "dense.onnx", nodes, dense, width), whole, tokens_of(count, width))


def test_residual_before_the_experts(tmp_path):
    """`y = x; y += e_j(x)`: the residual is added to the dense network."""
    weights, nodes = [], []
    for index, part in enumerate(cut(teacher(16, 32), partition_of(32, 4, False))):
        nodes += expert_nodes(index, weights, part, np.float32)
    for index in range(4):
        names = ["x" if index == 0 else f"y{index}", f"e{index}"]
        nodes.append(helper.make_node("Add", names, ["y" if index == 3 else f"y{index + 1}"], name=f"/Add_{index}"))
    model = save(tmp_path / "in.onnx", nodes, weights, 16)
    whole, _ = rewrite_model(tmp_path / "in.onnx", tmp_path / "out.onnx", "onnx-unsplit-experts")
    assert [node.op_type for node in whole.graph.node].count("MatMul") == 3
    for count in (1, 7, 64):
        assert_same(model, whole, tokens_of(count, 16))


@pytest.mark.parametrize("opset", [11, 13, 16, 18, 21])
def test_routed_form_is_valid_in_the_opset(tmp_path, opset):
    path = tmp_path / "in.onnx"
    if opset < 13:
        # The axes of Unsqueeze are an attribute there.
        model = routed_model(path, opset=13)
        for node in model.graph.node:
            if node.op_type == "Unsqueeze":
                del node.input[1]
                node.attribute.append(helper.make_attribute("axes", [-1]))
        model.opset_import[0].version = opset
        # Einsum came with 12: a product and a sum do as well.
        end = next(i for i, node in enumerate(model.graph.node) if node.op_type == "Einsum")
        model.graph.node[end].CopyFrom(helper.make_node("ReduceSum", ["weighted"], ["sum"], name="/ReduceSum",
                                                        axes=[-1], keepdims=0))
        model.graph.node.insert(end, helper.make_node("Mul", ["stack", "wide"], ["weighted"], name="/Mul_2"))
        model.graph.node.insert(end, helper.make_node("Unsqueeze", ["gates"], ["wide"], name="/wide", axes=[-2]))
        onnx.checker.check_model(model)
        onnx.save(model, path)
    else:
        model = routed_model(path, opset=opset)
    sunk, remarks = rewrite_model(path, tmp_path / "out.onnx", "onnx-sink-gates")
    assert "each token is computed only by 2 of 4 experts" in remarks
    assert sunk.opset_import[0].version == opset
    adds = [node for node in sunk.graph.node if node.op_type == "ScatterND" and node.attribute]
    assert len(adds) == (4 if opset >= 16 else 0)
    for count in (1, 7, 64):
        assert_same(model, sunk, tokens_of(count, 16))
        assert run(sunk, tokens_of(count, 16))[0].tobytes() == run(sunk, tokens_of(count, 16))[0].tobytes()


@pytest.mark.parametrize("code, tolerance", [(TensorProto.FLOAT16, 2e-3), (TensorProto.DOUBLE, 1e-13)])
def test_routed_form_in_other_types(tmp_path, code, tolerance):
    model = routed_model(tmp_path / "in.onnx", code=code)
    sunk, _ = rewrite_model(tmp_path / "in.onnx", tmp_path / "out.onnx", "onnx-sink-gates")
    for count in (1, 7, 64):
        assert_same(model, sunk, tokens_of(count, 16, helper.tensor_dtype_to_np_dtype(code)), tolerance)


def test_all_tokens_on_one_expert(tmp_path):
    """The other experts have no tokens at all."""
    model = routed_model(tmp_path / "in.onnx", chosen=1, router=np.zeros((16, 4)), bias=np.array([0, 0, 1, 0]))
    sunk, _ = rewrite_model(tmp_path / "in.onnx", tmp_path / "out.onnx", "onnx-sink-gates")
    for count in (1, 7, 64):
        x = tokens_of(count, 16)
        assert_same(model, sunk, x)
        assert executed_macs(sunk, x) == count * (3 * 16 * 8 + 16 * 4)


def test_no_tokens(tmp_path):
    model = routed_model(tmp_path / "in.onnx")
    sunk, _ = rewrite_model(tmp_path / "in.onnx", tmp_path / "out.onnx", "onnx-sink-gates")
    x = np.zeros((2, 0, 16), np.float32)
    assert run(sunk, x)[0].shape == run(model, x)[0].shape == (2, 0, 16)


def test_ties_go_to_the_lower_index(tmp_path):
    """Equal scores: the first two of four experts compute, and no other."""
    model = routed_model(tmp_path / "in.onnx", router=np.zeros((16, 4)))
    sunk, _ = rewrite_model(tmp_path / "in.onnx", tmp_path / "out.onnx", "onnx-sink-gates")
    x = tokens_of(7, 16)
    assert_same(model, sunk, x)
    parts = cut(teacher(16, 32), partition_of(32, 4, False))
    expected = np.zeros(x.shape)
    for gate, up, down in parts[:2]:
        g = x @ gate
        expected += 2 * ((g / (1 + np.exp(-g)) * (x @ up)) @ down)
    found = run(sunk, x)[0]
    assert np.linalg.norm(found - expected) <= TOLERANCE * np.linalg.norm(expected)


def in_function(model):
    """The model as a call of a function, which has no initializers and knows no types."""
    graph, imports = model.graph, [helper.make_opsetid("", 17)]
    constants = [helper.make_node("Constant", [], [one.name], value=one) for one in graph.initializer]
    function = helper.make_function("local", "Experts", ["x"], ["y"], [*constants, *graph.node], imports)
    call = helper.make_node("Experts", ["x"], ["y"], domain="local", name="/call")
    outer = helper.make_graph([call], "main_graph", graph.input, graph.output)
    imports = [*imports, helper.make_opsetid("local", 1)]
    return helper.make_model(outer, opset_imports=imports, ir_version=8, functions=[function])


def in_branch(model):
    """The model as a branch, which reads input and weights of the graph around it."""
    graph = model.graph
    result = [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)]
    taken = helper.make_graph(graph.node, "then", [], result)
    other = helper.make_graph([helper.make_node("Identity", ["x"], ["y"], name="/else")], "else", [], result)
    branch = helper.make_node("If", ["condition"], ["y"], then_branch=taken, else_branch=other, name="/if")
    weights = [*graph.initializer, tensor("condition", np.array(True))]
    outer = helper.make_graph([branch], "main_graph", graph.input, graph.output, weights)
    return helper.make_model(outer, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


@pytest.mark.parametrize("wrap", [in_function, in_branch])
@pytest.mark.parametrize("chosen", [2, 4])
def test_experts_inside_of_others(tmp_path, wrap, chosen):
    model = wrap(routed_model(tmp_path / "routed.onnx", chosen=chosen))
    onnx.save(model, tmp_path / "in.onnx")
    passes = ["onnx-unsplit-experts", "onnx-sink-gates", "onnx-stack-linears"]
    rewritten, remarks = rewrite_model(tmp_path / "in.onnx", tmp_path / "out.onnx", *passes)
    assert ("GatesSunk" if chosen == 2 else "ExpertsUnsplit") in remarks
    for count in (1, 7, 64):
        assert_same(model, rewritten, tokens_of(count, 16))


@pytest.mark.parametrize("shuffled", [False, True], ids=["contiguous", "shuffled"])
def test_split_and_unsplit_are_inverse(tmp_path, shuffled):
    path = PAPERS / "factorllm-whole-torchscript-opset17.onnx"
    partition = [part.tolist() for part in partition_of(20, 3, shuffled)]
    (tmp_path / "parts.json").write_text(json.dumps({"/ffn": partition}), encoding="utf-8")
    split = f"onnx-split-networks{{partition={tmp_path / 'parts.json'}}}"
    original = onnx.load(path)
    parts, _ = rewrite_model(path, tmp_path / "parts.onnx", split)
    again, _ = rewrite_model(path, tmp_path / "again.onnx", split, "onnx-unsplit-experts")
    assert_same(original, parts, tokens_of(64, 16))
    assert_same(original, again, tokens_of(64, 16))
    order = np.concatenate(partition)
    for one in map(numpy_helper.to_array, original.graph.initializer):
        wanted = one[:, order] if one.shape == (16, 20) else one[order]
        assert any(np.array_equal(wanted, numpy_helper.to_array(other)) for other in again.graph.initializer)


# Models of other kinds.

REAL = sorted((pathlib.Path(__file__).parents[1] / "Dialect/ONNX/Analysis/Inputs").glob("*.onnx"))


def inputs_of(session):
    """Random numbers, and ones for everything that is counted or masked."""
    random, symbols, inputs = np.random.default_rng(0), {}, {}
    for value in session.get_inputs():
        shape = [size if isinstance(size, int) else symbols.setdefault(size, 3 + len(symbols)) for size in value.shape]
        if value.type == "tensor(float)":
            inputs[value.name] = random.standard_normal(shape).astype(np.float32)
        else:
            inputs[value.name] = np.ones(shape, {"tensor(int64)": np.int64, "tensor(bool)": bool}[value.type])
    return inputs


@pytest.mark.parametrize("passes", ["onnx-split-networks{experts=3}", "onnx-stack-linears"])
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
def test_real_exports_compute_the_same(tmp_path, path, passes):
    """Networks between all the other nodes of a model, with the reshapes of its exporter."""
    rewritten, remarks = rewrite_model(path, tmp_path / "out.onnx", passes)
    session = session_of(onnx.load(path))
    inputs = inputs_of(session)
    for one, two in zip(session.run(None, inputs), session_of(rewritten).run(None, inputs), strict=True):
        assert one.shape == two.shape
        assert np.linalg.norm(two - one) <= TOLERANCE * np.linalg.norm(one)
    assert "[Passed]" in remarks or "[Missed]" in remarks or passes == "onnx-stack-linears"
