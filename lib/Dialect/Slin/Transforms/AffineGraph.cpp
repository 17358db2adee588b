//===- AffineGraph.cpp - Values as affine functions of others -------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// All terms of a block number their leaves alike, so that forms can be added
// and composed without renaming.
//
//===----------------------------------------------------------------------===//

#include "AffineGraph.h"

using namespace mlir;
using namespace slin;
using term::Term;
using term::TermOrReason;

/// Whether the operator is another one for other token counts.
static bool dependsOnTokens(Value linop) {
  SmallVector<Value> work{linop};
  llvm::SmallPtrSet<Operation *, 8> seen;
  while (!work.empty()) {
    Operation *op = work.pop_back_val().getDefiningOp();
    if (!op || !seen.insert(op).second)
      continue;
    if (isa<ByTokensOp>(op))
      return true;
    for (Value operand : op->getOperands())
      if (isa<LinopType>(operand.getType()))
        work.push_back(operand);
  }
  return false;
}

/// Whether a bias is one number or one per output, constant, and gives the
/// product no further axes.
static bool isConstantBias(ApplyOp apply) {
  if (!apply.getBias())
    return true;
  if (!WeightNumbers::isConstant(apply.getBias()))
    return false;
  auto weight = apply.getBias().getDefiningOp<weights::WeightOpInterface>();
  ShapedType shape = weight.getWeight().getShapedType();
  auto input = dyn_cast<RankedTensorType>(apply.getInput().getType());
  if (shape.getRank() > (input ? input.getRank() : 1))
    return false;
  int64_t count = shape.getNumElements();
  return count == 1 || count == apply.getLinopType().getOut();
}

bool AffineGraph::readApply(ApplyOp apply, std::string &reason) {
  TermOrReason term = terms.operand(apply.getLinop());
  if (dependsOnTokens(apply.getLinop()))
    reason = "its operator is a choice by token count";
  else if (!isConstantBias(apply))
    reason = "its bias is no constant vector of its outputs";
  else if (!term)
    reason = term.reason();
  else if (!llvm::all_of(term->leaves(), [&](const term::Leaf &leaf) {
             return WeightNumbers::isConstant(terms.getLeaves()[leaf.id]);
           }))
    reason = "its weights are no constants of floating point";
  else
    operators.try_emplace(apply, *term);
  return reason.empty();
}

ActivationOp AffineGraph::activationOf(Value value) const {
  Operation *op = value.getDefiningOp();
  return activations.contains(op) ? cast<ActivationOp>(op) : ActivationOp();
}

