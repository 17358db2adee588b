# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The compiled module: what it answers, and what it raises."""

import hashlib
import json
import pathlib
import subprocess

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, external_data_helper, helper, numpy_helper

from slin import _slin

WIDTH, HIDDEN = 64, 256
MATMULS = ["/mlp/up/MatMul", "/mlp/down/MatMul"]


def inspect(path, **options) -> dict:
    return json.loads(_slin.inspect(str(path), json.dumps(options)))


def compress(path, output, **options) -> dict:
    options = {"ratio": 0.5, "weight_only": True, **options}
    return json.loads(_slin.compress(str(path), str(output), json.dumps(options), None))


def run(data: bytes, feed: dict, folder: str = ".") -> list[np.ndarray]:
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = 4
    settings.add_session_config_entry("session.model_external_initializers_file_folder_path", folder)
    return onnxruntime.InferenceSession(data, settings, providers=["CPUExecutionProvider"]).run(None, feed)


def two_layers(shared: bool = False, dtype=TensorProto.FLOAT) -> onnx.ModelProto:
    """Two FFNs without biases, one after the other; they may share their weights."""
    generator = np.random.default_rng(3)

    def weight(name, shape):
        values = generator.standard_normal(shape).astype(np.float32) / 8
        return helper.make_tensor(name, dtype, shape, values.ravel())

    nodes, weights, value = [], [], "x"
    for layer in range(2):
        names = [f"{0 if shared else layer}.{role}" for role in ("up", "down")]
        if not (shared and layer):
            weights += [weight(names[0], (WIDTH, HIDDEN)), weight(names[1], (HIDDEN, WIDTH))]
        result = f"y{layer}"
        nodes += [
            helper.make_node("MatMul", [value, names[0]], [f"h{layer}"], name=f"/{layer}/up/MatMul"),
            helper.make_node("Relu", [f"h{layer}"], [f"a{layer}"], name=f"/{layer}/Relu"),
            helper.make_node("MatMul", [f"a{layer}", names[1]], [result], name=f"/{layer}/down/MatMul"),
        ]
        value = result
    shape = ["batch", "time", WIDTH]
    graph = helper.make_graph(
        nodes, "main_graph",
        [helper.make_tensor_value_info("x", dtype, shape)],
        [helper.make_tensor_value_info(value, dtype, shape)], weights,
    )  # fmt: skip
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def save(model: onnx.ModelProto, path: pathlib.Path) -> pathlib.Path:
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path


@pytest.fixture
def external_model(tmp_path, ffn_model) -> pathlib.Path:
    """The model with its weights in a file of their own, in another folder."""
    folder = tmp_path / "external"
    folder.mkdir()
    model = onnx.load(ffn_model)
    external_data_helper.convert_model_to_external_data(model, location="weights.bin", size_threshold=0)
    onnx.save(model, folder / "model.onnx")
    return folder / "model.onnx"


def test_report_has_the_keys_in_order(ffn_model):
    report = inspect(ffn_model)
    assert list(report) == ["model", "ffns", "declined", "totals", "rewrites", "warnings"]
    assert list(report["model"]) == ["path", "sha256", "parameters", "bytes"]
    (ffn,) = report["ffns"]
    assert list(ffn) == ["path", "graph", "kind", "activation", "rewritable", "reason", "linears"]
    assert list(ffn["linears"][0]) == [
        "node", "weight", "bias", "role", "in", "out", "dtype", "uses", "structure", "parameters",
        "macs_per_token", "bytes", "error", "forms", "decision", "reason",
    ]  # fmt: skip
    assert list(report["totals"]) == ["matched", "model"]
    assert list(report["totals"]["model"]) == ["parameters", "macs_per_token", "bytes"]


def test_report_counts_what_the_model_has(ffn_model):
    report = inspect(ffn_model)
    parameters = 2 * WIDTH * HIDDEN + WIDTH + HIDDEN
    assert report["model"] == {
        "path": str(ffn_model),
        "sha256": hashlib.sha256(ffn_model.read_bytes()).hexdigest(),
        "parameters": parameters,
        "bytes": 4 * parameters,
    }
    (ffn,) = report["ffns"]
    assert (ffn["kind"], ffn["activation"], ffn["graph"], ffn["rewritable"]) == ("plain", "relu", "main_graph", True)
    up, down = ffn["linears"]
    assert (up["node"], up["weight"], up["bias"], up["role"]) == (MATMULS[0], "up.weight", "up.bias", "up")
    assert (down["in"], down["out"], down["dtype"], down["uses"]) == (HIDDEN, WIDTH, "float32", 1)
    matched = report["totals"]["matched"]
    assert matched["parameters"] == {"before": 2 * WIDTH * HIDDEN, "after": 2 * WIDTH * HIDDEN}
    assert matched["bytes"]["before"] == 4 * matched["macs_per_token"]["before"] == 8 * WIDTH * HIDDEN
    assert report["totals"]["model"]["macs_per_token"] == matched["macs_per_token"]


