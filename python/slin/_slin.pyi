"""The compiled part of slin: nanobind over the C API.

Options and answers are JSON texts (UTF-8), so that the boundary stays a few
functions wide; `slin` wraps each of them in a typed one. Every function raises
`Error` with a message that names file, node and tensor, or `UsageError` where
what the caller asked for makes no sense for this model.

Common keys of the options, each of them optional:
  data_dirs   list of folders searched for external data after the model's own
  include     list of patterns (GLOB or `re:REGEX`) over node, weight and FFN paths
  exclude     the same; a pattern that matches nothing is a UsageError with the
              nearest names
  mlp_like    true: cones that only resemble FFNs are taken too
"""

from collections.abc import Callable

class Error(Exception):
    """A model cannot be read, understood, rewritten or written."""

class UsageError(Error):
    """An option's value is wrong for this model, as a pattern that matches nothing."""

def inspect(model: str, options: str) -> str:
    """The report of a model as it stands (`slin.types.Report`); before = after."""

def compress(
    model: str,
    output: str,
    options: str,
    progress: Callable[[str, int, int], None] | None,
) -> str:
    """Rewrites the FFNs of `model`, writes `output`, and gives the report.

    Options beside the common ones:
      ratio | rank  exactly one: fraction of the matched parameters to remove (a
                    floor on their total), or the rank of every low-rank form
      structure     low_rank (default), block_dense, block_shuffle, block_diagonal
      blocks        number of blocks; default: 2 for block_dense, otherwise the
                    smallest that divides both sides and reaches the ratio
      statistics    path of a file written by `calibrate`, or null
      weight_only   true: without statistics, on purpose
      add_bias      true: bias correction also where there is no bias of the
                    linear's own
      dry_run       true: the report only; `output` may be empty
      target, tokens, dispatch   as `merge` has them, after factorising

    `progress(stage, done, total)` is called from the calling thread. An exception
    that it raises ends the work; nothing is written then.
    """

def merge(
    model: str,
    output: str,
    options: str,
    progress: Callable[[str, int, int], None] | None,
) -> str:
    """Makes structured linears of FFNs dense, writes `output`, and gives the report.

    Options beside the common ones:
      target        name of a machine or path of its constants: only what is faster
                    dense there; null for everything
      tokens        tokens per call, a number or a list
      dispatch      one (default): one form; if: all that are fastest at a count
      dry_run       true: the report only; `output` may be empty
    """

def compile(
    model: str,
    output: str,
    options: str,
    progress: Callable[[str, int, int], None] | None,
) -> str:
    """Makes GPU kernels of the FFNs of `model`, writes `output` (.slingpu), and tells
    what went into it (`slin.types.Compilation`). Where no FFN was taken, nothing is
    written and `output` is null in the answer.

    Options beside the common ones:
      targets        list of architectures, as sm_90a
      tokens         tokens per call that schedules are chosen for, a number or a list
      element_type   bf16, f16 or f32 (multiplied as tf32); default: each FFN's own
      ptxas          path of ptxas; otherwise it is looked for
      ptxas_folders  list of folders where it may be, beside CUDA's own
    """

def calibration_inputs(model: str, options: str) -> str:
    """The tensors that rewritable linears read, each once, in the graph's order.

    A JSON list of {"tensor": name, "graph": name, "width": N, "uses": [node, …]}.
    """

def instrument(model: str, outputs: list[str], options: str) -> tuple[bytes, str]:
    """The model with `outputs` as further outputs of its main graph, serialized.

    The second value is the folder against which external data resolves. Option
    `widen`: true makes bf16 weights, values and casts fp32, which ONNX Runtime's
    CPU needs. With no outputs and no `widen` it is the model itself.
    """

def contents(model: str, options: str) -> str:
    """What stands in a model, for comparison; nothing is recognised.

    A JSON object {"nodes": [{"graph", "node", "op", "digest"}, …],
    "weights": [{"graph", "weight", "dtype", "shape", "parameters", "digest"}, …]}:
    `node` is the node's name or, without one, that of its first output, `op` the
    operator with its domain (`com.microsoft.Gelu`), `dtype` numpy's name of the
    element type (`float32`, `bfloat16`). Digests cover inputs, outputs
    and attributes of a node, and the bytes of a weight.
    """

def pass_pipeline(options: str) -> str:
    """The passes that `compress` runs for these options, as `slin-opt` takes them:
    `slin-opt --pass-pipeline='…' model.onnx -o small.onnx` does the same."""

def merge_pipeline(options: str) -> str:
    """The same for `merge`."""

def compile_pipeline(options: str) -> str:
    """The same for `compile`, a line for each target."""

def translate(text: str) -> bytes:
    """The ONNX model that a module of slin's dialects says, weights included; for
    measuring what slin writes."""

def roundtrip(model: str, route: str) -> bytes:
    """The model after import and export; for tests. Routes: `direct`; `text` and
    `bytecode`, through either; `canonicalize`, after --canonicalize --cse; `slin`,
    converted to operators and back."""

def opaque_count(model: str) -> int:
    """How many parts of the model the import keeps as bytes that nobody models."""
