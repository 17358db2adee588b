# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Comparison and selection.

Source: PTX ISA, "Comparison and Selection Instructions". Unordered comparisons (equ, neu, ltu, ...) are true where an
operand is NaN.
"""

import numpy as np

from ..numbers import bf16_value, flush_subnormals
from ..program import VIEWS, Decoder, Pure, instruction
from ..ptx import Register, Vector

_ORDERED = {
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "lo": np.less,
    "ls": np.less_equal,
    "hi": np.greater,
    "hs": np.greater_equal,
}


def _unordered(a, b):
    return np.isnan(a) | np.isnan(b)


def comparison(name: str, type_: str, flush: bool):
    """A function of two rows of that type. Packed types compare elsewhere."""
    if type_[0] not in "f" and type_ != "bf16":
        return _ORDERED[name]
    table = _ORDERED | {
        "ne": lambda a, b: (a != b) & ~_unordered(a, b),
        "num": lambda a, b: ~_unordered(a, b),
        "nan": _unordered,
        "neu": np.not_equal,
    }
    if name in table:
        plain = table[name]
    else:
        ordered = _ORDERED[name[:-1]]

        def plain(a, b):
            return ordered(a, b) | _unordered(a, b)

    if type_ == "bf16":
        return lambda a, b: plain(bf16_value(a), bf16_value(b))
    return (lambda a, b: plain(flush_subnormals(a), flush_subnormals(b))) if flush else plain


_COMBINE = {"and": np.logical_and, "or": np.logical_or, "xor": np.logical_xor}


@instruction("setp")
def set_predicate(d: Decoder, item):
    type_, flush = item.parts[-1], "ftz" in item.parts
    combine = _COMBINE.get(item.parts[2])
    compare = comparison(item.parts[1], type_, flush)
    first, *sources = item.operands
    targets = first.elements if isinstance(first, Vector) else (first,)
    rows = [d.source(operand, type_) for operand in sources[:2]]
    negated = False
    if combine:
        third = sources[2]
        negated = third.negated
        rows.append(d.source(Register(third.name), "pred"))

    def compute(a, b, *rest):
        result = compare(a, b)
        if not rest:
            return (result, ~result) if len(targets) > 1 else result
        other = ~rest[0] if negated else rest[0]
        pair = combine(result, other), combine(~result, other)
        return pair if len(targets) > 1 else pair[0]

    key = (item.opcode, len(targets), negated)
    return Pure(key, compute, tuple(d.destination(t, "pred") for t in targets), tuple(rows))


@instruction("set")
def set_value(d, item):
    destination, source = item.parts[-2:]
    compare = comparison(item.parts[1], source, "ftz" in item.parts)
    if destination not in ("u32", "s32", "f32") or len(item.parts) - ("ftz" in item.parts) != 4:
        raise d.error("this form of set is not modelled")

    def compute(a, b):
        return compare(a, b).astype(np.float32) if destination == "f32" else -(compare(a, b).astype(np.int32))

    return d.pure(compute, destination if destination == "f32" else "s32", [source, source])


@instruction("selp")
def select(d, item):
    type_ = item.parts[1]
    return d.pure(lambda a, b, p: np.where(p, a, b), type_, [type_, type_, "pred"])


@instruction("slct")
def select_by_sign(d, item):
    type_, by = item.parts[-2], item.parts[-1]
    if by not in ("s32", "f32") or VIEWS[type_][0] == "pred":
        raise d.error("expected slct by s32 or f32")
    return d.pure(lambda a, b, c: np.where(c >= 0, a, b), type_, [type_, type_, by])