def test_hash_covers_the_whole_of_a_large_file(tmp_path):
    model = two_layers()
    model.graph.initializer.append(numpy_helper.from_array(np.zeros((700, 1000), np.float32), "unused"))
    path = save(model, tmp_path / "large.onnx")
    assert path.stat().st_size > 2**21
    assert inspect(path)["model"]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_shared_weight_counts_once(tmp_path):
    report = inspect(save(two_layers(shared=True), tmp_path / "shared.onnx"))
    assert [linear["uses"] for ffn in report["ffns"] for linear in ffn["linears"]] == [2] * 4
    assert report["totals"]["matched"]["parameters"]["before"] == 2 * WIDTH * HIDDEN
    assert report["totals"]["matched"]["macs_per_token"]["before"] == 4 * WIDTH * HIDDEN
    assert report["model"]["parameters"] == 2 * WIDTH * HIDDEN


def test_patterns_restrict_what_is_matched(tmp_path):
    path = save(two_layers(), tmp_path / "two.onnx")
    assert inspect(path)["totals"]["matched"]["parameters"]["before"] == 4 * WIDTH * HIDDEN
    assert inspect(path, include=["/1/*"])["totals"]["matched"]["parameters"]["before"] == 2 * WIDTH * HIDDEN
    assert inspect(path, exclude=["re:up|0.down"])["totals"]["matched"]["parameters"]["before"] == WIDTH * HIDDEN


@pytest.mark.parametrize("function", [_slin.inspect, _slin.calibration_inputs])
def test_a_pattern_that_matches_nothing_is_a_usage_error(ffn_model, function):
    with pytest.raises(_slin.UsageError, match="'/mlp/up/Matmul' of include.*/mlp/up/MatMul"):
        function(str(ffn_model), json.dumps({"include": ["/mlp/up/Matmul"]}))


def test_declined_linears_have_a_reason(tmp_path):
    model = two_layers()
    model.graph.node[4].op_type = "Sin"
    report = inspect(save(model, tmp_path / "sin.onnx"))
    taken = {linear["node"] for ffn in report["ffns"] for linear in ffn["linears"] if ffn["rewritable"]}
    declined = [entry for entry in report["declined"] if entry["reason"]]
    assert taken >= {"/0/up/MatMul", "/0/down/MatMul"}
    assert "/1/up/MatMul" in taken or declined


def test_missing_and_broken_files_are_errors(tmp_path):
    with pytest.raises(_slin.Error, match="missing.onnx.*error: cannot read"):
        inspect(tmp_path / "missing.onnx")
    (tmp_path / "broken.onnx").write_bytes(b"\x08\x08\xff\xff\xff")
    with pytest.raises(_slin.Error, match="broken.onnx: error: "):
        inspect(tmp_path / "broken.onnx")


def test_missing_external_data_names_file_and_tensor(external_model):
    (external_model.parent / "weights.bin").unlink()
    with pytest.raises(_slin.Error, match="model.onnx.*error: .*weights.bin"):
        inspect(external_model)


def test_data_dirs_are_searched(tmp_path, external_model):
    (external_model.parent / "weights.bin").rename(tmp_path / "weights.bin")
    assert inspect(external_model, data_dirs=[str(tmp_path)])["ffns"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("[]", "no JSON object"),
        ("{", "no JSON object"),
        ('{"ration": 0.3}', "unknown option 'ration'"),
        ('{"ratio": 0.3, "tokens": 0}', "'tokens' must be an integer of at least 1, found 0"),
        ('{"ratio": 1.5}', "'ratio' must be a number between 0 and 1, found 1.5"),
        ('{"include": "x"}', "'include' must be a list of strings"),
        ("{}", "exactly one of the options 'ratio' and 'rank'"),
        ('{"ratio": 0.3, "rank": 8}', "found both"),
        ('{"rank": 8, "structure": "block_shuffle"}', "'rank' makes no sense for block_shuffle"),
        ('{"ratio": 0.3, "structure": "sparse"}', "found 'sparse'"),
    ],
)
def test_wrong_options_are_usage_errors(options, message):
    with pytest.raises(_slin.UsageError) as raised:
        _slin.pass_pipeline(options)
    assert message in str(raised.value)


