# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The constants of this machine for the cost model (`slin/Cost/Target.h`), measured in
ONNX Runtime on models of one kind of operation each.

Every constant is what remains of a time when the parts that were measured before are
taken off, in the order of `calibrate`. Sizes are no powers of two and no multiples of
common widths, so that no choice that is judged later was measured here.
"""

import json
import pathlib
import platform
import statistics
from collections.abc import Sequence

import numpy as np
import onnxruntime  # type: ignore[import-untyped]

from slin import __version__, _slin, files, timing

# ONNX Runtime on a CPU; other targets have no runtime here that could be measured.
MEASURABLE = ("cpu",)
# Turns of each measurement.
ROUNDS = 7
FLOAT = {"f16": np.float16, "f32": np.float32, "f64": np.float64}


def module(body: Sequence[str], shape: str, result: str, element: str) -> str:
    """A model from x to the value %y."""
    lines = "\n  ".join(body)
    return f"""
module attributes {{onnx.opset_imports = [["", 17]], onnx.model = {{ir_version = 8 : i64}}}} {{
func.func @main_graph(%x: tensor<{shape}x{element}> {{onnx.name = "x"}})
    -> (tensor<{result}x{element}> {{onnx.name = "y"}}) attributes {{onnx.graph = {{name = "g"}}}} {{
  {lines}
  return %y : tensor<{result}x{element}>
}}
}}
"""


def chain(sizes: Sequence[int], element: str = "f32") -> str:
    """Products one after the other, `sizes` being the widths between them."""
    body = []
    for number, (rows, columns) in enumerate(zip(sizes, sizes[1:], strict=False)):
        last = number == len(sizes) - 2
        source = "%x" if number == 0 else f"%v{number}"
        kinds = f"tensor<?x{rows}x{element}>", f"tensor<?x{columns}x{element}>"
        value = "y" if last else f"v{number + 1}"
        body += [
            f'%w{number} = onnx.initializer "w{number}" dense<{1 / rows:.9f}> : tensor<{rows}x{columns}x{element}>',
            f'%{value} = onnx.MatMul({source}, %w{number}) "/n{number}" outputs ["{value}"] '
            f": ({kinds[0]}, tensor<{rows}x{columns}x{element}>) -> {kinds[1]}",
        ]
    return module(body, f"?x{sizes[0]}", f"?x{sizes[-1]}", element)


def blocks(count: int, rows: int, columns: int) -> str:
    """One product by blocks."""
    weight = f"tensor<{count}x{rows}x{columns}xf32>"
    return module(
        [
            f'%w = onnx.initializer "w" #onnx.synthetic<normal, seed = 1> : {weight}',
            f'%y = onnx.MatMul(%x, %w) "/n" outputs ["y"] '
            f": (tensor<{count}x?x{rows}xf32>, {weight}) -> tensor<{count}x?x{columns}xf32>",
        ],
        f"{count}x?x{rows}", f"{count}x?x{columns}", "f32",
    )  # fmt: skip


def transpose(shape: Sequence[int], order: Sequence[int]) -> str:
    before, after = ("x".join(map(str, sizes)) for sizes in (shape, [shape[axis] for axis in order]))
    perm = ", ".join(map(str, order))
    return module(
        [
            f'%y = onnx.Transpose(%x) "/n" outputs ["y"] {{perm = array<i64: {perm}>}} '
            f": (tensor<{before}xf32>) -> tensor<{after}xf32>"
        ],
        before, after, "f32",
    )  # fmt: skip


def negations(count: int, width: int) -> str:
    """Operations that compute next to nothing."""
    kind = f"tensor<?x{width}xf32>"
    names = ["x", *(f"v{number}" for number in range(1, count)), "y"]
    body = [
        f'%{after} = onnx.Neg(%{before}) "/{after}" outputs ["{after}"] : ({kind}) -> {kind}'
        for before, after in zip(names, names[1:], strict=False)
    ]
    return module(body, f"?x{width}", f"?x{width}", "f32")


def seconds(text: str, shape: Sequence[int], element: str = "f32") -> float:
    """The median time of a model."""
    session = timing.open_timed(_slin.translate(text))
    x = np.random.default_rng(0).standard_normal(shape).astype(FLOAT[element])
    return timing.compare({"model": session}, {"model": {"x": x}}, ROUNDS)["model"].median


def throughput(element: str) -> float | None:
    """Of a product for 700 tokens; null where the runtime has no kernel."""
    tokens, rows, columns = 700, 1160, 1240
    try:
        return 2 * tokens * rows * columns / seconds(chain([rows, columns], element), (tokens, rows), element)
    except _slin.Error:
        return None


def per_byte(total: float, width: int) -> float:
    """Seconds per byte of weights that are read for one token, `total` bytes in all."""
    count = max(1, round(total / (4 * width * width)))
    return seconds(chain([width] * (count + 1)), (1, width)) / (4 * width * width * count)


def cache_limits(width: int) -> tuple[float, float, float]:
    """Seconds per byte in caches and from memory, and the bytes up to which the former
    holds: a quarter more are half from memory, as the model has it."""
    totals = [1e6 * megabytes for megabytes in (6, 9, 13, 18, 24, 30, 36, 44, 54, 70, 240)]
    times = [per_byte(total, width) for total in totals]
    inside, outside = min(times[:3]), times[-1]
    middle = (inside + outside) / 2
    for number in range(1, len(times)):
        if times[number] > middle:
            share = (middle - times[number - 1]) / max(times[number] - times[number - 1], 1e-30)
            half = totals[number - 1] + min(max(share, 0.0), 1.0) * (totals[number] - totals[number - 1])
            return inside, outside, half / 1.125
    return inside, outside, totals[-1]


def measure() -> dict[str, tuple[float, str, str]]:
    """Name → value, unit, and what was measured."""
    found: dict[str, tuple[float, str, str]] = {}
    for element in FLOAT:
        rate = throughput(element)
        if rate is not None:
            found[f"throughput_{element}"] = (rate, "FLOP/s", "product of 1160 x 1240 for 700 tokens")
    rate = found["throughput_f32"][0]
    node = seconds(negations(40, 24), (1, 24)) / 40
    found["node_latency"] = (node, "s", "one of 40 negations of 24 numbers")
    inside, outside, size = cache_limits(1100)
    found["cache_bandwidth"] = (1 / inside, "B/s", "weights of products of 1100 x 1100 for one token, 6 to 13 MB in all")
    found["memory_bandwidth"] = (1 / max(outside - inside, 1e-15), "B/s", "what 240 MB of them take longer")
    found["cache_size"] = (size, "B", "where half of what memory takes longer shows, divided by 1.125")
    width, count, tokens = 300, 16, 3
    part = max(2 * tokens * width * width / rate, 4 * (width * width + 2 * width * tokens) * inside)
    each = seconds(chain([width] * (count + 1)), (tokens, width)) / count
    latency = max(each - node - part, 1e-9)
    found["product_latency"] = (latency, "s", "one of 16 products of 300 x 300 for 3 tokens, without its arithmetic")
    shapes = [(3, 420, 420), (4, 300, 1100), (4, 1100, 300), (2, 700, 1300)]
    efficiencies, packings = [], []
    for blocks_, rows, columns in shapes:
        text, elements = blocks(blocks_, rows, columns), blocks_ * rows * columns
        large = seconds(text, (blocks_, 700, rows)) - node - latency
        efficiencies.append(2 * 700 * elements / large / rate)
        few = seconds(text, (blocks_, 6, rows)) - node - latency
        packings.append(4 * elements / max(few - 2 * 6 * elements / (rate * efficiencies[-1]), 1e-9))
    sizes = ", ".join("x".join(map(str, shape)) for shape in shapes)
    found["grouped_efficiency"] = (min(statistics.median(efficiencies), 1.0), "1", f"blocks of {sizes} for 700 tokens")
    found["packing_bandwidth"] = (statistics.median(packings), "B/s", f"blocks of {sizes} for 6 tokens")
    groups, tokens, width = 4, 700, 300
    features = groups * tokens * width
    copied = seconds(transpose([groups, tokens, width], [1, 0, 2]), (groups, tokens, width)) - node
    found["copy_bandwidth"] = (8 * features / copied, "B/s", "transpose of 4 x 700 x 300 that moves runs of 300")
    single = seconds(transpose([groups, tokens, width], [1, 2, 0]), (groups, tokens, width)) - node
    found["run_latency"] = (max((single - copied) / features, 1e-13), "s", "the same that moves single features")
    return found


def processor() -> str:
    """What the machine says it is."""
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def calibrate(target: str, output: pathlib.Path, rounds: int) -> dict:
    """Measures this machine and writes the file of the target; gives what it says."""
    global ROUNDS
    ROUNDS = rounds
    threads = timing.shared_pool()
    about = f"{processor()}, {threads} threads, onnxruntime {onnxruntime.__version__}"
    by = f"measured by slin bench --calibrate-target {target}, slin {__version__}: "
    constants = {
        name: {"value": float(f"{value:.4g}"), "unit": unit, "source": by + what}
        for name, (value, unit, what) in measure().items()
    }
    content = {"target": target, "about": about, "constants": constants}
    with files.pending(output) as unfinished:
        unfinished.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return content
