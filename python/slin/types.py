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
    """What a linear is after the work: `dense` where it was left as it is."""

    kind: str
    rank: int | None
    blocks: int | None


class LinearError(TypedDict):
    """`frobenius` = ‖W − Ŵ‖ / ‖W‖; `activation` = √tr(Δ C Δᵀ) / √tr(W C Wᵀ) with
    Δ = W − Ŵ and C the second moment of the inputs, or their covariance where the
    bias takes over the mean of what is lost; null without statistics."""

    frobenius: float | None
    activation: float | None


class TimedForm(TypedDict):
    """One form of a linear: `stored`, `regrouped` or `dense`; `seconds` are estimates,
    one for each token count."""

    form: str
    parameters: int
    seconds: list[float]


class Forms(TypedDict):
    """What the cost model of `target` said: form `chosen[i]` serves from `bounds[i - 1]`
    tokens on, the first one from 1."""

    target: str
    tokens: list[int]
    forms: list[TimedForm]
    chosen: list[str]
    bounds: list[int]


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
        "forms": Forms | None,
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


# An exact rewrite that `merge` did: which pass, where, and what.
Rewrite = TypedDict("Rewrite", {"pass": str, "node": str, "text": str})


class Report(TypedDict):
    """What `inspect`, `compress` and `merge` answer."""

    model: Model
    ffns: list[FFN]
    declined: list[Declined]
    totals: Totals
    rewrites: list[Rewrite]
    warnings: list[str]


class CompiledEntry(TypedDict):
    """An FFN that the file has; `type` is that of its activations."""

    path: str
    structure: str
    type: str


class CompiledTarget(TypedDict):
    """`cubin_bytes` is 0 where ptxas was not run."""

    target: str
    ptx_bytes: int
    cubin_bytes: int


class CompiledKernel(TypedDict):
    """What ptxas says is null where it was not run; `shared_bytes` is static and
    dynamic shared memory of a block together. Kernels that are `assembled_only`
    are of a kind that no GPU has run: all that is certain is that they assemble."""

    kernel: str
    target: str
    registers: int | None
    spill_bytes: int | None
    shared_bytes: int
    code_bytes: int | None
    assembled_only: bool


class CompiledModel(TypedDict):
    path: str
    sha256: str


class Compilation(TypedDict):
    """What `compile` answers; `output` is null where no FFN was taken."""

    model: CompiledModel
    output: str | None
    bytes: int
    weight_bytes: int
    ptxas: str | None
    entries: list[CompiledEntry]
    not_taken: list[Declined]
    targets: list[CompiledTarget]
    kernels: list[CompiledKernel]
    warnings: list[str]


class CalibrationInput(TypedDict):
    tensor: str
    graph: str
    width: int
    uses: list[str]


class Changes(TypedDict):
    """Names of what only the second model has, only the first, or both differently."""

    added: list[str]
    removed: list[str]
    changed: list[str]


class OutputComparison(TypedDict):
    """`max_error` = max |a − b|, `relative_error` = ‖a − b‖ / ‖a‖ over everything;
    `cosine` is the mean over samples (the leading axis) of cos(a, b). A number is
    null where it has no meaning (as a cosine of zeros) or is not finite."""

    output: str
    max_error: float | None
    relative_error: float | None
    cosine: float | None


class Comparison(TypedDict):
    """What `diff` answers, `before` and `after` being the two models."""

    nodes: Changes
    weights: Changes
    parameters: BeforeAfter
    samples: int
    generated_inputs: bool
    outputs: list[OutputComparison]
    warnings: list[str]


class ModelTime(TypedDict):
    """Seconds per call: the median of the rounds' medians, and their quartiles."""

    model: str
    median: float
    quartiles: list[float]


class Times(TypedDict):
    """What `bench` answers."""

    models: list[ModelTime]
    rounds: int
    threads: int
    onnxruntime: str
