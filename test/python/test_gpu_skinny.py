# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The kernels of sm_90a for few tokens, run in the emulator against numpy in f64."""

import numpy as np
import pytest

from emulator.mutation import verdict
from emulator.plan import Plan, PlanBuffer, run_plan
from gpu_lowering import (
    assemble,
    bugs_of,
    check,
    check_waits,
    is_right,
    kernels_of,
    launch_of,
    run_product,
    skinny,
    tool,
)
from test_gpu_kernels import ACTIVATIONS

MODES = pytest.mark.parametrize("late", [False, True], ids=["eager", "late"])


@MODES
@pytest.mark.parametrize("split", [1, 2, 4, 8])
@pytest.mark.parametrize("tokens", [8, 16, 24, 32, 64])
def test_tiles(tokens, split, late):
    """Columns that blocks do not share evenly, and a tile and a bit of rows."""
    product = skinny(tokens, split, stages=2, rows=72, columns=64 * 9 + 8, bias=True)
    assert check(product, tokens - 3, late=late, seed=tokens + split).bank_conflicts == 0


SHAPES = {
    "f16": skinny(type="f16", rows=72, columns=72),
    "f32": skinny(16, 2, type="f32", rows=72, columns=132, bias=True),
    "odd rows": skinny(rows=51, columns=64),
    "fewer columns than a step": skinny(rows=64, columns=8),
    "as many parts as steps": skinny(16, 3, rows=64, columns=192),
    "more stages than steps": skinny(16, 2, stages=12, rows=64, columns=320),
    "a ring that turns": skinny(16, 2, stages=2, rows=64, columns=1032),
    "two blocks": skinny(16, 2, blocks=2, rows=72, columns=136, bias=True),
    "three blocks in runs": skinny(16, 2, blocks=3, rows=72, columns=136, run=24, bias=True),
    "runs of odd length": skinny(16, 2, blocks=2, rows=49, columns=136, run=7),
}


@MODES
@pytest.mark.parametrize("name", SHAPES)
def test_shapes(name, late):
    check(SHAPES[name], 13 if SHAPES[name].tile[0] > 8 else 5, late=late, seed=3)


@MODES
@pytest.mark.parametrize("tokens", [1, 2, 7, 8, 9, 40])
def test_tokens(tokens, late):
    """Also more tokens than a tile has."""
    check(skinny(8, 2, rows=72, columns=136, bias=True), tokens, late=late, seed=tokens)


@pytest.mark.parametrize("run", [72, 24, 3])
@pytest.mark.parametrize("type_", ["bf16", "f16", "f32"])
def test_bias_gate_and_residual(type_, run):
    epilogue = dict(bias=True, gate=True, residual=True, activation="relu")
    product = skinny(16, 2, type=type_, blocks=2, rows=72, columns=72, run=run, **epilogue)
    check(product, 11, lambda x: np.maximum(x, 0), late=True)


@pytest.mark.parametrize("name", ["gelu", "silu", "leaky_relu"])
def test_activations(name):
    function, parameter = ACTIVATIONS[name]
    check(skinny(rows=72, columns=72, bias=True, activation=name, parameter=parameter), 7, function)


def test_results_are_the_same_in_every_run():
    """However warps are scheduled, sums are added in one order."""
    product = skinny(16, 8, rows=72, columns=1032, bias=True)
    arrays, first, _ = run_product(product, 16)
    launch = launch_of(kernels_of(product.program()), product.ptx())
    buffers = [PlanBuffer("input", index) for index in range(3)] + [PlanBuffer("output")]
    for seed in range(3):
        y = np.zeros_like(first)
        run_plan(Plan(buffers, [launch]), 16, arrays, [y], late=True, seed=seed)
        assert (y == first).all()


def test_a_launch_waits_for_the_one_before_it():
    # The compiler gives blocks without a step, of which there are none here, a wait of their own.
    check_waits(skinny(16, 2, rows=136, columns=136, residual=True), 13, unreached=1)


# A ring that turns, and blocks that wait for each other.
PIPELINE = skinny(16, 2, stages=2, rows=72, columns=1032, bias=True)
PIPELINE_PTX = PIPELINE.ptx()
SYNCHRONISATION = ("bar.sync", "barrier.cluster.wait", "barrier.cluster.arrive", "mbarrier.arrive", "wgmma.wait_group")
SYNCHRONISATION += ("wgmma.fence",)


def pipeline_is_right(ptx):
    return is_right(PIPELINE, 13, ptx=ptx, late=True, seed=3)


def test_the_pipeline_is_right():
    assert pipeline_is_right(PIPELINE_PTX)


@pytest.mark.parametrize("bug", bugs_of(PIPELINE_PTX, *SYNCHRONISATION), ids=lambda bug: bug.name)
def test_bugs_are_caught(bug):
    """Without one wait, barrier or fence, a check fails or the result is wrong."""

    assert verdict(bug, PIPELINE_PTX, pipeline_is_right) != "survived"


LARGE = dict(rows=3072, columns=768, bias=True)
LAYERS = {
    "8 tokens": skinny(8, 4, stages=12, activation="gelu", **LARGE),
    "64 tokens": skinny(64, 2, stages=5, activation="gelu_tanh", gate=True, residual=True, **LARGE),
    "64 tokens of f32": skinny(64, 8, stages=5, type="f32", activation="gelu", gate=True, residual=True, **LARGE),
    "32 tokens of f16": skinny(32, 8, stages=8, type="f16", activation="mish", **LARGE),
    "four blocks in runs": skinny(16, 2, stages=4, blocks=4, rows=192, columns=768, run=48, bias=True),
    "one step for each block": skinny(8, 3, stages=4, rows=768, columns=192, bias=True),
    "odd rows": skinny(16, 4, stages=8, rows=50257, columns=768),
}


@pytest.mark.skipif(not tool("ptxas"), reason="expected ptxas on the PATH or with CUDA, found none")
@pytest.mark.parametrize("name", LAYERS)
def test_assembles_without_spills(name, tmp_path):
    _, instructions = assemble(LAYERS[name].ptx(), "sm_90a", tmp_path)
    if instructions:
        for opcode in ("HGMMA", "UTMALDG", "SYNCS"):  # wgmma, TMA and mbarriers
            assert opcode in instructions
