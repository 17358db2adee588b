# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A sum of gated experts as a slingpu program with its weights, as a file of kernels, and in the emulator."""

import dataclasses
import functools
import pathlib
import subprocess
import tempfile

import numpy as np

from emulator.artefact import Artefact
from emulator.plan import KernelStep, run_plan
from gpu_lowering import STORAGE, schedule, to_bits, to_values


@dataclasses.dataclass(frozen=True)
class Experts:
    """`y[t] = Σ_e gates[t, e] down_e(act(up_e x_t) · gate_up_e x_t)` of `experts` experts, `choices` for a token."""

    type: str = "bf16"
    experts: int = 4
    choices: int = 2
    width: int = 40
    hidden: int = 48
    gated: bool = False
    bias: bool = False
    # The hidden features in blocks, stored in runs; the second product has as many.
    blocks: int = 1
    run: int | None = None
    tile: tuple = (16, 32)
    warps: tuple = (1, 2)
    stages: int = 3
    route_warps: int = 4
    combine_warps: int = 4

    def shapes(self) -> dict[str, tuple[int, int, int]]:
        """Blocks, rows and columns that are read of one expert's matrices."""
        b = self.blocks
        names = ["gate", "up", "down"] if self.gated else ["up", "down"]
        first = (b, self.hidden // b, self.width // b)
        return {name: first for name in names[:-1]} | {"down": (b, self.width // b, self.hidden // b)}

    def weights(self, seed: int = 0) -> dict[str, np.ndarray]:
        """Bits of matrices [experts, blocks, rows, stored columns] and numbers of biases, by name."""
        random = np.random.default_rng(seed)
        step, made = 16 // np.dtype(STORAGE[self.type]).itemsize, {}
        for name, (blocks, rows, columns) in self.shapes().items():
            matrix = np.zeros((self.experts, blocks, rows, -(-columns // step) * step))
            matrix[..., :columns] = random.standard_normal((self.experts, blocks, rows, columns)) / columns**0.5
            made[name] = to_bits(matrix, self.type)
            if self.bias:
                made[f"{name}_bias"] = random.standard_normal((self.experts, blocks, rows)).astype("f4")
        return made

    def program(self, zeros: bool = False) -> str:
        """The entry; `zeros`: with weights that take no room in the text."""

        def tensor(*sizes, type_=self.type):
            return f"tensor<{'x'.join(map(str, sizes))}x{type_}>"

        x, h, gates = tensor("?", self.width), tensor("?", self.choices, self.hidden), tensor("?", self.experts)
        r, offsets = tensor("?", self.choices, self.width), tensor(self.experts + 1, type_="i32")
        tokens, places = tensor("?", self.choices, type_="i32"), tensor("?", self.experts, type_="i32")
        lines, types = [], {}
        for name, array in self.weights().items():
            stored = array.reshape(-1) if "bias" in name else array.reshape(-1, *array.shape[2:])
            types[name] = tensor(*stored.shape, type_="f32" if "bias" in name else self.type)
            numbers = "0.0" if zeros else f'"0x{stored.tobytes().hex()}"'
            lines.append(f'%{name} = slingpu.weight "{name}" dense<{numbers}> : {types[name]}')
        columns = 128 // np.dtype(STORAGE[self.type]).itemsize
        tiles = schedule("mma_sync", (*self.tile, columns), self.warps, self.stages)

        def product(name, source, source_type, result_type, more="", attributes=""):
            bias = f"bias %{name}_bias : {types[f'{name}_bias']} " if self.bias else ""
            list_ = f"tokens %tokens : {tokens} " if source == "x" else ""
            # The second product has its features in order again.
            rows = self.shapes()[name][1] if name == "down" else self.run or self.shapes()[name][1]
            return (
                f"%r_{name} = slingpu.block_gemm %{source}, %{name} {bias}{more}experts %offsets : {offsets} {list_}"
                f"run {rows} {{{attributes}{tiles}}} : {source_type}, {types[name]} -> {result_type}"
            )

        lines.append(
            f"%offsets, %tokens, %places = slingpu.route %gates choices {self.choices} "
            f"{{{schedule('route', (32 * self.route_warps, self.experts, 1), (self.route_warps, 1))}}} "
            f": {gates} -> {offsets}, {tokens}, {places}"
        )
        if self.gated:
            lines.append(product("gate", "x", x, h))
        gate = f"gate %r_gate : {h} " if self.gated else ""
        lines.append(product("up", "x", x, h, gate, f'activation = "{"silu" if self.gated else "relu"}", '))
        lines.append(product("down", "r_up", h, r))
        row = self.width * np.dtype(STORAGE[self.type]).itemsize
        features = 32 * min(16, row & -row) // np.dtype(STORAGE[self.type]).itemsize
        lines.append(
            f"%y = slingpu.combine %r_down, %gates, %places "
            f"{{{schedule('combine', (self.combine_warps, features, 1), (self.combine_warps, 1))}}} "
            f": {r}, {gates}, {places} -> {x}"
        )
        body = "\n  ".join(lines)
        return (
            f'slingpu.entry "/experts" bounds [] structure "test" ({x}, {gates}) -> ({x}) {{\n'
            f"^bb0(%x: {x}, %gates: {gates}):\n  {body}\n  slingpu.yield %y : {x}\n}}"
        )

    def gates(self, tokens: int, seed: int = 0, weighted: bool = True) -> np.ndarray:
        """Bits of random gates, `choices` of each token; some tokens have fewer, some none."""
        random = np.random.default_rng(seed)
        gates = np.zeros((tokens, self.experts))
        for token in range(tokens):
            count = self.choices if token % 5 else random.integers(self.choices + 1)
            chosen = random.permutation(self.experts)[:count]
            gates[token, chosen] = random.uniform(0.25, 1.0, count) if weighted else 1.0
        return to_bits(gates, self.type)

    def wanted(self, x: np.ndarray, gates: np.ndarray) -> np.ndarray:
        """The result in f64 of bits, as the ops' descriptions say but for the roundings."""
        values = {n: a.astype("f8") if "bias" in n else to_values(a, self.type) for n, a in self.weights().items()}
        x, gates = to_values(x, self.type), to_values(gates, self.type)
        limited = gates * (np.cumsum(gates != 0, 1) <= self.choices)
        result = np.zeros_like(x)

        def linear(expert, name, rows, run):
            blocks, size, columns = self.shapes()[name]
            weight = values[name][expert][..., :columns]
            p = np.einsum("tbk,brk->tbr", rows.reshape(len(rows), blocks, columns), weight)
            return p + values[f"{name}_bias"][expert] if self.bias else p

        def ordered(p, run):
            tokens, blocks, size = p.shape
            return p.reshape(tokens, blocks, size // run, run).swapaxes(1, 2).reshape(tokens, -1)

        for expert in range(self.experts):
            run = self.run or self.shapes()["up"][1]
            h = linear(expert, "up", x, run)
            h = h / (1 + np.exp(-h)) if self.gated else np.maximum(h, 0)
            h = ordered(h, run)
            if self.gated:
                h = h * ordered(linear(expert, "gate", x, run), run)
            y = ordered(linear(expert, "down", h, None), self.shapes()["down"][1])
            result += limited[:, expert : expert + 1] * y
        return result


@functools.lru_cache(maxsize=None)
def artefact_of(program: str, *passes: str) -> Artefact:
    """The file that becomes of a program."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for command, text in (
            (["slin-opt", *(passes or ["--slin-gpu-to-nvvm"]), "-", "-o", folder / "m.mlir"], program),
            (["slin-translate", "--slingpu-to-artefact", folder / "m.mlir", "-o", folder / "m.slingpu"], None),
        ):
            done = subprocess.run(command, input=text, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
        return Artefact(folder / "m.slingpu")


def kernels_of(experts: Experts, zeros: bool = False) -> list[KernelStep]:
    artefact = artefact_of(experts.program(zeros))
    return artefact.plan(artefact.entry("/experts"), 0, 1).steps


def run_experts(experts: Experts, x: np.ndarray, gates: np.ndarray, *, ptx: str | None = None, **options) -> np.ndarray:
    """Bits of the result of the program's kernels, or of those of `ptx` in their place."""
    artefact = artefact_of(experts.program())
    plan = artefact.plan(artefact.entry("/experts"), 0, len(x))
    if ptx:
        plan = dataclasses.replace(plan, steps=[dataclasses.replace(step, ptx=ptx) for step in plan.steps])
    y = np.full((len(x), experts.width), 0xFFFF if experts.type == "bf16" else np.nan, STORAGE[experts.type])
    run_plan(plan, len(x), [x, gates], [y], artefact.weights(), **options)
    return y


def error_of(experts: Experts, x: np.ndarray, gates: np.ndarray, **options) -> float:
    """The greatest error of a token, of the norm of the whole result's rows."""
    found, wanted = to_values(run_experts(experts, x, gates, **options), experts.type), experts.wanted(x, gates)
    scale = np.linalg.norm(wanted) / len(x) ** 0.5
    return np.linalg.norm(found - wanted, axis=1).max() / (scale or 1.0)


def tokens_of(experts: Experts, tokens: int, seed: int = 0) -> np.ndarray:
    return to_bits(np.random.default_rng(seed + 100).standard_normal((tokens, experts.width)), experts.type)
