# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`slin compile`: from ONNX models to files whose kernels compute in the emulator what ONNX Runtime computes, which
the runtime's reader takes and the recording driver runs."""

import json
import math
import pathlib
import subprocess

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import helper, numpy_helper

import slin
from emulator.artefact import Artefact, emulate_artefact
from gpu_lowering import tool
from slin import cli, runtime

# Of the norm of the result: weights and values between are rounded to the type, at up to a dozen places of one path.
TOLERANCE = {"bf16": 1.6e-2, "f16": 2e-3, "f32": 2e-3}
WIDTH, HIDDEN = 48, 96
NEEDS_PTXAS = pytest.mark.skipif(not tool("ptxas"), reason="expected ptxas on the PATH or with CUDA, found none")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    return tmp_path


def save(path: str, nodes, weights: dict[str, np.ndarray], width: int = WIDTH, opset: int = 20) -> str:
    """A model from x to y, [n, t, width]."""
    shape = ["n", "t", width]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(array.astype("f4"), name) for name, array in weights.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9), path)
    return path


def random_weights(**shapes: tuple) -> dict[str, np.ndarray]:
    """Scaled so that values keep their size."""
    generator = np.random.default_rng(7)
    scale = {name: max(shape[0], 1) ** (len(shape) - 1.5) for name, shape in shapes.items()}
    return {name: generator.standard_normal(shape) / scale[name] for name, shape in shapes.items()}


def plain(path: str, activation: str = "Gelu", width: int = WIDTH, hidden: int = HIDDEN) -> str:
    node = helper.make_node
    nodes = [
        node("MatMul", ["x", "w1"], ["h0"], name="/mlp/up/MatMul"),
        node("Add", ["h0", "b1"], ["h"], name="/mlp/up/Add"),
        node(activation, ["h"], ["a"], name="/mlp/act"),
        node("MatMul", ["a", "w2"], ["d"], name="/mlp/down/MatMul"),
        node("Add", ["d", "b2"], ["y"], name="/mlp/down/Add"),
    ]
    return save(path, nodes, random_weights(w1=(width, hidden), b1=(hidden,), w2=(hidden, width), b2=(width,)), width)


def gated(path: str) -> str:
    """down(silu(gate x) · up x), without biases, as Llama has it."""
    node = helper.make_node
    nodes = [
        node("MatMul", ["x", "wg"], ["g"], name="/mlp/gate/MatMul"),
        node("Sigmoid", ["g"], ["s"], name="/mlp/act/Sigmoid"),
        node("Mul", ["g", "s"], ["a"], name="/mlp/act/Mul"),
        node("MatMul", ["x", "wu"], ["u"], name="/mlp/up/MatMul"),
        node("Mul", ["a", "u"], ["p"], name="/mlp/Mul"),
        node("MatMul", ["p", "wd"], ["y"], name="/mlp/down/MatMul"),
    ]
    return save(path, nodes, random_weights(wg=(WIDTH, HIDDEN), wu=(WIDTH, HIDDEN), wd=(HIDDEN, WIDTH)))


def run_onnx(model: str, x: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0].astype("f8")


def check(model: str, file: str, type_: str, tokens: int, width: int = WIDTH, target: str = "sm_80"):
    """The file's kernels and ONNX Runtime agree on random tokens."""
    x = np.random.default_rng(tokens).standard_normal((1, tokens, width)).astype("f4")
    wanted = run_onnx(model, x)
    inputs = {"x": x.astype("f2") if type_ == "f16" else x}
    found = emulate_artefact(file, "/mlp", inputs, target, late=True, seed=tokens)["y"]
    assert np.linalg.norm(found.astype("f8") - wanted) < TOLERANCE[type_] * np.linalg.norm(wanted)


@pytest.mark.parametrize("type_", TOLERANCE)
@pytest.mark.parametrize("activation", ["Relu", "Gelu"])
def test_dense_networks(type_, activation):
    model = plain("m.onnx", activation)
    answer = slin.compile(model, "m.slingpu", target="sm_80", tokens=[1, 64], element_type=type_)
    assert [entry["type"] for entry in answer["entries"]] == [type_]
    for tokens in (1, 37, 70):
        check(model, "m.slingpu", type_, tokens)