def test_usage_errors_are_errors():
    assert issubclass(_slin.UsageError, _slin.Error) and issubclass(_slin.Error, Exception)


def test_pass_pipeline_says_what_was_asked():
    options = {"ratio": 0.1234567890123, "include": ["/h.*/mlp/*", "re:a b,c"], "tokens": 16, "mlp_like": True}
    assert _slin.pass_pipeline(json.dumps(options)) == (
        "builtin.module(onnx-to-slin{mlp-like=true},slin-factorize{structure=low_rank "
        "ratio=0.1234567890123 include={\"/h.*/mlp/*\",\"re:a b,c\"}},slin-to-onnx{tokens=16})"
    )


@pytest.mark.parametrize("structure", ["low_rank", "block_diagonal", "block_dense", "block_shuffle"])
def test_compressed_model_has_what_the_report_says(tmp_path, ffn_model, ffn_inputs, structure):
    output = tmp_path / "small.onnx"
    report = compress(ffn_model, output, structure=structure)
    onnx.checker.check_model(onnx.load(output))
    linears = report["ffns"][0]["linears"]
    assert {linear["decision"] for linear in linears} == {"structured"}
    assert {linear["structure"]["kind"] for linear in linears} == {structure}
    assert all(0 < linear["error"]["frobenius"] < 1 and linear["error"]["activation"] is None for linear in linears)
    total = report["totals"]
    assert total["matched"]["parameters"]["after"] <= 0.5 * total["matched"]["parameters"]["before"]
    after = inspect(output)["model"]
    assert total["model"]["parameters"]["after"] == after["parameters"]
    assert total["model"]["bytes"]["after"] == after["bytes"]
    removed = total["matched"]["parameters"]["before"] - total["matched"]["parameters"]["after"]
    assert total["model"]["parameters"]["before"] - after["parameters"] == removed
    assert total["model"]["macs_per_token"]["after"] == total["matched"]["macs_per_token"]["after"]
    before, now = (run(path.read_bytes(), ffn_inputs)[0] for path in (ffn_model, output))
    assert before.shape == now.shape and not np.array_equal(before, now)


def test_what_patterns_leave_out_stays(tmp_path):
    path = save(two_layers(), tmp_path / "two.onnx")
    report = compress(path, tmp_path / "small.onnx", include=["/0/*"])
    kinds = [[linear["structure"]["kind"] for linear in ffn["linears"]] for ffn in report["ffns"]]
    assert kinds == [["low_rank"] * 2, ["dense"] * 2]
    assert report["totals"]["matched"]["parameters"]["before"] == 2 * WIDTH * HIDDEN
    weights = {tensor.name for tensor in onnx.load(tmp_path / "small.onnx").graph.initializer}
    assert {"1.up", "1.down"} < weights and not {"0.up", "0.down"} & weights


def test_dry_run_writes_nothing_and_says_the_same(tmp_path, ffn_model):
    dry = compress(ffn_model, tmp_path / "dry.onnx", dry_run=True)
    assert not (tmp_path / "dry.onnx").exists()
    assert dry == compress(ffn_model, tmp_path / "wet.onnx")


def test_a_pattern_of_compress_that_matches_nothing_is_a_usage_error(tmp_path, ffn_model):
    with pytest.raises(_slin.UsageError, match="of exclude to match"):
        compress(ffn_model, tmp_path / "small.onnx", exclude=["nothing"])
    assert not (tmp_path / "small.onnx").exists()


def test_without_statistics_it_must_be_said(tmp_path, ffn_model):
    with pytest.raises(_slin.Error, match="slin-factorize: expected statistics or weight-only"):
        compress(ffn_model, tmp_path / "small.onnx", weight_only=False)


def test_progress_tells_of_each_weight(tmp_path, ffn_model):
    calls = []
    options = json.dumps({"ratio": 0.5, "weight_only": True})
    _slin.compress(str(ffn_model), str(tmp_path / "small.onnx"), options, lambda *call: calls.append(call))
    assert calls == [
        ("import", 0, 1), ("import", 1, 1), ("onnx-to-slin", 0, 1), ("onnx-to-slin", 1, 1),
        ("slin-factorize", 0, 2), ("slin-factorize", 1, 2), ("slin-factorize", 2, 2),
        ("slin-to-onnx", 0, 1), ("slin-to-onnx", 1, 1), ("export", 0, 1), ("export", 1, 1),
    ]  # fmt: skip


