"""What is written computes what its factors say, for every structure, type and opset.

The reference is numpy in f64: the factors are read from the written model, made
dense by the definition of their structure, and the FFN is evaluated with them.
"""

import json

import ml_dtypes
import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from slin import _slin

WIDTH, HIDDEN, TOKENS = 48, 96, (2, 7)
STRUCTURES = ["low_rank", "block_diagonal", "block_dense", "block_shuffle"]
TYPES = {TensorProto.FLOAT: 1e-5, TensorProto.FLOAT16: 2e-3, TensorProto.BFLOAT16: 1e-2}


def highest_opset():
    """The highest opset of ai.onnx that the installed ONNX Runtime loads."""
    for opset in range(onnx.defs.onnx_opset_version(), 12, -1):
        value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy"]
        graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", value[:1], value[1:])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
        try:
            onnxruntime.InferenceSession(model.SerializeToString())
        except onnxruntime.capi.onnxruntime_pybind11_state.Fail:
            continue
        return opset
    raise AssertionError("ONNX Runtime loads no opset")


OPSETS = sorted({13, 17, 20, highest_opset()})


def network(opset, code, gemm=False):
    """x → up → ReLU → down, with biases; Gemm with transposed weights, alpha and beta, or MatMul and Add."""
    dtype = helper.tensor_dtype_to_np_dtype(code)
    random = np.random.default_rng(opset)

    def weight(name, *shape):
        return numpy_helper.from_array((random.standard_normal(shape) / np.sqrt(shape[-1])).astype(dtype), name)

    if gemm:
        nodes = [helper.make_node("Gemm", ["x", "w1", "b1"], ["h"], name="/up", transB=1, alpha=0.5, beta=2.0),
                 helper.make_node("Relu", ["h"], ["a"], name="/act"),
                 helper.make_node("Gemm", ["a", "w2", "b2"], ["y"], name="/down")]
        weights = [weight("w1", HIDDEN, WIDTH), weight("b1", HIDDEN), weight("w2", HIDDEN, WIDTH), weight("b2", WIDTH)]
        shape = ["n"]
    else:
        nodes = [helper.make_node("MatMul", ["x", "w1"], ["h0"], name="/up"),
                 helper.make_node("Add", ["b1", "h0"], ["h"], name="/up_bias"),
                 helper.make_node("Relu", ["h"], ["a"], name="/act"),
                 helper.make_node("MatMul", ["a", "w2"], ["d"], name="/down"),
                 helper.make_node("Add", ["d", "b2"], ["y"], name="/down_bias")]
        weights = [weight("w1", WIDTH, HIDDEN), weight("b1", HIDDEN), weight("w2", HIDDEN, WIDTH), weight("b2", WIDTH)]
        shape = ["n", "t"]
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", code, [*shape, WIDTH])],
                              [helper.make_tensor_value_info("y", code, [*shape, WIDTH])], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def blkdiag(blocks):
    count, rows, columns = blocks.shape
    result = np.zeros((count * rows, count * columns))
    for k in range(count):
        result[k * rows:(k + 1) * rows, k * columns:(k + 1) * columns] = blocks[k]
    return result


def dense(structure, factor):
    """The matrix [out, in]; factors are stored transposed, as MatMul wants them."""
    if structure == "low_rank":
        return factor("u").T @ factor("v").T
    if structure == "block_diagonal":
        return blkdiag(factor("blocks").transpose(0, 2, 1))
    if structure == "block_dense":
        return factor("left").T @ blkdiag(factor("blocks").transpose(0, 2, 1))
    first, second = factor("first").transpose(0, 2, 1), factor("second").transpose(0, 2, 1)
    (k, q, p), (l, s, _) = first.shape, second.shape
    result = np.zeros((l * s, k * p))
    for block in range(k):
        for row in range(q):
            group, column = (block * q + row) % l, (block * q + row) // l
            for out in range(s):
                result[out * l + group, block * p:(block + 1) * p] += second[group, out, column] * first[block, row]
    return result


def widen(model):
    """An fp32 copy with the same numbers: ONNX Runtime's CPU has no bf16 arithmetic."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    for tensor in copy.graph.initializer:
        if tensor.data_type == TensorProto.BFLOAT16:
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float32), tensor.name))
    for value in [*copy.graph.input, *copy.graph.output]:
        value.type.tensor_type.elem_type = TensorProto.FLOAT
    return copy


@pytest.mark.parametrize("gemm", [False, True], ids=["matmul", "gemm"])
@pytest.mark.parametrize("code", TYPES, ids=["fp32", "fp16", "bf16"])
@pytest.mark.parametrize("opset", OPSETS)
@pytest.mark.parametrize("structure", STRUCTURES)
def test_model_computes_what_its_factors_say(tmp_path, structure, opset, code, gemm):
    path, small = tmp_path / "model.onnx", tmp_path / "small.onnx"
    path.write_bytes(network(opset, code, gemm).SerializeToString())
    report = json.loads(_slin.compress(str(path), str(small), json.dumps(
        {"ratio": 0.4, "structure": structure, "weight_only": True}), None))
    linears = report["ffns"][0]["linears"]
    assert [linear["decision"] for linear in linears] == ["structured"] * 2
    model = onnx.load(small)
    onnx.checker.check_model(model)
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    assert not {"w1", "w2"} & set(weights), "old weights stay behind"
    assert all(value.dtype == helper.tensor_dtype_to_np_dtype(code) for value in weights.values()
               if value.dtype.kind in "fV"), "factors have the type of the weights"
    up, down = (dense(structure, lambda name, path=linear["node"]: weights[f"{path}/slin_{name}_weight"].astype(np.float64))
                for linear in linears)
    original = {tensor.name: numpy_helper.to_array(tensor).astype(np.float64)
                for tensor in onnx.load(path).graph.initializer}
    dtype = np.float16 if code == TensorProto.FLOAT16 else np.float32
    x = np.random.default_rng(1).standard_normal((TOKENS[1] if gemm else TOKENS, WIDTH) if gemm else (*TOKENS, WIDTH))
    if code == TensorProto.BFLOAT16:
        x = x.astype(ml_dtypes.bfloat16)
    x = x.astype(dtype)
    alpha, beta = (0.5, 2.0) if gemm else (1, 1)
    hidden = np.maximum(x.astype(np.float64) @ up.T * alpha + beta * original["b1"], 0)
    expected = hidden @ down.T + original["b2"]
    runnable = widen(model) if code == TensorProto.BFLOAT16 else model
    session = onnxruntime.InferenceSession(runnable.SerializeToString())
    (found,) = session.run(None, {"x": x})
    error = np.linalg.norm(found - expected) / np.linalg.norm(expected)
    assert error <= TYPES[code]
