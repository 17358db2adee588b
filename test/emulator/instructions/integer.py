# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Integer and logic instructions.

Source: PTX ISA, "Integer Arithmetic Instructions", "Extended-Precision ...", "Logic and Shift Instructions".
Division by zero gives all ones, remainders by zero the dividend, as hardware does.
"""

import numpy as np

from ..program import Decoder, Pure, instruction

INTEGERS = ("u16", "s16", "u32", "s32", "u64", "s64")


def _typed(names, types):
    return [f"{name}.{type_}" for name in names for type_ in types]


_BINARY = {"add": np.add, "sub": np.subtract, "min": np.minimum, "max": np.maximum}


@instruction(*_typed(_BINARY, INTEGERS))
def binary(d: Decoder, item):
    type_ = item.parts[1]
    return d.pure(_BINARY[item.parts[0]], type_, [type_, type_])


_LOGIC = {"and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor}
_WORDS = ("pred", "b16", "b32", "b64")


@instruction(*_typed(_LOGIC, _WORDS))
def logic(d, item):
    type_ = item.parts[1]
    return d.pure(_LOGIC[item.parts[0]], type_, [type_, type_])


@instruction(*_typed(["not"], _WORDS))
def invert(d, item):
    return d.pure(np.invert, item.parts[1], [item.parts[1]])


@instruction(*_typed(["cnot"], _WORDS[1:]))
def is_zero(d, item):
    return d.pure(lambda x: x == 0, item.parts[1], [item.parts[1]])


@instruction(*_typed(["neg"], ("s16", "s32", "s64")))
def negate(d, item):
    return d.pure(np.negative, item.parts[1], [item.parts[1]])


@instruction(*_typed(["abs"], ("s16", "s32", "s64")))
def absolute(d, item):
    return d.pure(np.abs, item.parts[1], [item.parts[1]])


def _wide(x):
    return x.astype(f"{x.dtype.kind}{2 * x.dtype.itemsize}")


def multiply_high(a, b):
    """The upper half of the product, in the operands' signedness."""
    if a.dtype.itemsize < 8:
        return (_wide(a) * _wide(b)) >> (8 * a.dtype.itemsize)
    mask = 0xFFFFFFFF
    al, bl = (x.view(np.uint64) & np.uint64(mask) for x in (a, b))
    ah, bh = a >> 32, b >> 32
    if a.dtype.kind == "i":
        al, bl = al.view(np.int64), bl.view(np.int64)
        low = (al.view(np.uint64) * bl.view(np.uint64)) >> np.uint64(32)
        middle = ah * bl + low.view(np.int64)
        other = al * bh + (middle & mask)
        return ah * bh + (middle >> 32) + (other >> 32)
    middle = ah * bl + ((al * bl) >> np.uint64(32))
    other = al * bh + (middle & np.uint64(mask))
    return ah * bh + (middle >> np.uint64(32)) + (other >> np.uint64(32))


@instruction("mul.lo", "mul.hi", "mul.wide", "mul24.lo")
def multiply(d, item):
    half, type_ = item.parts[1], item.parts[2]
    if item.parts[0] == "mul24":
        return d.pure(lambda a, b: _low24(a) * _low24(b), type_, [type_, type_])
    if half == "lo":
        return d.pure(np.multiply, type_, [type_, type_])
    if half == "hi":
        return d.pure(multiply_high, type_, [type_, type_])
    return d.pure(lambda a, b: _wide(a) * _wide(b), _wide_type(type_), [type_, type_])


def _low24(x):
    return (x << 8) >> 8


def _wide_type(type_):
    return f"{type_[0]}{2 * int(type_[1:])}"


@instruction("mad.lo", "mad.hi", "mad.wide")
def multiply_add(d, item):
    half, type_ = item.parts[1], item.parts[2]
    if half == "wide":
        wide = _wide_type(type_)
        return d.pure(lambda a, b, c: _wide(a) * _wide(b) + c, wide, [type_, type_, wide])
    product = np.multiply if half == "lo" else multiply_high
    return d.pure(lambda a, b, c: product(a, b) + c, type_, [type_] * 3)


