# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Arithmetic, comparison, conversion and movement of the emulator, each against numpy or exact rational numbers."""

from fractions import Fraction

import numpy as np
import pytest

from emulator import PTXError, emulate
from emulator.numbers import bf16_bits, bf16_value, round_to
from emulator_programs import floats, kernel, per_lane, words

DTYPES = {"u16": "u2", "s16": "i2", "u32": "u4", "s32": "i4", "u64": "u8", "s64": "i8"}


def integers(type_, seed):
    return words(seed, DTYPES[type_])


def python_division(a, b):
    quotient = abs(int(a)) // abs(int(b))
    return quotient if (a < 0) == (b < 0) else -quotient


def wrap(values, dtype):
    size = np.dtype(dtype).itemsize
    return np.array([int(v) % (1 << 8 * size) for v in values], f"u{size}").view(dtype)


@pytest.mark.parametrize("type_", DTYPES)
@pytest.mark.parametrize("name", ["add", "sub", "min", "max", "div", "rem", "mul.lo", "mul.hi", "mad.lo"])
def test_integer_arithmetic(name, type_):
    a, b, c = (integers(type_, seed) for seed in (1, 2, 3))
    b = np.where(b == 0, 7, b).astype(b.dtype)
    bits = 8 * a.itemsize
    expected = {
        "add": lambda x, y, z: x + y, "sub": lambda x, y, z: x - y, "min": lambda x, y, z: min(x, y),
        "max": lambda x, y, z: max(x, y), "div": lambda x, y, z: python_division(x, y),
        "rem": lambda x, y, z: x - python_division(x, y) * y, "mul.lo": lambda x, y, z: x * y,
        "mul.hi": lambda x, y, z: (x * y) >> bits, "mad.lo": lambda x, y, z: x * y + z,
    }[name]  # fmt: skip
    third = ", {i2}" if name == "mad.lo" else ""
    (found,) = per_lane(f"{name}.{type_} {{o0}}, {{i0}}, {{i1}}{third};", [a, b, c], [a.dtype])
    wanted = [expected(int(x), int(y), int(z)) for x, y, z in zip(a, b, c, strict=True)]
    np.testing.assert_array_equal(found, wrap(wanted, a.dtype))


@pytest.mark.parametrize("type_", ["u16", "s16", "u32", "s32"])
def test_wide_products(type_):
    a, b, c = integers(type_, 1), integers(type_, 2), words(3, f"{DTYPES[type_][0]}{2 * int(DTYPES[type_][1])}")
    product, sum_ = per_lane(f"mul.wide.{type_} {{o0}}, {{i0}}, {{i1}}; mad.wide.{type_} {{o1}}, {{i0}}, {{i1}}, {{i2}};",
                             [a, b, c], [c.dtype, c.dtype])  # fmt: skip
    exact = [int(x) * int(y) for x, y in zip(a, b, strict=True)]
    np.testing.assert_array_equal(product, wrap(exact, c.dtype))
    np.testing.assert_array_equal(sum_, wrap([e + int(z) for e, z in zip(exact, c, strict=True)], c.dtype))


def test_division_by_zero():
    a, zero = words(1, "u4"), np.zeros(32, "u4")
    quotient, rest = per_lane("div.u32 {o0}, {i0}, {i1}; rem.u32 {o1}, {i0}, {i1};", [a, zero], ["u4", "u4"])
    np.testing.assert_array_equal(quotient, 0xFFFFFFFF)
    np.testing.assert_array_equal(rest, a)


@pytest.mark.parametrize("size", [2, 4, 8])
def test_logic(size):
    a, b = words(1, f"u{size}"), words(2, f"u{size}")
    bits = 8 * size
    body = "".join(f"{name}.b{bits} {{{{o{n}}}}}, {{{{i0}}}}, {{{{i1}}}};" for n, name in enumerate(("and", "or", "xor")))
    body += f"not.b{bits} {{{{o3}}}}, {{{{i0}}}}; cnot.b{bits} {{{{o4}}}}, {{{{i0}}}};"
    found = per_lane(body.replace("{{", "{").replace("}}", "}"), [a, b], [a.dtype] * 5)
    for value, wanted in zip(found, [a & b, a | b, a ^ b, ~a, (a == 0).astype(a.dtype)], strict=True):
        np.testing.assert_array_equal(value, wanted)


