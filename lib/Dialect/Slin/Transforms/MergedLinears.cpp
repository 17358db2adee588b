//===- MergedLinears.cpp - Plans become ops -------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// New ops take the places of old values; what no one reads any more goes, with
// the nodes that served nothing else.
//
//===----------------------------------------------------------------------===//

#include "LinearReplacement.h"
#include "MergedLinears.h"

#include "mlir/IR/Remarks.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace slin;
using llvm::BitVector;
using term::Form;
using term::Term;

//===----------------------------------------------------------------------===//
// Whether a value gains
//===----------------------------------------------------------------------===//

/// The nodes that an operator is written as, roughly: one for each factor and
/// each join.
static size_t countNodes(const Term &term) {
  if (term.operands().empty())
    return term.isIdentity() || term.isZero() ? 0 : 1;
  size_t nodes =
      term.kind() == term::NodeKind::Compose ? 0 : term.operands().size() - 1;
  for (const Term &operand : term.operands())
    nodes += countNodes(operand);
  return nodes;
}

std::string slin::pathOf(const MergedValue &merged) {
  for (Operation *member : merged.form.members)
    if (auto apply = dyn_cast<ApplyOp>(member))
      return NewWeights::baseNameOf(apply);
  return "sum";
}

bool MergedLinears::isGain(const MergedValue &merged) const {
  const AffineForm &form = merged.form;
  if (!merged.selection.empty() ||
      llvm::any_of(form.summands, [&](const auto &summand) {
        return narrowed.contains(summand.source);
      }))
    return true;
  int64_t before = 0;
  size_t nodesBefore = 0, nodesAfter = form.biases.empty() ? 0 : 1;
  for (Operation *member : form.members) {
    if (auto add = dyn_cast<AddOp>(member)) {
      size_t joins = add.getSummands().size() - 1;
      before += joins * graph.operatorOf(member).rows();
      nodesBefore += joins;
      continue;
    }
    before += term::costAsItStands(graph.operatorOf(member));
    nodesBefore += countNodes(graph.operatorOf(member)) +
                   (cast<ApplyOp>(member).getBias() ? 1 : 0);
  }
  for (const Form &summand : merged.forms)
    nodesAfter += countNodes(summand.term);
  nodesAfter += merged.forms.size() - 1;
  // A value that is merged into several readers gains by all of them.
  bool shared =
      llvm::any_of(ArrayRef(form.members).drop_front(), [&](Operation *member) {
        return graph.readersOf(member->getResult(0)).size() > 1;
      });
  return shared || merged.cost < before ||
         (merged.cost == before && nodesAfter < nodesBefore);
}

//===----------------------------------------------------------------------===//
// Linears
//===----------------------------------------------------------------------===//

/// A path that no other linear has: that of the outermost linear, of an inner
/// one where it is taken.
std::string MergedLinears::pathFor(const MergedValue &merged) {
  for (Operation *member : merged.form.members)
    if (auto apply = dyn_cast<ApplyOp>(member))
      if (auto name = apply.getPath(); name && paths.insert(*name).second)
        return name->str();
  for (unsigned count = 1;; ++count) {
    std::string name = path + "/merged_" + std::to_string(count);
    if (paths.insert(name).second)
      return name;
  }
}

/// `form` on the source of summand `index`; the source itself where that is
/// all.
FailureOr<Value> MergedLinears::makeSummand(const MergedValue &merged,
                                            unsigned index, Value bias,
                                            Type type) {
  const AffineForm::Summand &summand = merged.form.summands[index];
  Form form = merged.forms[index];
  Value source = summand.source;
  if (Value replaced = written.lookup(source))
    source = replaced;
  if (auto it = narrowed.find(summand.source); it != narrowed.end())
    form = term::cheapestForm(
        *Term::compose({summand.term, term::selection(it->second).transpose()}),
        [&](const term::Leaf &leaf) {
          return numbers.zeros(graph.leaf(leaf.id));
        });
  bool alone = merged.forms.size() == 1;
  if (form.term.isIdentity() && !bias && !alone)
    return source;
  FailureOr<Value> linop = makeOperator(form, elementTypeOf(merged.form));
  if (failed(linop))
    return failure();
  auto apply = ApplyOp::create(
      builder, location,
      alone ? type : withFeatures(source.getType(), form.term.rows()), *linop,
      source, bias);
  apply.setPath(pathFor(merged));
  return apply.getResult();
}

/// Erases the linears of a sum that could not be written whole.
static void eraseSummands(ArrayRef<Value> summands) {
  for (Value summand : llvm::reverse(summands)) {
    auto apply = summand.getDefiningOp<ApplyOp>();
    if (!apply || apply.hasSource() || !apply.use_empty())
      continue;
    SmallVector<Value> operators{apply.getLinop()};
    if (apply.getBias())
      operators.push_back(apply.getBias());
    apply.erase();
    llvm::for_each(operators, eraseOperator);
  }
}

/// The summand that takes the bias: the last linear that has as many axes.
static size_t placeOfBias(const MergedValue &merged, Value bias) {
  auto rankOf = [](Value value) {
    auto type = dyn_cast_or_null<RankedTensorType>(value.getType());
    return type ? type.getRank() : 0;
  };
  auto fits = [&](size_t index) {
    return rankOf(bias) <= 1 ||
           rankOf(bias) <= rankOf(merged.form.summands[index].source);
  };
  std::optional<size_t> place;
  for (size_t index = 0; bias && index < merged.forms.size(); ++index)
    if (fits(index) && (!place || !merged.forms[index].term.isIdentity()))
      place = index;
  return place.value_or(0);
}