/// An activation of one value whose region reads nothing that has features:
/// what it reads from outside is known to be one number.
static bool isOfOneValue(ActivationOp activation) {
  if (activation.getInputs().size() != 1 || activation.getNumResults() != 1)
    return false;
  Region &body = activation.getBody();
  WalkResult outside = body.walk([&](Operation *op) {
    for (Value operand : op->getOperands()) {
      auto type = dyn_cast<ShapedType>(operand.getType());
      bool hasFeatures = type && type.hasRank() &&
                         (!type.hasStaticShape() || type.getNumElements() != 1);
      if (hasFeatures && !body.isAncestor(operand.getParentRegion()))
        return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  return !outside.wasInterrupted();
}

/// Whether nothing reads the results of `op` but the model's own nodes inside
/// of linears and sums, or nodes of which the same holds.
bool AffineGraph::servesSourcesAlone(Operation *op) {
  if (isa<ApplyOp, AddOp, ActivationOp, FFNOp>(op) || op->getNumRegions() ||
      op->use_empty())
    return false;
  if (auto it = sourcesAlone.find(op); it != sourcesAlone.end())
    return it->second;
  sourcesAlone[op] = false;
  bool alone = llvm::all_of(op->getUsers(), [&](Operation *user) {
    Operation *ancestor = block.findAncestorOpInBlock(*user);
    if (!ancestor)
      return false;
    if (ancestor != user)
      return isa<ApplyOp, AddOp>(ancestor);
    return servesSourcesAlone(user);
  });
  sourcesAlone[op] = alone;
  return alone;
}

void AffineGraph::readUses(Value value) {
  for (OpOperand &use : value.getUses()) {
    Operation *user = use.getOwner();
    Operation *ancestor = block.findAncestorOpInBlock(*user);
    bool inSource =
        ancestor && ancestor != user && isa<ApplyOp, AddOp>(ancestor);
    if (inSource || (ancestor == user && servesSourcesAlone(user)))
      continue;
    if (ancestor == user &&
        (affine.contains(user) || activations.contains(user)))
      readers[value].push_back(user);
    else
      readElsewhere.insert(value);
  }
}

ArrayRef<Operation *> AffineGraph::readersOf(Value value) const {
  auto it = readers.find(value);
  return it == readers.end() ? ArrayRef<Operation *>() : it->second;
}

/// The features of a sum, from its type or from one of its summands.
static std::optional<int64_t>
featuresOf(Value value, llvm::function_ref<std::optional<int64_t>(Value)> of) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (type && type.getRank() > 0 &&
      !ShapedType::isDynamic(type.getShape().back()))
    return type.getShape().back();
  if (auto apply = value.getDefiningOp<ApplyOp>())
    return apply.getLinopType().getOut();
  if (auto add = value.getDefiningOp<AddOp>())
    for (Value summand : add.getSummands())
      if (auto features = of(summand))
        return features;
  if (auto activation = value.getDefiningOp<ActivationOp>())
    return of(activation.getInputs().front());
  return std::nullopt;
}

AffineGraph::AffineGraph(Block &block) : block(block) {
  std::function<std::optional<int64_t>(Value)> features = [&](Value value) {
    return featuresOf(value, features);
  };
  for (Operation &op : block) {
    if (auto apply = dyn_cast<ApplyOp>(op)) {
      std::string reason;
      if (readApply(apply, reason))
        affine.insert(&op);
      else
        reasons.try_emplace(&op, std::move(reason));
    } else if (auto add = dyn_cast<AddOp>(op)) {
      if (auto count = features(add.getResult())) {
        operators.try_emplace(&op, Term::identity(*count));
        affine.insert(&op);
      }
    } else if (auto activation = dyn_cast<ActivationOp>(op);
               activation && isOfOneValue(activation)) {
      activations.insert(&op);
    }
  }
  for (Operation &op : llvm::reverse(block))
    servesSourcesAlone(&op);
  for (Operation &op : block)
    if (affine.contains(&op) || activations.contains(&op)) {
      ops.push_back(&op);
      readUses(op.getResult(0));
    }
}

//===----------------------------------------------------------------------===//
// Axes
//===----------------------------------------------------------------------===//

/// Adds the values outside of the graph whose leading axes are those of
/// `value`, broadcast.
void AffineGraph::findRoots(Value value, llvm::DenseSet<Value> &seen,
                            SmallVectorImpl<Value> &roots) const {
  SmallVector<Value> work{value};
  while (!work.empty()) {
    Value next = work.pop_back_val();
    if (!seen.insert(next).second)
      continue;
    if (isAffine(next) && next.getDefiningOp<AddOp>())
      llvm::append_range(work, next.getDefiningOp()->getOperands());
    else if (isAffine(next))
      work.push_back(next.getDefiningOp<ApplyOp>().getInput());
    else if (ActivationOp activation = activationOf(next))
      work.push_back(activation.getInputs().front());
    else
      roots.push_back(next);
  }
}

/// Whether the leading axes of `narrow` broadcast to those of `wide`.
static bool leadsInto(Value narrow, Value wide) {
  auto from = dyn_cast<RankedTensorType>(narrow.getType()),
       to = dyn_cast<RankedTensorType>(wide.getType());
  if (!from || !to || from.getRank() > to.getRank())
    return false;
  for (int64_t place = 2; place <= from.getRank(); ++place) {
    int64_t size = from.getDimSize(from.getRank() - place);
    if (size != 1 && (ShapedType::isDynamic(size) ||
                      size != to.getDimSize(to.getRank() - place)))
      return false;
  }
  return true;
}

bool AffineGraph::bringsNoAxes(Value value, ArrayRef<Value> others) const {
  llvm::DenseSet<Value> seenByOthers, seen;
  SmallVector<Value> otherRoots, roots;
  for (Value other : others)
    findRoots(other, seenByOthers, otherRoots);
  findRoots(value, seen, roots);
  return llvm::all_of(roots, [&](Value root) {
    return seenByOthers.contains(root) ||
           llvm::any_of(otherRoots,
                        [&](Value other) { return leadsInto(root, other); });
  });
}

//===----------------------------------------------------------------------===//
// Forms
//===----------------------------------------------------------------------===//

/// Adds `term · source`.
static bool addSummand(AffineForm &form, Value source, const Term &term) {
  for (AffineForm::Summand &summand : form.summands)
    if (summand.source == source) {
      TermOrReason sum = Term::sum({summand.term, term});
      if (sum)
        summand.term = *sum;
      return bool(sum);
    }
  form.summands.push_back({source, term});
  return true;
}

std::optional<AffineForm>
AffineGraph::expand(Value value, llvm::function_ref<bool(Value)> isOpen) const {
  Operation *op = value.getDefiningOp();
  const Term &own = operators.at(op);
  auto apply = dyn_cast<ApplyOp>(op);
  AffineForm form;
  form.members.push_back(op);
  SmallVector<Value> inputs;
  if (apply)
    inputs.push_back(apply.getInput());
  else
    llvm::append_range(inputs, cast<AddOp>(op).getSummands());
  for (Value input : inputs) {
    if (!isAffine(input) || !isOpen(input)) {
      if (!addSummand(form, input, own))
        return std::nullopt;
      continue;
    }
    std::optional<AffineForm> inner = expand(input, isOpen);
    if (!inner)
      return std::nullopt;
    for (const AffineForm::Summand &summand : inner->summands) {
      TermOrReason product = Term::compose({own, summand.term});
      if (!product || !addSummand(form, summand.source, *product))
        return std::nullopt;
    }
    for (const AffineForm::Bias &bias : inner->biases) {
      TermOrReason product = Term::compose({own, bias.term});
      if (!product)
        return std::nullopt;
      form.biases.push_back({bias.vector, *product});
    }
    llvm::append_range(form.members, inner->members);
  }
  if (apply && apply.getBias())
    form.biases.push_back({apply.getBias(), Term::identity(own.rows())});
  return form;
}
