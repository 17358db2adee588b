//===- Candidates.cpp - Weights that may be factorised --------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The way from linears to weights and from weights to all who read them. The
// model's own nodes inside a slin.apply read the weight too; they vanish with
// the replacement and do not count.
//
//===----------------------------------------------------------------------===//

#include "Candidates.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace slin;
using factorization::Matrix;

StringRef slin::constantName(Value value) {
  auto weight =
      value ? value.getDefiningOp<weights::WeightOpInterface>() : nullptr;
  return weight ? weight.getWeightName() : StringRef();
}

StringRef Candidate::weightName() { return constantName(dense.getWeight()); }

/// The op that reads `operation` (of an operator) other than by slin.scale and
/// slin.apply; null where there is none.
static Operation *findOtherOperator(Value linop) {
  for (Operation *user : linop.getUsers()) {
    if (isa<ApplyOp>(user))
      continue;
    auto scale = dyn_cast<ScaleOp>(user);
    if (!scale)
      return user;
    if (Operation *other = findOtherOperator(scale.getResult()))
      return other;
  }
  return nullptr;
}

/// What speaks against factorising, as far as the IR around the operator says.
static std::string reasonAgainst(DenseOp dense) {
  Value weight = dense.getWeight();
  auto constant = weight.getDefiningOp<weights::WeightOpInterface>();
  if (!constant || !constant.getWeight()) {
    Operation *definition = weight.getDefiningOp();
    return "expected a constant weight, found " +
           (definition ? "a result of '" +
                             definition->getName().getStringRef().str() + "'"
                       : std::string("a block argument"));
  }
  if (Operation *other = findOtherOperator(dense.getResult()))
    return "expected an operator that only linears use, found a use by '" +
           other->getName().getStringRef().str() + "'";
  return {};
}

Linears slin::findLinears(ModuleOp module) {
  Linears linears;
  llvm::MapVector<Operation *, Candidate> candidates;
  module.walk<WalkOrder::PreOrder>([&](ApplyOp apply) {
    double scale = 1;
    Value linop = apply.getLinop();
    while (auto op = linop.getDefiningOp<ScaleOp>()) {
      scale *= op.getFactor().convertToDouble();
      linop = op.getLinop();
    }
    auto dense = linop.getDefiningOp<DenseOp>();
    if (!dense)
      return linears.others.push_back(apply);
    Candidate &candidate = candidates[dense];
    candidate.dense = dense;
    candidate.uses.push_back({apply, scale});
  });
  for (auto &[dense, candidate] : candidates) {
    candidate.reason = reasonAgainst(candidate.dense);
    linears.candidates.push_back(std::move(candidate));
  }
  return linears;
}

Operation *slin::findOtherReader(Value value, ArrayRef<LinearUse> linears,
                                 SmallVectorImpl<Operation *> &between) {
  auto isOwn = [&](Operation *user) {
    return llvm::any_of(
        linears, [&](LinearUse use) { return use.apply->isAncestor(user); });
  };
  SmallVector<Value> work{value};
  while (!work.empty()) {
    for (Operation *user : work.pop_back_val().getUsers()) {
      if (isOwn(user) || llvm::is_contained(between, user))
        continue;
      // An operator of the weight is used by linears only, which is known.
      if (auto dense = dyn_cast<DenseOp>(user)) {
        if (llvm::all_of(linears, [&](LinearUse use) {
              Value linop = use.apply.getLinop();
              while (auto scale = linop.getDefiningOp<ScaleOp>())
                linop = scale.getLinop();
              return linop == dense.getResult();
            }))
          continue;
        return user;
      }
      if (user->hasTrait<OpTrait::IsTerminator>() ||
          user->getNumRegions() != 0 || user->getNumResults() == 0)
        return user;
      between.push_back(user);
      work.append(user->result_begin(), user->result_end());
    }
  }
  return nullptr;
}

void slin::declineIfReadElsewhere(Candidate &candidate) {
  Operation *reader = findOtherReader(candidate.dense.getWeight(),
                                      candidate.uses, candidate.between);
  if (reader)
    candidate.reason =
        llvm::formatv("expected the weight '{0}' to be read by the selected "
                      "linears only, found '{1}'",
                      candidate.weightName(), reader->getName());
}

FailureOr<Matrix> slin::readWeight(Candidate &candidate, std::string &reason) {
  auto weight =
      candidate.dense.getWeight().getDefiningOp<weights::WeightOpInterface>();
  FailureOr<weights::Elements> elements = weight.getElements(reason);
  if (failed(elements))
    return failure();
  ArrayRef<int64_t> shape = elements->type.getShape();
  Matrix stored(shape[0], shape[1]);
  if (failed(weights::toDoubles(
          *elements, {stored.data(), size_t(stored.size())}, reason)))
    return failure();
  if (!candidate.dense.getTransposed())
    return stored;
  return Matrix(stored.transpose());
}
