# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Calibration statistics against the same sums written naively in numpy."""

import json

import numpy as np
import onnxruntime
import pytest
from safetensors import safe_open

import slin
from conftest import HIDDEN, WIDTH, observe
from slin import _slin, calibration, execution, statistics_file


@pytest.mark.parametrize("tokens", [1, 7, 100])
@pytest.mark.parametrize("width, panel", [(5, 2), (6, 6), (9, 4), (4, 100)])
def test_moments_equal_the_definition(monkeypatch, tokens, width, panel):
    monkeypatch.setattr(calibration, "PANEL", panel)
    monkeypatch.setattr(calibration, "TOKENS", 8)
    rows = np.random.default_rng(tokens).standard_normal((tokens, width)).astype(np.float32)
    moments = calibration.Moments(width)
    moments.add(rows[: tokens // 2])
    moments.add(rows[tokens // 2 :])
    count, mean, second_moment = moments.finish()
    assert count == tokens
    exact = rows.astype(np.float64)
    np.testing.assert_allclose(mean, exact.mean(axis=0), rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(second_moment, exact.T @ exact / tokens, rtol=1e-12, atol=1e-13)
    np.testing.assert_array_equal(second_moment, second_moment.T)


def test_moments_are_summed_in_f64():
    rows = np.full((1 << 12, 1), 1 + 2**-12, dtype=np.float32)
    moments = calibration.Moments(1)
    moments.add(rows)
    _, _, second_moment = moments.finish()
    # In f32 the square alone is already rounded.
    assert second_moment[0, 0] == (1 + 2**-12) ** 2


@pytest.mark.parametrize("shape", [(3, 4, 5), (12, 5)])
def test_mask_selects_tokens(shape):
    values = np.arange(60).reshape(shape)
    mask = np.arange(12).reshape(3, 4) % 3
    rows = calibration.token_rows(values, 5, mask, "t")
    np.testing.assert_array_equal(rows, values.reshape(12, 5)[mask.reshape(12) != 0])


def test_mask_of_a_time_major_model_is_transposed():
    values = np.arange(60).reshape(4, 3, 5)
    mask = np.array([[1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0]])
    rows = calibration.token_rows(values, 5, mask, "t")
    np.testing.assert_array_equal(rows, values[mask.T != 0])


def test_mask_of_another_shape_is_an_error():
    with pytest.raises(slin.Error, match=r"tensor 't' has the shape \[3, 7, 5\], and the mask \[3, 4\]"):
        calibration.token_rows(np.zeros((3, 7, 5)), 5, np.ones((3, 4)), "t")


def test_another_width_is_an_error():
    with pytest.raises(slin.Error, match=r"tensor 't': expected a last axis of 6, found the shape \[3, 5\]"):
        calibration.token_rows(np.zeros((3, 5)), 6, None, "t")


def test_groups_keep_order_and_limit():
    parts = calibration.groups({"a": 10, "b": 10, "c": 100, "d": 1}, limit=2000)
    assert [list(part) for part in parts] == [["a", "b"], ["c"], ["d"]]
    assert calibration.groups({}, limit=1) == []


def test_values_that_are_not_finite_are_named(ffn_model, ffn_inputs):
    ffn_inputs["x"][3, 0, 0] = np.inf
    session = onnxruntime.InferenceSession(ffn_model)
    with pytest.raises(slin.Error, match="tensor 'y' has values that are not finite"):
        calibration.accumulate(session, {"y": WIDTH}, ffn_inputs, None, "ffn.onnx", lambda done: None)


def test_padding_that_is_not_finite_does_not_matter(ffn_model, ffn_inputs):
    ffn_inputs["x"][3, 4, 0] = np.inf
    session = onnxruntime.InferenceSession(ffn_model)
    moments = calibration.accumulate(session, {"y": WIDTH}, ffn_inputs, "attention_mask", "ffn.onnx", lambda done: None)
    assert moments["y"].count == ffn_inputs["attention_mask"].sum()


def test_file_is_safetensors_in_any_order(tmp_path):
    path = tmp_path / "statistics.safetensors"
    values = {"a/b": np.arange(3.0), "Größe": np.arange(2.0)}
    with statistics_file.create(path, {"a/b": 3, "Größe": 2}, "hash") as writer:
        for tensor in reversed(values):
            writer.write(tensor, 7, values[tensor], np.outer(values[tensor], values[tensor]))
    with safe_open(path, "numpy") as file:
        assert file.metadata() == {"model_sha256": "hash", "version": "1"}
        assert len(list(file.keys())) == 6
        for tensor, mean in values.items():
            np.testing.assert_array_equal(file.get_tensor(f"{tensor}/count"), [7.0])
            np.testing.assert_array_equal(file.get_tensor(f"{tensor}/mean"), mean)
            np.testing.assert_array_equal(file.get_tensor(f"{tensor}/second_moment"), np.outer(mean, mean))


def test_failure_leaves_no_file(tmp_path):
    with pytest.raises(ValueError), statistics_file.create(tmp_path / "s.safetensors", {"a": 3}, "") as writer:
        writer.write("a", 1, np.zeros(4), np.zeros((3, 3)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("limit", [1, 1 << 30])
@pytest.mark.parametrize("mask", [None, "attention_mask"])
def test_calibration_of_a_model(monkeypatch, tmp_path, ffn_model, ffn_inputs, limit, mask):
    """The whole way, with one pass over the inputs and with a pass per tensor."""
    monkeypatch.setattr(calibration, "LIMIT", limit)
    monkeypatch.setattr(execution, "BATCH", 3)
    told = []
    output = tmp_path / "statistics.safetensors"
    warnings = slin.calibrate(
        ffn_model, ffn_inputs, output, mask=mask, progress=lambda *arguments: told.append(arguments)
    )
    assert warnings == []
    assert told[-1][1] == told[-1][2] and [done for _, done, _ in told] == sorted(done for _, done, _ in told)

    selected = ffn_inputs["attention_mask"].reshape(-1) != 0 if mask else slice(None)
    hidden = observe(ffn_model, ["hidden"], ffn_inputs)[0]
    with safe_open(output, "numpy") as file:
        assert file.metadata()["model_sha256"] == slin.inspect(ffn_model)["model"]["sha256"]
        for tensor, values, width in (("x", ffn_inputs["x"], WIDTH), ("hidden", hidden, HIDDEN)):
            rows = values.reshape(-1, width)[selected].astype(np.float64)
            assert file.get_tensor(f"{tensor}/count") == [len(rows)]
            # The two runs differ in how many samples they take at a time: f32.
            np.testing.assert_allclose(file.get_tensor(f"{tensor}/mean"), rows.mean(axis=0), rtol=1e-5, atol=1e-6)
            expected = rows.T @ rows / len(rows)
            np.testing.assert_allclose(file.get_tensor(f"{tensor}/second_moment"), expected, rtol=1e-5, atol=1e-6)


def test_unused_arrays_are_warned_of(tmp_path, ffn_model, ffn_inputs):
    ffn_inputs["labels"] = np.zeros(20)
    warnings = slin.calibrate(ffn_model, ffn_inputs, tmp_path / "s.safetensors")
    assert warnings == ["the given inputs: the model takes no 'labels'"]


def test_calibration_inputs_name_both_linears(ffn_model):
    answer = json.loads(_slin.calibration_inputs(str(ffn_model), "{}"))
    assert [(entry["tensor"], entry["width"]) for entry in answer] == [("x", WIDTH), ("hidden", HIDDEN)]
    assert [entry["uses"] for entry in answer] == [["/mlp/up/MatMul"], ["/mlp/down/MatMul"]]
