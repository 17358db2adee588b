//===- SlinToSlinGPU.cpp - Networks become entries of kernels -------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each network becomes an entry; experts of one sum are joined when each of
// them is one.
//
//===----------------------------------------------------------------------===//

#include "ExpertEntry.h"
#include "NetworkConverter.h"
#include "RoutedSums.h"

#include "slin/Conversion/Passes.h"
#include "slin/Dialect/Slin/Transforms/NetworkSelection.h"

#include "mlir/IR/Remarks.h"

#include "llvm/ADT/StringSet.h"

namespace slin {
#define GEN_PASS_DEF_SLINTOSLINGPU
#include "slin/Conversion/Passes.h.inc"
} // namespace slin

using namespace mlir;
using namespace slin;
using slingpu::EntryOp;

namespace {
struct SlinToSlinGPUPass final
    : slin::impl::SlinToSlinGPUBase<SlinToSlinGPUPass> {
  using SlinToSlinGPUBase::SlinToSlinGPUBase;
  void runOnOperation() override;

private:
  /// What became of a network: an entry, or the reason why it is none.
  struct Outcome {
    EntryOp entry;
    std::string reason;
  };
  Outcome convert(FFNOp ffn, bool isSelected, Numbers &numbers);
  void joinSum(const RoutedSum &sum);
  /// `path`, or `path#1` where an entry has that already: a module that a model
  /// runs twice has one path.
  std::string uniqueName(StringRef path);

  llvm::DenseMap<FFNOp, Outcome> outcomes;
  llvm::StringSet<> names;
};
} // namespace

/// The element type that is asked for, or the network's own.
static FloatType elementTypeOf(FFNOp ffn, StringRef asked) {
  Builder builder(ffn.getContext());
  if (asked == "bf16")
    return builder.getBF16Type();
  if (asked == "f16")
    return builder.getF16Type();
  if (asked == "f32" || ffn.getLinears().empty())
    return builder.getF32Type();
  return cast<FloatType>(
      ffn.getLinears().front().getLinopType().getElementType());
}

std::string SlinToSlinGPUPass::uniqueName(StringRef path) {
  std::string name = path.str();
  for (int64_t i = 1; !names.insert(name).second; ++i)
    name = (path + "#" + Twine(i)).str();
  return name;
}

SlinToSlinGPUPass::Outcome
SlinToSlinGPUPass::convert(FFNOp ffn, bool isSelected, Numbers &numbers) {
  std::string name = uniqueName(ffn.getPath().value_or("ffn"));
  FloatType type = elementTypeOf(ffn, elementType);
  Outcome outcome;
  if (!isSelected)
    outcome.reason = "left out by include or exclude";
  else if (type.isF64())
    outcome.reason = "expected numbers of bf16, f16 or f32, found f64; ask for "
                     "one of them by element-type";
  else if (auto entry = NetworkConverter(ffn, name, type, numbers)
                            .convert(getOperation(), outcome.reason);
           succeeded(entry))
    outcome.entry = *entry;
  return outcome;
}

/// Makes one entry of those of the sum's experts, or says why not.
void SlinToSlinGPUPass::joinSum(const RoutedSum &sum) {
  std::string path = sum.getPath(), reason;
  SmallVector<EntryOp> entries;
  for (FFNOp expert : sum.experts) {
    if (EntryOp entry = outcomes[expert].entry)
      entries.push_back(entry);
    else if (reason.empty())
      reason = "'" + expert.getPath().value_or("ffn").str() + "' is none";
  }
  int64_t count = sum.experts.size();
  FailureOr<EntryOp> joined = failure();
  if (reason.empty()) {
    path = uniqueName(path);
    joined = joinExperts(entries, path, sum.chosen.value_or(count), reason);
  }
  if (failed(joined)) {
    FFNOp first = sum.experts.front();
    remark::missed(first.getLoc(), remark::RemarkOpts::name("ExpertsApart")
                                       .category("slin-to-slingpu")
                                       .function(path))
        << "the experts of '" + path + "' are entries of their own: " + reason;
    return;
  }
  for (FFNOp expert : sum.experts)
    outcomes[expert].entry = *joined;
}

void SlinToSlinGPUPass::runOnOperation() {
  ModuleOp module = getOperation();
  if (!llvm::is_contained({"", "bf16", "f16", "f32"}, StringRef(elementType))) {
    emitError(module.getLoc())
        << getArgument() << ": expected an element type of bf16, f16 or f32, "
        << "found '" << elementType << "'";
    return signalPassFailure();
  }
  std::string mistake;
  auto selected = selectNetworks(module, *include, *exclude, mistake);
  if (failed(selected)) {
    emitError(module.getLoc()) << getArgument() << ": " << mistake;
    return signalPassFailure();
  }
  SmallVector<FFNOp> networks;
  module.walk([&](FFNOp ffn) { networks.push_back(ffn); });
  SmallVector<Operation *> before;
  for (Operation &op : *module.getBody())
    before.push_back(&op);
  outcomes.clear();
  names.clear();
  Numbers numbers;
  for (FFNOp ffn : networks)
    outcomes[ffn] = convert(ffn, llvm::is_contained(*selected, ffn), numbers);
  for (const RoutedSum &sum : findRoutedSums(networks))
    joinSum(sum);
  for (FFNOp ffn : networks) {
    const Outcome &outcome = outcomes[ffn];
    std::string path = ffn.getPath().value_or("ffn").str();
    auto options =
        remark::RemarkOpts::name(outcome.entry ? "Entry" : "NotTaken")
            .category("slin-to-slingpu")
            .function(path);
    EntryOp entry = outcome.entry;
    if (!entry)
      remark::missed(ffn.getLoc(), options)
          << "'" + path + "': " + outcome.reason;
    else if (entry.getNetworks())
      remark::passed(ffn.getLoc(), options) << "'" + path +
                                                   "' is an expert of entry '" +
                                                   entry.getPath().str() + "'";
    else
      remark::passed(ffn.getLoc(), options) << "'" + path + "' is an entry";
  }
  for (Operation *op : llvm::reverse(before))
    op->erase();
}