@pytest.mark.parametrize("type_", ["u16", "s16", "u32", "s32", "u64", "s64"])
def test_shifts_clamp(type_):
    a = integers(type_, 1)
    bits = 8 * a.itemsize
    count = np.arange(32, dtype="u4") * 3  # beyond the width too
    left, right = per_lane(f"shl.b{bits} {{o0}}, {{i0}}, {{i1}}; shr.{type_} {{o1}}, {{i0}}, {{i1}};", [a, count], [a.dtype] * 2)
    np.testing.assert_array_equal(left, wrap([int(x) << int(n) for x, n in zip(a, count, strict=True)], a.dtype))
    np.testing.assert_array_equal(right, wrap([int(x) >> int(n) for x, n in zip(a, count, strict=True)], a.dtype))


def test_funnel_shifts():
    low, high, count = words(1, "u4"), words(2, "u4"), np.arange(32, dtype="u4") * 2
    modes = ["l.wrap", "r.wrap", "l.clamp", "r.clamp"]
    body = "".join(f"shf.{mode}.b32 {{o{n}}}, {{i0}}, {{i1}}, {{i2}};" for n, mode in enumerate(modes))
    found = per_lane(body, [low, high, count], ["u4"] * 4)
    for mode, value in zip(modes, found, strict=True):
        for x, y, n, result in zip(low, high, count, value, strict=True):
            both, n = int(y) << 32 | int(x), min(int(n), 32) if "clamp" in mode else int(n) & 31
            assert result == ((both >> n) if mode[0] == "r" else (both << n >> 32)) & 0xFFFFFFFF


@pytest.mark.parametrize("type_", ["u32", "s32", "u64", "s64"])
def test_bit_fields(type_):
    x, y = integers(type_, 1), integers(type_, 2)
    width = 8 * x.itemsize
    start, length = (np.random.default_rng(seed).integers(0, width + 8, 32, dtype="u4") for seed in (3, 4))
    body = f"bfe.{type_} {{o0}}, {{i0}}, {{i2}}, {{i3}}; bfi.b{width} {{o1}}, {{i0}}, {{i1}}, {{i2}}, {{i3}};"
    extracted, inserted = per_lane(body, [x, y, start, length], [x.dtype] * 2)
    for a, b, s, n, field, whole in zip(x, y, start, length, extracted, inserted, strict=True):
        a, b, s, n = int(a), int(b), int(s), int(n)
        unsigned = a % (1 << width)
        bits = [unsigned >> (s + i) & 1 if s + i < width else 0 for i in range(n)]
        sign = unsigned >> min(s + n - 1, width - 1) & 1 if n and type_[0] == "s" else 0
        wanted = sum((bits[i] if i < len(bits) and s + i < width else sign) << i for i in range(width))
        assert int(field) % (1 << width) == wanted
        mask = sum(1 << (s + i) for i in range(n) if s + i < width)
        assert int(whole) % (1 << width) == (b % (1 << width) & ~mask | (unsigned << s) & mask)


