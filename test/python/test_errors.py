# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the functions of the package say of wrong arguments, models and inputs: the
whole sentence, with what was expected and what was found."""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import slin
from conftest import HIDDEN, WIDTH
from slin import _slin, cli, execution, statistics_file

RATIO = "the ratio is the fraction of the parameters to remove, between 0 and 1 (0.3 removes 30 %), found "


def says(function, *arguments, **options) -> str:
    """The message of the error that a call raises."""
    with pytest.raises(slin.Error) as raised:
        function(*arguments, **options)
    return str(raised.value)


def misuse(function, *arguments, **options) -> str:
    """The same where the call was wrong in itself."""
    with pytest.raises(slin.UsageError) as raised:
        function(*arguments, **options)
    return str(raised.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"ratio": 0.3, "structure": "svd"},
            "unknown structure 'svd': expected one of low_rank, block_dense, block_shuffle, block_diagonal",
        ),
        ({}, "give exactly one of ratio and rank"),
        ({"ratio": 0.3, "rank": 8}, "give exactly one of ratio and rank"),
        ({"ratio": 30}, RATIO + "30"),
        ({"ratio": 0.0}, RATIO + "0.0"),
        ({"ratio": float("nan")}, RATIO + "nan"),
        (
            {"rank": 8, "structure": "monarch"},
            "block_shuffle has no rank: give a ratio, and blocks if you like",
        ),
        ({"rank": 0}, "the rank must be at least 1, found 0"),
        (
            {"rank": 8, "blocks": 2},
            "low_rank has no blocks: choose a block structure, or leave blocks out",
        ),
        ({"rank": 8, "structure": "block_dense", "blocks": -1}, "the number of blocks must be at least 1, found -1"),
        (
            {"rank": 8, "weight_only": False},
            "give calibration inputs or statistics, or say weight-only: without either, most models lose their quality",
        ),
        ({"rank": 8, "calibration": "x.npz"}, "calibration and weight-only exclude each other"),
        (
            {"rank": 8, "weight_only": False, "calibration": "x.txt"},
            "the calibration is neither .npz (inputs) nor .safetensors (statistics): x.txt",
        ),
        (
            {"rank": 8, "weight_only": False, "calibration": "s.safetensors", "mask": "m"},
            "a mask belongs to calibration inputs; statistics already know what counts",
        ),
        ({"rank": 8, "output": None}, "give an output, or ask for a dry run"),
    ],
)
def test_compress_says_what_does_not_go_together(ffn_model, tmp_path, options, message):
    options = {"output": tmp_path / "small.onnx", "weight_only": True} | options
    assert misuse(slin.compress, ffn_model, **options) == message
    assert not (tmp_path / "small.onnx").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("[1]", "the options are no JSON object"),
        ('{"mlp_like": 1}', "option 'mlp_like' must be true or false, found 1"),
        ('{"statistics": []}', "option 'statistics' must be a string, found []"),
        ('{"include": ["a", 1]}', "option 'include' must be a list of strings, found [\"a\",1]"),
        ('{"blocks": 2.5}', "option 'blocks' must be an integer of at least 1, found 2.5"),
        (
            '{"ratio": 0.3, "structure": "sparse"}',
            "option 'structure' must be low_rank, block_dense, block_shuffle or block_diagonal, found 'sparse'",
        ),
        (
            '{"rank": 8, "structure": "monarch"}',
            "option 'rank' makes no sense for monarch, which has no rank: give 'ratio' or 'blocks'",
        ),
        (
            '{"structure": "block_diagonal"}',
            "one of the options 'ratio' and 'blocks' is needed for block_diagonal, found none",
        ),
        ("{}", "exactly one of the options 'ratio' and 'rank' is needed, found none"),
    ],
)
def test_the_compiled_part_says_what_is_wrong_with_options(options, message):
    assert misuse(_slin.pass_pipeline, options) == "slin: error: " + message


def test_options_that_are_no_json_say_where(ffn_model):
    assert misuse(_slin.inspect, str(ffn_model), "{").startswith("slin: error: the options are no JSON object: [1:1,")


def test_routes_are_listed(ffn_model):
    assert misuse(_slin.roundtrip, str(ffn_model), "elsewhere") == (
        "slin: error: unknown route 'elsewhere': expected direct, text, bytecode, canonicalize or slin"
    )


def test_statistics_of_another_model_are_an_error(tmp_path, ffn_model, ffn_inputs):
    statistics = tmp_path / "s.safetensors"
    slin.calibrate(ffn_model, ffn_inputs, statistics)
    expected = slin.inspect(ffn_model)["model"]["sha256"]
    model = onnx.load(ffn_model)
    model.doc_string = "another"
    onnx.save(model, tmp_path / "other.onnx")
    found = slin.inspect(tmp_path / "other.onnx")["model"]["sha256"]
    message = says(
        slin.compress, tmp_path / "other.onnx", tmp_path / "small.onnx", ratio=0.3, calibration=str(statistics)
    )
    assert message == (
        f"the statistics {statistics} belong to another model: expected sha256 {expected}, "
        f"found {found} for {tmp_path / 'other.onnx'}; calibrate this model"
    )


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        ("m", "the mask 'm' is no input of the model: expected one of x, attention_mask"),
        ("x", f"the mask 'x' must have the axes [batch, time], found [20, 5, {WIDTH}]"),
        ("attention_mask", "the mask 'attention_mask' of the given inputs is zero everywhere"),
    ],
)
def test_masks_that_select_nothing_are_usage_errors(tmp_path, ffn_model, ffn_inputs, mask, message):
    ffn_inputs["attention_mask"][:] = 0
    output = tmp_path / "s.safetensors"
    assert misuse(slin.calibrate, ffn_model, ffn_inputs, output, mask=mask) == message
    assert not output.exists()


def small_model(path, kind, shape=("batch", 2), operator="Identity") -> str:
    """A model of one node, without FFNs."""
    info = [helper.make_tensor_value_info(name, kind, shape) for name in ("x", "y")]
    graph = helper.make_graph([helper.make_node(operator, ["x"], ["y"])], "g", info[:1], info[1:])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return str(path)


def session_of(path):
    return execution.open_session(str(path), [], {}, False)


def test_a_model_without_networks_cannot_be_calibrated(tmp_path):
    model = small_model(tmp_path / "m.onnx", TensorProto.FLOAT)
    inputs = {"x": np.zeros((4, 2), np.float32)}
    assert says(slin.calibrate, model, inputs, tmp_path / "s.safetensors") == (
        f"{model}: nothing to calibrate: no FFN that can be rewritten was found"
    )


def test_bfloat16_models_are_said_to_run_as_fp32(tmp_path, ffn_model, ffn_inputs):
    model = onnx.load(ffn_model)
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        tensor.CopyFrom(helper.make_tensor(tensor.name, TensorProto.BFLOAT16, values.shape, values.ravel()))
    for info in (model.graph.input[0], model.graph.output[0]):
        info.type.tensor_type.elem_type = TensorProto.BFLOAT16
    path = tmp_path / "half.onnx"
    onnx.save(model, path)
    warning = f"{path}: ran as a copy in fp32, since ONNX Runtime's CPU does not compute in bf16"
    assert slin.calibrate(path, ffn_inputs, tmp_path / "s.safetensors") == [warning]
    assert slin.diff(path, path, inputs=ffn_inputs)["warnings"] == [warning] * 2


def test_samples_that_fill_no_batch_are_warned_of(tmp_path, ffn_model, ffn_inputs):
    model = onnx.load(ffn_model)
    for info in model.graph.input:
        info.type.tensor_type.shape.dim[0].dim_value = 8
    path = tmp_path / "fixed.onnx"
    onnx.save(model, path)
    assert slin.calibrate(path, ffn_inputs, tmp_path / "s.safetensors") == [
        "the model takes 8 samples at a time: the last 4 of 20 were left out"
    ]


def test_inputs_of_types_without_numbers_are_errors(tmp_path):
    session = session_of(small_model(tmp_path / "m.onnx", TensorProto.STRING))
    assert says(execution.fit_inputs, session, {"x": np.array([["a", "b"]])}, "a.npz") == (
        "input 'x' has the type tensor(string), which numpy cannot hold"
    )
    assert says(execution.generate_inputs, session, 4, 16) == (
        "no input can be generated for 'x' of type tensor(string): give inputs"
    )


def test_inputs_that_do_not_fit_together_are_usage_errors(tmp_path, ffn_model, ffn_inputs):
    session = session_of(ffn_model)
    ffn_inputs["x"] = ffn_inputs["x"][:3]
    assert misuse(execution.fit_inputs, session, ffn_inputs, "a.npz") == (
        "the leading axis counts samples and must be equal in all inputs, found x 3, attention_mask 20"
    )
    del ffn_inputs["x"]
    assert misuse(execution.fit_inputs, session, ffn_inputs, "a.npz") == (
        "the model takes an input 'x', found attention_mask in a.npz"
    )


def test_a_model_takes_one_number_of_samples(tmp_path, ffn_model, ffn_inputs):
    model = onnx.load(ffn_model)
    for info, size in zip(model.graph.input, (8, 4), strict=True):
        info.type.tensor_type.shape.dim[0].dim_value = size
    onnx.save(model, tmp_path / "two.onnx")
    assert says(execution.batch_size, session_of(tmp_path / "two.onnx")) == (
        "the model's inputs have leading axes of [4, 8]: expected one number of samples"
    )


def test_a_run_that_fails_says_on_what(ffn_model, ffn_inputs):
    ffn_inputs["x"] = np.zeros((20, 5, WIDTH + 1), np.float32)
    message = says(execution.run, session_of(ffn_model), None, ffn_inputs, "a.onnx")
    assert message.startswith(
        f"a.onnx: ONNX Runtime cannot run the model on x [20, 5, {WIDTH + 1}], attention_mask [20, 5]: "
    )


def test_a_file_that_is_no_npz_says_why(tmp_path):
    path = tmp_path / "absent.npz"
    assert says(execution.read_inputs, path) == (
        f"{path}: cannot be read as an .npz file: [Errno 2] No such file or directory: '{path}'"
    )


def test_outputs_without_numbers_cannot_be_compared(tmp_path):
    model = small_model(tmp_path / "m.onnx", TensorProto.FLOAT, operator="Cast")
    changed = onnx.load(model)
    changed.graph.node[0].attribute.append(helper.make_attribute("to", TensorProto.STRING))
    changed.graph.output[0].type.tensor_type.elem_type = TensorProto.STRING
    onnx.save(changed, model)
    assert says(slin.diff, model, model) == "output 'y' is no tensor of numbers: it cannot be compared"


def test_models_with_other_inputs_cannot_be_compared(tmp_path):
    first = small_model(tmp_path / "a.onnx", TensorProto.FLOAT)
    second = small_model(tmp_path / "b.onnx", TensorProto.FLOAT, ("batch", "time", 2))
    assert misuse(slin.diff, first, second) == (
        f"input 'x' of the model has 3 axes, found 2 in the generated inputs, as {first} takes them"
    )


def test_statistics_have_the_width_that_was_announced(tmp_path):
    with (
        pytest.raises(ValueError, match=r"^a/mean: expected the shape \[3\], found \[4\]$"),
        statistics_file.create(tmp_path / "s.safetensors", {"a": 3}, "") as writer,
    ):
        writer.write("a", 1, np.zeros(4), np.zeros((3, 3)))


def test_statistics_must_be_of_the_layers_width(tmp_path, ffn_model):
    statistics = tmp_path / "s.safetensors"
    with statistics_file.create(statistics, {"x": WIDTH, "hidden": HIDDEN - 1}, "") as writer:
        for tensor, width in (("x", WIDTH), ("hidden", HIDDEN - 1)):
            writer.write(tensor, 1, np.zeros(width), np.eye(width))
    options = json.dumps({"ratio": 0.5, "statistics": str(statistics)})
    assert says(_slin.compress, str(ffn_model), str(tmp_path / "small.onnx"), options, None).endswith(
        f"slin-factorize: '{statistics}': 'hidden/mean': expected F64 [{HIDDEN}], found F64 [{HIDDEN - 1}]"
    )


def test_a_package_that_is_not_built_says_how_to_build_it():
    source = pathlib.Path(__file__).parents[2] / "python"
    environment = os.environ | {"PYTHONPATH": str(source)}
    done = subprocess.run([sys.executable, "-c", "import slin"], env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.splitlines()[-1] == (
        "ImportError: slin's compiled part cannot be loaded (No module named 'slin._slin'): "
        "build it with tools/quickstart build or pip install ."
    )


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (MemoryError(), cli.FAILED, "slin inspect: the memory of this machine does not suffice\n"),
        (KeyboardInterrupt(), 130, "slin inspect: interrupted\n"),
        (slin.UsageError("it is wrong"), cli.USAGE, "slin inspect: it is wrong\n"),
        (slin.Error("it failed"), cli.FAILED, "slin inspect: it failed\n"),
    ],
)
def test_the_command_ends_with_one_sentence(capsys, monkeypatch, error, code, message):
    def fail(*arguments, **options):
        raise error

    monkeypatch.setattr(slin, "inspect", fail)
    assert cli.main(["inspect", "ffn.onnx"]) == code
    assert capsys.readouterr() == ("", message)
