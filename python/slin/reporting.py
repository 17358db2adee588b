# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reports for the eye: tables of the same data that the JSON holds, and of nothing
else but seconds and memory, which would make two equal runs differ.
"""

import json
import os
import pathlib
import resource
from collections.abc import Mapping
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from slin import files
from slin.types import BeforeAfter, Changes, Comparison, Compilation, Declined, Forms, Linear, Report, Times

# How many names a line lists before it says how many more there are.
NAMES = 4


def console(stderr: bool = False) -> Console:
    """Colours and the width of a terminal where there is one; a fixed width that cuts
    nothing, and no colour, in files and pipes."""
    made = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made.width = 200
    return made


def write_json(path: pathlib.Path, report: Mapping[str, Any]) -> None:
    """Stable bytes: the report's own order of keys, raw numbers. In place at once."""
    text = json.dumps(report, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    with files.pending(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")


def peak_memory() -> int:
    """Bytes that this process had resident at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def structure_text(linear: Linear) -> str:
    """As `low_rank 208` or `block_dense 2 × 136`."""
    structure = linear["structure"]
    sizes = [str(structure[key]) for key in ("blocks", "rank") if structure[key] is not None]
    return f"{structure['kind']} {' × '.join(sizes)}".strip()


def pair_text(pair: BeforeAfter) -> str:
    if pair["before"] == pair["after"]:
        return f"{pair['before']:,}"
    return f"{pair['before']:,} → {pair['after']:,}"


def removed_text(pair: BeforeAfter) -> str:
    if not pair["before"]:
        return ""
    return f"{100 * (1 - pair['after'] / pair['before']):.2f} %"


def error_text(error: float | None) -> str:
    return "" if error is None else f"{error:.4f}"


def linear_table(report: Report, rewritten: bool) -> Table:
    """A row per linear of each FFN, and of no FFN where it has a structure; `rewritten` adds what became of it."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    columns = ["linear", "role", "out × in", "type", "structure", "parameters"]
    columns += ["error", "activation error", "decision"] if rewritten else ["uses"]
    for column in columns:
        numbers = column in ("parameters", "error", "activation error", "uses")
        table.add_column(column, justify="right" if numbers else "left", overflow="fold")
    for ffn in report["ffns"]:
        title = f"{ffn['path']}  ({', '.join(filter(None, (ffn['kind'], ffn['activation'])))})"
        if not ffn["rewritable"]:
            title += f"  not rewritable: {ffn['reason']}"
        table.add_row(Text(title, style="bold" if ffn["rewritable"] else "dim"))
        for linear in ffn["linears"]:
            row = ["  " + linear["node"], linear["role"], f"{linear['out']} × {linear['in']}", linear["dtype"]]
            row += [structure_text(linear), pair_text(linear["parameters"])]
            if rewritten:
                decision = linear["decision"] + (f": {linear['reason']}" if linear["reason"] else "")
                errors = linear["error"]
                row += [error_text(errors["frobenius"]), error_text(errors["activation"]), decision]
            else:
                row.append(str(linear["uses"]))
            table.add_row(*row)
    return table


def totals_table(report: Report, rewritten: bool) -> Table:
    """Matched linears and the whole model side by side: they are easily confused."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    for scope in ("matched linears", "whole model"):
        table.add_column(scope, justify="right")
        if rewritten:
            table.add_column("removed", justify="right")
    for key, title in (("parameters", "parameters"), ("macs_per_token", "MACs per token"), ("bytes", "bytes")):
        row = [title]
        for total in (report["totals"]["matched"], report["totals"]["model"]):
            pair: BeforeAfter | None = total.get(key)  # type: ignore[assignment]
            row.append("" if pair is None else pair_text(pair))
            if rewritten:
                row.append("" if pair is None else removed_text(pair))
        table.add_row(*row)
    return table


def names_text(names: list[str]) -> str:
    more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    return ", ".join(names[:NAMES]) + more


def print_declined(out: Console, declined: list[Declined]) -> None:
    """What was not taken, one line per reason."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for entry in declined:
        reasons.setdefault((entry["reason"], entry["hint"]), []).append(entry["node"])
    if reasons:
        out.print(Text(f"not taken: {len(declined)}", style="bold"))
    for (reason, hint), nodes in reasons.items():
        out.print(
            f"  {len(nodes)} × {reason}: {names_text(nodes)}" + (f"; hint: {hint}" if hint else ""), soft_wrap=True
        )


def seconds_text(seconds: float) -> str:
    return f"{seconds * 1e6:.1f} us" if seconds < 1e-3 else f"{seconds * 1e3:.2f} ms"


def choice_text(forms: Forms) -> str:
    """As `dense below 17 tokens, stored from 17`."""
    if not forms["bounds"]:
        return forms["chosen"][0]
    parts = [f"{form} below {bound} tokens" for form, bound in zip(forms["chosen"], forms["bounds"], strict=False)]
    return ", ".join([*parts, f"{forms['chosen'][-1]} from {forms['bounds'][-1]}"])


def forms_table(linears: list[Linear]) -> Table:
    """What the cost model said of linears that have several forms."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("linear", overflow="fold")
    for column in ("tokens", "stored", "regrouped", "dense"):
        table.add_column(column, justify="right")
    table.add_column("fastest")
    for linear in linears:
        forms = linear["forms"]
        assert forms is not None
        for row, count in enumerate(forms["tokens"]):
            seconds = {form["form"]: seconds_text(form["seconds"][row]) for form in forms["forms"]}
            times = [seconds.get(name, "") for name in ("stored", "regrouped", "dense")]
            table.add_row("" if row else linear["node"], f"{count:,}", *times, "" if row else choice_text(forms))
    return table


def print_rewrites(out: Console, report: Report) -> None:
    """What became of the model before its networks were looked at."""
    for rewrite in report["rewrites"]:
        out.print(f"{rewrite['pass']}: {rewrite['text']}", soft_wrap=True)


def print_report(out: Console, report: Report, asked: str | None, seconds: float) -> None:
    """The whole report; `asked` says what `compress` was asked for, empty for `merge`,
    null for `inspect`."""
    rewritten = asked is not None
    model = report["model"]
    out.print(f"{model['path']}: {model['parameters']:,} parameters, {model['bytes']:,} bytes", soft_wrap=True)
    print_rewrites(out, report)
    if report["ffns"]:
        out.print(linear_table(report, rewritten))
    else:
        out.print("no feed-forward network was found")
    print_declined(out, report["declined"])
    out.print(totals_table(report, rewritten))
    timed = [linear for ffn in report["ffns"] for linear in ffn["linears"] if linear["forms"]]
    if timed:
        out.print(f"estimated times on {timed[0]['forms']['target']}:")  # type: ignore[index]
        out.print(forms_table(timed))
    if asked:
        matched = report["totals"]["matched"]["parameters"]
        reached = 1 - matched["after"] / matched["before"] if matched["before"] else 0.0
        out.print(f"asked: {asked}; reached: {reached:.4f} of the matched parameters removed")
    print_warnings(out, report["warnings"])
    out.print(f"{seconds:.1f} s, peak memory {peak_memory() / 2**20:.0f} MiB")


def print_constants(out: Console, target: Mapping[str, Any]) -> None:
    """What a calibration of this machine found."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("constant", "value", "unit"):
        table.add_column(column, justify="right" if column == "value" else "left")
    for name, constant in target["constants"].items():
        table.add_row(name, f"{constant['value']:.4g}", constant["unit"])
    out.print(f"{target['target']}: {target['about']}", soft_wrap=True)
    out.print(table)


def print_times(out: Console, times: Times) -> None:
    """Medians of models, and how much faster than the first one each is."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("model", overflow="fold")
    for column in ("median", "quartiles", "faster"):
        table.add_column(column, justify="right")
    first = times["models"][0]["median"]
    for row in times["models"]:
        quartiles = " – ".join(seconds_text(value) for value in row["quartiles"])
        table.add_row(row["model"], seconds_text(row["median"]), quartiles, f"{first / row['median']:.2f}×")
    out.print(table)
    out.print(f"{times['rounds']} rounds, {times['threads']} threads, onnxruntime {times['onnxruntime']}")


def print_warnings(out: Console, warnings: list[str]) -> None:
    for warning in warnings:
        out.print(Text(f"warning: {warning}", style="yellow"), soft_wrap=True)


def print_changes(out: Console, title: str, changed: Changes) -> None:
    counts = ", ".join(f"{len(changed[key])} {key}" for key in ("added", "removed", "changed") if changed[key])
    out.print(f"{title}: {counts or 'equal'}")
    for key in ("added", "removed", "changed"):
        if changed[key]:
            out.print(f"  {key}: {names_text(changed[key])}", soft_wrap=True)


def print_comparison(out: Console, comparison: Comparison, seconds: float) -> None:
    """What `diff` found."""
    print_changes(out, "nodes", comparison["nodes"])
    print_changes(out, "weights", comparison["weights"])
    pair = comparison["parameters"]
    share = f" ({100 * (pair['after'] / pair['before'] - 1):+.2f} %)" if 0 != pair["before"] != pair["after"] else ""
    out.print(f"parameters: {pair_text(pair)}{share}")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("output", overflow="fold")
    for column in ("max error", "relative error", "cosine"):
        table.add_column(column, justify="right")
    for entry in comparison["outputs"]:
        numbers = [entry["max_error"], entry["relative_error"], entry["cosine"]]
        table.add_row(entry["output"], *("" if number is None else f"{number:.6g}" for number in numbers))
    out.print(table)
    kind = "generated" if comparison["generated_inputs"] else "given"
    out.print(f"{comparison['samples']} {kind} samples, {seconds:.1f} s")
    print_warnings(out, comparison["warnings"])


def number_text(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def kernel_text(name: str, kernel: Mapping[str, Any]) -> str:
    """A kernel, and whether no GPU has run one of its kind."""
    return f"{name} (assembled only)" if kernel["assembled_only"] else name


def print_compilation(out: Console, compilation: Compilation, seconds: float) -> None:
    """What `compile` made: FFNs, kernels, the file."""
    for entry in compilation["entries"]:
        out.print(f"{entry['path']}: {entry['structure']}, in {entry['type']}", soft_wrap=True)
    if not compilation["entries"]:
        out.print("no feed-forward network was taken: nothing was written")
    print_declined(out, compilation["not_taken"])
    if compilation["kernels"]:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        table.add_column("kernel", overflow="fold")
        table.add_column("target")
        for column in ("registers", "spilled bytes", "shared memory", "bytes"):
            table.add_column(column, justify="right")
        for kernel in compilation["kernels"]:
            numbers = (kernel["registers"], kernel["spill_bytes"], kernel["shared_bytes"], kernel["code_bytes"])
            table.add_row(kernel_text(kernel["kernel"], kernel), kernel["target"], *map(number_text, numbers))
        out.print(table)
    print_warnings(out, compilation["warnings"])
    if compilation["output"]:
        out.print(
            f"wrote {compilation['output']}: {compilation['bytes']:,} bytes, "
            f"{compilation['weight_bytes']:,} of them weights; {seconds:.1f} s",
            soft_wrap=True,
        )


def print_artefact(out: Console, path: str, artefact: Mapping[str, Any]) -> None:
    """What a .slingpu file holds."""
    weights = sum(weight["bytes"] for weight in artefact["weights"])
    out.print(f"{path}: {artefact['bytes']:,} bytes, {weights:,} of them weights", soft_wrap=True)
    for pair in artefact["metadata"]:
        out.print(f"{pair['key']}: {pair['value']}", soft_wrap=True)
    targets = [target["name"] for target in artefact["targets"]]
    for target in artefact["targets"]:
        images = [f"{title} {target[key]:,} bytes" for key, title in (("cubin_bytes", "cubin"), ("ptx_bytes", "PTX"))
                  if target[key]]  # fmt: skip
        out.print(f"{target['name']}: {', '.join(images) or 'no code'}", soft_wrap=True)
    out.print(entry_table(artefact["entries"], targets))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    columns = ("target", "threads", "cluster", "shared memory", "registers", "spilled bytes")
    table.add_column("kernel", overflow="fold")
    for column in columns:
        table.add_column(column, justify="left" if column == "target" else "right")
    for kernel in artefact["kernels"]:
        numbers = [kernel[key] for key in ("threads", "cluster", "dynamic_shared_bytes", "registers", "spill_bytes")]
        table.add_row(
            kernel_text(kernel["name"], kernel), targets[kernel["target"]], *(f"{number:,}" for number in numbers)
        )
    out.print(table)


def values_text(values: list[Mapping[str, Any]]) -> str:
    """As `x [..., 256] bf16`."""
    return ", ".join(f"{value['name']} [..., {value['features']}] {value['type']}" for value in values)


def entry_table(entries: list[Mapping[str, Any]], targets: list[str]) -> Table:
    """A row per network, and one per plan of it."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("entry", "tokens", "computes"):
        table.add_column(column, overflow="fold", justify="right" if column == "tokens" else "left")
    for entry in entries:
        signature = f"{values_text(entry['inputs'])} → {values_text(entry['outputs'])}"
        table.add_row(Text(entry["name"], style="bold"), "", f"{entry['structure']}: {signature}")
        for plan in entry["plans"]:
            table.add_row(
                f"  {targets[plan['target']]}", f"{plan['from']:,} … {plan['to'] - 1:,}", " → ".join(plan["steps"])
            )
    return table