def test_bit_counts_and_permutations():
    a, b, selector = words(1, "u4"), words(2, "u4"), words(3, "u4")
    body = """popc.b32 {o0}, {i0}; clz.b32 {o1}, {i0}; brev.b32 {o2}, {i0}; bfind.u32 {o3}, {i0};
        prmt.b32 {o4}, {i0}, {i1}, {i2}; lop3.b32 {o5}, {i0}, {i1}, {i2}, 202; bmsk.clamp.b32 {o6}, 4, 8;
        bfind.shiftamt.u32 {o7}, {i0};"""
    ones, zeros, reverse, highest, permuted, chosen, mask, amount = per_lane(body, [a, b, selector], ["u4"] * 8)
    for n, (x, y, s) in enumerate(zip(a, b, selector, strict=True)):
        x, y, s = int(x), int(y), int(s)
        text = f"{x:032b}"
        assert (ones[n], zeros[n], reverse[n]) == (text.count("1"), 32 - x.bit_length(), int(text[::-1], 2))
        assert (highest[n], amount[n]) == ((x.bit_length() - 1, 32 - x.bit_length()) if x else (0xFFFFFFFF, 0xFFFFFFFF))
        both, result = y << 32 | x, 0
        for place in range(4):
            control = s >> 4 * place & 15
            byte = both >> 8 * (control & 7) & 255
            result |= (255 * (byte >> 7) if control & 8 else byte) << 8 * place
        assert permuted[n] == result
        assert chosen[n] == (x & y | ~x & s) & 0xFFFFFFFF  # 202 = 0xCA: bitwise x ? y : s
    assert (mask == 0xFF0).all()


def test_signs_of_integers():
    a = words(1, "i4")
    negated, absolute, product = per_lane("neg.s32 {o0}, {i0}; abs.s32 {o1}, {i0}; mul24.lo.s32 {o2}, {i0}, {i0};", [a], ["i4"] * 3)
    np.testing.assert_array_equal(negated, -a)
    np.testing.assert_array_equal(absolute, np.abs(a))
    low = (a << 8) >> 8
    np.testing.assert_array_equal(product, low * low)


# --- floating point


def nearest(exact: Fraction, mode: str) -> float:
    """The f32 that `exact` rounds to, by comparing its neighbours."""
    guess = np.float32(float(exact))
    candidates = [np.nextafter(guess, np.float32(-np.inf)), guess, np.nextafter(guess, np.float32(np.inf))]
    candidates = [c for c in candidates if np.isfinite(c)]
    below = max(c for c in candidates if Fraction(float(c)) <= exact)
    above = min(c for c in candidates if Fraction(float(c)) >= exact)
    if mode == "rm" or mode == "rz" and exact > 0:
        return below
    if mode == "rp" or mode == "rz":
        return above
    low, high = exact - Fraction(float(below)), Fraction(float(above)) - exact
    if low == high:
        return below if int(np.float32(below).view(np.uint32)) % 2 == 0 else above
    return below if low < high else above


@pytest.mark.parametrize("mode", ["rn", "rz", "rm", "rp"])
@pytest.mark.parametrize("name", ["add", "sub", "mul", "fma"])
def test_f32_rounds_once(name, mode):
    generator = np.random.default_rng(1)
    a, b, c = (generator.standard_normal(32).astype(np.float32) for _ in range(3))
    c[:16] = (-a * b)[:16]  # cancellation: a fused product differs from two roundings
    third = ", {i2}" if name == "fma" else ""
    (found,) = per_lane(f"{name}.{mode}.f32 {{o0}}, {{i0}}, {{i1}}{third};", [a, b, c])
    for x, y, z, value in zip(a, b, c, found, strict=True):
        x, y, z = (Fraction(float(v)) for v in (x, y, z))
        exact = {"add": x + y, "sub": x - y, "mul": x * y, "fma": x * y + z}[name]
        assert value == nearest(exact, mode)


def test_fma_on_ties_and_subnormals():
    one, ulp = np.float32(1), np.float32(2.0**-23)
    a = np.full(32, 1 + 2.0**-12, np.float32)
    b = np.full(32, 1 + 2.0**-12, np.float32)
    c = np.full(32, 2.0**-40, np.float32)  # the product is a tie of f32; c breaks it
    a[0], b[0], c[0] = 2.0**-100, 2.0**-49, np.float32(2.0**-149)
    (found,) = per_lane("fma.rn.f32 {o0}, {i0}, {i1}, {i2};", [a, b, c])
    assert found[1] == nearest(Fraction(float(a[1])) * Fraction(float(b[1])) + Fraction(2) ** -40, "rn")
    assert found[0] == np.float32(2 * 2.0**-149)
    assert one + ulp > one


