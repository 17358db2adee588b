//===- SaveWeights.cpp - Write new weights to a file ----------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// New weights are written in the order in which the module first uses them,
// each once, so that the same module gives the same file.
//
//===----------------------------------------------------------------------===//

#include "slin/Dialect/ONNX/IR/ONNXOps.h"
#include "slin/Dialect/ONNX/Transforms/Passes.h"
#include "slin/Weights/PendingFile.h"

#include "mlir/IR/AttrTypeSubElements.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

namespace slin::onnx {
#define GEN_PASS_DEF_SAVEWEIGHTS
#include "slin/Dialect/ONNX/Transforms/Passes.h.inc"
} // namespace slin::onnx

using namespace mlir;
using namespace slin;
using namespace slin::onnx;

namespace {
struct SaveWeightsPass final
    : slin::onnx::impl::SaveWeightsBase<SaveWeightsPass> {
  using SaveWeightsBase::SaveWeightsBase;
  void runOnOperation() override;

private:
  LogicalResult save(ArrayRef<WeightAttr> unsaved,
                     llvm::DenseMap<Attribute, Attribute> &replacements);
  LogicalResult writeInline(ArrayRef<WeightAttr> unsaved,
                            llvm::DenseMap<Attribute, Attribute> &replacements);
};
} // namespace

static FailureOr<ArrayRef<char>> bytesOf(ModuleOp module, WeightAttr weight) {
  std::string reason;
  auto elements = weight.loadElements("", reason);
  if (failed(elements))
    return emitError(module.getLoc()) << reason;
  return elements->bytes;
}

LogicalResult SaveWeightsPass::writeInline(
    ArrayRef<WeightAttr> unsaved,
    llvm::DenseMap<Attribute, Attribute> &replacements) {
  for (WeightAttr weight : unsaved) {
    if (weight.getLength() > inlineBytes)
      return emitError(getOperation().getLoc())
             << "a new weight of " << weight.getLength()
             << " bytes is too large for text: expected at most "
             << inlineBytes.getValue()
             << "; write to a file with -o, or give --data-file";
    FailureOr<ArrayRef<char>> bytes = bytesOf(getOperation(), weight);
    if (failed(bytes))
      return failure();
    replacements[weight] = makeLiteral(weight.getType(), *bytes);
  }
  return success();
}

LogicalResult
SaveWeightsPass::save(ArrayRef<WeightAttr> unsaved,
                      llvm::DenseMap<Attribute, Attribute> &replacements) {
  StringRef name = reference.empty() ? llvm::sys::path::filename(file)
                                     : StringRef(reference);
  bool isRead = true;
  auto write = [&](llvm::raw_ostream &os) {
    uint64_t offset = 0;
    for (WeightAttr weight : unsaved) {
      FailureOr<ArrayRef<char>> bytes = bytesOf(getOperation(), weight);
      isRead &= succeeded(bytes);
      if (!isRead)
        return;
      uint64_t aligned = llvm::alignTo(offset, uint64_t(64));
      os.write_zeros(aligned - offset);
      os.write(bytes->data(), bytes->size());
      replacements[weight] = WeightAttr::get(
          &getContext(), weight.getType(), StringAttr::get(&getContext(), name),
          aligned, weight.getLength(), weight.getHash());
      offset = aligned + bytes->size();
    }
  };
  std::string reason;
  weights::PendingFile pending(file);
  if (failed(pending.fill(write, reason)) ||
      (isRead && failed(pending.keep(reason))))
    return emitError(getOperation().getLoc()) << reason;
  if (!isRead)
    return failure();
  auto *dialect = getContext().getLoadedDialect<ONNXDialect>();
  dialect->getWeightStore().addFolder(llvm::sys::path::parent_path(file));
  return success();
}

void SaveWeightsPass::runOnOperation() {
  llvm::SetVector<Attribute> found;
  getOperation().walk([&](Operation *op) {
    AttrTypeWalker walker;
    walker.addWalk([&](WeightAttr weight) {
      if (weights::WeightStore::isNew(weight.getFile()))
        found.insert(weight);
    });
    walker.walk(op->getAttrDictionary());
  });
  if (found.empty())
    return markAllAnalysesPreserved();
  SmallVector<WeightAttr> weights;
  for (Attribute attribute : found)
    weights.push_back(cast<WeightAttr>(attribute));
  llvm::DenseMap<Attribute, Attribute> replacements;
  if (failed(file.empty() ? writeInline(weights, replacements)
                          : save(weights, replacements)))
    return signalPassFailure();
  AttrTypeReplacer replacer;
  replacer.addReplacement([&](WeightAttr weight) -> std::optional<Attribute> {
    auto it = replacements.find(weight);
    return it == replacements.end() ? std::nullopt
                                    : std::optional<Attribute>(it->second);
  });
  replacer.recursivelyReplaceElementsIn(getOperation(), /*replaceAttrs=*/true);
}
