# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Floating-point arithmetic in f32, f64, f16, bf16 and packed pairs of all but f64.

Source: PTX ISA, "Floating Point Instructions", "Half Precision Floating Point Instructions". The approximate
instructions (ex2, lg2, rcp, rsqrt, sqrt, sin, cos, tanh) give the correctly rounded value or its neighbour, which is
within their documented error.
"""

import numpy as np

from ..numbers import bf16_value, bits_of, flush_subnormals, fma_f32, round_to, sum_to_odd
from ..program import Decoder, instruction

MODES = ("rn", "rz", "rm", "rp")
HALVES = ("f16", "bf16", "f16x2", "bf16x2")


def _settings(item):
    parts = item.parts[1:-1]
    mode = next((part for part in parts if part in MODES), "rn")
    return mode, "ftz" in parts, "sat" in parts


def _finish(function, flush, saturate):
    """Wraps f32 arithmetic with .ftz and .sat."""
    if not flush and not saturate:
        return function

    def compute(*sources):
        if flush:
            sources = [flush_subnormals(x) for x in sources]
        result = function(*sources)
        if flush:
            result = flush_subnormals(result)
        if saturate:
            result = np.where(np.isnan(result), np.float32(0), np.clip(result, 0, 1)).astype(np.float32)
        return result

    return compute


def _sum(a, b):
    return sum_to_odd(a.astype(np.float64), b.astype(np.float64))


_EXACT = {
    "add": _sum,
    "sub": lambda a, b: _sum(a, -b),
    "mul": lambda a, b: a.astype(np.float64) * b,
    "fma": lambda a, b, c: sum_to_odd(a.astype(np.float64) * b, c.astype(np.float64)),
}
_NEAREST = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "fma": fma_f32, "div": np.divide}


def _halves(word):
    return (word & np.uint32(0xFFFF)).astype(np.uint16), (word >> np.uint32(16)).astype(np.uint16)


def on_halves(function, type_):
    """Lifts a function of f64 arrays to f16 or bf16 bits, or pairs of them, rounded once. f64 holds every product of
    halves exactly, and sums of them far beyond the bits that decide a rounding."""
    format = type_.removesuffix("x2")

    def value(bits):
        return (bits.view(np.float16) if format == "f16" else bf16_value(bits)).astype(np.float64)

    def single(*sources):
        return bits_of(function(*[value(x) for x in sources]), format)

    def on_pairs(*sources):
        low, high = (single(*half) for half in zip(*[_halves(x) for x in sources], strict=True))
        return high.astype(np.uint32) << np.uint32(16) | low

    if type_.endswith("x2"):
        return on_pairs
    if format == "f16":
        return lambda *sources: single(*[x.view(np.uint16) for x in sources]).view(np.float16)
    return single


def on_singles(function):
    """Lifts a function of f32 arrays to pairs of them in 64 bits."""

    def halves(pair):
        return pair.astype(np.uint32).view(np.float32), (pair >> np.uint64(32)).astype(np.uint32).view(np.float32)

    def compute(*sources):
        low, high = (function(*half).view(np.uint32) for half in zip(*map(halves, sources), strict=True))
        return high.astype(np.uint64) << np.uint64(32) | low

    return compute


def _named(names, types):
    """Opcodes name[.modifiers].type: modifiers stand between, so the decoder is found by the name alone."""
    return [f"{name}.{type_}" for name in names for type_ in types]


_ARITHMETIC = ("add", "sub", "mul", "fma")
_FLOATS = ("f32", "f64", *HALVES)


def _mixed(d, name, type_, mode, saturate):
    """fma.rn.f32.bf16 and the like (PTX 8.6): all sources but the last are halves, which f32 holds exactly."""
    if mode != "rn" or saturate or name == "mul":
        raise d.error("only add, sub and fma with .rn and without .sat are modelled for halves and f32")

    def compute(*sources):
        wide = [(bf16_value(x) if type_ == "bf16" else x).astype(np.float32) for x in sources[:-1]]
        return _NEAREST[name](*wide, sources[-1])

    return d.pure(compute, "f32", [type_] * (2 if name == "fma" else 1) + ["f32"])


def _opcodes():
    modifiers = [*MODES, "ftz", "sat"]
    firsts = [*modifiers, "f32x2", *_FLOATS]
    return [f"{name}.{first}" for name in _ARITHMETIC for first in firsts]


@instruction(*_opcodes())
def arithmetic(d: Decoder, item):
    name, type_ = item.parts[0], item.parts[-1]
    mode, flush, saturate = _settings(item)
    count = 3 if name == "fma" else 2
    if type_ in HALVES[:2] and "f32" in item.parts[1:-1]:
        return _mixed(d, name, type_, mode, saturate)
    if type_ == "f32":
        exact = _EXACT[name]
        plain = _NEAREST[name] if mode == "rn" else lambda *s: round_to(exact(*s), "f32", mode).astype(np.float32)
        return d.pure(_finish(plain, flush, saturate), "f32", ["f32"] * count)
    if type_ == "f32x2" and not saturate and mode == "rn":
        return d.pure(on_singles(_finish(_NEAREST[name], flush, saturate)), "b64", ["b64"] * count)
    if mode != "rn" or saturate:
        raise d.error("only .rn without .sat is modelled for this type")
    if type_ == "f64":
        if name == "fma":
            raise d.error("fma.f64 is not modelled")
        return d.pure(_NEAREST[name], "f64", ["f64"] * count)
    function = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "fma": lambda a, b, c: a * b + c}[name]
    if "relu" in item.parts:
        relu = function

        def function(*sources):
            result = relu(*sources)
            return np.where(np.isnan(result), result, np.maximum(result, 0.0))

    return d.pure(on_halves(function, type_), type_, [type_] * count)


@instruction("mad.rn.f32", "mad.rn.ftz.f32")
def multiply_add(d, item):
    return d.pure(_finish(fma_f32, "ftz" in item.parts, False), "f32", ["f32"] * 3)


@instruction("div.rn", "div.rz", "div.rm", "div.rp", "div.full", "div.approx")
def divide(d, item):
    mode, flush, _ = _settings(item)
    type_ = item.parts[-1]
    if mode != "rn":
        raise d.error("only division to nearest is modelled")
    return d.pure(_finish(np.divide, flush, False), type_, [type_, type_])


def _minimum(a, b, lesser, nan):
    """min and max: a NaN loses against a number unless .NaN; -0 is less than +0."""
    chosen = np.where(lesser(a, b) | ((a == b) & (np.signbit(a) == (lesser is np.less))), a, b)
    if nan:
        return np.where(np.isnan(a) | np.isnan(b), np.nan, chosen).astype(a.dtype)
    return np.where(np.isnan(a), b, np.where(np.isnan(b), a, chosen)).astype(a.dtype)


def _minmax_opcodes():
    return [f"{n}.{first}" for n in ("min", "max") for first in ("ftz", "NaN", "xorsign", *_FLOATS)]


@instruction(*_minmax_opcodes())
def least_or_greatest(d, item):
    type_, nan = item.parts[-1], "NaN" in item.parts
    if "xorsign" in item.parts:
        raise d.error(".xorsign is not modelled")
    lesser = np.less if item.parts[0] == "min" else np.greater
    count = len(item.operands) - 1

    def function(*sources):
        result = _minimum(sources[0], sources[1], lesser, nan)
        return result if len(sources) == 2 else _minimum(result, sources[2], lesser, nan)

    if type_ in ("f32", "f64"):
        return d.pure(_finish(function, "ftz" in item.parts, False), type_, [type_] * count)
    return d.pure(on_halves(function, type_), type_, [type_] * count)


_SIGN_BITS = {
    "f32": 0x80000000,
    "f16": 0x8000,
    "bf16": 0x8000,
    "f16x2": 0x80008000,
    "bf16x2": 0x80008000,
    "f64": 1 << 63,
}
_WORDS = {"f32": "b32", "f64": "b64", "f16": "b16", "bf16": "b16", "f16x2": "b32", "bf16x2": "b32"}


@instruction(*_named(("neg", "abs"), (*_FLOATS, "ftz")))
def sign(d, item):
    type_ = item.parts[-1]
    word, bit = _WORDS[type_], _SIGN_BITS[type_]
    negate, flush = item.parts[0] == "neg", "ftz" in item.parts

    def compute(x):
        if flush and type_ == "f32":
            x = flush_subnormals(x.view(np.float32)).view(np.uint32)
        return x ^ x.dtype.type(bit) if negate else x & ~x.dtype.type(bit)

    return d.pure(compute, word, [word])


@instruction("copysign.f32", "copysign.f64")
def copy_sign(d, item):
    return d.pure(lambda a, b: np.copysign(b, a), item.parts[1], [item.parts[1]] * 2)


@instruction("testp")
def test_property(d, item):
    test = {"finite": np.isfinite, "infinite": np.isinf, "notanumber": np.isnan, "number": lambda x: ~np.isnan(x)}
    if item.parts[1] not in test:
        raise d.error(f"testp.{item.parts[1]} is not modelled")
    return d.pure(test[item.parts[1]], "pred", [item.parts[2]])


_FUNCTIONS = {
    "ex2": np.exp2,
    "lg2": np.log2,
    "rcp": np.reciprocal,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "tanh": np.tanh,
}


@instruction(*[f"{name}.{first}" for name in _FUNCTIONS for first in ("approx", "rn")])
def transcendental(d, item):
    name, type_ = item.parts[0], item.parts[-1]
    function = _FUNCTIONS[name]
    if type_ in HALVES:
        return d.pure(on_halves(function, type_), type_, [type_])
    if type_ == "f64":
        return d.pure(function, type_, [type_])

    def compute(x):
        return function(x.astype(np.float64)).astype(np.float32)

    # sqrt and division are correctly rounded in f32 already; the subnormals of ex2 and the like need .ftz to vanish.
    return d.pure(_finish(compute, "ftz" in item.parts, False), "f32", ["f32"])
