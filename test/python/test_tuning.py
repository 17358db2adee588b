# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`slin tune`: the emulator stands for a GPU, with times that are made up; what is measured is what compile chooses."""

import json
import pathlib
import re
import subprocess

import numpy as np
import pytest

import slin
from emulator.artefact import emulate_artefact
from slin import cli, runtime, tuning
from test_compile import gated, plain

TOKENS = (5, 40)


class Emulated:
    """Runs candidates in the emulator. The time of a schedule is its number in reverse: the estimates' favourite is
    the slowest."""

    name, target = "an emulator", "sm_80"

    def __init__(self, path):
        self.path, self.wrong = path, None

    def result(self, candidate, tokens):
        generator = np.random.default_rng(tokens)
        inputs = {
            value["name"]: generator.standard_normal((tokens, value["features"])).astype("f4")
            for entry in runtime.describe(self.path)["entries"]
            if entry["name"] == candidate.entry
            for value in entry["inputs"]
        }
        (result,) = emulate_artefact(self.path, candidate.entry, inputs, self.target, late=True).values()
        return -result if candidate.entry == self.wrong else result

    def error(self, candidate, other, tokens):
        wanted = self.result(other, tokens)
        return np.linalg.norm(self.result(candidate, tokens) - wanted) / np.linalg.norm(wanted)

    def seconds(self, candidate, tokens):
        return 1e-6 * (100 - int(candidate.entry.split()[-1]))


@pytest.fixture
def candidates(tmp_path, monkeypatch):
    """A file with two schedules of each kernel of two networks, and the model."""
    monkeypatch.chdir(tmp_path)
    model = gated("gated.onnx")
    slin.compile(model, "candidates.slingpu", target="sm_80", tokens=TOKENS, candidates=2, element_type="bf16")
    return model, "candidates.slingpu"


def test_candidates_compute_the_same_and_the_fastest_is_taken(candidates):
    model, path = candidates
    found = tuning.read_candidates(runtime.describe(path), path)
    groups = tuning.groups(found)
    assert {tokens for _, _, tokens in groups} == set(TOKENS)
    assert all(len(group) == 2 for group in groups.values())
    table = tuning.measure(found, Emulated(path))
    assert len(table["measured"]) == sum(map(len, groups.values()))
    tuning.write(table, pathlib.Path("table.json"))
    assert json.load(open("table.json")) == table

    # The same model with the table: every kernel by the schedule that was fastest, which the estimates would not take.
    def schedules(*options):
        command = ["slin-opt", model, f"--slin-compile=target=sm_80 element-type=bf16 tokens=40 {' '.join(options)}"]
        done = subprocess.run(
            [*command, "--remarks-filter=slin-gpu-schedule", "-o", "/dev/null"], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return [line for line in done.stderr.splitlines() if "[Passed]" in line]

    measured = schedules("table=table.json")
    assert measured and all("measured at 40" in line for line in measured)
    assert not set(measured) & set(schedules())
    written = slin.compile(model, "o.slingpu", target="sm_80", tokens=40, element_type="bf16", table="table.json")
    assert written["output"] == "o.slingpu"


def test_candidates_that_disagree_are_an_error(candidates):
    _, path = candidates
    found = tuning.read_candidates(runtime.describe(path), path)
    machine = Emulated(path)
    machine.wrong = found[1].entry
    with pytest.raises(runtime.Error, match=r"one of them is wrong"):
        tuning.measure(found, machine)


def test_other_files_are_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    slin.compile(plain("plain.onnx"), "plain.slingpu", target="sm_80")
    assert cli.main(["tune", "plain.slingpu", "-o", "t.json"]) == 1
    assert "expected candidates, which slin compile --candidates writes, found the network '/mlp'" in capsys.readouterr().err


def test_without_a_gpu_nothing_is_written(candidates, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert cli.main(["tune", candidates[1], "-o", "t.json"]) == 1
    assert re.search("expected (a CUDA GPU|torch)", capsys.readouterr().err)
    assert not (tmp_path / "t.json").exists()


@pytest.mark.parametrize("option", [{"candidates": 2}, {"table": "t.json"}])
def test_tables_and_candidates_are_for_one_target(option, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(slin.UsageError, match=f"option '{next(iter(option))}' is for one target, found several"):
        slin.compile(plain("plain.onnx"), "o.slingpu", target=["sm_80", "sm_90a"], **option)


def test_a_table_of_another_target_is_an_error(candidates, tmp_path):
    (tmp_path / "t.json").write_text('{"target": "sm_90a", "card": "none", "measured": []}\n')
    with pytest.raises(slin.Error, match="expected a table of target 'sm_80', found 'sm_90a'"):
        slin.compile(candidates[0], "o.slingpu", target="sm_80", table="t.json")
    assert not (tmp_path / "o.slingpu").exists()


def test_networks_without_candidates_are_an_error(tmp_path, monkeypatch):
    """Products of experts take the time that gates decide."""
    papers = pathlib.Path(__file__).parents[1] / "Dialect/Slin/Transforms/Inputs/papers"
    model = papers / "factorllm-stacked-k2-gather-dynamo-opset18.onnx"
    with pytest.raises(slin.Error, match="nothing to measure in these networks: products of experts"):
        slin.compile(model, tmp_path / "o.slingpu", target="sm_80", tokens=16, candidates=2)
    assert not list(tmp_path.iterdir())
