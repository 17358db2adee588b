# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The fused cores of feed-forward networks (slingpu.ffn_core), in the emulator against numpy in f64."""

import dataclasses
import re

import numpy as np
import pytest

from emulator.mutation import MUTATIONS, remove, verdict
from emulator.plan import Plan, PlanBuffer, run_plan
from gpu_lowering import (
    STORAGE,
    TARGETS,
    Product,
    assemble,
    kernels_of,
    launch_of,
    schedule,
    to_bits,
    to_ptx,
    to_values,
    tool,
)
from test_gpu_kernels import ACTIVATIONS

MODES = pytest.mark.parametrize("late", [False, True], ids=["eager", "late"])
# Of the norm of the result: hidden features and results are rounded, each by 1.66e-3 of bf16's norm; a gate is, too.
TOLERANCE = {"bf16": 3e-3, "f16": 5e-4}


@dataclasses.dataclass(frozen=True)
class Core:
    """A slingpu.ffn_core; `gate` is the number of features of the gate's input."""

    type: str = "bf16"
    inputs: int = 64
    hidden: int = 128
    outputs: int = 32
    gate: int = 0
    bias: bool = False
    gate_bias: bool = False
    activation: str | None = None
    tokens: int = 32
    stages: int = 2
    warps: tuple = (2, 1)
    emitter: str = "mma_sync_core"

    def weights(self) -> dict[str, tuple[int, int]]:
        """Rows and columns that are read, by name, in the order of the kernel's parameters."""
        shapes = {"up": (self.hidden, self.inputs), "down": (self.outputs, self.hidden)}
        return shapes | ({"gate_up": (self.hidden, self.gate)} if self.gate else {})

    def program(self) -> str:
        def tensor(*sizes):
            return f"tensor<{'x'.join(map(str, sizes))}x{self.type}>"

        x, z, s = (tensor("?", features) for features in (self.inputs, self.outputs, self.gate))
        w = {name: tensor(1, rows, -(-columns // 8) * 8) for name, (rows, columns) in self.weights().items()}
        b = f"tensor<{self.hidden}xf32>"
        parts = [f"bias %bias : {b}"] * self.bias
        parts += [f"gate %s, %gate_up : {s}, {w.get('gate_up')}"] * bool(self.gate)
        parts += [f"gate_bias %gate_bias : {b}"] * self.gate_bias
        tile = (self.tokens, -(-self.outputs // 16) * 16, 64)
        attributes = [schedule(self.emitter, tile, self.warps, self.stages)]
        if self.activation:
            attributes.append(f'activation = "{self.activation}"')
            if (parameter := ACTIVATIONS[self.activation][1]) is not None:
                attributes.append(f"parameter = {parameter:e} : f64")
        weights = [f'%{name} = slingpu.weight "{name}" dense<0.0> : {type_}' for name, type_ in w.items()]
        weights += [f'%{n} = slingpu.weight "{n}" dense<0.0> : {b}' for n in ("bias", "gate_bias") if getattr(self, n)]
        inputs = f"{x}, {s}" if self.gate else x
        arguments = f"%t: {x}, %s: {s}" if self.gate else f"%t: {x}"
        lines = "\n  ".join(weights)
        return f"""slingpu.entry "/mlp" bounds [] structure "test" ({inputs}) -> ({z}) {{
^bb0({arguments}):
  {lines}
  %z = slingpu.ffn_core %t, %up, %down {" ".join(parts)} {{{", ".join(attributes)}}} : {x}, {w["up"]}, {w["down"]} -> {z}
  slingpu.yield %z : {z}
}}"""

    def ptx(self) -> str:
        return to_ptx(kernels_of(self.program()), *TARGETS[self.emitter])

    def data(self, tokens: int, seed: int = 0) -> dict[str, np.ndarray]:
        """Bits of what the kernel reads, in the order of its parameters."""
        random = np.random.default_rng(seed)

        def weight(name):
            rows, columns = self.weights()[name]
            padded = np.zeros((rows, -(-columns // 8) * 8))
            padded[:, :columns] = random.standard_normal((rows, columns)) / columns**0.5
            return to_bits(padded, self.type)

        def activations(features):
            return to_bits(random.standard_normal((tokens, features)), self.type)

        def bias():
            return random.standard_normal(self.hidden).astype("f4")

        arrays = {"input": activations(self.inputs), "up": weight("up"), "down": weight("down")}
        if self.bias:
            arrays["bias"] = bias()
        if self.gate:
            arrays |= {"gate_input": activations(self.gate), "gate_up": weight("gate_up")}
        if self.gate_bias:
            arrays["gate_bias"] = bias()
        return arrays

    def wanted(self, arrays: dict[str, np.ndarray]) -> np.ndarray:
        """The result in f64, as the op's description says but for the roundings."""
        values = {name: array if "bias" in name else to_values(array, self.type) for name, array in arrays.items()}
        hidden = values["input"] @ values["up"][:, : self.inputs].T + values.get("bias", 0.0)
        if self.activation:
            hidden = ACTIVATIONS[self.activation][0](hidden)
        if self.gate:
            gate = values["gate_input"] @ values["gate_up"][:, : self.gate].T + values.get("gate_bias", 0.0)
            hidden = hidden * gate
        return hidden @ values["down"][:, : self.hidden].T


def run_on(core: Core, arrays: list[np.ndarray], *, ptx: str | None = None, **options):
    """(bits of the result, statistics) of the core's kernel in the emulator, or of `ptx` in its place."""
    launch = launch_of(kernels_of(core.program()), ptx or core.ptx())
    z = np.full((len(arrays[0]), core.outputs), 0xFFFF if core.type == "bf16" else np.nan, STORAGE[core.type])
    buffers = [PlanBuffer("input", index) for index in range(len(arrays))] + [PlanBuffer("output")]
    (statistics,) = run_plan(Plan(buffers, [launch]), len(z), arrays, [z], **options)
    return z, statistics


def run_core(core: Core, tokens: int, *, seed: int = 0, **options):
    """(relative error, statistics) of the core's kernel on random numbers."""
    arrays = core.data(tokens, seed)
    z, statistics = run_on(core, list(arrays.values()), seed=seed, **options)
    wanted = core.wanted(arrays)
    return np.linalg.norm(to_values(z, core.type) - wanted) / np.linalg.norm(wanted), statistics


def check(core: Core, tokens: int, **options):
    error, statistics = run_core(core, tokens, **options)
    roundings = 3 if core.gate else 2
    assert error < TOLERANCE[core.type] * (roundings / 2) ** 0.5
    return statistics


SHAPES = {
    "one step": Core(hidden=64),
    "f16": Core(type="f16", inputs=72, hidden=192, outputs=48, stages=3),
    "ranks of whole 128 bytes": Core(inputs=128, outputs=128, stages=4),
    "ranks of whole 16 bytes": Core(inputs=40, hidden=200, outputs=24, stages=3),
    "ranks of 4 bytes": Core(inputs=38, hidden=130, outputs=30),
    "odd ranks": Core(inputs=37, hidden=120, outputs=29, stages=3),
    "odd hidden features": Core(hidden=99, bias=True, activation="exp"),
    "fewer hidden features than a step": Core(hidden=8, stages=4, bias=True),
    "one of everything": Core(inputs=1, hidden=1, outputs=1, bias=True, activation="tanh"),
    "two parts of a warp": Core(tokens=64, warps=(2, 1), hidden=192, stages=3),
    "two warps along rows": Core(warps=(2, 2), hidden=184, bias=True, stages=3),
    "four warps along rows": Core(tokens=16, warps=(1, 4), hidden=184, bias=True, activation="gelu"),
    "four warps, two parts": Core(type="f16", tokens=64, warps=(2, 2), inputs=80, outputs=40, stages=3),
    "gate": Core(gate=64, activation="silu"),
    "gate of another rank": Core(inputs=64, gate=100, hidden=200, activation="silu", stages=4),
    "gate of a small rank": Core(inputs=100, gate=33, hidden=136, activation="gelu_tanh", bias=True, stages=3),
    "gate and biases": Core("f16", 56, 150, 40, 48, True, True, "silu", tokens=64, warps=(2, 2), stages=3),
    "gate's bias": Core(gate=24, hidden=65, gate_bias=True, stages=5),
}


@MODES
@pytest.mark.parametrize("name", SHAPES)
def test_shapes(name, late):
    core = SHAPES[name]
    statistics = check(core, 63, late=late, seed=3)
    if core.inputs % 8 == 0 and core.gate % 8 == 0:
        assert statistics.bank_conflicts == 0


@MODES
@pytest.mark.parametrize("tokens", [1, 15, 32, 130])
def test_tokens(tokens, late):
    check(Core(inputs=72, hidden=136, outputs=40, bias=True, activation="relu", stages=3), tokens, late=late, seed=tokens)


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "identity"])
def test_activations(name):
    check(Core(inputs=32, hidden=72, outputs=16, bias=True, activation=name), 33)


def test_the_gate_is_rounded_as_a_product_of_its_own_would_be():
    """g = 1 + 2^-8 rounds to 1 in bf16: 256 (g - 1) would be 1, were it kept in f32."""
    core = Core(inputs=8, hidden=8, outputs=8, gate=8, bias=True, gate_bias=True)
    one, zero = np.ones(8, "f4"), np.zeros((1, 8, 8), "u2")
    down = to_bits(np.eye(8), "bf16")
    arrays = [np.zeros((1, 8), "u2"), zero, down, one, np.zeros((1, 8), "u2"), zero, one + np.float32(2**-8)]
    z, _ = run_on(core, arrays)
    assert (to_values(z, "bf16") == 1).all()


def test_is_what_two_products_give():
    """Fused and not: the same bits of hidden features, so that results differ by the order of sums only."""
    up = Product(rows=136, columns=40, bias=True, activation="gelu", tile=(32, 32, 64))
    down = Product(rows=24, columns=136, tile=(32, 32, 64))
    core = Core(inputs=40, hidden=136, outputs=24, bias=True, activation="gelu")
    arrays = core.data(37)
    hidden, apart = (np.zeros((37, features), "u2") for features in (136, 24))
    for product, *given in ((up, arrays["input"], arrays["up"], arrays["bias"], hidden), (down, hidden, arrays["down"], apart)):
        launch = launch_of(kernels_of(product.program()), product.ptx())
        buffers = [PlanBuffer("input", index) for index in range(len(given) - 1)] + [PlanBuffer("output")]
        run_plan(Plan(buffers, [launch]), 37, given[:-1], given[-1:])
    fused, _ = run_on(core, list(arrays.values()))
    apart, fused = to_values(apart, "bf16"), to_values(fused, "bf16")
    # One unit in the last place of 8 bits, where sums lie on both sides of a tie.
    assert (np.abs(fused - apart) <= 2**-7 * np.abs(apart) + 1e-6).all() and (fused == apart).mean() > 0.95


PIPELINES = {
    "plain": Core(inputs=72, hidden=328, outputs=40, bias=True, activation="relu", stages=3),
    "gate": Core(inputs=40, hidden=264, outputs=24, gate=72, bias=True, activation="silu", stages=4),
    "shared features": Core(inputs=40, hidden=264, outputs=72, warps=(2, 2), stages=3),
}
SYNCHRONISATION = ("bar.sync", "cp.async.commit_group", "cp.async.wait_group")


def bugs_of(core: Core):
    ptx = core.ptx()
    yield from (mutation for mutation in MUTATIONS if mutation.applies(ptx))
    for opcode in SYNCHRONISATION:
        pattern = opcode.replace(".", r"\.")
        for place in range(len(re.findall(rf"{opcode}\b", ptx))):
            yield remove(f"without {opcode} number {place}", pattern, place)


@pytest.mark.parametrize(
    "name, bug",
    [pytest.param(name, bug, id=f"{name}-{bug.name}") for name, core in PIPELINES.items() for bug in bugs_of(core)],
)
def test_bugs_are_caught(name, bug):
    """Without one wait or barrier, a check fails or the result is wrong."""
    core = PIPELINES[name]

    def is_right(ptx):
        return run_core(core, 70, ptx=ptx, late=True, seed=3)[0] < TOLERANCE[core.type]

    assert is_right(None)
    assert verdict(bug, core.ptx(), is_right) != "survived"


# What the second linear of a network with 4 d = 3072 hidden features takes at "32 %" and more, and the widest tiles.
LAYERS = {
    "r 192, 64 tokens": Core("bf16", 192, 3072, 192, 0, True, False, "gelu", 64, 3, (4, 1)),
    "r 192, 128 tokens": Core("bf16", 192, 3072, 192, 0, True, False, "gelu", 128, 2, (8, 1)),
    "r 256, 64 tokens": Core("bf16", 256, 4096, 256, 0, True, False, "gelu_tanh", 64, 3, (4, 1)),
    "r 256, 128 tokens": Core("bf16", 256, 4096, 256, 0, True, False, "gelu", 128, 3, (8, 1)),
    "r 256, shared features": Core("f16", 256, 4096, 256, 0, True, False, "mish", 16, 2, (1, 4)),
    "r 256 and a gate": Core("bf16", 256, 4096, 256, 256, True, True, "silu", 64, 3, (4, 1)),
    "r 192 and a gate": Core("bf16", 192, 3072, 192, 192, False, False, "silu", 64, 2, (4, 1)),
    "r 128, two parts of a warp": Core("bf16", 128, 3072, 128, 0, True, False, "gelu", 128, 4, (4, 2)),
    "odd ranks": Core("f16", 191, 3071, 189, 0, True, False, "gelu", 64, 3, (4, 1)),
}


@pytest.mark.skipif(not tool("ptxas"), reason="expected ptxas on the PATH or with CUDA, found none")
@pytest.mark.parametrize("chip", ["sm_80", "sm_90a", "sm_120a"])
@pytest.mark.parametrize("name", LAYERS)
def test_assembles_without_spills(name, chip, tmp_path):
    assemble(LAYERS[name].ptx(), chip, tmp_path)