@pytest.mark.parametrize("structure", ["low_rank", "block_dense", "block_shuffle", "block_diagonal"])
@pytest.mark.parametrize("make", [plain, gated])
def test_structured_networks(make, structure):
    small = "small.onnx"
    slin.compress(make("m.onnx"), small, ratio=0.4, structure=structure, weight_only=True)
    for type_ in ("bf16", "f16"):
        answer = slin.compile(small, "m.slingpu", target="sm_80", tokens=[16], element_type=type_)
        (entry,) = answer["entries"]
        assert structure in entry["structure"]
        for tokens in (1, 33):
            check(small, "m.slingpu", type_, tokens)


def test_weights_are_packed_small():
    """The file of a low-rank model has its factors, not their product."""
    model = plain("m.onnx")
    slin.compress(model, "small.onnx", rank=8, weight_only=True)
    dense = slin.compile(model, "dense.slingpu", target="sm_80", element_type="bf16")
    small = slin.compile("small.onnx", "small.slingpu", target="sm_80", element_type="bf16")
    assert dense["weight_bytes"] == 2 * 2 * WIDTH * HIDDEN + 4 * (WIDTH + HIDDEN)
    assert small["weight_bytes"] == 2 * 2 * 8 * (WIDTH + HIDDEN) + 4 * (WIDTH + HIDDEN)


def test_several_targets_share_weights():
    model = plain("m.onnx")
    one = slin.compile(model, "one.slingpu", target="sm_80", tokens=[1, 512], element_type="bf16")
    two = slin.compile(model, "two.slingpu", target=["sm_80", "sm_86", "sm_90a"], tokens=[1, 512], element_type="bf16")
    assert two["weight_bytes"] == one["weight_bytes"]
    assert [target["target"] for target in two["targets"]] == ["sm_80", "sm_86", "sm_90a"]
    for target in ("sm_80", "sm_86", "sm_90a"):
        check(model, "two.slingpu", "bf16", 21, target=target)
    description = runtime.describe("two.slingpu")
    assert [target["name"] for target in description["targets"]] == ["sm_80", "sm_86", "sm_90a"]
    assert {pair["key"] for pair in description["metadata"]} == {"model", "model_sha256", "slin_version"}


@pytest.mark.parametrize("type_", TOLERANCE)
def test_kernels_that_no_gpu_has_run_are_marked(type_, capsys):
    """In the report, the file and both tables."""
    model = plain("m.onnx", width=256, hidden=512)
    command = ["compile", model, "--target", "sm_90a,sm_100a", "--tokens", "8192", "--type", type_, "-o", "m.slingpu"]
    assert cli.main([*command, "--report", "r.json"]) == 0
    assert cli.main(["inspect", "m.slingpu"]) == 0
    report = json.loads(pathlib.Path("r.json").read_text())
    marked = {kernel["kernel"]: kernel["assembled_only"] for kernel in report["kernels"]}
    assert any(marked.values()) and not all(marked.values())
    assert all(mark == name.startswith("tcgen05_") for name, mark in marked.items())
    assert {kernel["name"]: kernel["assembled_only"] for kernel in runtime.describe("m.slingpu")["kernels"]} == marked
    assert capsys.readouterr().out.count("(assembled only)") == 2 * sum(marked.values())
    check(model, "m.slingpu", type_, 130, width=256, target="sm_100a")


