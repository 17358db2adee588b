# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""bf16 models, in which ONNX Runtime's CPU cannot compute: they are calibrated and
compared as copies in fp32, and slin says so.
"""

import ml_dtypes
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from safetensors import safe_open

import slin
from slin import cli

SAID = "ran as a copy in fp32, since ONNX Runtime's CPU does not compute in bf16"


@pytest.fixture
def models(ffn_model):
    """The small model with its weights rounded to bf16, once computing in bf16 between
    two Casts, and once the same weights as fp32."""
    rounded, narrow = onnx.load(ffn_model), onnx.load(ffn_model)
    for model, dtype in ((rounded, np.float32), (narrow, ml_dtypes.bfloat16)):
        for tensor in model.graph.initializer:
            array = numpy_helper.to_array(tensor).astype(ml_dtypes.bfloat16).astype(dtype)
            tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))
    narrow.graph.node[0].input[0] = "x.bf16"
    narrow.graph.node[4].output[0] = "y.bf16"
    narrow.graph.node.insert(0, helper.make_node("Cast", ["x"], ["x.bf16"], to=TensorProto.BFLOAT16, name="/In"))
    narrow.graph.node.append(helper.make_node("Cast", ["y.bf16"], ["y"], to=TensorProto.FLOAT, name="/Out"))
    paths = ffn_model.with_name("rounded.onnx"), ffn_model.with_name("narrow.onnx")
    for model, path in zip((rounded, narrow), paths, strict=True):
        onnx.checker.check_model(model)
        onnx.save(model, path)
    return paths


def test_calibration_equals_that_of_the_fp32_model(models, ffn_inputs, tmp_path):
    rounded, narrow = models
    assert slin.calibrate(rounded, ffn_inputs, tmp_path / "rounded.safetensors") == []
    assert slin.calibrate(narrow, ffn_inputs, tmp_path / "narrow.safetensors") == [f"{narrow}: {SAID}"]
    with (
        safe_open(tmp_path / "rounded.safetensors", "numpy") as expected,
        safe_open(tmp_path / "narrow.safetensors", "numpy") as found,
    ):
        for key in ("mean", "second_moment", "count"):
            np.testing.assert_array_equal(found.get_tensor(f"x.bf16/{key}"), expected.get_tensor(f"x/{key}"))
            np.testing.assert_array_equal(found.get_tensor(f"hidden/{key}"), expected.get_tensor(f"hidden/{key}"))


def test_compress_keeps_the_type_and_warns(models, ffn_inputs, tmp_path):
    small = tmp_path / "small.onnx"
    report = slin.compress(models[1], small, ratio=0.3, calibration=ffn_inputs)
    assert f"{models[1]}: {SAID}" in report["warnings"]
    weights = onnx.load(small).graph.initializer
    assert {tensor.data_type for tensor in weights if tensor.dims} == {TensorProto.BFLOAT16}


def test_diff_runs_both_as_copies(models, capsys):
    result = slin.diff(models[0], models[1])
    assert result["warnings"] == [f"{models[1]}: {SAID}"]
    assert result["outputs"][0]["max_error"] == 0
    assert cli.main(["diff", str(models[1]), str(models[1])]) == cli.DONE
    assert SAID in capsys.readouterr().out
