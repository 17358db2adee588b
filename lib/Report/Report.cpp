//===- Report.cpp - What was found in a model and done to it --------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Copies what the analysis found, and joins it by path with what passes
// decided.
//
//===----------------------------------------------------------------------===//

#include "slin/Report/Report.h"

#include "slin/Dialect/ONNX/Analysis/FFNAnalysis.h"
#include "slin/Dialect/ONNX/Analysis/FeatureMap.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"
#include "slin/Dialect/Slin/IR/SlinOps.h"
#include "slin/Term/Cost.h"
#include "slin/Term/NamedStructure.h"

#include "mlir/Interfaces/FunctionInterfaces.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/SHA256.h"

#include <deque>

using namespace mlir;
using namespace slin;
using namespace slin::report;
namespace fs = llvm::sys::fs;

std::string slin::report::nameOfElementType(Type type) {
  if (type.isBF16())
    return "bfloat16";
  if (type.isInteger(1))
    return "bool";
  std::string text;
  llvm::raw_string_ostream os(text);
  if (type.isF16() || type.isF32() || type.isF64())
    os << "float" << type.getIntOrFloatBitWidth();
  else if (auto integer = dyn_cast<IntegerType>(type))
    os << (integer.isUnsigned() ? "uint" : "int") << integer.getWidth();
  else
    os << type;
  return text;
}

std::string slin::report::hashOfFile(StringRef path) {
  llvm::Expected<fs::file_t> file = fs::openNativeFileForRead(path);
  if (!file) {
    llvm::consumeError(file.takeError());
    return "";
  }
  // Read rather than mapped: pages of a mapping would count as this process's.
  llvm::scope_exit close([&] { fs::closeFile(*file); });
  llvm::SHA256 hasher;
  std::vector<char> buffer(1 << 20);
  while (true) {
    llvm::Expected<size_t> count = fs::readNativeFile(*file, buffer);
    if (!count) {
      llvm::consumeError(count.takeError());
      return "";
    }
    if (*count == 0)
      return llvm::toHex(hasher.final(), /*LowerCase=*/true);
    hasher.update(StringRef(buffer.data(), *count));
  }
}

//===----------------------------------------------------------------------===//
// Before
//===----------------------------------------------------------------------===//

static Type elementTypeOf(const onnx::Linear &linear) {
  auto weight = linear.weight
                    ? linear.weight.getDefiningOp<weights::WeightOpInterface>()
                    : nullptr;
  ElementsAttr elements = weight ? weight.getWeight() : ElementsAttr();
  return elements ? elements.getElementType() : linear.elementType;
}

static std::string weightNameOf(Value value) {
  auto weight = value.getDefiningOp<weights::WeightOpInterface>();
  return weight ? weight.getWeightName().str() : onnx::nameOf(value);
}

static LinearReport describe(const onnx::Linear &linear) {
  LinearReport result;
  result.node = linear.path;
  result.weight = weightNameOf(linear.weight);
  if (linear.bias)
    result.bias = weightNameOf(linear.bias);
  result.role = linear.role.str();
  result.in = linear.in;
  result.out = linear.out;
  Type type = elementTypeOf(linear);
  result.dtype = nameOfElementType(type);
  uint64_t parameters = uint64_t(linear.in) * uint64_t(linear.out);
  uint64_t macs = parameters;
  if (linear.term) {
    term::NamedStructure structure = term::nameStructure(*linear.term);
    result.structure = structure.kind;
    result.rank = structure.rank;
    result.blocks = structure.blocks;
    if (linear.term->kind() != term::NodeKind::Dense)
      result.decision = "kept";
    term::Cost cost = term::cost(*linear.term);
    parameters = cost.parameters;
    macs = cost.macsPerToken;
  }
  result.before =
      result.after = {parameters, macs, weights::bytesOf(type, parameters)};
  return result;
}

static StringRef nameOfKind(onnx::FFN::Kind kind) {
  switch (kind) {
  case onnx::FFN::Kind::Plain:
    return "plain";
  case onnx::FFN::Kind::Gated:
    return "gated";
  case onnx::FFN::Kind::MLPLike:
    return "mlp_like";
  }
  return "";
}

static std::string graphOf(Operation *node) {
  auto function = node->getParentOfType<FunctionOpInterface>();
  return function ? function.getName().str() : "";
}

