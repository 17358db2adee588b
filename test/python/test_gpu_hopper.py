# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The kernels of sm_90a: TMA, mbarriers, wgmma and clusters, run in the emulator against numpy in f64."""

import numpy as np
import pytest

from emulator.mutation import verdict
from gpu_lowering import assemble, bugs_of, check, check_waits, is_right, tool, wgmma
from test_gpu_kernels import ACTIVATIONS

MODES = pytest.mark.parametrize("late", [False, True], ids=["eager", "late"])

# Those that the emitter proposes: tokens, rows, warps.
TILES = [(64, 64, 4), (64, 128, 4), (128, 64, 4), (128, 128, 4), (64, 256, 4)]
TILES += [(128, 64, 8), (128, 128, 8), (128, 192, 8), (128, 256, 8), (256, 64, 8), (256, 128, 8)]


@MODES
@pytest.mark.parametrize("cluster", [1, 2])
@pytest.mark.parametrize("tokens, rows, warps", TILES)
def test_tiles(tokens, rows, warps, cluster, late):
    """A tile and a bit of tokens and of rows."""
    product = wgmma((tokens, rows), warps, cluster=cluster, stages=2, rows=rows + 8, columns=72, bias=True)
    assert check(product, tokens + 5, late=late, seed=tokens + rows).bank_conflicts == 0


SHAPES = {
    "f16": wgmma(type="f16", rows=72, columns=72),
    "f32": wgmma(type="f32", rows=72, columns=36, cluster=2, bias=True),
    "f32 in odd runs": wgmma(type="f32", blocks=2, rows=50, columns=36, run=5),
    "odd rows": wgmma(rows=51, columns=64),
    "8-byte rows": wgmma(rows=132, columns=64),
    "fewer columns than a step": wgmma(rows=64, columns=8),
    "columns that the weight pads": wgmma(blocks=1, rows=64, columns=72, stages=2),
    "two blocks": wgmma(blocks=2, rows=136, columns=72, bias=True),
    "blocks in runs that cross chunks": wgmma((64, 128), blocks=3, rows=144, columns=40, run=48, bias=True),
    "blocks in runs of a chunk": wgmma((128, 128), 8, blocks=2, rows=192, columns=72, run=64, cluster=2),
    "blocks in runs of 16 bytes": wgmma(blocks=2, rows=72, columns=64, run=8),
    "runs within a chunk": wgmma(blocks=2, rows=80, columns=64, run=16, cluster=2),
    "runs of half of 16 bytes": wgmma(blocks=2, rows=72, columns=64, run=4),
    "runs of odd length": wgmma((64, 56), blocks=2, rows=49, columns=64, run=7),
    "one chunk of a tile": wgmma(rows=64, columns=520, stages=4),
    "a tile of 40 rows": wgmma((64, 40), rows=100, columns=64),
}


@MODES
@pytest.mark.parametrize("name", SHAPES)
def test_shapes(name, late):
    check(SHAPES[name], 200, late=late, seed=3)


@MODES
@pytest.mark.parametrize("tokens", [1, 63, 64, 65, 300, 700])
def test_tokens(tokens, late):
    check(wgmma(cluster=2, rows=72, columns=72, bias=True), tokens, late=late, seed=tokens)


@pytest.mark.parametrize("multiprocessors", [2, 3, 132])
def test_multiprocessors(multiprocessors):
    product = wgmma(cluster=2, rows=72, columns=72)
    check(product, 400, late=True, multiprocessors=multiprocessors)


@pytest.mark.parametrize("run", [72, 24, 3])
@pytest.mark.parametrize("type_", ["bf16", "f16", "f32"])
def test_bias_gate_and_residual(type_, run):
    product = wgmma(
        type=type_, blocks=2, rows=72, columns=40, run=run, bias=True, gate=True, residual=True, activation="relu"
    )
    check(product, 101, lambda x: np.maximum(x, 0), late=True)


@pytest.mark.parametrize("gate, residual", [(True, False), (False, True)])
def test_gate_or_residual(gate, residual):
    check(wgmma(rows=72, columns=40, gate=gate, residual=residual), 101)


@pytest.mark.parametrize("name", ["gelu", "silu", "leaky_relu"])
def test_activations(name):
    function, parameter = ACTIVATIONS[name]
    check(wgmma(rows=72, columns=40, bias=True, activation=name, parameter=parameter), 65, function)


def test_a_launch_waits_for_the_one_before_it():
    layer = wgmma(rows=72, columns=72, cluster=2, activation="relu", residual=True)
    check_waits(layer, 150, lambda v: np.maximum(v, 0))


# With every wait that there is: a ring that turns, two tiles for each block, and stores from both buffers.
PIPELINE = wgmma((64, 128), cluster=2, stages=2, rows=136, columns=264, bias=True)
PIPELINE_PTX = PIPELINE.ptx()
SYNCHRONISATION = ("bar.sync", "barrier.cluster.wait", "barrier.cluster.arrive", "mbarrier.arrive", "wgmma.wait_group")
SYNCHRONISATION += ("cp.async.bulk.wait_group", "fence.proxy.async", "wgmma.fence")


def pipeline_is_right(ptx):
    return is_right(PIPELINE, 150, ptx=ptx, late=True, seed=3, multiprocessors=1)


def test_the_pipeline_is_right():
    assert pipeline_is_right(PIPELINE_PTX)


@pytest.mark.parametrize("bug", bugs_of(PIPELINE_PTX, *SYNCHRONISATION), ids=lambda bug: bug.name)
def test_bugs_are_caught(bug):
    """Without one wait, barrier or fence, a check fails or the result is wrong."""

    assert verdict(bug, PIPELINE_PTX, pipeline_is_right) != "survived"


LARGE = dict(rows=3072, columns=768, bias=True)
ALL = dict(gate=True, residual=True, **LARGE)
LAYERS = {
    "64 x 64": wgmma(stages=6, activation="silu", **ALL),
    "64 x 256": wgmma((64, 256), stages=4, activation="mish", **ALL),
    "128 x 128, two blocks for an SM": wgmma((128, 128), stages=3, activation="gelu", **ALL),
    "128 x 192": wgmma((128, 192), 8, stages=4, activation="gelu", **ALL),
    "128 x 256": wgmma((128, 256), 8, stages=4, activation="gelu", **ALL),
    "128 x 256 of a cluster": wgmma((128, 256), 8, stages=4, cluster=2, activation="gelu_tanh", **LARGE),
    "256 x 128": wgmma((256, 128), 8, stages=4, activation="gelu", **ALL),
    "128 x 256 of f32": wgmma((128, 256), 8, type="f32", activation="gelu", **ALL),
    "128 x 256 of f16": wgmma((128, 256), 8, type="f16", activation="mish", **ALL),
    "four blocks in runs": wgmma((128, 192), 8, stages=4, blocks=4, rows=192, columns=768, run=48, bias=True),
    "few steps": wgmma((128, 256), 8, stages=4, cluster=2, rows=3072, columns=192, bias=True, activation="gelu"),
    "odd rows": wgmma((128, 256), 8, stages=3, rows=50257, columns=768, activation="gelu"),
}


@pytest.mark.skipif(not tool("ptxas"), reason="expected ptxas on the PATH or with CUDA, found none")
@pytest.mark.parametrize("name", LAYERS)
def test_assembles_without_spills(name, tmp_path):
    _, instructions = assemble(LAYERS[name].ptx(), "sm_90a", tmp_path)
    if instructions:
        for opcode in ("HGMMA", "UTMALDG", "SYNCS"):  # wgmma, TMA and mbarriers
            assert opcode in instructions
