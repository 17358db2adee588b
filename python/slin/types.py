# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The shape of slin's JSON answers. Keys are stable and numbers are raw: bytes
are bytes, parameters are single numbers, fractions lie between zero and one.
"""

from typing import Literal, TypedDict

Structure = Literal["low_rank", "block_dense", "block_shuffle", "block_diagonal"]


class BeforeAfter(TypedDict):
    before: int
    after: int


class LinearStructure(TypedDict):
    kind: str
    rank: int | None
    blocks: int | None


class LinearError(TypedDict):
    """`frobenius` = ‖W − Ŵ‖ / ‖W‖; `activation` = √tr(Δ C Δᵀ) / √tr(W C Wᵀ) with
    Δ = W − Ŵ and C the second moment of the inputs, null without statistics."""

    frobenius: float | None
    activation: float | None


# Written as a call, since `in` is a keyword of Python.
Linear = TypedDict(
    "Linear",
    {
        "node": str,
        "weight": str,
        "bias": str | None,
        "role": str,
        "in": int,
        "out": int,
        "dtype": str,
        "uses": int,
        "structure": LinearStructure,
        "parameters": BeforeAfter,
        "macs_per_token": BeforeAfter,
        "bytes": BeforeAfter,
        "error": LinearError,
        "decision": str,
        "reason": str,
    },
)


class FFN(TypedDict):
    path: str
    graph: str
    kind: str
    activation: str
    rewritable: bool
    reason: str
    linears: list[Linear]


class Declined(TypedDict):
    node: str
    reason: str
    hint: str


class Model(TypedDict):
    path: str
    sha256: str
    parameters: int
    bytes: int


class Total(TypedDict):
    parameters: BeforeAfter
    macs_per_token: BeforeAfter
    bytes: BeforeAfter


class Totals(TypedDict):
    matched: Total
    model: Total


class Report(TypedDict):
    """What `inspect` and `compress` answer."""

    model: Model
    ffns: list[FFN]
    declined: list[Declined]
    totals: Totals
    warnings: list[str]


class CalibrationInput(TypedDict):
    tensor: str
    graph: str
    width: int
    uses: list[str]
