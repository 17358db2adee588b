# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Small PTX kernels that the emulator's tests are made of."""

import numpy as np

from emulator import Pointer, emulate

REGISTERS = """
    .reg .pred %p<32>;
    .reg .b16 %rs<64>;
    .reg .b32 %r<256>;
    .reg .b64 %rd<64>;
"""
WIDTHS = {1: "b8", 2: "b16", 4: "b32", 8: "b64"}
PREFIX = {"pred": "%p", 1: "%rs", 2: "%rs", 4: "%r", 8: "%rd"}


def kernel(body: str, parameters=("u64",) * 4, threads: int = 32, cluster: int = 1, shared: str = "") -> str:
    """A module with one kernel k; parameters p0, p1, ...; `map` stands for a tensor map."""
    declared = ", ".join(
        f".param .align 64 .b8 p{n}[128]" if type_ == "map" else f".param .{type_} p{n}"
        for n, type_ in enumerate(parameters)
    )
    clusters = f".explicitcluster\n.reqnctapercluster {cluster}, 1, 1" if cluster > 1 else ""
    return f""".version 8.6
.target sm_90a
.address_size 64
{shared or ".extern .shared .align 1024 .b8 smem[];"}
.visible .entry k({declared})
.reqntid {threads}
{clusters}
{{ {REGISTERS} {body}
    ret;
}}
"""


def per_lane(body: str, inputs, outputs=("f4",), **options) -> list[np.ndarray]:
    """Loads row i of `inputs` into {i0}, {i1}, ..., runs the body, stores {o0}, {o1}, ...: one value per lane.
    Registers 0 ... 15 of every class are the body's."""
    text = ["mov.u32 %r200, %tid.x;"]
    names, arguments = {}, []
    for number, array in enumerate(inputs):
        size = array.dtype.itemsize
        names[f"i{number}"] = f"{PREFIX[size]}{20 + number}"
        text.append(f"ld.param.b64 %rd50, [p{number}]; mul.wide.u32 %rd51, %r200, {size}; add.s64 %rd50, %rd50, %rd51;")
        text.append(f"ld.global.{WIDTHS[size]} {names[f'i{number}']}, [%rd50];")
        arguments.append(Pointer(np.ascontiguousarray(array)))
    results = []
    for number, dtype in enumerate(outputs):
        array = np.zeros(32, dtype)
        results.append(array)
        names[f"o{number}"] = f"{PREFIX[array.itemsize]}{30 + number}"
        arguments.append(Pointer(array))
    text.append(body.format(**names))
    for number, array in enumerate(results):
        place = len(inputs) + number
        text.append(f"ld.param.b64 %rd50, [p{place}]; mul.wide.u32 %rd51, %r200, {array.itemsize};")
        text.append(f"add.s64 %rd50, %rd50, %rd51; st.global.{WIDTHS[array.itemsize]} [%rd50], {names[f'o{number}']};")
    emulate(kernel("\n".join(text), ("u64",) * len(arguments)), "k", 1, arguments, **options)
    return results


def words(seed: int, dtype, count: int = 32) -> np.ndarray:
    """Random bits, with the corner cases first."""
    size = np.dtype(dtype).itemsize
    values = np.random.default_rng(seed).integers(0, 256, count * size, dtype=np.uint8).view(f"u{size}")
    top = 1 << 8 * size
    values[:6] = [0, 1, top - 1, top // 2, top // 2 - 1, 2]
    return values.view(dtype)


def floats(seed: int, count: int = 32) -> np.ndarray:
    """f32 of many sizes, with zeros, infinities, NaN and subnormals."""
    generator = np.random.default_rng(seed)
    values = (generator.standard_normal(count) * 2.0 ** generator.integers(-8, 8, count)).astype(np.float32)
    values[:9] = [0, -0.0, np.inf, -np.inf, np.nan, 1e-40, -1e-40, 3.4e38, 1]
    return values