def quotient(a, b):
    """Rounds toward zero."""
    zero = b == 0
    safe = np.where(zero, 1, b).astype(b.dtype)
    floor = a // safe
    if a.dtype.kind == "i":
        floor = floor + ((floor < 0) & (floor * safe != a))
    return np.where(zero, ~np.zeros_like(a), floor).astype(a.dtype)


@instruction(*_typed(["div"], INTEGERS))
def divide(d, item):
    return d.pure(quotient, item.parts[1], [item.parts[1]] * 2)


def remainder(a, b):
    return np.where(b == 0, a, a - quotient(a, b) * b).astype(a.dtype)


@instruction(*_typed(["rem"], INTEGERS))
def modulo(d, item):
    return d.pure(remainder, item.parts[1], [item.parts[1]] * 2)


def shift_left(x, count):
    """Counts of the width and more shift everything out."""
    width = 8 * x.dtype.itemsize
    return np.where(count >= width, 0, x << np.minimum(count, width - 1).astype(x.dtype)).astype(x.dtype)


def shift_right(x, count):
    width = 8 * x.dtype.itemsize
    clamped = x >> np.minimum(count, width - 1).astype(x.dtype)
    return clamped if x.dtype.kind == "i" else np.where(count >= width, 0, clamped).astype(x.dtype)


@instruction("shl")
def left(d, item):
    return d.pure(shift_left, item.parts[1], [item.parts[1], "u32"])


@instruction("shr")
def right(d, item):
    return d.pure(shift_right, item.parts[1], [item.parts[1], "u32"])


@instruction("shf.l.wrap", "shf.r.wrap", "shf.l.clamp", "shf.r.clamp")
def funnel(d, item):
    left_, clamp = item.parts[1] == "l", item.parts[2] == "clamp"

    def compute(low, high, count):
        count = (np.minimum(count, 32) if clamp else count & 31).astype(np.uint64)
        both = high.astype(np.uint64) << np.uint64(32) | low
        if not left_:
            return (both >> count).astype(np.uint32)
        # Shifting left by 32 yields the low word.
        upper = np.where(count == 32, low, (both << (count & np.uint64(31))) >> np.uint64(32))
        return upper.astype(np.uint32)

    return d.pure(compute, "b32", ["b32", "b32", "u32"])


@instruction("bfe")
def extract_field(d, item):
    type_ = item.parts[1]
    width = int(type_[1:])

    def compute(x, start, length):
        start, length = (start & 0xFF).astype(np.int64), (length & 0xFF).astype(np.int64)
        unsigned = x.view(f"u{width // 8}").astype(np.uint64)
        field = shift_right(unsigned, start)
        kept = np.minimum(length, 64)
        mask = np.where(
            kept >= 64, ~np.uint64(0), (np.uint64(1) << np.minimum(kept, 63).astype(np.uint64)) - np.uint64(1)
        )
        field = field & mask
        if type_[0] == "s":
            last = np.minimum(start + length - 1, width - 1)
            sign = (shift_right(unsigned, last) & np.uint64(1)).astype(bool) & (length > 0)
            available = np.clip(np.minimum(length, width - start), 0, 63).astype(np.uint64)
            field = np.where(sign, field | ~((np.uint64(1) << available) - np.uint64(1)), field)
        return field.astype(f"u{width // 8}").view(x.dtype)

    return d.pure(compute, type_, [type_, "u32", "u32"])


@instruction("bfi")
def insert_field(d, item):
    type_ = item.parts[1]
    width = int(type_[1:])

    def compute(field, x, start, length):
        start, length = (start & 0xFF).astype(np.int64), (length & 0xFF).astype(np.int64)
        ones = ~np.zeros_like(x)
        mask = shift_left(np.where(length >= width, ones, ~shift_left(ones, length)).astype(x.dtype), start)
        return (x & ~mask) | (shift_left(field, start) & mask)

    return d.pure(compute, type_, [type_, type_, "u32", "u32"])


