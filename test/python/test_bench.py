# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`slin bench` times models and measures machines; what it writes is what the cost
model reads."""

import json

import onnx
import onnxruntime
import pytest
import slin
from slin import _slin, cli, target_calibration


def test_models_are_timed_in_turns(tmp_path, ffn_model, capsys):
    small = tmp_path / "small.onnx"
    slin.compress(ffn_model, small, ratio=0.5, weight_only=True)
    report = tmp_path / "times.json"
    words = ["bench", str(ffn_model), str(small), str(ffn_model), "--rounds", "3", "--length", "7"]
    assert cli.main([*words, "--report", str(report)]) == 0
    times = json.loads(report.read_text())
    assert [row["model"] for row in times["models"]] == [str(ffn_model), str(small), f"{ffn_model} (3)"]
    for row in times["models"]:
        assert 0 < row["quartiles"][0] <= row["median"] <= row["quartiles"][1]
    assert times["rounds"] == 3 and times["onnxruntime"] == onnxruntime.__version__
    out = capsys.readouterr().out
    assert "1.00×" in out and "3 rounds" in out


def test_given_inputs_are_checked(ffn_model, ffn_inputs):
    times = slin.bench([ffn_model], inputs=ffn_inputs, rounds=1)
    assert times["models"][0]["quartiles"] == [times["models"][0]["median"]] * 2
    with pytest.raises(slin.UsageError, match="the model takes an input 'x'"):
        slin.bench([ffn_model], inputs={"y": ffn_inputs["x"]})


def test_a_calibrated_target_is_one_of_the_cost_model(tmp_path, ffn_model, capsys):
    path = tmp_path / "here.json"
    assert cli.main(["bench", "--calibrate-target", "cpu", "-o", str(path), "--rounds", "1"]) == 0
    assert "memory_bandwidth" in capsys.readouterr().out
    content = json.loads(path.read_text())
    assert len(content["constants"]) <= 12
    for name, constant in content["constants"].items():
        assert constant["value"] > 0 and constant["source"].startswith("measured by slin bench"), name
    report = slin.merge(ffn_model, None, target=path, dry_run=True)
    assert {linear["decision"] for ffn in report["ffns"] for linear in ffn["linears"]} == {"dense"}


def test_cache_limits_are_where_times_rise(monkeypatch):
    monkeypatch.setattr(target_calibration, "per_byte", lambda total, width: 1e-11 if total < 33e6 else 4e-11)
    inside, outside, size = target_calibration.cache_limits(100)
    assert (inside, outside) == (1e-11, 4e-11) and 30e6 / 1.125 < size < 36e6 / 1.125


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "give models to time, or --calibrate-target"),
        (["m.onnx", "--calibrate-target", "cpu"], "give models to time, or --calibrate-target"),
        (["m.onnx", "-o", "x.json"], "-o belongs to --calibrate-target"),
        (["--calibrate-target", "sm_90"], "expected a target of cpu to measure, found 'sm_90'"),
    ],
)
def test_usage(words, message, capsys):
    assert cli.main(["bench", *words]) == 2
    assert message in capsys.readouterr().err


def test_texts_are_translated():
    model = onnx.load_from_string(_slin.translate(target_calibration.chain([6, 4, 5])))
    assert [node.op_type for node in model.graph.node] == ["MatMul", "MatMul"]
    with pytest.raises(slin.Error, match="error"):
        _slin.translate("no module")