@pytest.mark.parametrize("stage", ["import", "slin-factorize", "export"])
def test_an_exception_of_progress_ends_the_work(tmp_path, ffn_model, stage):
    stages = []

    def stop(name, done, total):
        stages.append(name)
        if name == stage:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        options = json.dumps({"ratio": 0.5, "weight_only": True})
        _slin.compress(str(ffn_model), str(tmp_path / "small.onnx"), options, stop)
    assert stages.count(stage) == 1 and stages[-1] == stage
    assert not (tmp_path / "small.onnx").exists()


def test_calibration_inputs_are_listed_once(tmp_path, ffn_model):
    inputs = json.loads(_slin.calibration_inputs(str(ffn_model), "{}"))
    assert inputs == [
        {"tensor": "x", "graph": "main_graph", "width": WIDTH, "uses": [MATMULS[0]]},
        {"tensor": "hidden", "graph": "main_graph", "width": HIDDEN, "uses": [MATMULS[1]]},
    ]
    some = json.loads(_slin.calibration_inputs(str(ffn_model), json.dumps({"include": ["*down*"]})))
    assert [entry["tensor"] for entry in some] == ["hidden"]


def test_instrumented_model_shows_inner_values(ffn_model, ffn_inputs):
    data, folder = _slin.instrument(str(ffn_model), ["hidden", "y"], "{}")
    assert folder == str(ffn_model.parent)
    plain = run(ffn_model.read_bytes(), ffn_inputs)
    y, mask, hidden = run(data, ffn_inputs)
    assert np.array_equal(y, plain[0]) and np.array_equal(mask, plain[1])
    model = onnx.load(ffn_model)
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    expected = np.maximum(ffn_inputs["x"] @ weights["up.weight"] + weights["up.bias"], 0)
    np.testing.assert_allclose(hidden, expected, rtol=1e-4, atol=1e-4)
    with pytest.raises(_slin.Error, match="has no value named 'nowhere'"):
        _slin.instrument(str(ffn_model), ["nowhere"], "{}")


def test_without_outputs_the_model_is_itself(ffn_model):
    assert onnx.ModelProto.FromString(_slin.instrument(str(ffn_model), [], "{}")[0]) == onnx.load(ffn_model)


def test_external_data_stay_where_they_are(external_model, ffn_model, ffn_inputs):
    data, folder = _slin.instrument(str(external_model), ["hidden"], "{}")
    assert folder == str(external_model.parent) and len(data) < 4000
    assert np.array_equal(run(data, ffn_inputs, folder)[0], run(ffn_model.read_bytes(), ffn_inputs)[0])


def test_external_data_of_other_folders_are_embedded(tmp_path, external_model, ffn_model, ffn_inputs):
    (external_model.parent / "weights.bin").rename(tmp_path / "weights.bin")
    data, _ = _slin.instrument(str(external_model), ["hidden"], json.dumps({"data_dirs": [str(tmp_path)]}))
    assert np.array_equal(run(data, ffn_inputs)[0], run(ffn_model.read_bytes(), ffn_inputs)[0])


def test_large_models_go_into_a_folder(tmp_path, ffn_model, ffn_inputs):
    folder = tmp_path / "instrumented"
    folder.mkdir()
    data, where = _slin.instrument(str(ffn_model), ["hidden"], json.dumps({"folder": str(folder)}))
    assert where == str(folder) and len(data) < 4000
    assert np.array_equal(run(data, ffn_inputs, where)[0], run(ffn_model.read_bytes(), ffn_inputs)[0])


def test_bfloat16_is_widened(tmp_path):
    model = two_layers(dtype=TensorProto.BFLOAT16)
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.FLOAT
    for node in model.graph.node:
        node.input[:] = ["narrow" if name == "x" else name for name in node.input]
    model.graph.node.insert(0, helper.make_node("Cast", ["x"], ["narrow"], name="/Cast", to=TensorProto.BFLOAT16))
    half = helper.make_tensor("half", TensorProto.BFLOAT16, [], [0.5])
    model.graph.node[-1].output[0] = "sum"
    model.graph.node.append(helper.make_node("Constant", [], ["half"], name="/Constant", value=half))
    model.graph.node.append(helper.make_node("Mul", ["sum", "half"], ["y1"], name="/Mul"))
    path = save(model, tmp_path / "bf16.onnx")
    data, _ = _slin.instrument(str(path), [], json.dumps({"widen": True}))
    onnx.checker.check_model(data, full_check=True)
    data, _ = _slin.instrument(str(path), ["a0"], json.dumps({"widen": True}))
    wide = onnx.ModelProto.FromString(data)
    assert "bfloat16" not in onnx.printer.to_text(wide) and b"half" in data
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in wide.graph.initializer}
    for tensor in model.graph.initializer:
        assert np.array_equal(weights[tensor.name], numpy_helper.to_array(tensor).astype(np.float32))
    x = np.random.default_rng(4).standard_normal((2, 3, WIDTH)).astype(np.float32)
    y, hidden = run(data, {"x": x})
    expected = x
    for layer in range(2):
        inner = np.maximum(expected @ weights[f"{layer}.up"], 0)
        if layer == 0:
            np.testing.assert_allclose(hidden, inner, rtol=1e-4, atol=1e-4)
        expected = inner @ weights[f"{layer}.down"]
    np.testing.assert_allclose(y, expected / 2, rtol=1e-3, atol=1e-4)