def two_networks(path: str) -> str:
    """Two FFNs in a row, with the same weights in the first linears."""
    node = helper.make_node
    nodes, source = [], "x"
    for layer in ("0", "1"):
        nodes += [
            node("MatMul", [source, "w1"], [f"h{layer}"], name=f"/layer.{layer}/mlp/up/MatMul"),
            node("Relu", [f"h{layer}"], [f"a{layer}"], name=f"/layer.{layer}/mlp/act"),
            node("MatMul", [f"a{layer}", f"w2_{layer}"], ["y" if layer == "1" else f"d{layer}"],
                 name=f"/layer.{layer}/mlp/down/MatMul"),
        ]  # fmt: skip
        if layer == "0":
            nodes.append(node("LayerNormalization", ["d0", "scale"], ["n0"], name="/norm"))
            source = "n0"
    shapes = {"w1": (WIDTH, HIDDEN), "w2_0": (HIDDEN, WIDTH), "w2_1": (HIDDEN, WIDTH)}
    return save(path, nodes, random_weights(**shapes) | {"scale": np.ones(WIDTH)})


def test_equal_weights_of_two_networks_are_stored_once():
    answer = slin.compile(two_networks("m.onnx"), "m.slingpu", target="sm_80", tokens=16, element_type="bf16")
    assert [entry["path"] for entry in answer["entries"]] == ["/layer.0/mlp", "/layer.1/mlp"]
    assert answer["weight_bytes"] == 3 * 2 * WIDTH * HIDDEN
    # Kernels know sizes and not weights, so that both networks have the same one, for both of their products.
    assert [kernel["kernel"] for kernel in answer["kernels"]] == [f"mma_sync_core_{WIDTH}x{HIDDEN}x{WIDTH}_relu"]


def test_include_and_exclude(capsys):
    model = two_networks("m.onnx")
    answer = slin.compile(model, "m.slingpu", target="sm_80", include=["/layer.1/*"])
    assert [entry["path"] for entry in answer["entries"]] == ["/layer.1/mlp"]
    left_out = [entry for entry in answer["not_taken"] if entry["node"] == "/layer.0/mlp"]
    assert [entry["reason"] for entry in left_out] == ["left out by include or exclude"]
    with pytest.raises(slin.UsageError, match="expected '/layer.7/' of exclude to match"):
        slin.compile(model, "n.slingpu", target="sm_80", exclude=["/layer.7/"])


def test_forms_by_token_count():
    """Where schedules differ by the number of tokens, an entry has a plan for each range, and all are right."""
    model = plain("m.onnx", width=256, hidden=1024)
    slin.compile(model, "m.slingpu", target="sm_80", tokens=[1, 16384], element_type="bf16")
    (entry,) = runtime.describe("m.slingpu")["entries"]
    assert entry["plans"][0]["from"] == 1
    assert [a["to"] for a in entry["plans"][:-1]] == [b["from"] for b in entry["plans"][1:]]
    assert len(entry["plans"]) > 1 and entry["plans"][-1]["to"] > 1 << 20
    check(model, "m.slingpu", "bf16", 3, width=256)
    bound = entry["plans"][0]["to"]
    if bound < 300:
        check(model, "m.slingpu", "bf16", bound, width=256)


def test_kernels_of_hopper():
    """By wgmma and TMA: tensor maps, persistent grids, clusters and programmatic launches as the file says them."""
    model = plain("m.onnx", width=256, hidden=512)
    slin.compile(model, "m.slingpu", target="sm_90a", tokens=[8192], element_type="bf16")
    (entry,) = runtime.describe("m.slingpu")["entries"]
    assert all(step.startswith("wgmma") for plan in entry["plans"] for step in plan["steps"])
    check(model, "m.slingpu", "bf16", 130, width=256, target="sm_90a")


BY_TOKENS = """
func.func @f(%x: tensor<?x32xf32>) -> tensor<?x32xf32> {{
  %u = slin.weight "u" dense<{u}> : tensor<32x8xf32>
  %v = slin.weight "v" dense<{v}> : tensor<8x32xf32>
  %w = slin.weight "w" dense<{w}> : tensor<32x32xf32>
  %0 = slin.low_rank %u, %v : tensor<32x8xf32>, tensor<8x32xf32> -> !slin.linop<32 -> 32, f32>
  %1 = slin.dense %w : tensor<32x32xf32> -> !slin.linop<32 -> 32, f32>
  %2 = slin.by_tokens [17] %1, %0 : !slin.linop<32 -> 32, f32>
  %y = slin.ffn "/mlp" (%t = %x : tensor<?x32xf32>) -> tensor<?x32xf32> {{
    %3 = slin.apply %2, %t {{path = "/mlp/fc"}} : !slin.linop<32 -> 32, f32>, tensor<?x32xf32> -> tensor<?x32xf32>
    slin.yield %3 : tensor<?x32xf32>
  }}
  return %y : tensor<?x32xf32>
}}
"""


