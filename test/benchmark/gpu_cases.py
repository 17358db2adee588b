# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What test/benchmark/gpu.py measures: networks as block products, their files, their weights and what they compute.

Files are made with constant weights, which compress to nothing, so that they can be carried to a machine with a GPU;
there the weights are filled with random numbers.
"""

import dataclasses
import lzma
import pathlib
import struct
import subprocess
import sys
import zlib

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from cpu_ffn import factors  # noqa: E402
from emulator.artefact import HEADER, SECTION, Artefact  # noqa: E402
from emulator.numbers import bf16_bits, bf16_value  # noqa: E402

ENTRY = "/benchmark"
# At 5/16 of the parameters, which the papers call 32 %, and at 10/16.
SHARES = {5: "31.25 %", 10: "62.5 %", 16: "100 %"}


@dataclasses.dataclass(frozen=True)
class Product:
    """A slingpu.block_gemm of bf16."""

    blocks: int
    rows: int
    columns: int
    run: int
    activation: str = ""
    has_bias: bool = False

    def places(self) -> np.ndarray:
        """The feature that row r of block b is stored as, [b, r]."""
        block, row = np.meshgrid(np.arange(self.blocks), np.arange(self.rows), indexing="ij")
        return row // self.run * self.blocks * self.run + block * self.run + row % self.run


@dataclasses.dataclass(frozen=True)
class Case:
    """`kind` is gemm or ffn; a product of an FFN is what one structured matrix of it becomes."""

    name: str
    kind: str
    width: int
    structure: str
    sixteenths: int
    tokens: tuple[int, ...]
    products: tuple[Product, ...]

    @property
    def input_features(self) -> int:
        return self.products[0].blocks * self.products[0].columns

    @property
    def output_features(self) -> int:
        return self.products[-1].blocks * self.products[-1].rows

    @property
    def weight_bytes(self) -> int:
        return sum(2 * p.blocks * p.rows * p.columns for p in self.products)


def matrix_products(structure: str, inputs: int, outputs: int, sixteenths: int, activation: str) -> list[Product]:
    """What --slin-to-slingpu makes of one matrix with a bias, the first one first."""
    shapes = factors(structure, inputs, outputs, sixteenths)
    last = {"activation": activation, "has_bias": True}
    if structure == "dense":
        return [Product(1, outputs, inputs, outputs, **last)]
    if structure == "low_rank":
        rank = shapes[1][0]
        return [Product(1, rank, inputs, rank), Product(1, outputs, rank, outputs, **last)]
    if structure == "block_dense":
        blocks, rows, columns = shapes[1]
        return [Product(blocks, rows, columns, rows), Product(1, outputs, blocks * rows, outputs, **last)]
    (blocks, rows, columns), (_, rows_after, columns_after) = shapes
    return [
        Product(blocks, rows, columns, rows // blocks),
        Product(blocks, rows_after, columns_after, 1, **last),
    ]


def ffn(structure: str, width: int, sixteenths: int, tokens: tuple[int, ...]) -> Case:
    """width -> 4 width -> width with gelu_tanh and biases."""
    products = matrix_products(structure, width, 4 * width, sixteenths, "gelu_tanh")
    products += matrix_products(structure, 4 * width, width, sixteenths, "")
    return Case(f"{structure}-{width}-{sixteenths}", "ffn", width, structure, sixteenths, tokens, tuple(products))


def gemm(tokens: int, rows: int, columns: int) -> Case:
    product = Product(1, rows, columns, rows)
    return Case(f"gemm-{tokens}-{rows}-{columns}", "gemm", columns, "dense", 16, (tokens,), (product,))


MANY, FEW = 30000, (1, 4, 16, 64)


def all_cases() -> list[Case]:
    cases = [gemm(size, size, size) for size in (4096, 8192)]
    cases += [gemm(MANY, 4 * width, width // 4) for width in (768, 2048, 5120)]
    structures = ("low_rank", "block_dense", "block_shuffle")
    for width, counts in ((768, (MANY,)), (2048, (*FEW, MANY)), (5120, (MANY,)), (6144, FEW)):
        cases += [ffn(structure, width, 5, counts) for structure in structures]
    cases += [ffn(structure, width, 10, (MANY,)) for width in (2048, 5120) for structure in structures]
    return cases + [ffn("dense", width, 16, FEW) for width in (2048, 6144)]


def program(case: Case) -> str:
    """The case as an entry, each weight with a number of its own, so that none are shared."""
    lines, value, features = [], "%x", case.input_features
    head = f'slingpu.entry "{ENTRY}" bounds [] structure "{case.structure}" (tensor<?x{features}xbf16>) -> '
    head += f"(tensor<?x{case.output_features}xbf16>) {{\n^bb0(%x: tensor<?x{features}xbf16>):"
    for index, p in enumerate(case.products):
        weight = f"tensor<{p.blocks}x{p.rows}x{-(-p.columns // 8) * 8}xbf16>"
        bias = f"tensor<{p.blocks * p.rows}xf32>"
        lines.append(f'  %w{index} = slingpu.weight "w{index}" dense<{1 + index / 16}> : {weight}')
        if p.has_bias:
            lines.append(f'  %b{index} = slingpu.weight "b{index}" dense<{1 + index / 16}> : {bias}')
        activation = f' {{activation = "{p.activation}"}}' if p.activation else ""
        outputs = p.blocks * p.rows
        lines.append(
            f"  %y{index} = slingpu.block_gemm {value}, %w{index}{f' bias %b{index} : {bias}' if p.has_bias else ''} "
            f"run {p.run}{activation} : tensor<?x{features}xbf16>, {weight} -> tensor<?x{outputs}xbf16>"
        )
        value, features = f"%y{index}", outputs
    return "\n".join([head, *lines, f"  slingpu.yield {value} : tensor<?x{features}xbf16>", "}"]) + "\n"


def write(case: Case, target: str, path: pathlib.Path, passes: tuple[str, ...] = ()) -> None:
    """Compiles the case to a compressed file with constant weights. `slin-opt` and `slin-translate` are on the PATH."""
    counts = ",".join(map(str, case.tokens))
    optimise = [
        "slin-opt",
        *passes,
        f"--slin-gpu-schedule=target={target} tokens={counts}",
        "--slin-gpu-to-nvvm",
        "-",
    ]
    lowered = run(optimise, program(case).encode())
    file = run(["slin-translate", "--slingpu-to-artefact", f"--target={target}", "-"], lowered)
    path.write_bytes(lzma.compress(file, preset=1))


def run(command: list[str], data: bytes) -> bytes:
    done = subprocess.run(command, input=data, capture_output=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr.decode(errors='replace')[:4000]}")
    return done.stdout


def fill(case: Case, source: pathlib.Path, target: pathlib.Path, seed: int = 0) -> dict[str, np.ndarray]:
    """Writes the file with random weights; gives them by name, bf16 as f32: matrices [blocks, rows, columns]."""
    target.write_bytes(lzma.decompress(source.read_bytes()))
    artefact = Artefact(target)
    random, weights, data = np.random.default_rng(seed), {}, bytearray(artefact.data)
    place = HEADER.size + (len(artefact.sections) - 1) * SECTION.size
    kind, record, start, size, _, rest = SECTION.unpack_from(data, place)
    for name, _, offset, _ in artefact.sections["weights"]:
        name = artefact.string(name)
        product = case.products[int(name[1:])]
        if name[0] == "b":
            values = (0.1 * random.standard_normal(product.blocks * product.rows, np.float32)).astype(np.float32)
            weights[name], stored = values, values
        else:
            shape = (product.blocks, product.rows, product.columns)
            bits = bf16_bits(random.standard_normal(shape, np.float32) / np.float32(product.columns) ** 0.5)
            weights[name] = bf16_value(bits).astype(np.float32)
            stored = np.pad(bits, ((0, 0), (0, 0), (0, -product.columns % 8)))
        data[start + offset : start + offset + stored.nbytes] = stored.tobytes()
    SECTION.pack_into(data, place, kind, record, start, size, zlib.crc32(data[start : start + size]), rest)
    table_end = HEADER.size + len(artefact.sections) * SECTION.size
    data[24:28] = bytes(4)
    data[24:28] = struct.pack("<I", zlib.crc32(data[:table_end]))
    target.write_bytes(data)
    return weights


def reference(case: Case, weights: dict, x, round_to_bf16, gelu, zeros):
    """What the case computes for x [tokens, features] in f64, with the results of products rounded as they are stored;
    in numpy or torch, as x and the functions are."""
    for index, p in enumerate(case.products):
        w = weights[f"w{index}"]
        y = zeros(x.shape[0], p.blocks * p.rows)
        for block, places in enumerate(p.places()):
            part = x[:, block * p.columns : (block + 1) * p.columns] @ w[block].T
            if p.has_bias:
                part = part + weights[f"b{index}"][block * p.rows : (block + 1) * p.rows]
            y[:, places] = gelu(part) if p.activation else part
        x = round_to_bf16(y)
    return x