def contents(path) -> dict:
    return json.loads(_slin.contents(str(path), "{}"))


def test_contents_list_nodes_and_weights(ffn_model, external_model):
    found = contents(ffn_model)
    assert [(entry["node"], entry["op"]) for entry in found["nodes"]][:2] == [
        (MATMULS[0], "MatMul"), ("/mlp/up/Add", "Add"),
    ]  # fmt: skip
    weight = {key: value for key, value in found["weights"][0].items() if key != "digest"}
    assert weight == {
        "graph": "main_graph", "weight": "up.weight", "dtype": "float32", "shape": [WIDTH, HIDDEN],
        "parameters": WIDTH * HIDDEN,
    }  # fmt: skip
    # Where the bytes lie is no difference.
    assert contents(external_model) == found


def test_digests_see_changes(tmp_path, ffn_model):
    before = contents(ffn_model)
    model = onnx.load(ffn_model)
    values = numpy_helper.to_array(model.graph.initializer[0]).copy()
    values[0, 0] += 1
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(values, "up.weight"))
    model.graph.node[2].op_type = "LeakyRelu"
    model.graph.node[2].attribute.append(helper.make_attribute("alpha", 0.25))
    after = contents(save(model, tmp_path / "changed.onnx"))
    changed = {
        kind: [index for index, (a, b) in enumerate(zip(before[kind], after[kind], strict=True)) if a != b]
        for kind in before
    }
    assert changed == {"nodes": [2], "weights": [0]}
    model.graph.node[2].attribute[0].f = 0.5
    again = contents(save(model, tmp_path / "again.onnx"))
    assert again["nodes"][2]["digest"] != after["nodes"][2]["digest"]


def test_equal_work_gives_equal_bytes(tmp_path, ffn_model):
    texts, models = set(), set()
    for number in range(2):
        output = tmp_path / f"{number}.onnx"
        texts.add(_slin.compress(str(ffn_model), str(output), '{"ratio": 0.5, "weight_only": true}', None))
        models.add(output.read_bytes())
    assert len(texts) == len(models) == 1


@pytest.mark.parametrize("route", ["direct", "text", "bytecode", "canonicalize", "slin"])
@pytest.mark.parametrize("which", ["plain", "external", "shared", "bfloat16"])
def test_models_with_ffns_come_back_equal(tmp_path, ffn_model, external_model, which, route):
    path = {"plain": ffn_model, "external": external_model}.get(which, tmp_path / "two.onnx")
    if which in ("shared", "bfloat16"):
        dtype = TensorProto.BFLOAT16 if which == "bfloat16" else TensorProto.FLOAT
        save(two_layers(shared=which == "shared", dtype=dtype), path)
    assert inspect(path)["ffns"]
    after = onnx.ModelProto.FromString(_slin.roundtrip(str(path), route))
    assert after == onnx.load(path, load_external_data=False)


def test_printed_pipeline_does_the_same(tmp_path, ffn_model):
    opt = pathlib.Path(_slin.__file__).parents[2] / "bin/slin-opt"
    if not opt.exists():
        pytest.skip("slin-opt is not built")
    options = {"ratio": 0.5, "weight_only": True, "structure": "block_dense", "include": ["*up*", "re:down"]}
    report = compress(ffn_model, tmp_path / "a.onnx", **options)
    assert report["ffns"][0]["linears"][1]["decision"] == "structured"
    pipeline = _slin.pass_pipeline(json.dumps(options))
    command = [opt, ffn_model, f"--pass-pipeline={pipeline}", "-o", tmp_path / "b.onnx"]
    subprocess.run(command, check=True)
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()


def test_routes_must_exist(ffn_model):
    with pytest.raises(_slin.UsageError, match="unknown route 'elsewhere'"):
        _slin.roundtrip(str(ffn_model), "elsewhere")
