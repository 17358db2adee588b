# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What `diff` says about two models."""

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

import slin
from slin import comparison


def test_errors_equal_the_definition():
    generator = np.random.default_rng(3)
    a, b = generator.standard_normal((2, 6, 4, 3))
    errors = comparison.Errors()
    errors.add(a[:2], b[:2])
    errors.add(a[2:], b[2:])
    result = errors.result("y")
    assert result["max_error"] == np.abs(a - b).max()
    assert result["relative_error"] == pytest.approx(np.linalg.norm(a - b) / np.linalg.norm(a), rel=1e-12)
    cosines = [np.vdot(x, y) / np.linalg.norm(x) / np.linalg.norm(y) for x, y in zip(a, b, strict=True)]
    assert result["cosine"] == pytest.approx(np.mean(cosines), rel=1e-12)


def test_numbers_without_meaning_are_null():
    errors = comparison.Errors()
    errors.add(np.zeros((2, 3)), np.ones((2, 3)))
    assert errors.result("y") == {"output": "y", "max_error": 1.0, "relative_error": None, "cosine": None}


def test_changes_count_namesakes_by_position():
    before = [{"graph": "g", "node": "n", "digest": digest} for digest in "ab"]
    after = [{"graph": "g", "node": "n", "digest": "a"}, {"graph": "h", "node": "n", "digest": "a"}]
    assert comparison.changes(before, after, "node") == {"added": ["n"], "removed": ["n (2)"], "changed": []}


def test_a_model_equals_itself(ffn_model):
    result = slin.diff(ffn_model, ffn_model)
    nothing = {"added": [], "removed": [], "changed": []}
    assert result["nodes"] == nothing and result["weights"] == nothing
    assert result["generated_inputs"] and result["warnings"] == []
    assert [entry["output"] for entry in result["outputs"]] == ["y", "mask"]
    assert all(entry["max_error"] == 0 for entry in result["outputs"])


def test_another_weight_and_node_are_found(tmp_path, ffn_model, ffn_inputs):
    model = onnx.load(ffn_model)
    bias = next(entry for entry in model.graph.initializer if entry.name == "down.bias")
    bias.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(bias) + np.float32(0.25), "down.bias"))
    model.graph.node[5].op_type = "Abs"
    onnx.save(model, tmp_path / "other.onnx")
    result = slin.diff(ffn_model, tmp_path / "other.onnx", inputs=ffn_inputs)
    assert result["weights"] == {"added": [], "removed": [], "changed": ["down.bias"]}
    assert result["nodes"] == {"added": [], "removed": [], "changed": ["/Identity"]}
    assert not result["generated_inputs"] and result["samples"] == 20
    assert result["outputs"][0]["max_error"] == pytest.approx(0.25, rel=1e-4)
    assert result["outputs"][1]["max_error"] == 0


def test_outputs_of_one_side_are_warned_of(tmp_path, ffn_model):
    model = onnx.load(ffn_model)
    del model.graph.output[1]
    other = tmp_path / "other.onnx"
    onnx.save(model, other)
    result = slin.diff(ffn_model, other)
    assert [entry["output"] for entry in result["outputs"]] == ["y"]
    assert result["warnings"] == [f"{ffn_model}: only this model has the output 'mask'"]


def test_outputs_of_another_shape_are_an_error(tmp_path, ffn_model):
    model = onnx.load(ffn_model)
    model.graph.node[5].op_type = "Shape"
    model.graph.output[1].CopyFrom(onnx.helper.make_empty_tensor_value_info("mask"))
    onnx.save(model, tmp_path / "other.onnx")
    with pytest.raises(slin.Error, match=r"output 'mask' has the shape \[4, 16\] in .* and \[2\] in "):
        slin.diff(ffn_model, tmp_path / "other.onnx")


def test_models_without_a_common_output_are_not_run(tmp_path, ffn_model):
    model = onnx.load(ffn_model)
    for node in model.graph.node:
        node.output[:] = ["other" if name == model.graph.output[0].name else name for name in node.output]
    model.graph.output[0].name = "other"
    del model.graph.output[1:]
    onnx.save(model, tmp_path / "other.onnx")
    result = slin.diff(ffn_model, tmp_path / "other.onnx")
    assert result["outputs"] == []
    assert any("only this model has the output 'other'" in warning for warning in result["warnings"])