def test_operators_chosen_by_token_count():
    """One product below the bound, two from there on."""
    weights = random_weights(u=(32, 8), v=(8, 32))
    u, v = (array.astype("f4") for array in weights.values())
    w = u @ v
    text = BY_TOKENS.format(u=u.tolist(), v=v.tolist(), w=w.tolist())
    passes = ["--slin-to-slingpu=element-type=f16", "--slin-gpu-schedule=target=sm_80 tokens=16,17",
              "--slin-gpu-to-nvvm"]  # fmt: skip
    subprocess.run(["slin-opt", *passes, "-", "-o", "m.mlir"], input=text, text=True, check=True)
    subprocess.run(["slin-translate", "--slingpu-to-artefact", "m.mlir", "-o", "m.slingpu"], check=True)
    (entry,) = runtime.describe("m.slingpu")["entries"]
    steps = {plan["from"]: len(plan["steps"]) for plan in entry["plans"]}
    assert steps[1] == 1 and steps[17] == 2
    for tokens in (1, 16, 17, 50):
        x = np.random.default_rng(tokens).standard_normal((tokens, 32)).astype("f2")
        found = emulate_artefact("m.slingpu", "/mlp", {"x": x}, "sm_80")["y"].astype("f8")
        wanted = x.astype("f8") @ w.T
        assert np.linalg.norm(found - wanted) < TOLERANCE["f16"] * np.linalg.norm(wanted)


EXPORTS = pathlib.Path(__file__).parents[1] / "Dialect/ONNX/Analysis/Inputs"


@pytest.mark.parametrize(
    "export, networks",
    [
        # Asks the hidden values for their shape.
        ("gpt2-torchscript", ["/model/transformer/h.0/mlp"]),
        # Runs one module twice.
        ("albert-torchscript", ["/model/encoder/albert_layer_groups.0/albert_layers.0",
                                "/model/encoder/albert_layer_groups.0/albert_layers.0#1"]),
        ("llama-dynamo", ["node_linear_4"]),
    ],
)  # fmt: skip
def test_exports(export, networks):
    model = EXPORTS / f"{export}.onnx"
    answer = slin.compile(model, "m.slingpu", target="sm_80", tokens=16, element_type="bf16")
    assert [entry["path"] for entry in answer["entries"]] == networks
    assert answer["not_taken"] and all(entry["reason"] for entry in answer["not_taken"])
    assert list(entry["name"] for entry in runtime.describe("m.slingpu")["entries"]) == networks


def test_workspace_is_shared_by_liveness():
    """Of the four products of a low-rank FFN, the first and third results may lie in the same place.
    (In f32, whose middle is not one kernel.)"""
    slin.compress(plain("m.onnx"), "small.onnx", rank=8, weight_only=True)
    slin.compile("small.onnx", "m.slingpu", target="sm_80", tokens=[16], element_type="f32")
    artefact = Artefact("m.slingpu")
    plan = artefact.plan(artefact.entry("/mlp"), 0, 16)
    workspace = [buffer for buffer in plan.buffers if buffer.kind == "workspace"]
    assert len(plan.steps) == 4 and len(workspace) == 3
    first, hidden, third = workspace
    for tokens in (1, 16, 33, 1000):
        assert first.size.at(tokens) == third.size.at(tokens) == 4 * 8 * tokens
        assert hidden.size.at(tokens) == 4 * HIDDEN * tokens
        assert first.offset.at(tokens) == third.offset.at(tokens) == 0
        assert hidden.offset.at(tokens) >= first.size.at(tokens)
        assert hidden.offset.at(tokens) % 256 == 0


