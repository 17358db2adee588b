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
