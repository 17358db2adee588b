# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The command `slin`. Exit codes: 0 done, 1 failed, 2 used wrongly, 3 nothing to do
(with --fail-if-unchanged; of `compile`, which then writes no file, always).
"""

import argparse
import os
import pathlib
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

import numpy as np

import slin
from slin import api, execution, files, reporting, runtime, tuning
from slin.types import Compilation, Report

DONE, FAILED, USAGE, UNCHANGED = 0, 1, 2, 3

# The decisions that say that a linear is not what it was.
REWRITTEN = ("structured", "merged", "regrouped", "by_tokens")


class Parser(argparse.ArgumentParser):
    """argparse, but a usage error is one sentence and not the whole usage."""

    def __init__(self, *arguments, **settings):
        super().__init__(*arguments, allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{self.prog}: {message} ({self.prog} --help says more)\n")


def fraction(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(
            f"expected the fraction of parameters to remove, between 0 and 1 (0.3 removes 30 %), found '{text}'"
        )
    return value


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"expected a number of at least 1, found '{text}'")
    return int(text)


def device_number(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected the number of a device, from 0 on, found '{text}'")
    return int(text)


def positives(text: str) -> list[int]:
    return [positive(part) for part in text.split(",")]


def add_model(parser: Parser) -> None:
    parser.add_argument("model", metavar="IN", help="an ONNX model")


def add_data_dirs(parser: Parser) -> None:
    parser.add_argument(
        "--data-dir", action="append", default=[], metavar="FOLDER", dest="data_dirs",
        help="also look here for external data; may be repeated",
    )  # fmt: skip


def add_selection(parser: Parser) -> None:
    for name, what in (("include", "take only"), ("exclude", "leave out")):
        parser.add_argument(
            f"--{name}", action="append", default=[], metavar="GLOB|re:REGEX",
            help=f"{what} linears whose node, weight or FFN matches; may be repeated",
        )  # fmt: skip
    parser.add_argument("--mlp-like", action="store_true", help="also take what only resembles an FFN")


def add_mask(parser: Parser) -> None:
    parser.add_argument("--mask", metavar="NAME", help="the model's input that is 0 on padding, as attention_mask")


def add_report(parser: Parser) -> None:
    parser.add_argument("--report", type=pathlib.Path, metavar="F.json", help="also write the report as JSON")


def add_forms(parser: Parser, what: str) -> None:
    parser.add_argument("--target", metavar="NAME|FILE.json", help=what)
    parser.add_argument(
        "--tokens", type=positives, default=[1], metavar="N[,N...]", help="tokens per call that matter; default: 1"
    )
    parser.add_argument(
        "--dispatch", choices=api.DISPATCHES, default="one",
        help="write one form per linear, or all that are fastest at one of the token counts",
    )  # fmt: skip


def add_rewriting(parser: Parser) -> None:
    """What all commands take that write another model."""
    parser.add_argument("--dry-run", action="store_true", help="report only, write no model")
    parser.add_argument("--dump-pass-pipeline", action="store_true", help="print the passes, as slin-opt takes them")
    parser.add_argument("--fail-if-unchanged", action="store_true", help="exit with 3 if nothing was rewritten")


def build_parser() -> Parser:
    parser = Parser(prog="slin", description="Makes the feed-forward networks of ONNX transformers structured.")
    parser.add_argument("--version", action="version", version=f"slin {slin.__version__}")
    verbs = parser.add_subparsers(title="commands", dest="verb", required=True, metavar="COMMAND", parser_class=Parser)

    inspect = verbs.add_parser("inspect", help="show the FFNs of a model, and why others were not taken")
    inspect.add_argument("model", metavar="IN", help="an ONNX model, or a .slingpu file")
    add_selection(inspect)
    add_data_dirs(inspect)
    add_report(inspect)
    inspect.set_defaults(run=run_inspect)

    calibrate = verbs.add_parser("calibrate", help="run a model and write statistics of what its FFNs read")
    add_model(calibrate)
    calibrate.add_argument(
        "--inputs", required=True, type=pathlib.Path, metavar="X.npz",
        help="an array per input of the model; leading axes count samples",
    )  # fmt: skip
    calibrate.add_argument("-o", "--output", required=True, type=pathlib.Path, metavar="STATS.safetensors")
    add_mask(calibrate)
    add_selection(calibrate)
    add_data_dirs(calibrate)
    calibrate.set_defaults(run=run_calibrate)

    add_compress(verbs)
    add_merge(verbs)
    add_compile(verbs)
    add_bench(verbs)
    add_tune(verbs)
    add_run(verbs)

    diff = verbs.add_parser("diff", help="show what differs between two models, and how far their results are apart")
    diff.add_argument("before", metavar="A", help="an ONNX model")
    diff.add_argument("after", metavar="B", help="another one")
    diff.add_argument(
        "--inputs", type=pathlib.Path, metavar="X.npz", help="what both run on; otherwise inputs are generated"
    )
    add_data_dirs(diff)
    add_report(diff)
    diff.set_defaults(run=run_diff)
    return parser


def add_compress(verbs) -> None:
    compress = verbs.add_parser("compress", help="rewrite the FFNs of a model")
    add_model(compress)
    compress.add_argument("-o", "--output", type=pathlib.Path, metavar="OUT", help="the model to write")
    budget = compress.add_mutually_exclusive_group(required=True)
    budget.add_argument("--ratio", type=fraction, metavar="F", help="fraction of parameters to remove, a floor")
    budget.add_argument("--rank", type=positive, metavar="R", help="rank of every linear")
    compress.add_argument(
        "--structure", default="low_rank", choices=[*api.STRUCTURES, *api.ALIASES], help="default: low_rank"
    )
    compress.add_argument("--blocks", type=positive, metavar="B", help="number of blocks of a block structure")
    weighing = compress.add_mutually_exclusive_group()
    weighing.add_argument(
        "--calibration", type=pathlib.Path, metavar="X.npz|STATS.safetensors",
        help="inputs to run the model on, or what calibrate wrote",
    )  # fmt: skip
    weighing.add_argument("--weight-only", action="store_true", help="without calibration; ruins most models")
    add_mask(compress)
    compress.add_argument("--add-bias", action="store_true", help="correct also linears that have no bias of their own")
    add_selection(compress)
    add_data_dirs(compress)
    add_forms(compress, "give each linear the form that is fastest on this machine")
    add_rewriting(compress)
    add_report(compress)
    compress.set_defaults(run=run_compress)


def add_compile(verbs) -> None:
    compile = verbs.add_parser("compile", help="make GPU kernels of the FFNs of a model")
    add_model(compile)
    compile.add_argument(
        "-o", "--output", required=True, type=pathlib.Path, metavar="MODEL.slingpu", help="the file to write"
    )
    compile.add_argument(
        "--target", required=True, type=lambda text: text.split(","), metavar="sm_N[,sm_N...]",
        help="the GPUs it is for, as sm_80 or sm_90a",
    )  # fmt: skip
    compile.add_argument(
        "--tokens", type=positives, default=[], metavar="N[,N...]",
        help="tokens per call that matter; default: a range of usual ones",
    )  # fmt: skip
    compile.add_argument(
        "--type", choices=api.ELEMENT_TYPES, dest="element_type",
        help="what kernels compute on; f32 is multiplied as tf32; default: each FFN's own type",
    )  # fmt: skip
    compile.add_argument(
        "--ptxas", type=pathlib.Path, metavar="PATH",
        help="CUDA's assembler; otherwise that of CUDA_HOME, the PATH, the package nvidia-cuda-nvcc, /usr/local/cuda",
    )  # fmt: skip
    compile.add_argument(
        "--table", type=pathlib.Path, metavar="T.json", help="measured times, as tune writes them, to choose schedules by"
    )
    compile.add_argument(
        "--candidates", type=positive, metavar="N",
        help="write N schedules of each kernel and number of tokens, for tune to measure",
    )  # fmt: skip
    add_selection(compile)
    add_data_dirs(compile)
    compile.add_argument("--dump-pass-pipeline", action="store_true", help="print the passes, as slin-opt takes them")
    add_report(compile)
    compile.set_defaults(run=run_compile)


def add_bench(verbs) -> None:
    bench = verbs.add_parser("bench", help="time models side by side, or measure what the cost model needs to know")
    bench.add_argument("models", nargs="*", metavar="MODEL", help="ONNX models; each is compared with the first one")
    bench.add_argument("--calibrate-target", metavar="NAME", help="measure this machine's constants instead (cpu)")
    bench.add_argument(
        "-o", "--output", type=pathlib.Path, metavar="FILE.json", help="where these go; default: NAME.json"
    )
    bench.add_argument("--inputs", type=pathlib.Path, metavar="X.npz", help="one call's inputs; otherwise generated")
    bench.add_argument("--samples", type=positive, default=1, metavar="N", help="free leading axes of generated inputs")
    bench.add_argument("--length", type=positive, default=128, metavar="N", help="other free axes of generated inputs")
    bench.add_argument("--rounds", type=positive, default=7, metavar="N", help="turns of each measurement")
    add_data_dirs(bench)
    add_report(bench)
    bench.set_defaults(run=run_bench)


def add_tune(verbs) -> None:
    tune = verbs.add_parser("tune", help="measure schedules on a GPU, for compile to choose by")
    tune.add_argument("artefact", metavar="CANDIDATES.slingpu", help="what slin compile --candidates has written")
    tune.add_argument("-o", "--output", required=True, type=pathlib.Path, metavar="T.json", help="the table to write")
    tune.add_argument("--device", type=device_number, default=0, metavar="N", help="the number of the GPU; default: 0")
    tune.set_defaults(run=run_tune)


def add_run(verbs) -> None:
    run = verbs.add_parser("run", help="run a .slingpu file's network on a GPU")
    run.add_argument("artefact", metavar="MODEL.slingpu", help="what slin compile has written")
    run.add_argument(
        "--inputs", required=True, type=pathlib.Path, metavar="X.npz", help="an array per input: [..., features]"
    )
    run.add_argument("--entry", metavar="NAME", help="which network, where the file has several")
    run.add_argument("-o", "--output", type=pathlib.Path, metavar="Y.npz", help="where the outputs go")
    run.add_argument("--device", type=device_number, default=0, metavar="N", help="the number of the GPU; default: 0")
    run.set_defaults(run=run_artefact)


def add_merge(verbs) -> None:
    merge = verbs.add_parser("merge", help="make structured linears dense again, all or where that is faster")
    add_model(merge)
    merge.add_argument("-o", "--output", type=pathlib.Path, metavar="OUT", help="the model to write")
    add_forms(merge, "merge only what is faster merged on this machine")
    merge.add_argument(
        "--rewrites", type=lambda text: [] if text == "none" else text.split(","), default=list(api.REWRITES),
        metavar="LIST", help="exact rewrites to do first: experts, gates, scales, linears, norms, stack; or none "
        f"(default: {','.join(api.REWRITES)})",
    )  # fmt: skip
    add_selection(merge)
    add_data_dirs(merge)
    add_rewriting(merge)
    add_report(merge)
    merge.set_defaults(run=run_merge)


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None] | None]:
    """A bar per stage with the time that is left, where somebody watches."""
    err = reporting.console(stderr=True)
    if not err.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as bars:
        tasks = {}

        def advance(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield advance


def selection(arguments: argparse.Namespace) -> dict:
    keys = ("include", "exclude", "mlp_like", "data_dirs")
    return {key: getattr(arguments, key) for key in keys}


def forms(arguments: argparse.Namespace) -> dict:
    return {key: getattr(arguments, key) for key in ("target", "tokens", "dispatch")}


def run_inspect(arguments: argparse.Namespace) -> int:
    start = time.monotonic()
    if arguments.model.endswith(".slingpu"):
        return inspect_artefact(arguments)
    report = slin.inspect(arguments.model, **selection(arguments))
    if arguments.report:
        reporting.write_json(arguments.report, report)
    reporting.print_report(reporting.console(), report, None, time.monotonic() - start)
    return DONE


def inspect_artefact(arguments: argparse.Namespace) -> int:
    if arguments.include or arguments.exclude or arguments.mlp_like or arguments.data_dirs:
        raise slin.UsageError("--include, --exclude, --mlp-like and --data-dir belong to ONNX models")
    description = runtime.describe(arguments.model)
    if arguments.report:
        reporting.write_json(arguments.report, description)
    reporting.print_artefact(reporting.console(), arguments.model, description)
    return DONE


def run_tune(arguments: argparse.Namespace) -> int:
    with progress_bar() as progress:
        table = tuning.tune(arguments.artefact, arguments.output, arguments.device, progress)
    out = reporting.console()
    out.print(f"{len(table['measured'])} times on {table['card']}: wrote {arguments.output}", soft_wrap=True)
    return DONE


def run_artefact(arguments: argparse.Namespace) -> int:
    arrays, source = execution.read_inputs(arguments.inputs)
    with runtime.load(arguments.artefact, arguments.device) as program:
        names = list(program.entries)
        name = arguments.entry or names[0]
        if len(names) > 1 and not arguments.entry:
            raise slin.UsageError(
                f"{arguments.artefact} has several networks, say which by --entry: {', '.join(names)}"
            )
        if name not in program.entries:
            raise slin.UsageError(f"{arguments.artefact}: expected an entry of {', '.join(names)}, found '{name}'")
        entry = program.entries[name]
        for value in entry.inputs:
            if value.name not in arrays:
                raise slin.UsageError(
                    f"entry '{name}' takes an input '{value.name}', found {', '.join(arrays) or 'none'} in {source}"
                )
        results = program.run(name, *(arrays[value.name] for value in entry.inputs))
        results = results if isinstance(results, tuple) else (results,)
        out = reporting.console()
        out.print(f"{arguments.artefact}: entry '{name}', {program.target}", soft_wrap=True)
        for value, result in zip(entry.outputs, results, strict=True):
            out.print(f"{value.name}: {list(result.shape)}, {value.type}", soft_wrap=True)
        if arguments.output:
            with files.pending(arguments.output) as unfinished, unfinished.open("wb") as file:
                np.savez(file, **{value.name: result for value, result in zip(entry.outputs, results, strict=True)})
            out.print(f"wrote {arguments.output}", soft_wrap=True)
    return DONE


def run_calibrate(arguments: argparse.Namespace) -> int:
    start = time.monotonic()
    with progress_bar() as progress:
        warnings = slin.calibrate(
            arguments.model, arguments.inputs, arguments.output, mask=arguments.mask, progress=progress,
            **selection(arguments),
        )  # fmt: skip
    out = reporting.console()
    reporting.print_warnings(out, warnings)
    memory = reporting.peak_memory() / 2**20
    out.print(
        f"wrote {arguments.output} in {time.monotonic() - start:.1f} s, peak memory {memory:.0f} MiB", soft_wrap=True
    )
    return DONE


def print_pipeline(pipeline: str) -> None:
    """Beside the report, as mlir-opt prints it."""
    print(f"--pass-pipeline='{pipeline}'", file=sys.stderr)


def run_compress(arguments: argparse.Namespace) -> int:
    start = time.monotonic()
    with progress_bar() as progress:
        report = slin.compress(
            arguments.model, arguments.output, ratio=arguments.ratio, rank=arguments.rank,
            structure=arguments.structure, blocks=arguments.blocks, calibration=arguments.calibration,
            mask=arguments.mask, weight_only=arguments.weight_only, add_bias=arguments.add_bias,
            dry_run=arguments.dry_run, progress=progress,
            tell_pipeline=print_pipeline if arguments.dump_pass_pipeline else None, **forms(arguments),
            **selection(arguments),
        )  # fmt: skip
    asked = f"ratio {arguments.ratio:g}" if arguments.ratio is not None else f"rank {arguments.rank}"
    return finish_rewriting(arguments, report, asked, time.monotonic() - start)


def run_merge(arguments: argparse.Namespace) -> int:
    start = time.monotonic()
    with progress_bar() as progress:
        report = slin.merge(
            arguments.model, arguments.output, rewrites=arguments.rewrites, dry_run=arguments.dry_run,
            progress=progress,
            tell_pipeline=print_pipeline if arguments.dump_pass_pipeline else None, **forms(arguments),
            **selection(arguments),
        )  # fmt: skip
    return finish_rewriting(arguments, report, "", time.monotonic() - start)


def run_compile(arguments: argparse.Namespace) -> int:
    start = time.monotonic()
    with progress_bar() as progress:
        compilation: Compilation = slin.compile(
            arguments.model, arguments.output, target=arguments.target, tokens=arguments.tokens,
            element_type=arguments.element_type, ptxas=arguments.ptxas, table=arguments.table,
            candidates=arguments.candidates, progress=progress,
            tell_pipeline=print_pipeline if arguments.dump_pass_pipeline else None, **selection(arguments),
        )  # fmt: skip
    if arguments.report:
        reporting.write_json(arguments.report, compilation)
    reporting.print_compilation(reporting.console(), compilation, time.monotonic() - start)
    return DONE if compilation["output"] else UNCHANGED


def finish_rewriting(arguments: argparse.Namespace, report: Report, asked: str, seconds: float) -> int:
    """Says what was done; gives the exit code."""
    if arguments.report:
        reporting.write_json(arguments.report, report)
    out = reporting.console()
    reporting.print_report(out, report, asked, seconds)
    changed = bool(report["rewrites"]) or any(linear["decision"] in REWRITTEN for ffn in report["ffns"] for linear in ffn["linears"])
    if arguments.dry_run:
        out.print("a dry run: nothing was written")
    elif arguments.output:
        out.print(f"wrote {arguments.output}" + ("" if changed else ", which is the model unchanged"), soft_wrap=True)
    return UNCHANGED if arguments.fail_if_unchanged and not changed else DONE


def run_bench(arguments: argparse.Namespace) -> int:
    if bool(arguments.models) == bool(arguments.calibrate_target):
        raise slin.UsageError("give models to time, or --calibrate-target")
    if arguments.output and not arguments.calibrate_target:
        raise slin.UsageError("-o belongs to --calibrate-target; --report writes the times of models")
    start = time.monotonic()
    out = reporting.console()
    if arguments.calibrate_target:
        output = arguments.output or pathlib.Path(f"{arguments.calibrate_target}.json")
        content = slin.calibrate_target(arguments.calibrate_target, output, rounds=arguments.rounds)
        reporting.print_constants(out, content)
        out.print(f"wrote {output} in {time.monotonic() - start:.1f} s", soft_wrap=True)
        return DONE
    times = slin.bench(
        arguments.models, inputs=arguments.inputs, samples=arguments.samples, length=arguments.length,
        rounds=arguments.rounds, data_dirs=arguments.data_dirs,
    )  # fmt: skip
    if arguments.report:
        reporting.write_json(arguments.report, times)
    reporting.print_times(out, times)
    return DONE


def run_diff(arguments: argparse.Namespace) -> int:
    start = time.monotonic()
    with progress_bar() as progress:
        comparison = slin.diff(
            arguments.before, arguments.after, inputs=arguments.inputs, data_dirs=arguments.data_dirs, progress=progress
        )
    if arguments.report:
        reporting.write_json(arguments.report, comparison)
    reporting.print_comparison(reporting.console(), comparison, time.monotonic() - start)
    return DONE


def main(words: list[str] | None = None) -> int:
    """Runs one command; gives the exit code."""
    try:
        arguments = build_parser().parse_args(words)
    except SystemExit as stop:
        return int(stop.code or 0)
    name = f"slin {arguments.verb}"
    try:
        return arguments.run(arguments)
    except slin.UsageError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return USAGE
    except (slin.Error, runtime.Error, OSError) as error:
        if isinstance(error, BrokenPipeError):
            # Who reads our output has seen enough; nothing more can be written.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return FAILED
        print(f"{name}: {error}", file=sys.stderr)
        return FAILED
    except MemoryError:
        print(f"{name}: the memory of this machine does not suffice", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print(f"{name}: interrupted", file=sys.stderr)
        return 128 + 2


if __name__ == "__main__":
    sys.exit(main())