@pytest.mark.parametrize("name", ["add", "sub", "mul", "fma"])
def test_pairs_of_f32(name):
    """Two f32 of 64 bits, each as it is alone."""
    pairs = [np.stack([floats(seed), floats(seed + 10)], -1).copy() for seed in range(3)][: 3 if name == "fma" else 2]
    words = [pair.view("u8").reshape(32) for pair in pairs]
    operands = ", ".join(f"{{i{number}}}" for number in range(len(pairs)))
    (found,) = per_lane(f"{name}.rn.f32x2 {{o0}}, {operands};", words, ["u8"])
    for half in range(2):
        (alone,) = per_lane(f"{name}.rn.f32 {{o0}}, {operands};", [pair[:, half].copy() for pair in pairs], ["f4"])
        np.testing.assert_array_equal(found.view("f4").reshape(32, 2)[:, half], alone)


@pytest.mark.parametrize("type_", ["bf16", "f16"])
def test_f32_of_halves(type_):
    """Products and sums of mixed precision: halves are f32 numbers like others, and the result is rounded once."""
    generator = np.random.default_rng(4)
    a, b = (generator.standard_normal(32).astype(np.float16) for _ in range(2))
    if type_ == "bf16":
        a, b = (bf16_bits(x.astype(np.float32)) for x in (a, b))
    c = generator.standard_normal(32).astype(np.float32)
    body = (
        f"fma.rn.f32.{type_} {{o0}}, {{i0}}, {{i1}}, {{i2}}; add.rn.f32.{type_} {{o1}}, {{i0}}, {{i2}};"
        f"sub.rn.f32.{type_} {{o2}}, {{i0}}, {{i2}};"
    )
    fused, total, difference = per_lane(body, [a, b, c], ["f4"] * 3)
    x, y = (bf16_value(v) if type_ == "bf16" else v.astype(np.float32) for v in (a, b))
    np.testing.assert_array_equal(total, x + c)
    np.testing.assert_array_equal(difference, x - c)
    for left, right, third, value in zip(x, y, c, fused, strict=True):
        assert value == nearest(Fraction(float(left)) * Fraction(float(right)) + Fraction(float(third)), "rn")


def test_special_values_of_f32():
    a, b = floats(1), np.roll(floats(2), 3)
    body = """add.f32 {o0}, {i0}, {i1}; mul.ftz.f32 {o1}, {i0}, 0f3F800000; min.f32 {o2}, {i0}, {i1}; max.NaN.f32 {o3}, {i0}, {i1};
        neg.f32 {o4}, {i0}; abs.f32 {o5}, {i0}; copysign.f32 {o6}, {i1}, {i0}; add.sat.f32 {o7}, {i0}, 0f00000000;"""
    total, flushed, least, greatest, negative, absolute, signed, saturated = per_lane(body, [a, b], ["f4"] * 8)
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(total, a + b)
        np.testing.assert_array_equal(least, np.fmin(a, b))
        np.testing.assert_array_equal(greatest, np.maximum(a, b))
    tiny = np.abs(a) < 2.0**-126
    np.testing.assert_array_equal(flushed, np.where(tiny, np.copysign(0, a), a).astype("f4"))
    assert np.signbit(flushed[6]) and flushed[6] == 0
    np.testing.assert_array_equal(negative.view("u4"), a.view("u4") ^ np.uint32(1 << 31))
    np.testing.assert_array_equal(absolute, np.abs(a))
    np.testing.assert_array_equal(signed, np.copysign(a, b))
    np.testing.assert_array_equal(saturated, np.where(np.isnan(a), 0, np.clip(a, 0, 1)).astype("f4"))


