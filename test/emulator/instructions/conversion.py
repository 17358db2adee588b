# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""cvt: every conversion between integers and floating-point formats, with rounding, saturation, relu and packing.

Source: PTX ISA, "Data Movement and Conversion Instructions: cvt", "cvt.pack". Floating-point to integer saturates and
gives 0 for NaN; packed conversions put the first source into the upper half.
"""

import numpy as np

from ..numbers import FORMATS, bf16_value, bits_of, flush_subnormals, sum_to_odd
from ..program import VIEWS, Decoder, Pure, instruction

_ROUNDINGS = ("rn", "rna", "rz", "rm", "rp")
_TO_INTEGER = {"rni": np.rint, "rzi": np.trunc, "rmi": np.floor, "rpi": np.ceil}
_MODIFIERS = {*_ROUNDINGS, *_TO_INTEGER, "ftz", "sat", "relu", "satfinite"}
_FLOATS = {"f16", "bf16", "tf32", "f32", "f64"}


def _value(x: np.ndarray, type_: str) -> np.ndarray:
    """Rows of a floating-point type as f64."""
    if type_ == "bf16":
        return bf16_value(x.view(np.uint16)).astype(np.float64)
    return x.astype(np.float64)


def _to_float(type_, mode, saturate, relu, finite):
    largest = FORMATS[type_][2]

    def compute(x):
        if relu:
            x = np.where(np.isnan(x), x, np.maximum(x, 0.0))
        if saturate:
            x = np.where(np.isnan(x), 0.0, np.clip(x, 0.0, 1.0))
        if finite:
            x = np.where(np.isnan(x), x, np.clip(x, -largest, largest))
        return bits_of(x, type_, mode)

    return compute


def _to_integer(type_, rounding):
    kind, width = type_[0], int(type_[1:])
    low, high = (-(1 << width - 1), (1 << width - 1) - 1) if kind == "s" else (0, (1 << width) - 1)
    dtype = np.dtype(("i" if kind == "s" else "u") + str(width // 8))

    def compute(x):
        whole = _TO_INTEGER[rounding](np.where(np.isnan(x), 0.0, x))
        inside = np.where((whole > low) & (whole < high), whole, 0.0).astype(dtype)
        return np.where(whole >= high, dtype.type(high), np.where(whole <= low, dtype.type(low), inside))

    return compute


def _integer_to_integer(x, destination: str, saturate: bool):
    dtype = np.dtype(("i" if destination[0] == "s" else "u") + str(int(destination[1:]) // 8))
    if saturate:
        info = np.iinfo(dtype)
        low, high = max(info.min, np.iinfo(x.dtype).min), min(info.max, np.iinfo(x.dtype).max)
        x = np.clip(x, low, high)
    return x.astype(dtype)


def _exact_integer(x: np.ndarray) -> np.ndarray:
    """64-bit integers as f64 rounded to odd, so that the rounding that follows is the only one."""
    if x.dtype.itemsize < 8:
        return x.astype(np.float64)
    high = (x >> 32).astype(np.float64) * 2.0**32
    low = (x & x.dtype.type(0xFFFFFFFF)).astype(np.float64)
    return sum_to_odd(high, low)


@instruction("cvt")
def convert(d: Decoder, item):
    modifiers = [part for part in item.parts[1:] if part in _MODIFIERS]
    types = [part for part in item.parts[1:] if part not in _MODIFIERS]
    if len(types) != 2:
        raise d.error("expected two types")
    destination, source = types
    mode = next((m for m in modifiers if m in _ROUNDINGS), "rn")
    if destination in ("f16x2", "bf16x2"):
        return _pack(d, item, destination.removesuffix("x2"), source, mode, modifiers)
    if any(t not in _FLOATS and (t[0] not in "us" or t[1:] not in ("8", "16", "32", "64")) for t in types):
        raise d.error("this conversion is not modelled")
    saturate, relu, finite, flush = (m in modifiers for m in ("sat", "relu", "satfinite", "ftz"))
    rounding = next((m for m in modifiers if m in _TO_INTEGER), None)

    def compute(x):
        x = _narrow(x, source)
        if source in _FLOATS:
            value = _value(flush_subnormals(x) if flush and source == "f32" else x, source)
            if destination not in _FLOATS:
                return _to_integer(destination, rounding)(value)
            if rounding:
                value = np.copysign(_TO_INTEGER[rounding](value), value)
            return _to_float(destination, mode, saturate, relu, finite)(value)
        if destination in _FLOATS:
            return bits_of(_exact_integer(x), destination, mode)
        return _integer_to_integer(x, destination, saturate)

    if (source in _FLOATS) and destination not in _FLOATS and not rounding:
        raise d.error("expected a rounding to an integer")
    return _pure(d, item, compute, destination, source)


def _narrow(x, source):
    """Integer sources may stand in wider registers: their low bits count."""
    if source in _FLOATS:
        return x
    dtype = np.dtype(("i" if source[0] == "s" else "u") + str(int(source[1:]) // 8))
    return x.astype(dtype) if x.dtype != dtype else x


def _pure(d, item, compute, destination, source) -> Pure:
    """Registers wider than the type are allowed: results are extended in the destination's signedness."""
    target, operand = item.operands
    actual_source = d.register_class(operand)
    source_type = source if not actual_source or VIEWS[source][0] == actual_source else "u" + actual_source[1:]
    target_class = d.register_class(target) or VIEWS[destination][0]
    width = int(target_class[1:])
    view_type = f"u{width}"

    def extended(x):
        result = compute(x)
        if result.dtype.kind == "i":
            return result.astype(f"i{width // 8}").view(f"u{width // 8}")
        if result.dtype.kind == "f":
            result = result.view(f"u{result.dtype.itemsize}")
        return result.astype(f"u{width // 8}")

    key = (item.opcode, source_type, view_type)
    return Pure(key, extended, (d.destination(target, view_type),), (d.source(operand, source_type),))


def _pack(d, item, format, source, mode, modifiers) -> Pure:
    if source != "f32":
        raise d.error("packed conversions are modelled from f32 only")
    relu, finite = "relu" in modifiers, "satfinite" in modifiers
    plain = mode == "rn" and not relu and not finite
    one = (lambda x: bits_of(x, format)) if plain else None
    slow = _to_float(format, mode, False, relu, finite)

    def half(x):
        return one(x) if plain else slow(x.astype(np.float64))

    def compute(upper, lower):
        return half(upper).astype(np.uint32) << np.uint32(16) | half(lower)

    return d.pure(compute, "b32", ["f32", "f32"])