@NEEDS_PTXAS
def test_kernels_are_assembled_and_judged(capsys):
    assert cli.main(["compile", plain("m.onnx"), "--target", "sm_80,sm_90a", "--tokens", "1,512", "--type", "bf16",
                     "-o", "m.slingpu", "--ptxas", tool("ptxas"), "--report", "r.json"]) == 0  # fmt: skip
    report = json.loads(pathlib.Path("r.json").read_text())
    assert report["output"] == "m.slingpu" and report["bytes"] == pathlib.Path("m.slingpu").stat().st_size
    assert report["kernels"] and not report["warnings"]
    for kernel in report["kernels"]:
        assert kernel["spill_bytes"] == 0 and kernel["registers"] > 16 and kernel["code_bytes"] > 256
        assert kernel["shared_bytes"] > 1024
    assert all(target["cubin_bytes"] > 0 for target in report["targets"])
    out = capsys.readouterr().out
    for kernel in report["kernels"]:
        assert kernel["kernel"] in out
    assert "wrote m.slingpu" in out
    described = {(kernel["name"], kernel["registers"]) for kernel in runtime.describe("m.slingpu")["kernels"]}
    assert described == {(kernel["kernel"], kernel["registers"]) for kernel in report["kernels"]}


def stand_in(path: str, script: str) -> str:
    file = pathlib.Path(path).absolute()
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return str(file)


@pytest.mark.parametrize(
    "script, message",
    [
        ("echo \"Compiling entry function 'k' for 'sm_80'\"; echo '8 bytes spill stores, 0 bytes spill loads'; touch $6",
         "kernel 'k' for sm_80: expected no spilled registers, found 8 bytes of them"),
        ("echo \"info : (C7510) wgmma serialized in function 'g'\"; touch $6",
         "kernel 'g' for sm_80: expected no note of ptxas"),
        ("echo 'ptxas fatal : out of order'; exit 1", "ptxas for sm_80: ptxas fatal : out of order"),
    ],
)  # fmt: skip
def test_what_ptxas_complains_of(script, message, capsys):
    ptxas = stand_in("ptxas", script)
    assert cli.main(["compile", plain("m.onnx"), "--target", "sm_80", "-o", "m.slingpu", "--ptxas", ptxas]) == 1
    assert message in capsys.readouterr().err
    assert not pathlib.Path("m.slingpu").exists()


def test_without_ptxas(monkeypatch, capsys):
    for name, value in (("PATH", "/nowhere"), ("CUDA_HOME", "/nowhere")):
        monkeypatch.setenv(name, value)
    if pathlib.Path("/usr/local/cuda/bin/ptxas").exists():
        # What is found there is found last; a folder of a Python package comes before.
        monkeypatch.setattr(slin.api, "assembler_folders", lambda: [str(pathlib.Path("package").absolute())])
        pathlib.Path("package").mkdir()
        stand_in("package/ptxas", "cp $4 $6; echo \"Compiling entry function 'k'\"")
        answer = slin.compile(plain("m.onnx"), "m.slingpu", target="sm_80", element_type="bf16")
        assert answer["ptxas"] == str(pathlib.Path("package/ptxas").absolute())
    else:
        monkeypatch.setattr(slin.api, "assembler_folders", list)
        answer = slin.compile(plain("m.onnx"), "m.slingpu", target="sm_80", element_type="bf16")
        assert answer["ptxas"] is None and answer["targets"][0]["cubin_bytes"] == 0
        assert "the file has PTX only" in answer["warnings"][0]
        assert all(kernel["registers"] is None for kernel in answer["kernels"])
    check("m.onnx", "m.slingpu", "bf16", 5)


def test_ptxas_of_a_python_package(folder, monkeypatch):
    """As nvidia-cuda-nvcc has it, whatever the version of CUDA is called."""
    for place in ("nvidia/cu13/bin", "nvidia/cuda_nvcc/bin"):
        (folder / place).mkdir(parents=True)
        stand_in(folder / place / "ptxas", "exit 1")
    monkeypatch.setattr(slin.api.sys, "path", [str(folder / "empty"), str(folder)])
    assert slin.api.assembler_folders() == [str(folder / "nvidia" / name / "bin") for name in ("cu13", "cuda_nvcc")]