def test_minimum_of_zeros():
    a, b = np.zeros(32, "f4"), np.full(32, -0.0, "f4")
    least, greatest = per_lane("min.f32 {o0}, {i0}, {i1}; max.f32 {o1}, {i1}, {i0};", [a, b], ["f4"] * 2)
    assert np.signbit(least).all() and not np.signbit(greatest).any()


@pytest.mark.parametrize("name, function", [
    ("ex2.approx.f32", np.exp2), ("ex2.approx.ftz.f32", np.exp2), ("lg2.approx.f32", np.log2), ("rcp.rn.f32", lambda x: 1 / x),
    ("rcp.approx.ftz.f32", lambda x: 1 / x), ("rsqrt.approx.f32", lambda x: 1 / np.sqrt(x)), ("sqrt.rn.f32", np.sqrt),
    ("tanh.approx.f32", np.tanh), ("sin.approx.f32", np.sin), ("cos.approx.f32", np.cos)])  # fmt: skip
def test_functions(name, function):
    x = np.abs(np.random.default_rng(1).standard_normal(32)).astype("f4") + np.float32(0.1)
    (found,) = per_lane(f"{name} {{o0}}, {{i0}};", [x])
    np.testing.assert_allclose(found, function(x.astype("f8")), rtol=1e-7)


def test_division():
    a, b = floats(1), np.roll(floats(2), 5)
    found = per_lane("div.rn.f32 {o0}, {i0}, {i1}; div.full.f32 {o1}, {i0}, {i1}; div.approx.f32 {o2}, {i0}, {i1};", [a, b], ["f4"] * 3)
    with np.errstate(all="ignore"):
        for value in found:
            np.testing.assert_array_equal(value, a / b)


def test_f64():
    a, b = np.random.default_rng(1).standard_normal((2, 32))
    total, product, narrow = per_lane("add.f64 {o0}, {i0}, {i1}; mul.rn.f64 {o1}, {i0}, {i1}; cvt.rn.f32.f64 {o2}, {i0};",
                                      [a, b], ["f8", "f8", "f4"])  # fmt: skip
    np.testing.assert_array_equal(total, a + b)
    np.testing.assert_array_equal(product, a * b)
    np.testing.assert_array_equal(narrow, a.astype("f4"))


@pytest.mark.parametrize("format", ["f16", "bf16"])
def test_halves(format):
    generator = np.random.default_rng(1)
    x = [generator.standard_normal(64).astype("f4") for _ in range(3)]
    bits = [v.astype("f2").view("u2") if format == "f16" else bf16_bits(v) for v in x]

    def value(u):
        return (u.view("f2") if format == "f16" else bf16_value(u)).astype("f8")

    def rounded(v):
        return v.astype("f2").view("u2") if format == "f16" else bf16_bits(round_to(v, "bf16").astype("f4"))

    a, b, c = (value(u) for u in bits)
    wanted = [rounded(v) for v in (a + b, a * b, a * b + c, np.minimum(a, b), -a, np.abs(a))]
    names = ["add.rn", "mul.rn", "fma.rn", "min", "neg", "abs"]
    uses = ["{i0}, {i1}", "{i0}, {i1}", "{i0}, {i1}, {i2}", "{i0}, {i1}", "{i0}", "{i0}"]
    pairs = [u.view("u4") for u in bits]
    body = "".join(f"{n}.{format}x2 {{o{i}}}, {u};" for i, (n, u) in enumerate(zip(names, uses, strict=True)))
    for found, expected in zip(per_lane(body, pairs, ["u4"] * 6), wanted, strict=True):
        np.testing.assert_array_equal(found.view("u2"), expected)
    single = per_lane(body.replace("x2", ""), [u[:32].copy() for u in bits], ["u2"] * 6)
    for found, expected in zip(single, wanted, strict=True):
        np.testing.assert_array_equal(found, expected[:32])


