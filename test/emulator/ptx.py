# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reads PTX text into kernels: parameters, shared variables, registers and instructions with parsed operands.

Source: PTX ISA, "Syntax", "State Spaces, Types, and Variables", "Performance-Tuning Directives", "Cluster Dimension
Directives". What it does not know is a PTXError with the line; nothing is skipped silently.
"""

import dataclasses
import re

from .checks import PTXError

SIZES = {"pred": 1} | {kind + str(bits): bits // 8 for kind in "bsuf" for bits in (8, 16, 32, 64)} | {"bf16": 2}
PARAMETER_BASE = 1 << 40  # where the kernel's parameters lie in the generic address space
SPECIAL_REGISTERS = {
    f"%{name}.{axis}"
    for name in ("tid", "ntid", "ctaid", "nctaid", "cluster_ctaid", "cluster_nctaid", "clusterid", "nclusterid")
    for axis in "xyz"
} | {
    "%laneid",
    "%warpid",
    "%nwarpid",
    "%cluster_ctarank",
    "%cluster_nctarank",
    "%lanemask_eq",
    "%lanemask_le",
    "%lanemask_lt",
    "%lanemask_ge",
    "%lanemask_gt",
    "%smid",
    "%nsmid",
    "%clock",
    "%dynamic_smem_size",
    "%total_smem_size",
    "%is_explicit_cluster",
}
SPECIAL_REGISTERS_64 = {"%clock64", "%globaltimer"}


@dataclasses.dataclass(frozen=True)
class Register:
    name: str
    negated: bool = False


@dataclasses.dataclass(frozen=True)
class Immediate:
    bits: int  # of an integer: its value, any sign; of a float: its pattern
    float_bytes: int = 0  # 4 or 8 for 0f..., 0d...


@dataclasses.dataclass(frozen=True)
class Symbol:
    name: str
    offset: int = 0


@dataclasses.dataclass(frozen=True)
class Vector:
    elements: tuple


@dataclasses.dataclass(frozen=True)
class Address:
    base: object  # Register, Symbol or Immediate
    offset: int = 0
    coordinates: tuple = ()  # of tensor instructions


@dataclasses.dataclass(frozen=True)
class Sum:
    """A register and a number, as LLVM writes matrix descriptors."""

    base: Register
    offset: int


@dataclasses.dataclass
class Instruction:
    opcode: str
    parts: tuple[str, ...]
    operands: tuple
    predicate: Register | None
    line: int
    text: str


@dataclasses.dataclass
class Parameter:
    name: str
    size: int
    alignment: int
    offset: int


@dataclasses.dataclass
class Variable:
    """A shared or local variable; size 0 is the dynamic shared memory."""

    name: str
    size: int
    alignment: int


@dataclasses.dataclass
class Kernel:
    name: str
    parameters: list[Parameter]
    threads: int | None
    cluster: int
    registers: dict[str, str]  # name → pred, b16, b32 or b64
    shared: list[Variable]
    local: list[Variable]
    instructions: list[Instruction]
    labels: dict[str, int]
    branch_targets: dict[str, list[str]]


def parse(text: str) -> dict[str, Kernel]:
    """All kernels of a PTX module by name."""
    text = re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S)
    text = re.sub(r"//[^\n]*", "", text)
    text = re.sub(r"^[ \t]*\.(loc|file|version|target|address_size)\b[^\n]*$", "", text, flags=re.M)
    entry = re.compile(r"(?:\.visible|\.weak)?\s*\.entry\s+([\w$]+)\s*\(([^)]*)\)([^{;]*)\{")
    kernels, position, shared = {}, 0, []
    while match := entry.search(text, position):
        shared += _module_variables(text[position : match.start()], _line(text, position))
        end = _closing_brace(text, match.end())
        kernel = _Body(text, match.end(), end, _line(text, match.start()))
        kernels[match[1]] = kernel.finish(match[1], _parameters(match[2]), match[3], shared)
        position = end + 1
    shared += _module_variables(text[position:], _line(text, position))
    if not kernels:
        raise PTXError("the text has no .entry")
    return kernels


def _line(text, position):
    return text.count("\n", 0, position) + 1


def _closing_brace(text, position):
    depth = 1
    for match in re.compile(r"[{}]").finditer(text, position):
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            return match.start()
    raise PTXError("a kernel's brace is not closed")


def _variable(statement, line):
    match = re.fullmatch(r"\.(?:shared|local)\s*(?:\.align\s+(\d+)\s+)?\.(\w+)\s+([\w$]+)\s*(?:\[(\d*)\])?", statement)
    if not match or match[2] not in SIZES:
        raise PTXError(f"line {line}: unknown declaration '{statement}'")
    count = 1 if match[4] is None else int(match[4] or 0)
    return Variable(match[3], count * SIZES[match[2]], int(match[1] or SIZES[match[2]]))


def _module_variables(text, line):
    found = []
    for statement in (" ".join(part.split()) for part in text.split(";")):
        statement = re.sub(r"^(\.(?:extern|visible|weak|common)\s+)+", "", statement)
        if statement.startswith(".shared"):
            found.append(_variable(statement, line))
        elif statement:
            raise PTXError(f"line {line}: unknown declaration '{statement[:80]}'")
    return found


def _parameters(text):
    found, offset = [], 0
    for part in (" ".join(part.split()) for part in text.split(",")):
        if not part:
            continue
        match = re.fullmatch(
            r"\.param (?:\.align (\d+) )?\.(\w+)(?: \.ptr(?: \.\w+)?(?: \.align \d+)?)? ([\w$]+)(?:\[(\d+)\])?", part
        )
        if not match or match[2] not in SIZES:
            raise PTXError(f"unknown parameter '{part}'")
        size = SIZES[match[2]] * int(match[4] or 1)
        alignment = int(match[1] or SIZES[match[2]])
        offset = -(-offset // alignment) * alignment
        found.append(Parameter(match[3], size, alignment, offset))
        offset += size
    return found


def split_operands(text: str) -> list[str]:
    """At the commas outside of brackets and braces."""
    parts, depth, start = [], 0, 0
    for position, character in enumerate(text):
        if character in "{[(":
            depth += 1
        elif character in "}])":
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(text[start:position].strip())
            start = position + 1
    return [part for part in [*parts, text[start:].strip()] if part]


class _Body:
    """The statements between a kernel's braces; inline assembly opens scopes with registers of its own."""

    def __init__(self, text, start, end, line):
        self.registers, self.shared, self.local = {}, [], []
        self.instructions, self.labels, self.branch_targets = [], {}, {}
        self.scopes, self.scope_count = [{}], 0
        self.open_scopes, self.scope_of, self.next_scope = (0,), [], 1  # labels are local to their scope, too
        self.ranges = []  # (prefix, count, class) of `.reg .b32 %r<10>`
        position = start
        while position < end:
            character = text[position]
            if character.isspace() or character == ";":
                position += 1
            elif character == "{":
                self.scopes.append({})
                self.open_scopes = (*self.open_scopes, self.next_scope)
                self.next_scope += 1
                position += 1
            elif character == "}":
                self.scopes.pop()
                self.open_scopes = self.open_scopes[:-1]
                position += 1
            elif label := re.compile(r"([\w$]+)\s*:(?!:)").match(text, position, end):
                self.labels[self.label(label[1], self.open_scopes[-1])] = len(self.instructions)
                position = label.end()
            else:
                stop = text.find(";", position, end)
                if stop < 0:
                    raise PTXError(f"line {_line(text, position)}: a statement does not end")
                self.statement(" ".join(text[position:stop].split()), _line(text, position))
                position = stop + 1

    @staticmethod
    def label(name, scope):
        return f"{name}@{scope}" if scope else name

    def resolve_labels(self):
        for item, scopes in zip(self.instructions, self.scope_of, strict=True):
            if item.parts[0] == "bra":
                name = item.operands[0].name
                known = [self.label(name, scope) for scope in scopes if self.label(name, scope) in self.labels]
                if not known:
                    raise PTXError(f"line {item.line}: unknown label '{name}'")
                item.operands = (Symbol(known[-1]),)

    def statement(self, statement, line):
        if statement.startswith(".reg"):
            self.declare(statement, line)
        elif statement.startswith(".shared"):
            self.shared.append(_variable(statement, line))
        elif statement.startswith(".local"):
            self.local.append(_variable(statement, line))
        elif statement.startswith(".branchtargets"):
            name = next(reversed(self.labels))
            self.branch_targets[name] = split_operands(statement[len(".branchtargets") :])
        elif statement.startswith(".pragma"):
            return
        elif statement.startswith("."):
            raise PTXError(f"line {line}: unknown directive '{statement}'")
        else:
            self.instruction(statement, line)

    def declare(self, statement, line):
        match = re.fullmatch(r"\.reg \.(\w+) (.*)", statement)
        if not match or match[1] not in SIZES:
            raise PTXError(f"line {line}: unknown declaration '{statement}'")
        register_class = "pred" if match[1] == "pred" else f"b{max(SIZES[match[1]], 2) * 8}"
        for name in split_operands(match[2]):
            if many := re.fullmatch(r"([%\w$]+)<(\d+)>", name):
                self.ranges.append((many[1], int(many[2]), register_class))
                continue
            unique = name
            if len(self.scopes) > 1:
                self.scope_count += 1
                unique = f"{name}#{self.scope_count}"
            self.scopes[-1][name] = unique
            self.registers[unique] = register_class

    def resolve(self, name):
        """The register of that name in the innermost scope that declares it, or None."""
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        if name in self.registers or name in SPECIAL_REGISTERS | SPECIAL_REGISTERS_64 or name == "_":
            return name
        for prefix, count, register_class in self.ranges:
            rest = name[len(prefix) :]
            if name.startswith(prefix) and rest.isdigit() and int(rest) < count:
                self.registers[name] = register_class
                return name
        return None

    def instruction(self, statement, line):
        predicate = None
        if match := re.match(r"@(!?)\s*([%\w$]+)\s+", statement):
            predicate = self.operand(match[1] + match[2], line)
            statement = statement[match.end() :]
        opcode, _, rest = statement.partition(" ")
        operands = tuple(self.operand(part, line) for part in split_operands(rest))
        self.scope_of.append(self.open_scopes)
        self.instructions.append(Instruction(opcode, tuple(opcode.split(".")), operands, predicate, line, statement))

    def operand(self, text, line):
        text = text.strip()
        if text.startswith("{"):
            return Vector(tuple(self.operand(part, line) for part in split_operands(text[1:-1])))
        if text.startswith("["):
            parts = split_operands(text[1:-1])
            base, offset = parts[0], 0
            if match := re.fullmatch(r"([%\w$.]+)\s*\+\s*(-?\d+)", base):
                base, offset = match[1], int(match[2])
            coordinates = self.operand(parts[1], line).elements if len(parts) > 1 else ()
            return Address(self.operand(base, line), offset, coordinates)
        if "|" in text:
            return Vector(tuple(self.operand(part, line) for part in text.split("|")))
        if register := self.resolve(text.removeprefix("!")):
            return Register(register, text.startswith("!"))
        if match := re.fullmatch(r"(%\w+)\+(\d+)", text):
            return Sum(self.operand(match[1], line), int(match[2]))
        if match := re.fullmatch(r"0([fFdD])([0-9a-fA-F]+)", text):
            return Immediate(int(match[2], 16), 4 if match[1] in "fF" else 8)
        if re.fullmatch(r"-?(0[xX][0-9a-fA-F]+|\d+)U?", text):
            digits = text.removesuffix("U")
            return Immediate(int(digits, 16 if "x" in digits.lower() else 10))
        if match := re.fullmatch(r"([A-Za-z_$][\w$]*)(?:\+(\d+))?", text):
            return Symbol(match[1], int(match[2] or 0))
        raise PTXError(f"line {line}: unknown operand '{text}'")

    def finish(self, name, parameters, directives, module_shared):
        def number(pattern, default):
            match = re.search(pattern, directives)
            return default if not match else [int(part) for part in match[1].split(",")]

        threads = number(r"\.reqntid\s+([\d, ]+)", None)
        cluster = number(r"\.reqnctapercluster\s+([\d, ]+)", [1])
        self.resolve_labels()
        threads = threads or [None]  # the launch says how many
        if any(part != 1 for part in threads[1:] + cluster[1:]):
            raise PTXError(
                f"kernel {name}: expected .reqntid and .reqnctapercluster along x, found '{directives.strip()}'"
            )
        return Kernel(
            name,
            parameters,
            threads[0],
            cluster[0],
            self.registers,
            [*module_shared, *self.shared],
            self.local,
            self.instructions,
            self.labels,
            self.branch_targets,
        )
