# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""From a slingpu program to PTX with upstream's tools, and from a launch to the emulator."""

import dataclasses
import functools
import re
import subprocess

import numpy as np

import cuda_tools
from emulator import Violation
from emulator.mutation import MUTATIONS, Mutation, remove
from emulator.numbers import bf16_bits, bf16_value
from emulator.plan import KernelStep, Number, Plan, PlanBuffer, PointerArgument, TensorMapArgument, run_plan

# Where Debian has the tools of the LLVM that slin is built with, if they are not on the PATH.
LLVM = "/usr/lib/llvm-22/bin"
LOWERING = (
    "--nvvm-attach-target=chip={chip} features={features} O=3",
    "--convert-nvvm-to-llvm",
    "--convert-scf-to-cf",
    "--convert-arith-to-llvm",
    "--convert-cf-to-llvm",
    "--canonicalize",
    "--reconcile-unrealized-casts",
    "--gpu-module-to-binary=format=isa",
)
STORAGE = {"bf16": "u2", "f16": "f2", "f32": "f4"}
# Of the norm of the result: rounding of bf16 and f16 alone is 1.7e-3 and 2.1e-4; tf32 rounds both factors.
TOLERANCE = {"bf16": 2.5e-3, "f16": 4e-4, "f32": 6e-4}
# Chip and features that an emitter's kernels are lowered for.
TARGETS = {"mma_sync": ("sm_80", "+ptx78"), "wgmma": ("sm_90a", "+ptx86"), "skinny": ("sm_90a", "+ptx86")}
TARGETS["tcgen05"] = ("sm_100a", "+ptx86")
TARGETS |= {"mma_sync_core": TARGETS["mma_sync"], "wgmma_core": TARGETS["wgmma"]}


def tool(name: str) -> str | None:
    """Where the tool is, if it is anywhere."""
    return cuda_tools.find(name, LLVM)


def to_bits(values: np.ndarray, type_: str) -> np.ndarray:
    return bf16_bits(values.astype("f4")) if type_ == "bf16" else values.astype(STORAGE[type_])


def to_values(bits: np.ndarray, type_: str) -> np.ndarray:
    return (bf16_value(bits) if type_ == "bf16" else bits).astype("f8")