def test_functions_of_halves():
    x = np.random.default_rng(1).standard_normal(64).astype("f2")
    exponential, tangent = per_lane("ex2.approx.f16x2 {o0}, {i0}; tanh.approx.f16x2 {o1}, {i0};", [x.view("u4")], ["u4"] * 2)
    np.testing.assert_array_equal(exponential.view("f2"), np.exp2(x.astype("f8")).astype("f2"))
    np.testing.assert_array_equal(tangent.view("f2"), np.tanh(x.astype("f8")).astype("f2"))


# --- comparison


@pytest.mark.parametrize("name", ["eq", "ne", "lt", "le", "gt", "ge", "equ", "neu", "ltu", "leu", "gtu", "geu", "num", "nan"])
def test_float_comparison(name):
    a, b = floats(1), np.roll(floats(1), 2)
    b[10:20] = a[10:20]
    (found,) = per_lane(f"setp.{name}.f32 %p1, {{i0}}, {{i1}}; selp.b32 {{o0}}, 1, 0, %p1;", [a, b], ["u4"])
    unordered = np.isnan(a) | np.isnan(b)
    table = {"eq": a == b, "ne": a != b, "lt": a < b, "le": a <= b, "gt": a > b, "ge": a >= b}
    if name in ("num", "nan"):
        wanted = unordered if name == "nan" else ~unordered
    else:
        wanted = table[name[:2]] & ~unordered if len(name) == 2 else table[name[:2]] | unordered
    np.testing.assert_array_equal(found, wanted)


def test_integer_comparison():
    a, b = words(1, "u4"), np.roll(words(1, "u4"), 1)
    body = """setp.lt.s32 %p1|%p2, {i0}, {i1}; selp.b32 {o0}, 1, 0, %p1; selp.b32 {o1}, 1, 0, %p2;
        setp.hi.u32 %p3, {i0}, {i1}; selp.b32 {o2}, 1, 0, %p3; setp.ge.and.u32 %p4, {i0}, {i1}, !%p1; selp.b32 {o3}, 1, 0, %p4;
        set.lt.u32.s32 {o4}, {i0}, {i1}; slct.b32.s32 {o5}, 5, 6, {i0};"""
    less, not_less, higher, both, mask, chosen = per_lane(body, [a, b], ["u4"] * 6)
    signed = a.view("i4") < b.view("i4")
    np.testing.assert_array_equal(less, signed)
    np.testing.assert_array_equal(not_less, ~signed)
    np.testing.assert_array_equal(higher, a > b)
    np.testing.assert_array_equal(both, (a >= b) & ~signed)
    np.testing.assert_array_equal(mask, np.where(signed, 0xFFFFFFFF, 0))
    np.testing.assert_array_equal(chosen, np.where(a.view("i4") >= 0, 5, 6))


def test_properties_of_floats():
    a = floats(1)
    body = "testp.finite.f32 %p1, {i0}; selp.b32 {o0}, 1, 0, %p1; testp.notanumber.f32 %p2, {i0}; selp.b32 {o1}, 1, 0, %p2;"
    finite, nan = per_lane(body, [a], ["u4"] * 2)
    np.testing.assert_array_equal(finite, np.isfinite(a))
    np.testing.assert_array_equal(nan, np.isnan(a))


# --- conversion


@pytest.mark.parametrize("mode", ["rn", "rz"])
@pytest.mark.parametrize("format", ["bf16", "f16"])
def test_rounding_to_halves(format, mode):
    a, b = floats(1), floats(2)
    a[9:13] = [1 + 2.0**-8, 1 + 3 * 2.0**-8, 1 + 2.0**-11, 65520]  # ties of bf16 and f16, overflow of f16
    packed, single = per_lane(f"cvt.{mode}.{format}x2.f32 {{o0}}, {{i0}}, {{i1}}; cvt.{mode}.{format}.f32 {{o1}}, {{i0}};",
                              [a, b], ["u4", "u2"])  # fmt: skip

    def bits(x):
        r = round_to(x.astype("f8"), format, mode).astype("f4")
        u = r.astype("f2").view("u2") if format == "f16" else (r.view("u4") >> 16).astype("u2")
        return np.where(np.isnan(x), 0x7FFF, u)

    np.testing.assert_array_equal(single, bits(a))
    np.testing.assert_array_equal(packed >> 16, bits(a))  # the first source is the upper half
    np.testing.assert_array_equal(packed & 0xFFFF, bits(b))


