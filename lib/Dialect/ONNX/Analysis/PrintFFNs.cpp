//===- PrintFFNs.cpp - Print the feed-forward networks of a model ---------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The lines are comments of MLIR's text form, so that the output of slin-opt
// parses with and without them.
//
//===----------------------------------------------------------------------===//

#include "slin/Dialect/ONNX/Analysis/FFNAnalysis.h"
#include "slin/Dialect/ONNX/Analysis/Passes.h"
#include "slin/Dialect/ONNX/IR/ONNXDialect.h"
#include "slin/Term/NamedStructure.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

namespace slin::onnx {
#define GEN_PASS_DEF_PRINTFFNS
#include "slin/Dialect/ONNX/Analysis/Passes.h.inc"
} // namespace slin::onnx

using namespace mlir;
using namespace slin::onnx;

namespace {
struct PrintFFNsPass final : slin::onnx::impl::PrintFFNsBase<PrintFFNsPass> {
  using PrintFFNsBase::PrintFFNsBase;
  void runOnOperation() override;
};
} // namespace

static StringRef kindName(FFN::Kind kind) {
  switch (kind) {
  case FFN::Kind::Plain:
    return "plain";
  case FFN::Kind::Gated:
    return "gated";
  case FFN::Kind::MLPLike:
    return "mlp-like";
  }
  return "";
}

static void print(llvm::raw_ostream &os, const Linear &linear) {
  os << "//   " << (linear.role.empty() ? StringRef("linear") : linear.role)
     << " '" << linear.path << "' " << linear.in << " -> " << linear.out << ' '
     << linear.elementType;
  if (linear.term) {
    slin::term::NamedStructure structure =
        slin::term::nameStructure(*linear.term);
    os << ' ' << structure.kind;
    if (structure.rank)
      os << " rank " << *structure.rank;
    if (structure.blocks)
      os << " blocks " << *structure.blocks;
  }
  if (linear.transposed)
    os << " stored [in, out]";
  if (linear.scale != 1.0)
    os << " scale " << llvm::format("%.6g", linear.scale);
  if (linear.bias) {
    os << " bias";
    if (linear.biasScale != 1.0)
      os << " scale " << llvm::format("%.6g", linear.biasScale);
  }
  os << '\n';
}

static void print(llvm::raw_ostream &os, const FFN &ffn) {
  os << "// ffn '" << ffn.path << "' " << kindName(ffn.kind) << ' '
     << ffn.activation.name;
  if (ffn.activation.parameter != 0.0)
    os << ' ' << llvm::format("%.6g", ffn.activation.parameter);
  os << " in '" << ffn.graph << "'";
  if (!ffn.rewritable)
    os << ", not rewritten: " << ffn.reason;
  os << '\n';
  for (const Linear &linear : ffn.linears)
    print(os, linear);
}

void PrintFFNsPass::runOnOperation() {
  auto &analysis = getAnalysis<FFNAnalysis>();
  llvm::raw_ostream &os = llvm::outs();
  for (const FFN &ffn : analysis.getFFNs())
    print(os, ffn);
  for (const Declined &entry : analysis.getDeclined()) {
    os << "// declined '" << entry.path << "': " << entry.reason;
    if (!entry.hint.empty())
      os << "; " << entry.hint;
    os << '\n';
  }
  os.flush();
  markAllAnalysesPreserved();
}
