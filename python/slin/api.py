# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The verbs as typed functions. They check what makes sense together, hand JSON to
the compiled part, and add only what needs ONNX Runtime.
"""

import json
import pathlib
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from slin import _slin
from slin.types import Comparison, Compilation, Report, Times

Path = str | pathlib.Path
Inputs = Path | Mapping[str, np.ndarray]
Progress = Callable[[str, int, int], None]

STRUCTURES = ("low_rank", "block_dense", "block_shuffle", "block_diagonal")
ALIASES = {"monarch": "block_shuffle"}
# The types that kernels compute on.
ELEMENT_TYPES = ("bf16", "f16", "f32")
# How many forms of a linear are written: one, or all that are fastest at some count.
# The exact rewrites that `merge` does unless told otherwise.
REWRITES = ("experts", "scales", "linears")
DISPATCHES = ("one", "if")
# The forms that have a rank at all; the others have block counts only.
RANKED = ("low_rank", "block_dense")


def selection(
    include: Sequence[str], exclude: Sequence[str], mlp_like: bool, data_dirs: Sequence[Path]
) -> dict[str, Any]:
    """The options that every function of the compiled part takes."""
    return {
        "include": list(include),
        "exclude": list(exclude),
        "mlp_like": mlp_like,
        "data_dirs": [str(folder) for folder in data_dirs],
    }


def inspect(
    model: Path,
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    mlp_like: bool = False,
    data_dirs: Sequence[Path] = (),
) -> Report:
    """Finds the FFNs of a model; changes nothing."""
    options = selection(include, exclude, mlp_like, data_dirs)
    return json.loads(_slin.inspect(str(model), json.dumps(options)))


def calibrate(
    model: Path,
    inputs: Inputs,
    output: Path,
    *,
    mask: str | None = None,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    mlp_like: bool = False,
    data_dirs: Sequence[Path] = (),
    progress: Progress | None = None,
) -> list[str]:
    """Runs the model over `inputs` and writes the statistics of what its FFN linears
    read: `inputs` is an .npz file or a mapping from the model's input names to arrays
    whose leading axis counts samples; `mask` names the input that is 0 on padding.

    Gives warnings, as that a bf16 model was run as fp32.
    """
    from slin import calibration

    options = selection(include, exclude, mlp_like, data_dirs)
    return calibration.calibrate(str(model), inputs, pathlib.Path(output), mask, options, progress)


def check_budget(ratio: float | None, rank: int | None, structure: str, blocks: int | None) -> None:
    """Says in one sentence what does not go together."""
    if structure not in STRUCTURES:
        raise _slin.UsageError(f"unknown structure '{structure}': expected one of {', '.join(STRUCTURES)}")
    if (ratio is None) == (rank is None):
        raise _slin.UsageError("give exactly one of ratio and rank")
    if ratio is not None and not 0 < ratio < 1:
        raise _slin.UsageError(
            f"the ratio is the fraction of the parameters to remove, between 0 and 1 (0.3 removes 30 %), found {ratio}"
        )
    if rank is not None and structure not in RANKED:
        raise _slin.UsageError(f"{structure} has no rank: give a ratio, and blocks if you like")
    if rank is not None and rank < 1:
        raise _slin.UsageError(f"the rank must be at least 1, found {rank}")
    if blocks is not None and structure == "low_rank":
        raise _slin.UsageError("low_rank has no blocks: choose a block structure, or leave blocks out")
    if blocks is not None and blocks < 1:
        raise _slin.UsageError(f"the number of blocks must be at least 1, found {blocks}")


def check_calibration(calibration: Inputs | None, mask: str | None, weight_only: bool) -> bool:
    """The same for what the errors are weighed by; true if the model is to be run."""
    if calibration is None and not weight_only:
        raise _slin.UsageError(
            "give calibration inputs or statistics, or say weight-only: without either, most models lose their quality"
        )
    if calibration is not None and weight_only:
        raise _slin.UsageError("calibration and weight-only exclude each other")
    suffix = pathlib.Path(calibration).suffix if isinstance(calibration, (str, pathlib.Path)) else ".npz"
    if suffix not in (".npz", ".safetensors"):
        raise _slin.UsageError(f"the calibration is neither .npz (inputs) nor .safetensors (statistics): {calibration}")
    run = calibration is not None and suffix == ".npz"
    if mask is not None and not run:
        raise _slin.UsageError("a mask belongs to calibration inputs; statistics already know what counts")
    return run


def form_options(target: Path | None, tokens: int | Sequence[int], dispatch: str) -> dict[str, Any]:
    """The options that choose among forms, as far as they go together."""
    counts = [tokens] if isinstance(tokens, int) else list(tokens)
    if any(count < 1 for count in counts) or not counts:
        raise _slin.UsageError(f"token counts must be at least 1, found {counts}")
    if dispatch not in DISPATCHES:
        raise _slin.UsageError(f"unknown dispatch '{dispatch}': expected one of {', '.join(DISPATCHES)}")
    if target is None and (counts != [1] or dispatch != "one"):
        raise _slin.UsageError("token counts and dispatch need a target, whose cost model chooses the forms")
    if dispatch == "one" and len(counts) > 1:
        raise _slin.UsageError("several token counts need dispatch 'if', which keeps a form for each")
    return {"target": None if target is None else str(target), "tokens": counts, "dispatch": dispatch}


def check_statistics_belong(statistics: str, model: str, options: dict[str, Any]) -> None:
    """Statistics of another model have the same tensor names often enough, and would
    ruin this one without a word."""
    from slin import statistics_file

    expected = statistics_file.model_of(pathlib.Path(statistics))
    if expected is None:
        return
    found = json.loads(_slin.inspect(model, json.dumps(options)))["model"]["sha256"]
    if expected != found:
        raise _slin.Error(
            f"the statistics {statistics} belong to another model: expected sha256 {expected}, "
            f"found {found} for {model}; calibrate this model"
        )


def compress(
    model: Path,
    output: Path | None,
    *,
    ratio: float | None = None,
    rank: int | None = None,
    structure: str = "low_rank",
    blocks: int | None = None,
    calibration: Inputs | None = None,
    mask: str | None = None,
    weight_only: bool = False,
    add_bias: bool = False,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    mlp_like: bool = False,
    data_dirs: Sequence[Path] = (),
    target: Path | None = None,
    tokens: int | Sequence[int] = 1,
    dispatch: str = "one",
    dry_run: bool = False,
    progress: Progress | None = None,
    tell_pipeline: Callable[[str], None] | None = None,
) -> Report:
    """Rewrites the FFNs of `model` and writes `output` (null with `dry_run`).

    `ratio` is the fraction of the matched parameters to remove, a floor on their
    total. `calibration` is what `calibrate` takes, or the file it wrote. With a
    `target`, each factorised linear gets the form that is fastest there, see `merge`.
    `tell_pipeline` hears the passes that do it, as `slin-opt` takes them.
    """
    structure = ALIASES.get(structure, structure)
    check_budget(ratio, rank, structure, blocks)
    run = check_calibration(calibration, mask, weight_only)
    if output is None and not dry_run:
        raise _slin.UsageError("give an output, or ask for a dry run")

    forms = form_options(target, tokens, dispatch)
    options = selection(include, exclude, mlp_like, data_dirs)
    # Statistics can be larger than what a temporary folder in memory holds: they
    # stay where the output goes.
    beside = None if output is None else pathlib.Path(output).absolute().parent
    with tempfile.TemporaryDirectory(prefix=".slin-", dir=beside) as folder:
        statistics = None if calibration is None or run else str(calibration)
        if statistics is not None:
            check_statistics_belong(statistics, str(model), options)
        warnings: list[str] = []
        if run and calibration is not None:
            from slin import calibration as calibrator

            # A model without FFNs has nothing to weigh, and comes out as it is.
            if calibrator.wanted_tensors(str(model), options):
                file = pathlib.Path(folder) / "statistics.safetensors"
                warnings = calibrator.calibrate(str(model), calibration, file, mask, options, progress)
                statistics = str(file)
            else:
                weight_only = True
        options |= {
            "structure": structure,
            "blocks": blocks,
            "statistics": statistics,
            "weight_only": weight_only,
            "add_bias": add_bias,
            "dry_run": dry_run,
        }
        options |= forms
        options |= {"ratio": ratio} if rank is None else {"rank": rank}
        if tell_pipeline is not None:
            tell_pipeline(_slin.pass_pipeline(json.dumps(options)))
        answer = _slin.compress(str(model), "" if dry_run else str(output), json.dumps(options), progress)
    report: Report = json.loads(answer)
    report["warnings"] = warnings + report["warnings"]
    return report


def merge(
    model: Path,
    output: Path | None,
    *,
    target: Path | None = None,
    tokens: int | Sequence[int] = 1,
    dispatch: str = "one",
    rewrites: Sequence[str] = REWRITES,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    mlp_like: bool = False,
    data_dirs: Sequence[Path] = (),
    dry_run: bool = False,
    progress: Progress | None = None,
    tell_pipeline: Callable[[str], None] | None = None,
) -> Report:
    """Merges what is exactly one operator, makes the structured linears of FFNs one
    matrix each again, whoever made them structured, and writes `output` (null with
    `dry_run`).

    `rewrites` are done first, in their order: "experts" un-splits experts that all
    run, "gates" computes experts for the tokens that chose them, "scales" and
    "linears" merge linear paths (chains, residuals, batch norms, idle channels),
    "norms" folds the scales and shifts of layer norms too, "stack" makes dense linears of one value one product, or one of which parts are
    read several, as is faster on the target (the CPU where there is none).

    With a `target` (a name, or a file that `calibrate_target` wrote) a linear gets
    the form that is fastest there at `tokens` tokens per call; with several counts
    and `dispatch` "if", all forms that are fastest at one of them, between which the
    model chooses while it runs.
    """
    if output is None and not dry_run:
        raise _slin.UsageError("give an output, or ask for a dry run")
    options = selection(include, exclude, mlp_like, data_dirs) | form_options(target, tokens, dispatch)
    text = json.dumps(options | {"dry_run": dry_run, "rewrites": list(rewrites)})
    if tell_pipeline is not None:
        tell_pipeline(_slin.merge_pipeline(text))
    return json.loads(_slin.merge(str(model), "" if dry_run else str(output), text, progress))


def assembler_folders() -> list[str]:
    """Where the Python packages of CUDA keep ptxas (nvidia-cuda-nvcc and its forms
    by version of CUDA)."""
    roots = [pathlib.Path(folder or ".") / "nvidia" for folder in sys.path]
    return [str(file.parent) for root in roots for file in sorted(root.glob("**/bin/ptxas"))]


def compile(
    model: Path,
    output: Path,
    *,
    target: str | Sequence[str],
    tokens: int | Sequence[int] = (),
    element_type: str | None = None,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    mlp_like: bool = False,
    data_dirs: Sequence[Path] = (),
    ptxas: Path | None = None,
    table: Path | None = None,
    candidates: int | None = None,
    progress: Progress | None = None,
    tell_pipeline: Callable[[str], None] | None = None,
) -> Compilation:
    """Makes GPU kernels of the FFNs of `model` and writes them, with their packed
    weights and launch plans, as a .slingpu file, which `slin.runtime` loads.

    `target` names one architecture or several ("sm_80", "sm_90a"); `tokens` are the
    tokens per call that matter, for which schedules are chosen; every number of
    tokens can be run. `element_type` ("bf16", "f16", "f32") is by default each FFN's
    own. `include` and `exclude` choose FFNs. Where none is taken, nothing is written
    and `output` is null in the answer.

    With `candidates`, the file has so many schedules of each kernel and number of
    tokens, for `slin.tuning` to measure; `table` is what that has written. Both are for
    one target.

    Without ptxas (`ptxas`, or found as CUDA's or a Python package's) the file has PTX
    only, and the answer a warning.
    """
    counts = [tokens] if isinstance(tokens, int) else list(tokens)
    if any(count < 1 for count in counts):
        raise _slin.UsageError(f"token counts must be at least 1, found {counts}")
    if element_type is not None and element_type not in ELEMENT_TYPES:
        raise _slin.UsageError(f"unknown element type '{element_type}': expected one of {', '.join(ELEMENT_TYPES)}")
    options = selection(include, exclude, mlp_like, data_dirs) | {
        "targets": [target] if isinstance(target, str) else list(target),
        "tokens": counts or None,
        "element_type": element_type,
        "table": None if table is None else str(table),
        "candidates": candidates,
        "ptxas": None if ptxas is None else str(ptxas),
        "ptxas_folders": assembler_folders(),
    }
    text = json.dumps(options)
    if tell_pipeline is not None:
        for line in _slin.compile_pipeline(text).splitlines():
            tell_pipeline(line)
    return json.loads(_slin.compile(str(model), str(output), text, progress))


def bench(
    models: Sequence[Path],
    *,
    inputs: Inputs | None = None,
    samples: int = 1,
    length: int = 128,
    rounds: int = 7,
    data_dirs: Sequence[Path] = (),
) -> Times:
    """Times models in ONNX Runtime, in turns, on one call's `inputs`; otherwise on
    generated ones with `samples` and `length` for free axes."""
    from slin import timing

    options = selection((), (), False, data_dirs)
    names = [str(model) for model in models]
    return timing.in_own_process(timing.bench, names, inputs, samples, length, rounds, options)


def calibrate_target(target: str, output: Path, *, rounds: int = 7) -> dict[str, Any]:
    """Measures the constants that the cost model needs of this machine, and writes
    them as the JSON that `target` of `merge` and `compress` takes."""
    from slin import target_calibration, timing

    if target not in target_calibration.MEASURABLE:
        expected = ", ".join(target_calibration.MEASURABLE)
        raise _slin.UsageError(f"expected a target of {expected} to measure, found '{target}'")
    return timing.in_own_process(target_calibration.calibrate, target, pathlib.Path(output), rounds)


def diff(
    before: Path,
    after: Path,
    *,
    inputs: Inputs | None = None,
    data_dirs: Sequence[Path] = (),
    progress: Progress | None = None,
) -> Comparison:
    """Says what differs between two models, and runs both in ONNX Runtime: on
    `inputs` as `calibrate` takes them, otherwise on generated ones."""
    from slin import comparison

    return comparison.compare(str(before), str(after), inputs, selection((), (), False, data_dirs), progress)
