# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The kernels of --slin-gpu-to-nvvm, lowered to PTX and run in the emulator against numpy in f64."""

import dataclasses
import math
import re
import subprocess

import numpy as np
import pytest

from emulator.mutation import verdict
from emulator.plan import TOKENS, Plan, PlanBuffer, PointerArgument, run_plan
from gpu_lowering import (
    TOLERANCE,
    Product,
    assemble,
    bugs_of,
    check,
    is_right,
    kernels_of,
    launch_of,
    run_product,
    to_ptx,
    to_values,
    tool,
)

MODES = pytest.mark.parametrize("late", [False, True], ids=["eager", "late"])

erf = np.vectorize(math.erf, otypes=[float])
erfc = np.vectorize(math.erfc, otypes=[float])


def sigmoid(x):
    return np.where(x < 0, np.exp(np.minimum(x, 0)), 1.0) / (1 + np.exp(-np.abs(x)))


def softplus(x):
    return np.logaddexp(0.0, x)


# By name: the function and its parameter.
ACTIVATIONS = {
    "identity": (lambda x: x, None),
    "relu": (lambda x: np.maximum(x, 0), None),
    "gelu": (lambda x: 0.5 * x * erfc(-x / math.sqrt(2)), None),
    "gelu_tanh": (lambda x: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))), None),
    "quick_gelu": (lambda x: x * sigmoid(1.702 * x), None),
    "silu": (lambda x: x * sigmoid(x), None),
    "relu_squared": (lambda x: np.maximum(x, 0) ** 2, None),
    "relu6": (lambda x: np.clip(x, 0, 6), None),
    "tanh": (np.tanh, None),
    "sigmoid": (sigmoid, None),
    "hard_swish": (lambda x: x * np.clip(x / 6 + 0.5, 0, 1), None),
    "hard_sigmoid": (lambda x: np.clip(x / 6 + 0.5, 0, 1), None),
    "mish": (lambda x: x * np.tanh(softplus(x)), None),
    "softplus": (softplus, None),
    "softsign": (lambda x: x / (1 + np.abs(x)), None),
    "selu": (lambda x: 1.0507009873554805 * np.where(x < 0, 1.6732632423543772 * np.expm1(np.minimum(x, 0)), x), None),
    "square": (np.square, None),
    "abs": (np.abs, None),
    "exp": (np.exp, None),
    "leaky_relu": (lambda x: np.where(x < 0, 0.1 * x, x), 0.1),
    "elu": (lambda x: np.where(x < 0, 1.5 * np.expm1(np.minimum(x, 0)), x), 1.5),
}
# Those that keep the digits of small results; the others keep those of x (x sigmoid(1.702 x), for one).
RELATIVE = {"tanh", "sigmoid", "softplus", "softsign", "selu", "elu", "silu", "mish", "exp"}


SHAPES = {
    "one tile": Product(rows=32, columns=64),
    "f16": Product(type="f16", rows=40, columns=72, stages=3),
    "f32": Product(type="f32", rows=40, columns=72, tile=(32, 32, 32), stages=3),
    "two blocks": Product(blocks=2, rows=32, columns=64, tile=(16, 32, 64)),
    "three blocks in runs": Product(blocks=3, rows=48, columns=40, run=24, warps=(2, 1)),
    "runs of one row": Product(blocks=2, rows=48, columns=72, run=1),
    "runs of odd length": Product(blocks=2, rows=49, columns=64, run=7),
    "odd rows": Product(rows=51, columns=64, tile=(32, 64, 64), warps=(1, 2)),
    "8-byte rows": Product(blocks=2, rows=50, columns=68),
    "4-byte rows": Product(blocks=3, rows=34, columns=70),
    "2-byte rows": Product(rows=34, columns=201, stages=4),
    "2-byte rows of f16": Product(type="f16", blocks=2, rows=34, columns=67, run=17),
    "4-byte rows of f32": Product(type="f32", rows=34, columns=131, tile=(32, 32, 32)),
    "fewer columns than a step": Product(rows=32, columns=8, stages=4),
    "one column": Product(rows=32, columns=1),
    "more threads than pieces": Product(rows=160, columns=130, tile=(16, 80, 64), warps=(1, 5)),
    "four warps, three steps": Product(rows=64, columns=192, tile=(64, 64, 64), warps=(2, 2), stages=3),
}


@MODES
@pytest.mark.parametrize("name", SHAPES)
def test_shapes(name, late):
    statistics = check(SHAPES[name], 63, late=late, seed=3)
    if SHAPES[name].columns % 8 == 0:
        assert statistics.bank_conflicts == 0


@MODES
@pytest.mark.parametrize("tokens", [1, 5, 32, 63, 130])
def test_tokens(tokens, late):
    check(Product(blocks=2, rows=48, columns=72, run=24, bias=True, stages=3), tokens, late=late, seed=tokens)


@pytest.mark.parametrize("run", [48, 24, 3, 1])
@pytest.mark.parametrize("type_", ["bf16", "f16", "f32"])
def test_bias_gate_and_residual(type_, run):
    product = Product(type_, 2, 48, 40, run, True, True, True, "relu", tile=(32, 32, 32 if type_ == "f32" else 64))
    check(product, 37, lambda x: np.maximum(x, 0), late=True)


@pytest.mark.parametrize("gate, residual", [(True, False), (False, True)])
def test_gate_or_residual(gate, residual):
    check(Product(rows=40, columns=40, gate=gate, residual=residual), 37)


