# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The fused cores of sm_90a: a left factor in registers, TMA and two rings, in the emulator against numpy in f64."""

import re

import pytest

from emulator.mutation import MUTATIONS, remove, verdict
from gpu_lowering import assemble, tool
from test_gpu_core import TOLERANCE, Core, check, run_core
from test_gpu_kernels import ACTIVATIONS

MODES = pytest.mark.parametrize("late", [False, True], ids=["eager", "late"])


def wgmma(consumers=1, stages=2, **what) -> Core:
    return Core(emitter="wgmma_core", tokens=64 * consumers, warps=(4 * consumers, 1), stages=stages, **what)


SHAPES = {
    "one step": wgmma(hidden=64),
    "two steps": wgmma(hidden=128, bias=True),
    "two warpgroups": wgmma(2, 3, hidden=320, inputs=192, outputs=192, bias=True, activation="gelu_tanh"),
    "f16": wgmma(2, type="f16", inputs=72, hidden=192, outputs=48),
    "the widest ranks": wgmma(2, hidden=192, inputs=256, outputs=256, bias=True, activation="gelu"),
    "ranks of whole 16 bytes": wgmma(1, 3, inputs=40, hidden=200, outputs=24, bias=True, activation="relu"),
    "a result of odd features": wgmma(inputs=136, hidden=120, outputs=29),
    "odd hidden features": wgmma(hidden=99, bias=True, activation="exp"),
    "more stages than steps": wgmma(stages=4, hidden=72, bias=True),
    "one hidden feature": wgmma(inputs=8, hidden=1, outputs=1, bias=True, activation="tanh"),
}


@MODES
@pytest.mark.parametrize("name", SHAPES)
def test_shapes(name, late):
    assert check(SHAPES[name], 77, late=late, seed=3).bank_conflicts == 0


@MODES
@pytest.mark.parametrize("tokens", [1, 64, 130])
def test_tokens(tokens, late):
    check(wgmma(2, 3, inputs=72, hidden=264, outputs=40, bias=True, activation="silu"), tokens, late=late, seed=tokens)


@pytest.mark.parametrize("name", ["gelu", "mish", "selu", "softplus", "leaky_relu"])
def test_activations(name):
    assert name in ACTIVATIONS
    check(wgmma(inputs=32, hidden=72, outputs=16, bias=True, activation=name), 33)


PIPELINE = wgmma(2, 2, inputs=136, hidden=456, outputs=72, bias=True, activation="relu")
SYNCHRONISATION = ("bar.sync", "wgmma.wait_group", "wgmma.commit_group", "wgmma.fence")
# Behind the loop: a fence and a wait for the registers of the left factor, whose order ptxas sees to (emulator/instructions/
# warpgroup_matrix.py).
FOR_PTXAS = {("wgmma.fence", 2), ("wgmma.wait_group", 3)}


def bugs():
    ptx = PIPELINE.ptx()
    yield from (mutation for mutation in MUTATIONS if mutation.applies(ptx))
    for opcode in SYNCHRONISATION:
        pattern = opcode.replace(".", r"\.")
        for place in range(len(re.findall(rf"{opcode}\b", ptx))):
            if (opcode, place) not in FOR_PTXAS:
                yield remove(f"without {opcode} number {place}", pattern, place)


@pytest.mark.parametrize("bug", [*bugs()], ids=lambda bug: bug.name)
def test_bugs_are_caught(bug):
    """Without one wait, arrival or fence, a check fails or the result is wrong."""

    def is_right(ptx):
        return run_core(PIPELINE, 150, ptx=ptx, late=True, seed=3)[0] < TOLERANCE["bf16"]

    assert is_right(None)
    assert verdict(bug, PIPELINE.ptx(), is_right) != "survived"


@pytest.mark.skipif(not tool("ptxas"), reason="expected ptxas on the PATH or with CUDA, found none")
def test_ptxas_misses_the_wait_for_the_left_factor(tmp_path):
    without = remove("without the wait", r"wgmma\.wait_group", 3).apply(PIPELINE.ptx())
    with pytest.raises(AssertionError, match="C7513"):
        assemble(without, "sm_90a", tmp_path)


LAYERS = {
    "r 192": wgmma(2, 3, inputs=192, hidden=3072, outputs=192, bias=True, activation="gelu"),
    "r 256": wgmma(2, 2, inputs=256, hidden=4096, outputs=256, bias=True, activation="gelu"),
    "r 256 and the longest activation": wgmma(2, 2, inputs=256, hidden=4096, outputs=256, bias=True, activation="mish"),
    "r 256, one warpgroup": wgmma(1, 3, inputs=256, hidden=4096, outputs=256, bias=True, activation="mish"),
    "r 128, one warpgroup": wgmma(1, 4, inputs=128, hidden=3072, outputs=128, activation="gelu_tanh"),
    "odd ranks of f16": wgmma(2, 2, type="f16", inputs=248, hidden=3071, outputs=253, bias=True, activation="silu"),
}


@pytest.mark.skipif(not tool("ptxas"), reason="expected ptxas on the PATH or with CUDA, found none")
@pytest.mark.parametrize("name", LAYERS)
def test_assembles_without_spills(name, tmp_path):
    """Nor with products in turn, as ptxas makes them where their sums are not in place (C7510, C7511)."""
    assemble(LAYERS[name].ptx(), "sm_90a", tmp_path)
