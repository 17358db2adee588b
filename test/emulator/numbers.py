# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Number formats: rounding into f32, f16, bf16 and tf32, in every rounding mode of PTX.

Source: PTX ISA, "Alternate Floating-Point Data Formats", "Instructions: cvt". Half-width formats are carried as
their 16 bits; values are computed in f64 and rounded once.
"""

import numpy as np

# significand bits with the leading one, least exponent of a normal number, largest finite number
FORMATS = {
    "f64": (53, -1022, np.finfo(np.float64).max),
    "f32": (24, -126, float(np.finfo(np.float32).max)),
    "tf32": (11, -126, float.fromhex("0x1.ffcp127")),
    "f16": (11, -14, 65504.0),
    "bf16": (8, -126, float.fromhex("0x1.fep127")),
}


def round_to(x: np.ndarray, target: str, mode: str = "rn") -> np.ndarray:
    """x (f64) as f64 with the significand of `target`; mode is rn, rna, rz, rm or rp."""
    bits, least, largest = FORMATS[target]
    x = np.asarray(x, np.float64)
    _, exponent = np.frexp(x)
    unit = np.ldexp(1.0, np.maximum(exponent - bits, least - bits + 1))
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = x / unit
        rounded = _INTEGRAL[mode](scaled) * unit
    overflow = np.isfinite(x) & (np.abs(rounded) > largest)
    if overflow.any():
        to_infinity = {"rn": True, "rna": True, "rz": False, "rm": x < 0, "rp": x > 0}[mode]
        rounded = np.where(overflow, np.copysign(np.where(to_infinity, np.inf, largest), x), rounded)
    return np.where(np.isfinite(x), np.copysign(rounded, x), x)


def _half_away(x):
    return np.copysign(np.floor(np.abs(x) + 0.5), x)


_INTEGRAL = {"rn": np.rint, "rna": _half_away, "rz": np.trunc, "rm": np.floor, "rp": np.ceil}


def sum_to_odd(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a + b in f64, rounded to odd: rounding that into a narrower format rounds the exact sum correctly."""
    with np.errstate(invalid="ignore", over="ignore"):
        s = a + b
        t = s - a
        error = (a - (s - t)) + (b - t)
    bits = s.view(np.int64)
    fix = (error != 0) & np.isfinite(s) & np.isfinite(error) & (bits & 1 == 0)
    toward = np.where((error > 0) == (s > 0), 1, -1)
    return np.where(fix, bits + toward, bits).view(np.float64)


def fma_f32(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """Correctly rounded a * b + c of f32 arrays: the product is exact in f64, and only sums that lie on a tie of f32,
    or among its subnormals, could be rounded twice."""
    with np.errstate(invalid="ignore", over="ignore"):
        product = a.astype(np.float64) * b
        total = product + c
        if ((total.view(np.int64) & 0x1FFFFFFF) == 0x10000000).any() or (np.abs(total) < 1.2e-38).any():
            total = sum_to_odd(product, c.astype(np.float64))
        return total.astype(np.float32)


def bf16_bits(x: np.ndarray) -> np.ndarray:
    """f32 → the bits of bf16, to nearest even; NaN stays NaN."""
    u = np.ascontiguousarray(x, np.float32).view(np.uint32)
    rounded = (u + np.uint32(0x7FFF) + ((u >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16)
    return np.where(np.isnan(x), np.uint16(0x7FFF), rounded.astype(np.uint16))


def bf16_value(bits: np.ndarray) -> np.ndarray:
    """The bits of bf16 → f32."""
    return (np.ascontiguousarray(bits, np.uint16).astype(np.uint32) << np.uint32(16)).view(np.float32)


def tf32_value(bits: np.ndarray) -> np.ndarray:
    """What a tensor core reads from a 32-bit register as tf32: the low 13 bits are ignored."""
    return (np.ascontiguousarray(bits, np.uint32) & np.uint32(0xFFFFE000)).view(np.float32)


def value_of(bits: np.ndarray, format: str) -> np.ndarray:
    """The f32 values of matrix elements held as unsigned integers."""
    if format == "bf16":
        return bf16_value(bits)
    if format == "f16":
        return np.ascontiguousarray(bits, np.uint16).view(np.float16).astype(np.float32)
    return tf32_value(bits)


def bits_of(x: np.ndarray, format: str, mode: str = "rn") -> np.ndarray:
    """f64 or f32 values → bits of f16, bf16 (uint16), f32 or tf32 (uint32), f64 (uint64), rounded once."""
    with np.errstate(over="ignore", invalid="ignore"):
        if format == "f64":
            return np.asarray(x, np.float64).view(np.uint64)
        if mode == "rn" and format == "f32":
            return np.asarray(x).astype(np.float32).view(np.uint32)
        if mode == "rn" and format == "f16":
            bits = np.asarray(x).astype(np.float16).view(np.uint16)
            return np.where(np.isnan(x), np.uint16(0x7FFF), bits)
        if mode == "rn" and format == "bf16" and np.asarray(x).dtype == np.float32:
            return bf16_bits(x)
        rounded = round_to(x, format, mode)
        if format == "f16":
            return np.where(np.isnan(x), np.uint16(0x7FFF), rounded.astype(np.float16).view(np.uint16))
        word = rounded.astype(np.float32).view(np.uint32)
        if format == "bf16":
            return np.where(np.isnan(x), np.uint16(0x7FFF), (word >> np.uint32(16)).astype(np.uint16))
        return np.where(np.isnan(x), np.uint32(0x7FFFFFFF), word)


def flush_subnormals(x: np.ndarray) -> np.ndarray:
    """.ftz: subnormal numbers become zeros of the same sign."""
    return np.where(np.abs(x) < np.float32(2.0**-126), np.copysign(np.zeros_like(x), x), x)
