# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The kernels of sm_100a: TMA, mbarriers, tensor memory and clusters. No GPU of that kind has run them: they are
assembled, and run in the emulator, whose model of tcgen05 rests on the PTX ISA alone."""

import re

import numpy as np
import pytest

from emulator.mutation import verdict
from gpu_lowering import assemble, bugs_of, check, check_waits, is_right, kernels_of, tcgen05, tool
from test_gpu_kernels import ACTIVATIONS

MODES = pytest.mark.parametrize("late", [False, True], ids=["eager", "late"])

# Those that the emitter proposes: tokens, rows.
TILES = [(128, 32), (128, 64), (128, 128), (128, 192), (128, 256), (256, 64), (256, 128)]


@MODES
@pytest.mark.parametrize("cluster", [1, 4])
@pytest.mark.parametrize("tokens, rows", TILES)
def test_tiles(tokens, rows, cluster, late):
    """A tile and a bit of tokens and of rows."""
    product = tcgen05((tokens, rows), cluster=cluster, stages=2, rows=rows + 8, columns=72, bias=True)
    assert check(product, tokens + 5, late=late, seed=tokens + rows).bank_conflicts == 0


SHAPES = {
    "f16": tcgen05(type="f16", rows=72, columns=72),
    "f32": tcgen05(type="f32", rows=72, columns=36, cluster=2, bias=True),
    "f32 in odd runs": tcgen05(type="f32", blocks=2, rows=50, columns=36, run=5),
    "f32 in runs of 16 bytes": tcgen05(type="f32", blocks=3, rows=72, columns=36, run=12),
    "f32 by tiles of half a swizzled row": tcgen05((128, 16), type="f32", rows=40, columns=72),
    "odd rows": tcgen05(rows=51, columns=64),
    "8-byte rows": tcgen05(rows=132, columns=64),
    "fewer columns than a step": tcgen05(rows=64, columns=8),
    "two blocks": tcgen05((256, 64), blocks=2, rows=136, columns=72, bias=True),
    "blocks in runs that cross pieces": tcgen05((128, 128), blocks=3, rows=144, columns=40, run=48, bias=True),
    "blocks in runs of a piece": tcgen05((128, 128), blocks=2, rows=192, columns=72, run=64, cluster=2),
    "blocks in runs of 16 bytes": tcgen05(blocks=2, rows=72, columns=64, run=8),
    "runs of half of 16 bytes": tcgen05(blocks=2, rows=72, columns=64, run=4),
    "runs of odd length": tcgen05((128, 48), blocks=2, rows=49, columns=64, run=7),
    "an odd number of pieces": tcgen05((128, 192), rows=400, columns=72, cluster=2),
    "many steps": tcgen05(rows=64, columns=520, stages=4),
    "a block for each tile": tcgen05((256, 256), stages=2, persistent=False, rows=264, columns=136),
}


@MODES
@pytest.mark.parametrize("name", SHAPES)
def test_shapes(name, late):
    check(SHAPES[name], 300, late=late, seed=3)


@MODES
@pytest.mark.parametrize("tokens", [1, 31, 127, 128, 129, 700])
def test_tokens(tokens, late):
    check(tcgen05(cluster=2, rows=72, columns=72, bias=True), tokens, late=late, seed=tokens)


@pytest.mark.parametrize("multiprocessors", [2, 3, 148])
def test_multiprocessors(multiprocessors):
    """Several tiles for a block take turns in tensor memory."""
    check(tcgen05(cluster=2, rows=200, columns=72), 600, late=True, multiprocessors=multiprocessors)


@pytest.mark.parametrize("run", [72, 24, 3])
@pytest.mark.parametrize("type_", ["bf16", "f16", "f32"])
def test_bias_gate_and_residual(type_, run):
    product = tcgen05(
        type=type_, blocks=2, rows=72, columns=40, run=run, bias=True, gate=True, residual=True, activation="relu"
    )
    check(product, 141, lambda x: np.maximum(x, 0), late=True)


@pytest.mark.parametrize("gate, residual", [(True, False), (False, True)])
def test_gate_or_residual(gate, residual):
    check(tcgen05(rows=72, columns=40, gate=gate, residual=residual), 141)


@pytest.mark.parametrize("name", ["gelu", "silu", "leaky_relu"])
def test_activations(name):
    function, parameter = ACTIVATIONS[name]
    check(tcgen05(rows=72, columns=40, bias=True, activation=name, parameter=parameter), 65, function)


def test_a_launch_waits_for_the_one_before_it():
    layer = tcgen05(rows=72, columns=72, cluster=2, activation="relu", residual=True)
    check_waits(layer, 150, lambda v: np.maximum(v, 0))


# With every wait that there is: a ring that turns, several tiles for each block, and stores from both buffers.
PIPELINE = tcgen05((128, 64), cluster=2, stages=2, rows=136, columns=264, bias=True)
PIPELINE_PTX = PIPELINE.ptx()
SYNCHRONISATION = ("barrier.cluster.wait", "barrier.cluster.arrive", "mbarrier.arrive", "cp.async.bulk.wait_group")
SYNCHRONISATION += ("fence.proxy.async", "tcgen05.commit", "tcgen05.wait::ld", "tcgen05.dealloc")


def pipeline_is_right(ptx):
    return is_right(PIPELINE, 300, ptx=ptx, late=True, seed=3, multiprocessors=2)


def test_the_pipeline_is_right():
    assert pipeline_is_right(PIPELINE_PTX)


@pytest.mark.parametrize("bug", bugs_of(PIPELINE_PTX, *SYNCHRONISATION), ids=lambda bug: bug.name)
def test_bugs_are_caught(bug):
    """Without one wait, barrier or fence, a check fails or the result is wrong."""
    assert verdict(bug, PIPELINE_PTX, pipeline_is_right) != "survived"


def test_sums_are_not_read_before_they_are_there():
    """Between a load and its wait stands no instruction that has one of its registers."""
    loads = re.findall(r"tcgen05\.ld\.[^{]*\{([^}]*)\}[^;]*;(.*?)tcgen05\.wait::ld", PIPELINE_PTX, re.DOTALL)
    assert loads
    for registers, between in loads:
        assert set(re.findall(r"%r\d+", registers)).isdisjoint(re.findall(r"%r\d+", between))


@pytest.mark.parametrize("tile, persistent, columns", [
    ((128, 16), True, 32), ((128, 48), True, 128), ((128, 192), True, 512), ((256, 128), True, 512),
    ((256, 256), False, 512),
])  # fmt: skip
def test_tensor_memory_is_allocated_and_freed(tile, persistent, columns):
    """A power of two of columns for two tiles, or for one where there is no second one."""
    lowered = kernels_of(tcgen05(tile, stages=2, persistent=persistent, rows=256).program())
    for name in ("alloc", "dealloc"):
        assert re.findall(rf"nvvm\.tcgen05\.{name} %\d+, %c(\d+)_i32", lowered) == [str(columns)]
    assert "slingpu.assembled_only" in lowered


LARGE = dict(rows=3072, columns=768, bias=True)
ALL = dict(gate=True, residual=True, **LARGE)
LAYERS = {
    "128 x 32": tcgen05((128, 32), 8, activation="silu", **ALL),
    "128 x 64": tcgen05((128, 64), 6, activation="silu", **ALL),
    "128 x 128, two blocks for an SM": tcgen05((128, 128), 2, activation="gelu", **ALL),
    "128 x 192": tcgen05((128, 192), 3, activation="mish", **ALL),
    "128 x 256": tcgen05((128, 256), 4, activation="gelu", **ALL),
    "128 x 256 of a cluster": tcgen05((128, 256), 4, cluster=4, activation="gelu_tanh", **ALL),
    "256 x 128": tcgen05((256, 128), 3, cluster=2, activation="gelu", **ALL),
    "256 x 256, a block for each tile": tcgen05((256, 256), 2, persistent=False, activation="gelu", **ALL),
    "128 x 256 of f32": tcgen05((128, 256), 3, type="f32", activation="gelu", **ALL),
    "128 x 256 of f16": tcgen05((128, 256), 4, type="f16", activation="mish", **ALL),
    "four blocks in runs": tcgen05((128, 192), 3, blocks=4, rows=192, columns=768, run=48, bias=True),
    "few steps": tcgen05((128, 256), 4, cluster=2, rows=3072, columns=192, bias=True, activation="gelu"),
    "odd rows": tcgen05((128, 256), 3, rows=50257, columns=768, activation="gelu"),
    "odd rows of f32": tcgen05((128, 128), 3, type="f32", rows=50257, columns=768, gate=True, residual=True),
}


@pytest.mark.skipif(not tool("ptxas"), reason="expected ptxas on the PATH or with CUDA, found none")
@pytest.mark.parametrize("name", LAYERS)
def test_assembles_without_spills(name, tmp_path):
    _, instructions = assemble(LAYERS[name].ptx(), "sm_100a", tmp_path)
    if instructions:
        # tcgen05.mma, its commit and loads, TMA and mbarriers.
        for opcode in ("UTCHMMA", "UTCBAR", "LDTM", "UTMALDG", "SYNCS"):
            assert opcode in instructions