def run_tool(*command: str, text: str) -> str:
    done = subprocess.run(command, input=text, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout


@functools.lru_cache(maxsize=None)
def kernels_of(program: str, *flags: str) -> str:
    """The program after --slin-gpu-to-nvvm."""
    return run_tool("slin-opt", "--slin-gpu-to-nvvm", *flags, "-", text=program)


@functools.lru_cache(maxsize=None)
def to_ptx(lowered: str, chip: str = "sm_80", features: str = "+ptx78") -> str:
    """The PTX of `gpu.module @kernels`."""
    module = lowered[lowered.index("  gpu.module @kernels") :]
    module = module[: module.index("\n  }\n") + 5]
    passes = [flag.format(chip=chip, features=features) for flag in LOWERING]
    binary = run_tool(tool("mlir-opt"), *passes, "--allow-unregistered-dialect", "-", text=f"module {{\n{module}}}\n")
    assembly = re.search(r'assembly = "((?:[^"\\]|\\.)*)"', binary).group(1)
    return re.sub(r"\\([0-9A-Fa-f]{2})", lambda m: chr(int(m.group(1), 16)), assembly).rstrip("\0")


def assemble(ptx: str, chip: str, folder) -> tuple[str, str]:
    """(what ptxas says, the instructions where cuobjdump is found) of kernels without spills and serialised wgmma."""
    (folder / "kernel.ptx").write_text(ptx, encoding="utf-8")
    command = [tool("ptxas"), "-v", f"-arch={chip}", "kernel.ptx", "-o", "kernel.cubin"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert set(re.findall(r"(\d+) bytes spill", done.stderr)) == {"0"}, done.stderr
    assert not re.search(r"C7[56]\d\d", done.stderr), done.stderr
    if not tool("cuobjdump"):
        return done.stderr, ""
    return done.stderr, run_tool(tool("cuobjdump"), "-sass", str(folder / "kernel.cubin"), text="")


def schedule(emitter: str, tile, warps, stages=1, cluster=1, split=1, persistent=False) -> str:
    """The attribute of an op."""
    return (
        f'schedule = #slingpu.schedule<emitter = "{emitter}", tile = {list(tile)}, stages = {stages}, '
        f"warps = {list(warps)}, cluster = {cluster}, split = {split}, persistent = {str(persistent).lower()}>"
    )


@dataclasses.dataclass(frozen=True)
class Product:
    """A slingpu.block_gemm."""

    type: str = "bf16"
    blocks: int = 1
    rows: int = 64
    columns: int = 64
    run: int | None = None  # as many as rows
    bias: bool = False
    gate: bool = False
    residual: bool = False
    activation: str | None = None
    parameter: float | None = None
    emitter: str = "mma_sync"
    tile: tuple = (32, 32, 64)
    stages: int = 2
    warps: tuple = (1, 1)
    cluster: int = 1
    split: int = 1
    persistent: bool = False

    @property
    def stored_columns(self) -> int:
        step = 16 // np.dtype(STORAGE[self.type]).itemsize
        return -(-self.columns // step) * step

    def program(self) -> str:
        """An entry that computes it."""
        x = f"tensor<?x{self.blocks * self.columns}x{self.type}>"
        y = f"tensor<?x{self.blocks * self.rows}x{self.type}>"
        w = f"tensor<{self.blocks}x{self.rows}x{self.stored_columns}x{self.type}>"
        b = f"tensor<{self.blocks * self.rows}xf32>"
        others = [name for name in ("gate", "residual") if getattr(self, name)]
        parts = [f"bias %bias : {b}"] * self.bias + [f"{name} %{name} : {y}" for name in others]
        attributes = [
            schedule(self.emitter, self.tile, self.warps, self.stages, self.cluster, self.split, self.persistent)
        ]
        if self.activation:
            attributes.append(f'activation = "{self.activation}"')
        if self.parameter is not None:
            attributes.append(f"parameter = {self.parameter:e} : f64")
        inputs = ", ".join([x] + [y] * len(others))
        arguments = ", ".join([f"%x: {x}"] + [f"%{name}: {y}" for name in others])
        return f"""slingpu.entry "/mlp" bounds [] structure "test" ({inputs}) -> ({y}) {{
            ^bb0({arguments}):
              %w = slingpu.weight "w" dense<0.0> : {w}
              {f'%bias = slingpu.weight "b" dense<0.0> : {b}' if self.bias else ""}
              %y = slingpu.block_gemm %x, %w {" ".join(parts)} run {self.run or self.rows} {{{", ".join(attributes)}}} : {x}, {w} -> {y}
              slingpu.yield %y : {y}
            }}"""

    def ptx(self) -> str:
        """Its kernel."""
        return to_ptx(kernels_of(self.program()), *TARGETS[self.emitter])

    def data(self, tokens: int, seed: int = 0) -> list[np.ndarray]:
        """Bits of input, weight and what else there is, in the order of the kernel's parameters."""
        random = np.random.default_rng(seed)
        weight = np.zeros((self.blocks, self.rows, self.stored_columns))
        weight[..., : self.columns] = random.standard_normal((self.blocks, self.rows, self.columns)) / self.columns**0.5
        arrays = [to_bits(random.standard_normal((tokens, self.blocks * self.columns)), self.type)]
        arrays.append(to_bits(weight, self.type))
        if self.bias:
            arrays.append(random.standard_normal(self.blocks * self.rows).astype("f4"))
        for _ in range(self.gate + self.residual):
            arrays.append(to_bits(random.standard_normal((tokens, self.blocks * self.rows)), self.type))
        return arrays

    def wanted(self, arrays: list[np.ndarray], function) -> np.ndarray:
        """The result in f64, as the op's description says."""
        rest = list(arrays)
        x, w = (to_values(rest.pop(0), self.type) for _ in range(2))
        tokens, run = len(x), self.run or self.rows
        p = np.einsum("tbk,brk->tbr", x.reshape(tokens, self.blocks, self.columns), w[..., : self.columns])
        if self.bias:
            p = p + rest.pop(0).astype("f8").reshape(self.blocks, self.rows)
        y = function(p).reshape(tokens, self.blocks, self.rows // run, run).swapaxes(1, 2).reshape(tokens, -1)
        if self.gate:
            y = y * to_values(rest.pop(0), self.type)
        if self.residual:
            y = y + to_values(rest.pop(0), self.type)
        return y


NUMBER = r"<ceil\((\d+) \* tokens by (\d+)\) \* (\d+) \+ (\d+)>|<(\d+)>"
PARAMETER = re.compile(
    rf"#slingpu\.pointer<buffer = (?P<pointer>\d+), offset = (?P<start>\d+)>|#slingpu\.number(?P<number>{NUMBER})|"
    r"#slingpu\.tensor_map<buffer = (?P<map>\d+), offset = (?P<offset>\d+), type = (?P<type>\w+), "
    r"dims = \[(?P<dims>.*?)\], strides = \[(?P<strides>.*?)\], box = \[(?P<box>.*?)\], swizzle = (?P<swizzle>\d+)>"
)


def numbers(text: str) -> list[Number]:
    """Every #slingpu.number of a text, which may leave out its name."""
    found = (match.groups() for match in re.finditer(NUMBER, text))
    return [Number(constant=int(last)) if last else Number(*map(int, first)) for *first, last in found]


def integers(text: str) -> tuple[int, ...]:
    return tuple(int(word) for word in text.split(","))


def parameter(match: re.Match) -> PointerArgument | TensorMapArgument | Number:
    if match["pointer"]:
        return PointerArgument(int(match["pointer"]), int(match["start"]))
    if match["number"]:
        return numbers(match["number"])[0]
    return TensorMapArgument(
        int(match["map"]), match["type"], tuple(numbers(match["dims"])), integers(match["strides"]),
        integers(match["box"]), int(match["swizzle"]), int(match["offset"]),
    )  # fmt: skip


def launch_of(lowered: str, ptx: str) -> KernelStep:
    """The first slingpu.launch of a lowered program; buffers are counted as there."""
    kernel, grid, parameters, flags = re.search(
        r"slingpu\.launch @kernels::@(\w+)\(.*?\) grid (.*?) parameters \[(.*)\](.*?) : \(", lowered
    ).groups()
    x, y = numbers(grid)
    function = re.search(rf"llvm\.func @{kernel}\(.*slingpu\.cluster = (\d+) .*slingpu\.shared = (\d+)", lowered)
    blocks = re.search(r"blocks_per_sm = (\d+)", flags)
    return KernelStep(
        ptx, kernel, x, [parameter(match) for match in PARAMETER.finditer(parameters)], y,
        blocks_per_sm=int(blocks.group(1)) if blocks else 0, cluster=int(function.group(1)),
        dynamic_shared=int(function.group(2)), programmatic="programmatic" in flags,
    )  # fmt: skip


def run_product(product: Product, tokens: int, *, ptx: str | None = None, seed: int = 0, **options):
    """(inputs as bits, result as bits, statistics) of the product's kernel, or of `ptx` in its place, in the emulator."""
    launch = launch_of(kernels_of(product.program()), ptx or product.ptx())
    arrays = product.data(tokens, seed)
    nothing = 0xFFFF if product.type == "bf16" else np.nan
    y = np.full((tokens, product.blocks * product.rows), nothing, STORAGE[product.type])
    buffers = [PlanBuffer("input", index) for index in range(len(arrays))] + [PlanBuffer("output")]
    (statistics,) = run_plan(Plan(buffers, [launch]), tokens, arrays, [y], seed=seed, **options)
    return arrays, y, statistics


def check(product: Product, tokens: int, function=lambda x: x, **options):
    """Asserts that the kernel is right; gives the emulator's statistics."""
    arrays, y, statistics = run_product(product, tokens, **options)
    found, wanted = to_values(y, product.type), product.wanted(arrays, function)
    assert np.linalg.norm(found - wanted) < TOLERANCE[product.type] * np.linalg.norm(wanted)
    return statistics


def wgmma(tile=(64, 64), warps=4, stages=3, cluster=1, **what) -> Product:
    """A persistent product of sm_90a, with `warps` that multiply."""
    columns = 32 if what.get("type") == "f32" else 64
    tile = (*tile, columns)
    return Product(
        emitter="wgmma", tile=tile, warps=(warps, 1), stages=stages, cluster=cluster, persistent=True, **what
    )


def tcgen05(tile=(128, 64), stages=3, cluster=1, persistent=True, **what) -> Product:
    """A product of sm_100a, whose sums a warp finishes for every 32 tokens of a tile."""
    columns = 32 if what.get("type") == "f32" else 64
    return Product(
        emitter="tcgen05", tile=(*tile, columns), warps=(tile[0] // 32, 1), stages=stages, cluster=cluster,
        persistent=persistent, **what,
    )  # fmt: skip


def skinny(tokens=8, split=1, stages=3, **what) -> Product:
    """A product of sm_90a for `tokens` tokens, whose columns `split` blocks share."""
    columns = 32 if what.get("type") == "f32" else 64
    return Product(
        emitter="skinny", tile=(tokens, 64, columns), warps=(1, 4), stages=stages, cluster=split, split=split, **what
    )


def bugs_of(ptx: str, *opcodes: str) -> list[Mutation]:
    """The seeded bugs that apply to a kernel, and the absence of each instruction of these names."""
    return [mutation for mutation in MUTATIONS if mutation.applies(ptx)] + [
        remove(f"without {opcode} number {place}", re.escape(opcode) + r"\b", place)
        for opcode in opcodes
        for place in range(len(re.findall(rf"{re.escape(opcode)}\b", ptx)))
    ]


def is_right(product: Product, tokens: int, **options) -> bool:
    try:
        check(product, tokens, **options)
    except AssertionError:
        return False
    return True


def check_waits(layer: Product, tokens: int, function=lambda x: x, unreached: int = 0):
    """Two launches of a layer with a residual, the second one programmatic: before its wait it may read weights only, as
    run_plan checks, and without one of its waits that is a violation; but for as many as stand on paths that no block of
    this size takes."""
    launch = launch_of(kernels_of(layer.program()), layer.ptx())
    assert launch.programmatic
    x, w, r = layer.data(tokens)
    h, z = (np.zeros((tokens, layer.rows), "u2") for _ in range(2))
    buffers = [PlanBuffer("input", 0), PlanBuffer("weight"), PlanBuffer("input", 1), PlanBuffer("output", 0)]
    buffers += [PlanBuffer("output", 0), PlanBuffer("weight"), PlanBuffer("output", 0), PlanBuffer("output", 1)]
    arguments = [dataclasses.replace(a, buffer=a.buffer + 4) if hasattr(a, "buffer") else a for a in launch.arguments]
    second = dataclasses.replace(launch, arguments=arguments)
    plan = Plan(buffers, [launch, second])
    run_plan(plan, tokens, [x, r], [h, z], [w], late=True)
    wanted = layer.wanted([h, w, h], function)
    assert np.linalg.norm(to_values(z, "bf16") - wanted) < TOLERANCE["bf16"] * np.linalg.norm(wanted)
    waits = launch.ptx.count("griddepcontrol.wait")
    caught = 0
    for place in range(waits):
        bug = remove("no wait for the launch before", r"griddepcontrol\.wait", place)
        plan.steps = [launch, dataclasses.replace(second, ptx=bug.apply(launch.ptx))]
        try:
            run_plan(plan, tokens, [x, r], [h, z], [w], late=True)
        except Violation as violation:
            assert "dependency-wait-missing" in str(violation)
            caught += 1
    assert caught == waits - unreached > 0