@instruction("bmsk.clamp", "bmsk.wrap")
def mask_field(d, item):
    wrap = item.parts[1] == "wrap"

    def compute(start, length):
        start, length = (start & 31, length & 31) if wrap else (start, length)
        ones = np.full(start.shape, 0xFFFFFFFF, np.uint32)
        return shift_left(~shift_left(ones, length), start)

    return d.pure(compute, "b32", ["u32", "u32"])


@instruction("prmt.b32")
def permute_bytes(d, item):
    if len(item.parts) > 2:
        raise d.error("prmt with a mode is not modelled")

    def compute(a, b, selector):
        both = b.astype(np.uint64) << np.uint64(32) | a
        result = np.zeros(a.shape, np.uint32)
        for place in range(4):
            control = (selector >> np.uint32(4 * place)) & np.uint32(15)
            byte = (both >> (np.uint64(8) * (control & np.uint32(7)))).astype(np.uint32) & np.uint32(0xFF)
            sign = np.where(byte & np.uint32(0x80), np.uint32(0xFF), np.uint32(0))
            result |= np.where(control & np.uint32(8), sign, byte) << np.uint32(8 * place)
        return result

    return d.pure(compute, "b32", ["b32"] * 3)


def _bits(x):
    """The bits of every number along a new last axis, lowest first."""
    width = 8 * x.dtype.itemsize
    return ((x[..., None] >> np.arange(width, dtype=x.dtype)) & x.dtype.type(1)).astype(np.uint32)


@instruction("popc.b32", "popc.b64")
def count_ones(d, item):
    return d.pure(lambda x: np.bitwise_count(x).astype(np.uint32), "u32", [item.parts[1]])


@instruction("clz.b32", "clz.b64")
def count_leading_zeros(d, item):
    def compute(x):
        width = 8 * x.dtype.itemsize
        return (width - np.max(_bits(x) * np.arange(1, width + 1, dtype=np.uint32), axis=-1)).astype(np.uint32)

    return d.pure(compute, "u32", [item.parts[1]])


@instruction("bfind")
def find_leading(d, item):
    shift, type_ = item.parts[1] == "shiftamt", item.parts[-1]

    def compute(x):
        word = np.where(x < 0, ~x, x) if x.dtype.kind == "i" else x
        word = word.view(f"u{x.dtype.itemsize}") if word.dtype.kind == "i" else word
        width = 8 * x.dtype.itemsize
        highest = np.max(_bits(word) * np.arange(1, width + 1, dtype=np.uint32), axis=-1).astype(np.int64) - 1
        result = np.where(highest >= 0, width - 1 - highest if shift else highest, -1)
        return result.astype(np.int32).view(np.uint32)

    return d.pure(compute, "u32", [type_])


@instruction("brev.b32", "brev.b64")
def reverse_bits(d, item):
    def compute(x):
        width = 8 * x.dtype.itemsize
        weights = np.left_shift(x.dtype.type(1), np.arange(width - 1, -1, -1, dtype=x.dtype))
        return np.sum(_bits(x).astype(x.dtype) * weights, axis=-1, dtype=x.dtype)

    return d.pure(compute, item.parts[1], [item.parts[1]])


@instruction("lop3.b32")
def three_input_logic(d, item):
    *sources, table = item.operands[1:]
    lut = table.bits

    def compute(a, b, c):
        result = np.zeros_like(a)
        for case in range(8):
            if lut >> case & 1:
                x, y, z = (v if case >> n & 1 else ~v for v, n in ((a, 2), (b, 1), (c, 0)))
                result |= x & y & z
        return result

    rows = tuple(d.source(operand, "b32") for operand in sources)
    return Pure((item.opcode, lut), compute, (d.destination(item.operands[0], "b32"),), rows)
