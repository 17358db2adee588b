# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""mov, with packing and unpacking, and cvta, mapa, isspacep.

Source: PTX ISA, "Data Movement and Conversion Instructions: mov, cvta, mapa, isspacep".
"""

import numpy as np

from ..memory import LOCAL_WINDOW, OFFSET_MASK, SHARED_WINDOW
from ..program import STORAGE, Decoder, Pure, instruction, view_of
from ..ptx import Vector


@instruction(
    *[
        f"mov.{t}"
        for t in ("pred", "b16", "u16", "s16", "f16", "bf16", "b32", "u32", "s32", "f32", "b64", "u64", "s64", "f64")
    ]
)
def move(d: Decoder, item):
    type_ = item.parts[1]
    word = type_ if type_ == "pred" else f"b{type_.lstrip('bfusx')}"
    target, source = item.operands
    if isinstance(target, Vector):
        return _unpack(d, item, word, target.elements, source)
    if isinstance(source, Vector):
        return _pack(d, item, word, target, source.elements)
    # A float immediate must be read in the type that the instruction names.
    bits = d.source(source, type_ if type_ in ("f32", "f64") else word)
    row = (view_of(word), bits[1])
    return Pure((item.opcode,), lambda x: x, (d.destination(target, word),), (row,))


def _part_type(d, word, count):
    part = f"b{int(word[1:]) // count}"
    if part not in ("b16", "b32"):
        raise d.error("expected parts of 16 or 32 bits")
    return part


def _unpack(d, item, word, elements, source) -> Pure:
    part = _part_type(d, word, len(elements))
    dtype, step = STORAGE[part], 8 * STORAGE[part].itemsize

    def compute(x):
        return tuple((x >> x.dtype.type(step * n)).astype(dtype) for n in range(len(elements)))

    targets = tuple(d.destination(element, part) for element in elements)
    return Pure((item.opcode, "unpack", len(elements)), compute, targets, (d.source(source, word),))


def _pack(d, item, word, target, elements) -> Pure:
    part = _part_type(d, word, len(elements))
    dtype, step = STORAGE[word].type, 8 * STORAGE[part].itemsize

    def compute(*parts):
        result = parts[0].astype(dtype)
        for n, x in enumerate(parts[1:], 1):
            result = result | x.astype(dtype) << dtype(step * n)
        return result

    sources = tuple(d.source(element, part) for element in elements)
    return Pure((item.opcode, "pack", len(elements)), compute, (d.destination(target, word),), sources)


@instruction("cvta")
def convert_address(d, item):
    to, type_ = item.parts[1] == "to", item.parts[-1]
    space = item.parts[2] if to else item.parts[1]
    if type_ != "u64":
        raise d.error("expected u64")
    if space.startswith("shared"):
        window = np.uint64(SHARED_WINDOW)
        return d.pure((lambda x: x - window) if to else (lambda x: x + window), "u64", ["u64"])
    if space in ("global", "param", "local", "const"):
        return d.pure(lambda x: x, "u64", ["u64"])
    raise d.error(f"unknown state space {space}")


@instruction("mapa")
def map_address(d, item):
    """The address of the same variable in another block of the cluster."""
    type_ = item.parts[-1]
    generic = len(item.parts) == 2
    base = SHARED_WINDOW if generic else 0

    def compute(address, rank):
        offset = address.astype(np.int64) - base & OFFSET_MASK
        return (base + (rank.astype(np.int64) << 24 | offset)).astype(address.dtype)

    return d.pure(compute, type_, [type_, "u32"])


@instruction("createpolicy")
def cache_policy(d, item):
    """A cache policy is a hint: its value is never looked at."""
    sources = tuple(d.source(operand, "f32") for operand in item.operands[1:])
    return Pure((item.opcode,), lambda *x: np.uint64(0), (d.destination(item.operands[0], "b64"),), sources)


@instruction("getctarank")
def rank_of_address(d, item):
    type_ = item.parts[-1]
    base = SHARED_WINDOW if len(item.parts) == 2 else 0
    return d.pure(lambda a: ((a.astype(np.int64) - base) >> 24).astype(np.uint32), "u32", [type_])


@instruction("isspacep")
def is_in_space(d, item):
    space = item.parts[1]

    def compute(address):
        address = address.astype(np.int64)
        shared = (address >= SHARED_WINDOW) & (address < LOCAL_WINDOW)
        local = address >= LOCAL_WINDOW
        return {"shared": shared, "local": local, "global": ~shared & ~local}[space]

    if space not in ("shared", "local", "global"):
        raise d.error(f"isspacep.{space} is not modelled")
    return d.pure(compute, "pred", ["u64"])
