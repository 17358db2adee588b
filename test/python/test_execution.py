# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Inputs for ONNX Runtime: read, fitted to the model, generated, cut into batches."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import helper

import slin
from conftest import WIDTH
from slin import execution


@pytest.fixture
def session(ffn_model):
    return onnxruntime.InferenceSession(ffn_model)


def fixed_session(batch: int) -> onnxruntime.InferenceSession:
    """A model that takes exactly `batch` samples."""
    info = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [batch, 2]) for name in ("x", "y")]
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", info[:1], info[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return onnxruntime.InferenceSession(model.SerializeToString())


def test_external_data_are_found_in_the_folder(tmp_path, ffn_model):
    model = onnx.load(ffn_model)
    onnx.save(model, tmp_path / "a.onnx", save_as_external_data=True, location="a.data", size_threshold=0)
    data = (tmp_path / "a.onnx").read_bytes()
    execution.session_from_bytes(data, str(tmp_path), "a.onnx")
    with pytest.raises(slin.Error, match=r"^a\.onnx: ONNX Runtime cannot load the model: "):
        execution.session_from_bytes(data, str(tmp_path / "nowhere"), "a.onnx")


def test_arrays_come_in_the_types_of_the_model(session, ffn_inputs):
    arrays = {"x": ffn_inputs["x"].astype(np.float64), "attention_mask": ffn_inputs["attention_mask"].astype(np.int32)}
    fitted = execution.fit_inputs(session, arrays, "a.npz")
    assert fitted["x"].dtype == np.float32 and fitted["attention_mask"].dtype == np.int64


@pytest.mark.parametrize(
    "change, message",
    [
        ({"x": None}, "the model takes an input 'x', found attention_mask in a.npz"),
        ({"x": np.zeros((20, WIDTH), np.float32)}, "input 'x' of the model has 3 axes, found 2 in a.npz"),
        ({"x": np.zeros((3, 5, WIDTH), np.float32)}, "must be equal in all inputs, found x 3, attention_mask 20"),
        ({"attention_mask": np.zeros((20, 5))}, "input 'attention_mask' of the model is int64, found float64 in a.npz"),
    ],
)
def test_arrays_that_do_not_fit_are_usage_errors(session, ffn_inputs, change, message):
    arrays = {name: array for name, array in (ffn_inputs | change).items() if array is not None}
    with pytest.raises(slin.UsageError, match=message):
        execution.fit_inputs(session, arrays, "a.npz")


def test_no_sample_is_a_usage_error(session):
    arrays = {"x": np.zeros((0, 5, WIDTH), np.float32), "attention_mask": np.zeros((0, 5), np.int64)}
    with pytest.raises(slin.UsageError, match="a.npz has no sample"):
        execution.fit_inputs(session, arrays, "a.npz")


def test_batches_cover_all_samples(session, ffn_inputs):
    parts = list(execution.batches(session, ffn_inputs))
    assert [done for done, _ in parts] == [16, 20]
    np.testing.assert_array_equal(np.concatenate([batch["x"] for _, batch in parts]), ffn_inputs["x"])


def test_batches_of_a_fixed_size_leave_a_rest():
    session = fixed_session(3)
    parts = list(execution.batches(session, {"x": np.zeros((8, 2), np.float32)}))
    assert [done for done, _ in parts] == [3, 6]
    with pytest.raises(slin.UsageError, match="the model takes 3 samples at a time, found 2"):
        list(execution.batches(session, {"x": np.zeros((2, 2), np.float32)}))


def test_generated_inputs_run(session):
    arrays = execution.generate_inputs(session, samples=2, length=3)
    assert arrays["x"].shape == (2, 3, WIDTH) and arrays["attention_mask"].tolist() == [[1, 1, 1]] * 2
    execution.run(session, None, arrays, "ffn.onnx")
    np.testing.assert_array_equal(arrays["x"], execution.generate_inputs(session, 2, 3)["x"])


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and then nonsense", b"\x93NUMPY"])
def test_files_that_are_no_npz_are_errors(tmp_path, content):
    path = tmp_path / "x.npz"
    path.write_bytes(content)
    with pytest.raises(slin.Error, match=r"x\.npz: "):
        execution.read_inputs(path)


def test_a_single_array_is_no_npz(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros(3))
    with pytest.raises(slin.Error, match="expected an .npz file of named arrays, found a single array"):
        execution.read_inputs(tmp_path / "x.npy")