def test_bf16_ties_go_to_even():
    x = np.full(32, 1 + 2.0**-8, "f4")
    x[1] = 1 + 3 * 2.0**-8
    (found,) = per_lane("cvt.rn.bf16.f32 {o0}, {i0};", [x], ["u2"])
    assert (found[0], found[1]) == (0x3F80, 0x3F82)


def test_saturation_and_relu():
    x = floats(1)
    zero_one, relu, finite = per_lane("cvt.rn.sat.f16.f32 {o0}, {i0}; cvt.rn.relu.bf16.f32 {o1}, {i0}; cvt.rn.satfinite.bf16x2.f32 {o2}, {i0}, {i0};",
                                      [x], ["u2", "u2", "u4"])  # fmt: skip
    np.testing.assert_array_equal(zero_one.view("f2"), np.where(np.isnan(x), 0, np.clip(x, 0, 1)).astype("f2"))
    np.testing.assert_array_equal(bf16_value(relu), bf16_value(bf16_bits(np.where(np.isnan(x), x, np.maximum(x, 0)))))
    assert np.isfinite(bf16_value(finite.view("u2"))[~np.isnan(np.repeat(x, 2))]).all()


def test_tf32_rounds_half_away():
    x = np.full(32, 1 + 2.0**-11, "f4")
    x[1] = -(1 + 2.0**-11)
    x[2] = 1 + 2.0**-11 - 2.0**-20
    (found,) = per_lane("cvt.rna.tf32.f32 {o0}, {i0};", [x])
    assert (found[0], found[1], found[2]) == (1 + 2.0**-10, -1 - 2.0**-10, 1)


def test_widening():
    half, brain = np.random.default_rng(1).standard_normal(32).astype("f2"), words(2, "u2")
    wide, wider = per_lane("cvt.f32.f16 {o0}, {i0}; cvt.f32.bf16 {o1}, {i1};", [half, brain], ["f4", "f4"])
    np.testing.assert_array_equal(wide, half.astype("f4"))
    np.testing.assert_array_equal(wider, bf16_value(brain))


@pytest.mark.parametrize("mode, function", [("rni", np.rint), ("rzi", np.trunc), ("rmi", np.floor), ("rpi", np.ceil)])
def test_float_to_integer_saturates(mode, function):
    x = floats(1)
    x[9:14] = [0.5, 1.5, -0.5, 2.0**31, -(2.0**31)]
    body = f"cvt.{mode}.s32.f32 {{o0}}, {{i0}}; cvt.{mode}.u32.f32 {{o1}}, {{i0}}; cvt.{mode}.f32.f32 {{o2}}, {{i0}};"
    signed, unsigned, whole = per_lane(body, [x], ["i4", "u4", "f4"])
    value = np.where(np.isnan(x), 0, function(x.astype("f8")))
    np.testing.assert_array_equal(signed, np.clip(value, -(2.0**31), 2.0**31 - 1).astype("i8").astype("i4"))
    np.testing.assert_array_equal(unsigned, np.clip(value, 0, 2.0**32 - 1).astype("i8").astype("u4"))
    np.testing.assert_array_equal(whole, np.where(np.isnan(x), x, function(x)))


