# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""test/benchmark/gpu.py without a GPU: its networks are those that slin makes, its files compute what it checks them
against, and it says so when there is no GPU."""

import math
import os
import pathlib
import re
import subprocess
import sys

import numpy as np
import pytest

BENCHMARK = pathlib.Path(__file__).parents[1] / "benchmark"
sys.path.insert(0, str(BENCHMARK))

import cpu_ffn  # noqa: E402
import gpu  # noqa: E402
import gpu_cases  # noqa: E402
from emulator.artefact import emulate_artefact  # noqa: E402
from emulator.numbers import bf16_bits, bf16_value  # noqa: E402

import slin  # noqa: E402

STRUCTURES = pytest.mark.parametrize("structure", ["dense", "low_rank", "block_dense", "block_shuffle"])


def gelu(x):
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


@STRUCTURES
@pytest.mark.parametrize("sixteenths", [5, 10])
def test_products_are_those_of_slin(structure, sixteenths, tmp_path):
    """blocks, rows, columns, run and activation of each product, as --slin-to-slingpu writes them."""
    width = 256
    text = cpu_ffn.network(structure, "?", width, 4 * width, sixteenths)
    # The linears of a network stand in slin.ffn.
    body, x = text[text.index("  %h =") : text.index("  return")], f"tensor<?x{width}xf32>"
    inner = body.replace("%x bias", "%t bias") + f"  slin.yield %y : {x}\n"
    text = text.replace(body, f'  %z = slin.ffn "/mlp" (%t = %x : {x}) -> {x} {{\n{inner}  }}\n').replace("return %y", "return %z")
    done = subprocess.run(
        ["slin-opt", "--slin-to-slingpu=element-type=bf16", f"--data-file={tmp_path / 'weights'}", "-"],
        input=text, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    pattern = r'block_gemm .* run (\d+)(?: \{activation = "(\w+)"\})? : tensor<\?x(\d+)xbf16>, tensor<(\d+)x(\d+)x\d+xbf16>'
    found = [
        (int(blocks), int(rows), int(features) // int(blocks), int(run), activation)
        for run, activation, features, blocks, rows in re.findall(pattern, done.stdout)
    ]
    case = gpu_cases.ffn(structure, width, sixteenths, (1,))
    assert found == [(p.blocks, p.rows, p.columns, p.run, p.activation) for p in case.products]


@STRUCTURES
def test_files_compute_what_they_are_checked_against(structure, tmp_path):
    case = gpu_cases.ffn(structure, 128, 5 if structure != "dense" else 16, (1, 64))
    gpu_cases.write(case, "sm_80", tmp_path / "case.slingpu.xz")
    weights = gpu_cases.fill(case, tmp_path / "case.slingpu.xz", tmp_path / "case.slingpu", seed=3)
    assert len(weights) == len(case.products) + sum(p.has_bias for p in case.products)
    x = bf16_value(bf16_bits(np.random.default_rng(4).standard_normal((70, 128), np.float32)))

    def rounded(values):
        return bf16_value(bf16_bits(values.astype(np.float32))).astype(np.float64)

    wanted = gpu_cases.reference(case, weights, x.astype(np.float64), rounded, gelu, lambda *shape: np.zeros(shape))
    (found,) = emulate_artefact(
        tmp_path / "case.slingpu", gpu_cases.ENTRY, {"x": x}, "sm_80", late=True, seed=1
    ).values()
    assert np.linalg.norm(found - wanted) < gpu.TOLERANCE * np.linalg.norm(wanted)
    # A wrong network is found out.
    weights["w0"] = weights["w0"][..., ::-1]
    other = gpu_cases.reference(case, weights, x.astype(np.float64), rounded, gelu, lambda *shape: np.zeros(shape))
    assert np.linalg.norm(found - other) > gpu.TOLERANCE * np.linalg.norm(other)


def test_every_case_has_a_goal_and_is_what_its_name_says():
    cases = gpu_cases.all_cases()
    assert len({case.name for case in cases}) == len(cases)
    for case in cases:
        assert all(gpu.goal(case, tokens) >= 0.95 for tokens in case.tokens)
        if case.kind == "ffn":
            part = case.weight_bytes / (16 * case.width**2)
            assert part == pytest.approx(case.sixteenths / 16, rel=0.05)


def test_fails_without_files_or_a_gpu(tmp_path):
    measure = [sys.executable, str(BENCHMARK / "gpu.py"), "measure", str(tmp_path)]
    done = subprocess.run(measure, capture_output=True, text=True)
    assert done.returncode and "expected the files of `gpu.py prepare`" in done.stderr
    for case in gpu_cases.all_cases():
        (tmp_path / f"{case.name}.slingpu.xz").touch()
    package = pathlib.Path(slin.__file__).parents[1]
    hidden = os.environ | {"CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": str(package)}
    done = subprocess.run(measure, capture_output=True, text=True, env=hidden)
    assert done.returncode and re.search("expected (a CUDA GPU|torch)", done.stderr)