LogicalResult MergedLinears::replace(Value old, const MergedValue &merged) {
  Operation *op = old.getDefiningOp();
  builder.setInsertionPoint(op);
  location = op->getLoc();
  FloatType element = elementTypeOf(merged.form);
  if (!element)
    return success();
  FailureOr<Value> bias = makeBias(merged, element);
  if (failed(bias))
    return success(!notExact.empty());
  Type type = merged.selection.empty()
                  ? old.getType()
                  : withFeatures(old.getType(), merged.selection.count());
  size_t count = merged.forms.size(), biased = placeOfBias(merged, *bias);
  SmallVector<Value> summands;
  for (size_t i = 0; i < count; ++i) {
    FailureOr<Value> summand =
        makeSummand(merged, i, i == biased ? *bias : Value(), type);
    if (failed(summand)) {
      eraseSummands(summands);
      if (*bias)
        eraseOperator(*bias);
      return success(!notExact.empty());
    }
    summands.push_back(*summand);
  }
  Value result = summands.front();
  if (count > 1) {
    auto add = AddOp::create(builder, location, type, summands);
    add.setPath(path);
    result = add.getResult();
  }
  takeAttributes(op, result.getDefiningOp());
  written[old] = result;
  if (merged.selection.empty())
    old.replaceAllUsesWith(result);
  return success();
}

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

/// The same activation of fewer features: its region holds no feature's own
/// constant.
void MergedLinears::narrow(const NarrowedActivation &narrow) {
  ActivationOp activation = narrow.activation;
  Value old = activation.getResult(0);
  Value input = written.lookup(activation.getInputs().front());
  builder.setInsertionPoint(activation);
  int64_t all = narrow.features.size(), left = narrow.features.count();
  auto narrowType = [&](Value value) {
    auto tensor = dyn_cast<RankedTensorType>(value.getType());
    if (tensor && tensor.getRank() > 0 && tensor.getShape().back() == all)
      value.setType(withFeatures(tensor, left));
  };
  auto copy = cast<ActivationOp>(builder.clone(*activation));
  copy.getInputsMutable().assign(input);
  for (Value result : copy->getResults())
    narrowType(result);
  copy.getBody().front().getArgument(0).setType(input.getType());
  copy.getBody().walk([&](Operation *node) {
    for (Value result : node->getResults())
      narrowType(result);
  });
  written[old] = copy.getResult(0);
  narrowed[old] = narrow.features;
  remark::passed(
      activation.getLoc(),
      remark::RemarkOpts::name("IdleChannels").category("slin-merge"))
      << llvm::formatv("'{0}' acts on {1} of {2} features: the others pass by "
                       "it",
                       activation.getFunction(), left, all)
             .str();
}

//===----------------------------------------------------------------------===//
// The block
//===----------------------------------------------------------------------===//

static void tell(Operation *op, StringRef path, const MergedValue &merged) {
  SmallVector<StringRef> paths;
  for (Operation *member : merged.form.members) {
    auto name = member->getAttrOfType<StringAttr>("path");
    if (name && !llvm::is_contained(paths, name.getValue()))
      paths.push_back(name);
  }
  std::string names;
  for (StringRef name : ArrayRef(paths).take_front(8))
    names += (names.empty() ? "'" : ", '") + name.str() + "'";
  if (paths.size() > 8)
    names += ", …";
  remark::passed(op->getLoc(),
                 remark::RemarkOpts::name("Merged").category("slin-merge"))
      << llvm::formatv("'{0}' takes {1} multiply-accumulates per token now; "
                       "merged: {2}",
                       path, merged.cost, names)
             .str();
}

void MergedLinears::explainUnwritten(Operation *op) const {
  if (!notExact.empty())
    remark::missed(op->getLoc(),
                   remark::RemarkOpts::name("NotMerged").category("slin-merge"))
        << notExact;
}

void MergedLinears::eraseDead() {
  SmallVector<Operation *> dead;
  for (Operation &op : graph.getBlock().without_terminator())
    if (llvm::is_contained(graph.getOps(), &op) || graph.servesSources(&op))
      dead.push_back(&op);
  for (Operation *op : llvm::reverse(dead)) {
    if (!op->use_empty())
      continue;
    if (auto apply = dyn_cast<ApplyOp>(op)) {
      eraseLinear(apply, newWeights);
      continue;
    }
    newWeights.markSources(op);
    op->erase();
  }
}

LogicalResult MergedLinears::write(bool verifyExact) {
  if (graph.getOps().empty())
    return success();
  for (const auto &[value, merged] : plan.values)
    if (auto apply = value.getDefiningOp<ApplyOp>(); apply && !isGain(merged))
      paths.insert(NewWeights::baseNameOf(apply));
  llvm::DenseMap<Operation *, const NarrowedActivation *> narrowing;
  for (const NarrowedActivation &activation : plan.activations)
    narrowing[activation.activation] = &activation;
  // Before anything changes.
  if (verifyExact)
    for (const auto &[value, merged] : plan.values)
      if (failed(verify(value, merged)))
        return failure();
  bool changed = false;
  for (Operation *op : graph.getOps()) {
    if (const NarrowedActivation *activation = narrowing.lookup(op)) {
      // Its input is as wide as before where it could not be written.
      if (written.contains(op->getOperand(0)))
        narrow(*activation);
      continue;
    }
    auto it = plan.values.find(op->getResult(0));
    if (it == plan.values.end() || !isGain(it->second))
      continue;
    path = pathOf(it->second);
    notExact.clear();
    if (failed(replace(it->first, it->second)))
      return failure();
    numbers.clear();
    if (!written.contains(it->first)) {
      explainUnwritten(op);
      continue;
    }
    tell(written[it->first].getDefiningOp(), path, it->second);
    changed = true;
  }
  if (changed)
    eraseDead();
  return success();
}