@pytest.mark.parametrize(
    "words, code, message",
    [
        (["--target", "sm_70"], 2, "expected a target out of {sm_80, "),
        (["--target", "sm_80,sm_80"], 2, "must name each target once, found 'sm_80' twice"),
        (["--target", "sm_80", "--tokens", "0"], 2, "expected a number of at least 1, found '0'"),
        (["--target", "sm_80", "--type", "f64"], 2, "invalid choice: 'f64'"),
        (["--target", "sm_80", "--ptxas", "nowhere"], 2, "expected the path of ptxas, found 'nowhere'"),
        (["--target", "sm_80", "--include", "/attention"], 2, "expected '/attention' of include to match"),
        (["--target", "sm_80", "-o", "nowhere/m.slingpu"], 1, "cannot write 'nowhere/m.slingpu': No such file"),
        (["--target", "sm_80", "-o", "."], 1, "cannot write '.'"),
        ([], 2, "the following arguments are required: --target"),
    ],
)
def test_wrong_uses(words, code, message, capsys):
    model = plain("m.onnx")
    assert cli.main(["compile", model, "-o", "m.slingpu", *words]) == code
    assert message in capsys.readouterr().err
    assert not list(pathlib.Path().glob("*.slingpu*"))


def test_nothing_to_do(capsys):
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"], name="/head/MatMul")]
    model = save("m.onnx", nodes, random_weights(w=(WIDTH, WIDTH)))
    assert cli.main(["compile", model, "--target", "sm_80", "-o", "m.slingpu"]) == 3
    out = capsys.readouterr().out
    assert "no feed-forward network was taken: nothing was written" in out and "/head/MatMul" in out
    assert not pathlib.Path("m.slingpu").exists()


def test_a_network_that_is_not_taken_has_a_reason():
    """Weights beyond what f16 holds."""
    weights = random_weights(w1=(WIDTH, HIDDEN), w2=(HIDDEN, WIDTH))
    weights["w2"][3, 5] = 1e6
    node = helper.make_node
    nodes = [node("MatMul", ["x", "w1"], ["h"], name="/mlp/up"), node("Relu", ["h"], ["a"], name="/mlp/act"),
             node("MatMul", ["a", "w2"], ["y"], name="/mlp/down")]  # fmt: skip
    answer = slin.compile(save("m.onnx", nodes, weights), "m.slingpu", target="sm_80", element_type="f16")
    assert answer["output"] is None
    assert answer["not_taken"] == [
        {"node": "/mlp", "reason": "expected numbers within the range of f16, found 1.000e+06", "hint": ""}
    ]


def test_the_output_may_be_there_already_and_stays_after_failures():
    model = plain("m.onnx")
    slin.compile(model, "m.slingpu", target="sm_80")
    before = pathlib.Path("m.slingpu").read_bytes()
    with pytest.raises(slin.Error, match="spilled"):
        ptxas = stand_in("p", "echo \"Compiling entry function 'k'\"; echo '8 bytes spill stores'")
        slin.compile(model, "m.slingpu", target="sm_80", ptxas=ptxas)
    assert pathlib.Path("m.slingpu").read_bytes() == before
    slin.compile(model, "m.slingpu", target="sm_80")
    assert pathlib.Path("m.slingpu").read_bytes() == before, "the same model gives the same bytes"


def test_the_pipeline_is_what_slin_opt_takes(capsys):
    model = plain("m.onnx")
    assert cli.main(["compile", model, "--target", "sm_80,sm_90a", "--tokens", "16", "--type", "bf16",
                     "-o", "m.slingpu", "--dump-pass-pipeline"]) == 0  # fmt: skip
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2 and "target=sm_90a" in lines[1]
    option = lines[0].replace("'", "")
    subprocess.run(["slin-opt", option, model, "-o", "n.mlir"], check=True)
    translate = ["slin-translate", "--slingpu-to-artefact", "--target=sm_80"]
    subprocess.run([*translate, "n.mlir", "-o", "n.slingpu"], check=True)
    check(model, "n.slingpu", "bf16", 19)