def test_integer_to_float():
    n = words(1, "u4")
    big = words(2, "u8")
    big[6] = (1 << 63) + (1 << 39) + 1  # above a tie of f32: two roundings would go down
    body = """cvt.rn.f32.u32 {o0}, {i0}; cvt.rn.f32.s32 {o1}, {i0}; cvt.rz.f32.u32 {o2}, {i0}; cvt.rn.f32.u64 {o3}, {i1};"""
    unsigned, signed, toward_zero, from_big = per_lane(body, [n, big], ["f4"] * 4)
    np.testing.assert_array_equal(unsigned, n.astype("f8").astype("f4"))
    np.testing.assert_array_equal(signed, n.view("i4").astype("f8").astype("f4"))
    assert all(Fraction(float(z)) <= int(x) for z, x in zip(toward_zero, n, strict=True))
    assert all(z == nearest(Fraction(int(x)), "rn") for z, x in zip(from_big, big, strict=True))


def test_integer_to_integer():
    x, y = words(1, "u4"), words(2, "u8")
    body = """cvt.s64.s32 {o0}, {i0}; cvt.u64.u32 {o1}, {i0}; cvt.u32.u64 {o2}, {i1}; cvt.u16.u32 {o3}, {i0}; cvt.s32.s8 {o4}, {i0};
        cvt.sat.u16.s32 {o5}, {i0}; cvt.u32.u8 {o6}, {i0};"""
    found = per_lane(body, [x, y], ["i8", "u8", "u4", "u2", "i4", "u2", "u4"])
    wanted = [x.view("i4").astype("i8"), x.astype("u8"), y.astype("u4"), x.astype("u2"), x.astype("i1").astype("i4"),
              np.clip(x.view("i4"), 0, 65535).astype("u2"), x & 255]  # fmt: skip
    for value, expected in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(value, expected)


# --- movement, parsing


def test_packing():
    x, y = words(1, "u4"), words(2, "u4")
    body = "mov.b32 {{%rs1, %rs2}}, {i0}; mov.b32 {o0}, {{%rs2, %rs1}}; mov.b64 {o1}, {{{i0}, {i1}}}; mov.b64 {{_, {o2}}}, {o1};"
    swapped, wide, upper = per_lane(body, [x, y], ["u4", "u8", "u4"])
    np.testing.assert_array_equal(swapped, x >> 16 | x << 16)
    np.testing.assert_array_equal(wide, y.astype("u8") << 32 | x)
    np.testing.assert_array_equal(upper, y)


def test_immediates():
    body = "mov.b32 {o0}, 0f3FC00000; mov.f32 {o1}, 0d3FF8000000000000; mov.b32 {o2}, -2; mov.b32 {o3}, 0x10;"
    found = per_lane(body, [], ["f4", "f4", "i4", "u4"])
    assert [value[0] for value in found] == [1.5, 1.5, -2, 16]


def test_scoped_registers():
    body = "mov.b32 {o0}, 1; {{ .reg .b32 t; mov.b32 t, 2; {{ .reg .b32 t; mov.b32 t, 3; add.s32 {o0}, {o0}, t; }} add.s32 {o0}, {o0}, t; }}"
    (found,) = per_lane(body, [], ["u4"])
    assert (found == 6).all()


@pytest.mark.parametrize("text, sentence", [
    ("frobnicate.b32 %r1, %r2;", "unknown instruction 'frobnicate.b32'"),
    ("add.s32 %r1, %r2;", "expected 2 operands|expected 3 operands"),
    ("add.s32 %r1, %rd2, %r3;", "class b32, found %rd2 of class b64"),
    ("mov.b32 %r1, nowhere;", "unknown symbol 'nowhere'"),
    ("mov.b32 %r999, 1;", "unknown operand '%r999'"),
    ("wgmma.mma_async.sync.aligned.m64n8k32.f32.e4m3.e4m3 {%r1}, %rd1, %rd2, 1, 1, 1;", "only bf16, f16 and tf32"),
    (".maxnreg 5;", "unknown directive")])  # fmt: skip
def test_what_is_not_understood_is_an_error(text, sentence):
    with pytest.raises(PTXError, match=sentence) as failure:
        emulate(kernel("\n\n" + text, ()), "k", 1, [])
    assert "line 1" in str(failure.value) or "symbol" in sentence