def values_of(function, parameter, name, x):
    """`function` of the kernel at x, which tf32 holds: through a product with the identity."""
    product = Product("f32", 1, 32, 32, activation=name, parameter=parameter, tile=(32, 32, 32))

    class Exact(Product):
        def data(self, tokens, seed=0):
            return [x.reshape(-1, 32).astype("f4"), np.eye(32, dtype="f4")[None]]

    exact = Exact(**{field: getattr(product, field) for field in product.__dataclass_fields__})
    return run_product(exact, len(x) // 32)[1].reshape(-1).astype("f8")


def tf32(x):
    return (x.astype("f4").view("u4") & np.uint32(0xFFFFE000)).view("f4").astype("f8")


GRID = tf32(np.concatenate([np.linspace(-12, 12, 1024), np.geomspace(1e-6, 10, 256), -np.geomspace(1e-6, 10, 256)]))
FAR = tf32(np.array([0.0, -0.0, 30.0, -30.0, 88.0, -88.0, 120.0, -120.0, 1e4, -1e4, 1e10, -1e10, 1e-20, -1e-20] + [1.0] * 18))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_keep_f32(name):
    function, parameter = ACTIVATIONS[name]
    found, wanted = values_of(function, parameter, name, GRID), function(GRID)
    if name in RELATIVE:
        assert (np.abs(found - wanted) <= 2e-6 * np.abs(wanted)).all()
    else:
        assert (np.abs(found - wanted) <= 5e-7 * np.maximum(np.abs(wanted), np.abs(GRID))).all()


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "exp"])
def test_activations_far_from_zero(name):
    function, parameter = ACTIVATIONS[name]
    with np.errstate(over="ignore"):
        found, wanted = values_of(function, parameter, name, FAR), function(FAR)
    assert (np.abs(found - wanted) <= 1e-5 * np.abs(wanted) + 1e-30).all()


def test_every_activation_of_the_catalogue_is_tested():
    program = Product(activation="no_such").program()
    text = subprocess.run(["slin-opt", "--slin-gpu-to-nvvm", "-"], input=program, capture_output=True, text=True).stderr
    assert set(re.search(r"out of \{(.*?)\}", text).group(1).split(", ")) == set(ACTIVATIONS)


PIPELINE = Product(rows=72, columns=328, bias=True, tile=(64, 64, 64), warps=(2, 2), stages=3)
PIPELINE_PTX = PIPELINE.ptx()
BUGS = bugs_of(PIPELINE_PTX, "bar.sync", "cp.async.commit_group", "cp.async.wait_group")


def pipeline_is_right(ptx):
    return is_right(PIPELINE, 70, ptx=ptx, late=True, seed=3)


def test_the_pipeline_is_right():
    assert pipeline_is_right(PIPELINE_PTX)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_bugs_are_caught(bug):
    """Without one wait or barrier, a check fails or the result is wrong."""

    assert verdict(bug, PIPELINE_PTX, pipeline_is_right) != "survived"


def test_a_gemm_and_its_twin_share_a_kernel():
    """Two layers through a workspace, in one module: the second launch reads what the first one wrote."""
    layer = Product(rows=32, columns=32, activation="relu", tile=(32, 32, 64))
    first = layer.program()
    again = re.search(r"%y = (slingpu\.block_gemm.*)", first).group(0).replace("%x,", "%y,").replace("%y =", "%z =")
    program = first.replace("slingpu.yield %y", f"{again}\nslingpu.yield %z")
    lowered = kernels_of(program)
    assert lowered.count("slingpu.launch") == 2 and lowered.count("llvm.func @") == 1
    launch = launch_of(lowered, to_ptx(lowered))
    x, w = layer.data(37)
    h, z = np.zeros((37, 32), "u2"), np.zeros((37, 32), "u2")
    buffers = [PlanBuffer("input"), PlanBuffer("weight"), PlanBuffer("output", 0), PlanBuffer("output", 1)]
    second = dataclasses.replace(launch, arguments=[PointerArgument(2), PointerArgument(1), PointerArgument(3), TOKENS])
    run_plan(Plan(buffers, [launch, second]), 37, [x], [h, z], [w])
    wanted = layer.wanted([h, w], lambda v: np.maximum(v, 0))
    assert np.linalg.norm(to_values(z, "bf16") - wanted) < TOLERANCE["bf16"] * np.linalg.norm(wanted)


# What real layers take, and the widest tiles.
LAYERS = {
    "64 x 64": Product(rows=3072, columns=768, bias=True, activation="silu", tile=(64, 64, 64), stages=4, warps=(2, 2)),
    "128 x 128": Product(
        rows=3072, columns=768, bias=True, activation="gelu", tile=(128, 128, 64), stages=4, warps=(2, 4)
    ),
    "128 x 256": Product(
        rows=3072, columns=768, bias=True, gate=True, residual=True, activation="gelu_tanh", tile=(128, 256, 64),
        stages=3, warps=(2, 4),
    ),  # fmt: skip
    "128 x 128 of odd columns": Product(rows=3072, columns=767, tile=(128, 128, 64), stages=3, warps=(2, 4)),
    "128 x 128 of f32": Product(
        "f32", rows=3072, columns=768, bias=True, activation="gelu", tile=(128, 128, 32), stages=3, warps=(2, 4)
    ),
    "16 x 64 of four blocks": Product(
        "f16", 4, 192, 768, 96, bias=True, activation="mish", tile=(16, 64, 64), stages=4, warps=(1, 4)
    ),
}


@pytest.mark.skipif(not tool("ptxas"), reason="expected ptxas on the PATH or with CUDA, found none")
@pytest.mark.parametrize("chip", ["sm_80", "sm_90a", "sm_120a"])
@pytest.mark.parametrize("name", LAYERS)
def test_assembles_without_spills(name, chip, tmp_path):
    assemble(LAYERS[name].ptx(), chip, tmp_path)
