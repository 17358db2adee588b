# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`slin compile` of models with experts: one entry of tokens and gates, whose kernels compute in the emulator what ONNX
Runtime computes with the gates of the model's own router."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import helper

import slin
from emulator.artefact import emulate_artefact
from gpu_lowering import tool
from slin import cli, runtime
from test_experts import PAPERS, in_branch, rewrite_model, routed_model

TOLERANCE = {"bf16": 1.6e-2, "f16": 2e-3, "f32": 2e-3}
# Every spelling that onnx-sink-gates takes; whose gates have one value per expert. FORMS of papers.json have 4 experts.
FORMS = json.loads((PAPERS / "papers.json").read_text(encoding="utf-8"))["factorllm"]["forms"]
SUNK = [
    file
    for form in FORMS.values()
    for file in form["files"]
    if form["rewrites"].get("sink gates", {}).get("applies") and "looped" not in file
]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    return tmp_path


def evaluate(model: onnx.ModelProto, feeds: dict, *names: str) -> list[np.ndarray]:
    """Values of the model, be they outputs or not."""
    extended = onnx.ModelProto()
    extended.CopyFrom(model)
    known = {output.name for output in extended.graph.output}
    extended.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in names if name not in known)
    session = onnxruntime.InferenceSession(extended.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(list(names), feeds)


def gates_of(model: onnx.ModelProto, x: np.ndarray, experts: int) -> np.ndarray:
    """[..., experts], 0 or 1: those that the TopK of the model's router chooses."""
    (choice,) = (node for node in model.graph.node if node.op_type == "TopK")
    (chosen,) = evaluate(model, {"x": x}, choice.output[1])
    return (chosen[..., None] == np.arange(experts)).any(-2).astype("f4")


def sum_of(model: onnx.ModelProto, sunk: onnx.ModelProto, x: np.ndarray) -> np.ndarray:
    """What the experts give, before anything else is done with it: the last sum of the sunk model."""
    scatters = [node for node in sunk.graph.node if node.op_type == "ScatterND" and "/expert_" in node.name]
    (rows,) = evaluate(sunk, {"x": x}, scatters[-1].output[0])
    (y,) = evaluate(model, {"x": x}, model.graph.output[0].name)
    return rows.reshape(*y.shape[:-1], -1).astype("f8")


def sink(path, folder) -> onnx.ModelProto:
    return rewrite_model(path, folder / "sunk.onnx", "onnx-sink-gates")[0]


def check(path, folder, type_: str, tokens: int, target: str = "sm_80", experts: int = 4):
    model = onnx.load(path)
    width = model.graph.input[0].type.tensor_type.shape.dim[-1].dim_value
    x = np.random.default_rng(tokens).standard_normal((1, tokens, width)).astype("f4")
    wanted, gates = sum_of(model, sink(path, folder), x), gates_of(model, x, experts)
    inputs = {"x": x, "gates": gates}
    if type_ == "f16":
        inputs = {name: array.astype("f2") for name, array in inputs.items()}
    (entry,) = (one for one in runtime.describe("m.slingpu")["entries"] if len(one["inputs"]) == 2)
    found = emulate_artefact("m.slingpu", entry["name"], inputs, target, late=True, seed=tokens)["y"]
    assert np.linalg.norm(found.astype("f8") - wanted) < TOLERANCE[type_] * np.linalg.norm(wanted)


@pytest.mark.parametrize("file", SUNK)
def test_every_spelling_is_one_entry(file, folder):
    answer = slin.compile(PAPERS / file, "m.slingpu", target="sm_80", tokens=[16], element_type="bf16")
    # A model may have the network that the experts were cut from, too.
    (entry,) = (one for one in answer["entries"] if "of 4 experts: " in one["structure"])
    assert len(answer["entries"]) == 1 + ("teacher-output" in file)
    assert not [one for one in answer["not_taken"] if "expert" in one["node"]]
    (described,) = (one for one in runtime.describe("m.slingpu")["entries"] if one["name"] == entry["path"])
    assert [(v["name"], v["features"]) for v in described["inputs"]] == [("x", 16), ("gates", 4)]
    check(PAPERS / file, folder, "bf16", 7)


@pytest.mark.parametrize("type_", TOLERANCE)
@pytest.mark.parametrize("chosen", [1, 2, 3])
def test_routed_models(type_, chosen, folder):
    path = folder / "m.onnx"
    routed_model(path, chosen=chosen, width=32, hidden=192)
    answer = slin.compile(path, "m.slingpu", target="sm_80", tokens=[1, 256], element_type=type_)
    (entry,) = answer["entries"]
    assert entry == {"path": "/experts", "structure": f"{chosen} of 4 experts: dense, dense, silu, dense", "type": type_}
    for tokens in (1, 45):
        check(path, folder, type_, tokens)


@pytest.mark.parametrize("target", ["sm_90a", "sm_120a"])
def test_other_targets(target, folder):
    path = folder / "m.onnx"
    routed_model(path, experts=6, width=32, hidden=192)
    slin.compile(path, "m.slingpu", target=target, element_type="bf16")
    check(path, folder, "bf16", 33, target, experts=6)


def test_all_tokens_on_one_expert(folder):
    path = folder / "m.onnx"
    routed_model(path, chosen=1, router=np.zeros((16, 4)), bias=np.array([0, 0, 1, 0]))
    slin.compile(path, "m.slingpu", target="sm_80", element_type="f16")
    check(path, folder, "f16", 40)


def test_experts_inside_of_a_branch(folder):
    routed_model(folder / "routed.onnx")
    onnx.save(in_branch(onnx.load(folder / "routed.onnx")), folder / "m.onnx")
    answer = slin.compile(folder / "m.onnx", "m.slingpu", target="sm_80", element_type="bf16")
    assert [entry["path"] for entry in answer["entries"]] == ["/experts"]


def test_experts_of_low_rank(folder):
    """Of experts that are sunk and then compressed, each stage is a product by experts, of the greatest rank."""
    routed_model(folder / "whole.onnx", width=32, hidden=192)
    onnx.save(sink(folder / "whole.onnx", folder), folder / "routed.onnx")
    slin.compress(folder / "routed.onnx", folder / "small.onnx", ratio=0.4, structure="low_rank", weight_only=True)
    answer = slin.compile(folder / "small.onnx", "m.slingpu", target="sm_80", element_type="f16")
    (entry,) = answer["entries"]
    assert entry["structure"] == "2 of 4 experts: low_rank, low_rank, silu, low_rank"
    model = onnx.load(folder / "small.onnx")
    x = np.random.default_rng(1).standard_normal((1, 37, 32)).astype("f4")
    gates = gates_of(model, x, 4)
    (wanted,) = evaluate(model, {"x": x}, "y")
    inputs = {"x": x.astype("f2"), "gates": gates.astype("f2")}
    found = emulate_artefact("m.slingpu", entry["path"], inputs, "sm_80", late=True)["y"]
    # The model scales the sum by experts / chosen.
    assert np.linalg.norm(2 * found.astype("f8") - wanted) < TOLERANCE["f16"] * np.linalg.norm(wanted)


def test_experts_that_stay_apart(folder):
    """Those that a model computes for their own tokens already; an entry for each."""
    path = PAPERS / "factorllm-looped-k2-torchscript-opset17.onnx"
    answer = slin.compile(path, "m.slingpu", target="sm_80", element_type="bf16")
    assert [entry["path"] for entry in answer["entries"]] == [f"/experts.{index}" for index in range(4)]


def test_experts_of_other_sizes(folder):
    """20 hidden features in three parts: 7, 7 and 6, whose products are those of 7."""
    path = folder / "m.onnx"
    routed_model(path, experts=3, chosen=2, hidden=20)
    answer = slin.compile(path, "m.slingpu", target="sm_80", element_type="f16")
    assert [entry["structure"] for entry in answer["entries"]] == ["2 of 3 experts: dense, dense, silu, dense"]
    check(path, folder, "f16", 37, experts=3)


def test_one_expert_may_be_left_out(folder):
    routed_model(folder / "m.onnx")
    answer = slin.compile(folder / "m.onnx", "m.slingpu", target="sm_80", exclude=["/experts.1"])
    assert [entry["path"] for entry in answer["entries"]] == ["/experts.0", "/experts.2", "/experts.3"]
    (left,) = (one for one in answer["not_taken"] if one["node"] == "/experts.1")
    assert left["reason"] == "left out by include or exclude"
    assert answer["warnings"][-1] == "the experts of '/experts' are entries of their own: '/experts.1' is none"


def test_work_is_that_of_the_chosen_experts(folder):
    """What products do grows with the experts of a token, not with those that there are: blocks without rows end."""
    routed_model(folder / "m.onnx", width=64, hidden=256)
    slin.compile(folder / "m.onnx", "m.slingpu", target="sm_80", element_type="bf16", tokens=[64])

    def instructions_of(*experts):
        x, gates, statistics = np.zeros((64, 64), "f4"), np.zeros((64, 4), "f4"), []
        gates[:, experts] = 1
        emulate_artefact("m.slingpu", "/experts", {"x": x, "gates": gates}, "sm_80", statistics=statistics)
        return sum(done.instructions for done in statistics[1:-1])

    one, two, all_ = instructions_of(2), instructions_of(1, 2), instructions_of(0, 1)
    assert two == all_ and 1.5 < two / one < 2.0


def test_inspect_and_report(folder, capsys):
    routed_model(folder / "m.onnx")
    assert cli.main(["compile", "m.onnx", "--target", "sm_80", "--type", "bf16", "-o", "m.slingpu"]) == 0
    out = capsys.readouterr().out
    assert "2 of 4 experts" in out
    assert cli.main(["inspect", "m.slingpu"]) == 0
    out = capsys.readouterr().out
    assert "/experts" in out and "2 of 4 experts" in out and "gates" in out


def cubins(folder) -> str:
    """A ptxas whose cubins the recording driver takes: PTX after the mark of one."""
    file = folder / "ptxas"
    file.write_text(
        "#!/bin/sh\n(printf '\\177ELF'; cat $4; printf '\\0') > $6; echo \"Compiling entry function 'k'\"\n"
    )
    file.chmod(0o755)
    return str(file)


def test_the_runtime_runs_it(driver, folder):
    """On the recording driver: two inputs, and all launches of the plan in order."""
    routed_model(folder / "m.onnx")
    slin.compile(folder / "m.onnx", "m.slingpu", target="sm_90a", element_type="bf16", ptxas=cubins(folder))
    (entry,) = runtime.describe("m.slingpu")["entries"]
    with runtime.load("m.slingpu") as program:
        for tokens in (1, 5, 700):
            x, gates = program.empty((tokens, 16), "bf16"), program.empty((tokens, 4), "bf16")
            driver.standin_reset()
            assert program.run("/experts", x, gates).shape == (tokens, 16)
            log = driver.standin_log().decode()
            (plan,) = (plan for plan in entry["plans"] if plan["from"] <= tokens < plan["to"])
            assert log.count("cuLaunchKernelEx ") == len(plan["steps"]) == 5
            assert plan["steps"][0].startswith("route") and plan["steps"][-1].startswith("combine")
        with pytest.raises(runtime.Error, match="expected 2 inputs, found 1"):
            program.run("/experts", x)


@pytest.mark.skipif(not tool("ptxas"), reason="expected ptxas on the PATH or with CUDA, found none")
def test_kernels_are_assembled_without_spills(folder):
    routed_model(folder / "m.onnx", experts=8, width=64, hidden=512)
    answer = slin.compile(
        folder / "m.onnx", "m.slingpu", target=["sm_80", "sm_90a", "sm_120a"], tokens=[1, 4096], ptxas=tool("ptxas")
    )
    assert {kernel["spill_bytes"] for kernel in answer["kernels"]} == {0}
    assert {kernel["kernel"].split("_")[0] for kernel in answer["kernels"]} == {"route", "mma", "combine"}


def test_torch_calls_it_with_gates(driver, folder):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    import slin.torch

    routed_model(folder / "m.onnx")
    slin.compile(folder / "m.onnx", "m.slingpu", target="sm_90a", element_type="f32", ptxas=cubins(folder))
    with runtime.load("m.slingpu") as program, torch.no_grad():
        made = slin.torch.FFN(program, "/experts")
        assert made(torch.zeros(2, 3, 16), torch.zeros(2, 3, 4)).shape == (2, 3, 16)
        with pytest.raises(runtime.Error, match="expected one input and one output to stand for a module, found 2 and 1"):
            slin.torch.replace_ffns(torch.nn.ModuleDict({"experts": torch.nn.Linear(16, 16)}), program)