Report Report::collect(ModuleOp module, const onnx::FFNAnalysis &analysis,
                       StringRef path, bool mlpLike) {
  Report report;
  report.path = path.str();
  report.modelBefore = report.modelAfter = costOfModel(module);
  llvm::DenseMap<Value, unsigned> numbers;
  std::vector<int64_t> uses;
  for (const onnx::FFN &ffn : analysis.getFFNs()) {
    FFNReport &entry = report.ffns.emplace_back();
    entry.path = ffn.path;
    entry.graph = ffn.graph;
    entry.kind = nameOfKind(ffn.kind).str();
    entry.activation = ffn.activation.name;
    entry.rewritable = ffn.rewritable;
    entry.reason = ffn.reason;
    bool matched =
        ffn.rewritable || (mlpLike && ffn.kind == onnx::FFN::Kind::MLPLike);
    for (const onnx::Linear &linear : ffn.linears) {
      LinearReport &described = entry.linears.emplace_back(describe(linear));
      // Structure is seen wherever it stands.
      described.matched = matched || linear.term;
      described.reason = described.matched ? "" : ffn.reason;
      described.weightNumber =
          numbers.try_emplace(linear.weight, numbers.size()).first->second;
      uses.resize(numbers.size());
      ++uses[described.weightNumber];
    }
  }
  llvm::SmallPtrSet<Operation *, 32> taken;
  for (const onnx::FFN &ffn : analysis.getFFNs())
    for (const onnx::Linear &linear : ffn.linears)
      taken.insert(linear.nodes.begin(), linear.nodes.end());
  for (const onnx::Linear &linear : onnx::findStructuredLinears(
           module, [&](Operation *node) { return taken.contains(node); })) {
    FFNReport &entry = report.ffns.emplace_back();
    entry.path = linear.path;
    entry.graph = graphOf(linear.node);
    entry.kind = "linear";
    LinearReport &described = entry.linears.emplace_back(describe(linear));
    described.matched = true;
    described.weightNumber =
        numbers.try_emplace(linear.weight, numbers.size()).first->second;
    uses.resize(numbers.size());
    ++uses[described.weightNumber];
  }
  for (FFNReport &ffn : report.ffns)
    for (LinearReport &linear : ffn.linears)
      linear.uses = uses[linear.weightNumber];
  for (const onnx::Declined &declined : analysis.getDeclined())
    report.declined.push_back({declined.path, declined.reason, declined.hint});
  return report;
}

//===----------------------------------------------------------------------===//
// After
//===----------------------------------------------------------------------===//

/// Fills `linear` from a decision; what the dictionary does not say stays.
static std::vector<int64_t> integersOf(Attribute list) {
  auto array = dyn_cast_or_null<DenseI64ArrayAttr>(list);
  return array ? array.asArrayRef().vec() : std::vector<int64_t>();
}

static FormsReport formsOf(DictionaryAttr said) {
  FormsReport report;
  if (auto target = said.getAs<StringAttr>("target"))
    report.target = target.str();
  report.tokens = integersOf(said.get("tokens"));
  report.bounds = integersOf(said.get("bounds"));
  if (auto chosen = said.getAs<ArrayAttr>("chosen"))
    for (auto name : chosen.getAsRange<StringAttr>())
      report.chosen.push_back(name.str());
  if (auto forms = said.getAs<ArrayAttr>("forms"))
    for (auto entry : forms.getAsRange<DictionaryAttr>()) {
      FormsReport::Form &form = report.forms.emplace_back();
      if (auto name = entry.getAs<StringAttr>("form"))
        form.name = name.str();
      if (auto parameters = entry.getAs<IntegerAttr>("parameters"))
        form.parameters = parameters.getInt();
      if (auto seconds = entry.getAs<DenseF64ArrayAttr>("seconds"))
        form.seconds = seconds.asArrayRef().vec();
    }
  return report;
}

static void take(LinearReport &linear, DictionaryAttr decision) {
  auto text = [&](StringRef key, std::string &field) {
    if (auto value = decision.getAs<StringAttr>(key))
      field = value.str();
  };
  auto integer = [&](StringRef key) -> std::optional<int64_t> {
    auto value = decision.getAs<IntegerAttr>(key);
    return value ? std::optional<int64_t>(value.getInt()) : std::nullopt;
  };
  auto number = [&](StringRef key) -> std::optional<double> {
    auto value = decision.getAs<FloatAttr>(key);
    return value ? std::optional<double>(value.getValueAsDouble())
                 : std::nullopt;
  };
  text("decision", linear.decision);
  text("reason", linear.reason);
  if (auto forms = decision.getAs<DictionaryAttr>("forms"))
    linear.forms = formsOf(forms);
  if (linear.decision == "merged") {
    linear.structure = "dense";
    linear.rank = linear.blocks = std::nullopt;
  } else if (linear.decision != "dense" && decision.get("structure")) {
    text("structure", linear.structure);
    linear.rank = integer("rank");
    linear.blocks = integer("blocks");
  }
  linear.frobenius = number("error_frobenius");
  linear.activation = number("error_activation");
  if (auto after = integer("parameters_after");
      after && linear.before.parameters) {
    uint64_t width = linear.before.bytes / linear.before.parameters;
    uint64_t macs = integer("macs_after").value_or(*after);
    linear.after = {uint64_t(*after), macs, uint64_t(*after) * width};
  }
}

void Report::addDecisions(ModuleOp module) {
  // A path may stand for several linears (in functions): they come in order.
  llvm::StringMap<std::deque<LinearReport *>> byPath;
  for (FFNReport &ffn : ffns)
    for (LinearReport &linear : ffn.linears)
      if (linear.matched)
        byPath[linear.node].push_back(&linear);
  module.walk([&](ApplyOp apply) {
    auto entry = byPath.find(apply.getPath().value_or(""));
    if (entry == byPath.end() || entry->second.empty())
      return;
    LinearReport *linear = entry->second.front();
    entry->second.pop_front();
    if (DictionaryAttr decision = apply.getDecisionAttr())
      take(*linear, decision);
    else
      linear->matched = false;
  });
}