def test_progress_and_its_end():
    stages = []
    slin.compile(plain("m.onnx"), "m.slingpu", target="sm_80", progress=lambda *step: stages.append(step[0]))
    assert stages[0] == "import" and "slin-to-slingpu" in stages and "targets" in stages
    pathlib.Path("m.slingpu").unlink()

    class Enough(Exception):
        pass

    def stop(stage, done, total):
        if stage == "targets":
            raise Enough

    with pytest.raises(Enough):
        slin.compile("m.onnx", "m.slingpu", target="sm_80", progress=stop)
    assert not pathlib.Path("m.slingpu").exists()


def test_the_runtime_loads_and_runs_it(driver):
    """On the recording driver, whose cubins are PTX after the mark of one: every launch is made as the plan says."""
    slin.compress(plain("m.onnx"), "small.onnx", rank=8, weight_only=True)
    cubins = stand_in(
        "ptxas", "(printf '\\177ELF'; cat $4; printf '\\0') > $6; echo \"Compiling entry function 'k'\""
    )
    answer = slin.compile(
        "small.onnx", "m.slingpu", target=["sm_80", "sm_90a"], tokens=[1, 512], element_type="bf16", ptxas=cubins
    )
    assert answer["ptxas"] == cubins
    description = runtime.describe("m.slingpu")
    targets = [target["name"] for target in description["targets"]]
    with runtime.load("m.slingpu") as program:
        chosen = program.target.split(",")[0]
        assert chosen == "sm_90a" and "cubin" in program.target
        for tokens in (1, 5, 700):
            x = program.empty((tokens, WIDTH), "bf16")
            driver.standin_reset()
            y = program.run("/mlp", x)
            assert y.shape == (tokens, WIDTH)
            log = driver.standin_log().decode()
            (plan,) = (
                plan
                for plan in description["entries"][0]["plans"]
                if plan["target"] == targets.index(chosen) and plan["from"] <= tokens < plan["to"]
            )
            assert log.count("cuLaunchKernelEx ") == len(plan["steps"])
            for step in plan["steps"]:
                assert step in log


MINILM_TOKENS = 7


@pytest.mark.parametrize("exporter", ["torchscript", "dynamo"])
def test_minilm(exporter, minilm_folder):
    """Six FFNs of 384 x 1536 with their real weights; the first one against numpy in f64."""
    model = minilm_folder / f"minilm-{exporter}.onnx"
    answer = slin.compile(model, "m.slingpu", target="sm_80", tokens=[MINILM_TOKENS], element_type="bf16")
    assert [entry["structure"] for entry in answer["entries"]] == ["dense, gelu, dense"] * 6
    # One kernel for each of the two shapes.
    assert len(answer["kernels"]) == 2
    ffn = slin.inspect(model)["ffns"][0]
    loaded = onnx.load(model)
    weights = {tensor.name: numpy_helper.to_array(tensor).astype("f8") for tensor in loaded.graph.initializer}
    up, down = (
        (weights[linear["weight"]], weights[linear["bias"]])
        for linear in sorted(ffn["linears"], key=lambda linear: linear["role"] == "down")
    )
    x = np.random.default_rng(3).standard_normal((MINILM_TOKENS, 384)).astype("f4")
    hidden = x @ up[0].reshape(384, 1536) + up[1]
    erf = np.vectorize(math.erf)
    wanted = (0.5 * hidden * (1 + erf(hidden / np.sqrt(2)))) @ down[0].reshape(1536, 384) + down[1]
    found = emulate_artefact("m.slingpu", ffn["path"], {"x": x}, "sm_80")["y"]
    assert np.linalg.norm(found - wanted) < TOLERANCE["bf16"] * np.linalg.norm(wanted)
