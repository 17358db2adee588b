# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Masks that are the same for the first tokens and change at a later one stay masks:
sizes that are tried must not stand for those that are not."""

import numpy as np
import onnx
import onnxruntime
import pytest
import slin
from onnx import TensorProto, helper, numpy_helper

WIDTH, HIDDEN, BOUND = 4, 8, 20


def node(kind, inputs, output, **attributes):
    return helper.make_node(kind, inputs.split(), [output], name="/" + output, **attributes)


def value(number, dtype=np.int64):
    return numpy_helper.from_array(np.array([number], dtype))


# From `tokens`, the number of tokens, and `places`, a column of their numbers.
MASKS = {
    "equal": [node("Equal", "places bounds", "mask")],
    "quotient": [node("Div", "places bounds", "quotient"), node("Cast", "quotient", "mask", to=TensorProto.BOOL)],
    "difference": [
        node("Sub", "places bounds", "difference"),
        node("Equal", "difference minus_ones", "mask"),
    ],
    "rounded": [
        node("Cast", "places", "numbers", to=TensorProto.FLOAT),
        node("Mul", "numbers fractions", "scaled"),
        node("Cast", "scaled", "rounded", to=TensorProto.INT64),
        node("Cast", "rounded", "mask", to=TensorProto.BOOL),
    ],
    "scattered": [
        node("Slice", "places bound greatest zero", "later"),
        node("Concat", "tokens hidden", "all", axis=0),
        node("ConstantOfShape", "all", "zeros", value=value(0)),
        node("Shape", "later", "later_shape"),
        node("Gather", "later_shape zero", "later_tokens", axis=0),
        node("Concat", "later_tokens hidden", "some", axis=0),
        node("ConstantOfShape", "some", "ones", value=value(1)),
        node("ScatterND", "zeros later ones", "scattered"),
        node("Cast", "scattered", "mask", to=TensorProto.BOOL),
    ],
    "looked-up": [node("Gather", "table places_of_tokens", "row", axis=0), node("Unsqueeze", "row last", "column"),
                  node("Expand", "column wide", "mask")],
}  # fmt: skip


def make_model(path, kind):
    generator = np.random.default_rng(0)
    table = np.zeros(64, bool)
    table[BOUND:] = True
    constants = {
        "up": generator.standard_normal((WIDTH, HIDDEN)).astype(np.float32),
        "down": generator.standard_normal((HIDDEN, WIDTH)).astype(np.float32),
        "bounds": np.full(HIDDEN, BOUND), "minus_ones": np.full(HIDDEN, -1), "bound": np.array([BOUND]),
        "fractions": np.full(HIDDEN, 1 / BOUND, np.float32), "greatest": np.array([2**62]), "zero": np.array([0]),
        "hidden": np.array([HIDDEN]), "last": np.array([1]), "first": np.array(0), "step": np.array(1), "table": table,
        "wide": np.array([1, HIDDEN]),
    }  # fmt: skip
    nodes = [
        node("MatMul", "x up", "u"),
        node("Relu", "u", "g"),
        node("Shape", "x", "shape"),
        node("Gather", "shape zero", "tokens", axis=0),
        node("Squeeze", "tokens", "count"),
        node("Range", "first count step", "places_of_tokens"),
        node("Unsqueeze", "places_of_tokens last", "places"),
        *MASKS[kind],
        node("Where", "mask g u", "chosen"),
        node("MatMul", "chosen down", "y"),
    ]
    tensors = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["T", WIDTH]) for name in "xy"]
    graph = helper.make_graph(nodes, "g", tensors[:1], tensors[1:],
                              [numpy_helper.from_array(array, name) for name, array in constants.items()])  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


@pytest.mark.parametrize("kind", MASKS)
def test_masks_of_tokens_stay(kind, tmp_path):
    original, merged = tmp_path / "original.onnx", tmp_path / "merged.onnx"
    make_model(original, kind)
    slin.merge(original, merged)
    x = np.random.default_rng(1).standard_normal((3 * BOUND, WIDTH)).astype(np.float32)
    expected, found = (
        onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, {"x": x})[0]
        for path in (original, merged)
    )
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    assert "Where" in [one.op_type for one in onnx.load(merged).graph.node]
