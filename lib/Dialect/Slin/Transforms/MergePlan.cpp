//===- MergePlan.cpp - Which linears become one ---------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// From the results back: what is needed, of which features, as which form. The
// form of a value depends on what was decided about the values that it looks
// through, and on nothing else, so that it is kept until one of these changes.
//
//===----------------------------------------------------------------------===//

#include "MergePlan.h"

using namespace mlir;
using namespace slin;
using llvm::BitVector;
using term::Term;

/// What one feature of an activation costs, in multiply-accumulates.
static constexpr int64_t kActivationCost = 4;
/// So many values are merged together where none of them gains alone.
static constexpr size_t kMaxTogether = 6;

namespace {
class Planner {
public:
  Planner(const AffineGraph &graph, WeightNumbers &numbers,
          llvm::function_ref<bool(FloatType)> mayMergeIdentity)
      : graph(graph), numbers(numbers), mayMergeIdentity(mayMergeIdentity) {
    findChoices();
  }
  std::optional<MergePlan> plan();

private:
  void findChoices();
  std::optional<MergePlan> evaluate();
  const MergedValue *form(Value value, const BitVector &selection);
  std::optional<MergedValue> computeForm(Value value,
                                         const BitVector &selection);
  int64_t costOf(const AffineForm::Summand &summand, const term::Form &form,
                 term::ZeroEntries zeros, term::FormOptions options) const;
  bool improve(std::optional<MergePlan> &best, ArrayRef<Value> values,
               std::optional<int64_t> &cost);
  SmallVector<Value> choicesBehind(Value value, ArrayRef<Value> open) const;
  bool isOpen(Value value) const {
    return always.contains(value) || merged.contains(value);
  }

  const AffineGraph &graph;
  WeightNumbers &numbers;
  llvm::function_ref<bool(FloatType)> mayMergeIdentity;
  /// Values with one reader, and those about which there is a choice.
  llvm::DenseSet<Value> always, merged;
  SmallVector<Value> choices;

  struct Known {
    BitVector selection;
    SmallVector<std::pair<Value, bool>> decisions;
    MergedValue value;
  };
  llvm::DenseMap<Value, SmallVector<std::unique_ptr<Known>, 2>> known;
};
} // namespace

FloatType slin::elementTypeOf(const AffineForm &form) {
  for (Operation *op : form.members)
    if (auto apply = dyn_cast<ApplyOp>(op))
      return cast<FloatType>(apply.getLinopType().getElementType());
  return {};
}

void Planner::findChoices() {
  for (Operation *op : graph.getOps()) {
    Value value = op->getResult(0);
    if (!graph.isAffine(value))
      continue;
    ArrayRef<Operation *> readers = graph.readersOf(value);
    int64_t affineReaders = llvm::count_if(readers, [&](Operation *reader) {
      return graph.isAffine(reader->getResult(0));
    });
    if (affineReaders == 0)
      continue;
    bool only = readers.size() == 1 && !graph.isReadElsewhere(value);
    // A sum that an operator reads would be multiplied part by part.
    bool distributes =
        isa<AddOp>(op) && llvm::any_of(readers, [](auto *reader) {
          return isa<ApplyOp>(reader);
        });
    if (only && !distributes)
      always.insert(value);
    else
      choices.push_back(value);
  }
}

//===----------------------------------------------------------------------===//
// Forms
//===----------------------------------------------------------------------===//

/// What a summand costs; one that reads some features of an activation as if
/// the activation had no others.
int64_t Planner::costOf(const AffineForm::Summand &summand,
                        const term::Form &form, term::ZeroEntries zeros,
                        term::FormOptions options) const {
  if (!graph.activationOf(summand.source))
    return form.cost;
  BitVector read = term::readFeatures(summand.term, zeros);
  if (read.all() || read.none())
    return form.cost;
  auto narrow =
      Term::compose({summand.term, term::selection(read).transpose()});
  return narrow ? term::cheapestForm(*narrow, zeros, options).cost : form.cost;
}

std::optional<MergedValue> Planner::computeForm(Value value,
                                                const BitVector &selection) {
  std::optional<AffineForm> form =
      graph.expand(value, [&](Value inner) { return isOpen(inner); });
  if (!form)
    return std::nullopt;
  if (!selection.empty()) {
    Term select = term::selection(selection);
    for (auto &summand : form->summands) {
      auto selected = Term::compose({select, summand.term});
      if (!selected)
        return std::nullopt;
      summand.term = *selected;
    }
    for (auto &bias : form->biases) {
      auto selected = Term::compose({select, bias.term});
      if (!selected)
        return std::nullopt;
      bias.term = *selected;
    }
  }
  MergedValue result;
  result.selection = selection;
  FloatType type = elementTypeOf(*form);
  term::FormOptions options{!type || mayMergeIdentity(type)};
  auto zeros = [&](const term::Leaf &leaf) {
    return numbers.zeros(graph.leaf(leaf.id));
  };
  SmallVector<AffineForm::Summand, 2> summands, leftOut;
  SmallVector<Value> sources;
  auto keep = [&](const AffineForm::Summand &summand, term::Form cheapest) {
    result.cost += costOf(summand, cheapest, zeros, options);
    result.forms.push_back(std::move(cheapest));
    summands.push_back(summand);
    sources.push_back(summand.source);
  };
  for (const AffineForm::Summand &summand : form->summands) {
    term::Form cheapest = term::cheapestForm(summand.term, zeros, options);
    if (cheapest.term.isZero())
      leftOut.push_back(summand);
    else
      keep(summand, std::move(cheapest));
  }
  // Zeros stay where the sum has its axes from them.
  for (const AffineForm::Summand &summand : leftOut)
    if (summands.empty() || !graph.bringsNoAxes(summand.source, sources))
      keep(summand, term::cheapestForm(summand.term, zeros, options));
  result.cost += (summands.size() - 1) * summands.front().term.rows();
  form->summands = std::move(summands);
  result.form = std::move(*form);
  return result;
}

const MergedValue *Planner::form(Value value, const BitVector &selection) {
  auto &entries = known[value];
  for (const auto &entry : entries)
    if (entry->selection == selection &&
        llvm::all_of(entry->decisions, [&](auto decision) {
          return merged.contains(decision.first) == decision.second;
        }))
      return &entry->value;
  std::optional<MergedValue> computed = computeForm(value, selection);
  if (!computed)
    return nullptr;
  auto entry = std::make_unique<Known>();
  entry->selection = selection;
  // What it looked at: operands of its members that are a choice.
  for (Operation *member : computed->form.members)
    for (Value operand : member->getOperands())
      if (llvm::is_contained(choices, operand))
        entry->decisions.emplace_back(operand, merged.contains(operand));
  entry->value = std::move(*computed);
  entries.push_back(std::move(entry));
  return &entries.back()->value;
}

//===----------------------------------------------------------------------===//
// Plans
//===----------------------------------------------------------------------===//

/// No plan where a form would be too large.
std::optional<MergePlan> Planner::evaluate() {
  MergePlan plan;
  llvm::DenseSet<Value> whole;
  llvm::DenseMap<Value, BitVector> read;
  llvm::DenseMap<Value, BitVector> narrowed;
  SmallVector<std::pair<Value, const MergedValue *>> values;
  auto zeros = [&](const term::Leaf &leaf) {
    return numbers.zeros(graph.leaf(leaf.id));
  };
  for (Operation *op : llvm::reverse(graph.getOps())) {
    Value value = op->getResult(0);
    bool needed = graph.isReadElsewhere(value) || whole.contains(value);
    if (!graph.isAffine(value)) {
      auto it = read.find(value);
      if (!needed && it == read.end())
        continue;
      Value input = cast<ActivationOp>(op).getInputs().front();
      // Features can be left out only where nobody else reads the input.
      if (needed || it->second.all() || !graph.isAffine(input)) {
        whole.insert(input);
        continue;
      }
      plan.activations.push_back({cast<ActivationOp>(op), it->second});
      if (!narrowed.try_emplace(input, it->second).second)
        whole.insert(input);
      continue;
    }
    auto narrow = narrowed.find(value);
    if (!needed && narrow == narrowed.end())
      continue;
    BitVector selection = needed ? BitVector() : narrow->second;
    const MergedValue *merged = form(value, selection);
    if (!merged)
      return std::nullopt;
    plan.cost += merged->cost;
    values.emplace_back(value, merged);
    for (auto [summand, form] :
         llvm::zip(merged->form.summands, merged->forms)) {
      if (ActivationOp activation = graph.activationOf(summand.source)) {
        BitVector features = term::readFeatures(summand.term, zeros);
        auto [it, isNew] = read.try_emplace(summand.source, features);
        if (!isNew)
          it->second |= features;
      } else {
        whole.insert(summand.source);
      }
    }
  }
  for (auto [value, merged] : llvm::reverse(values))
    plan.values[value] = *merged;
  // An input that is needed whole after all is not narrowed.
  llvm::erase_if(plan.activations, [&](NarrowedActivation &narrow) {
    Value input = narrow.activation->getOperand(0);
    return whole.contains(input) || graph.isReadElsewhere(input);
  });
  // What is left out of all that is read.
  for (const NarrowedActivation &narrow : plan.activations)
    plan.cost -= kActivationCost *
                 int64_t(narrow.features.size() - narrow.features.count());
  return plan;
}

/// Merges `values` if the plan is then cheaper; `cost` is what it would be.
bool Planner::improve(std::optional<MergePlan> &best, ArrayRef<Value> values,
                      std::optional<int64_t> &cost) {
  merged.insert(values.begin(), values.end());
  std::optional<MergePlan> other = evaluate();
  if (other && (!cost || other->cost < *cost))
    cost = other->cost;
  if (other && other->cost < best->cost) {
    best = std::move(other);
    return true;
  }
  for (Value value : values)
    merged.erase(value);
  return false;
}

/// The choices that the form of a reader of `value` ends at when `open` are
/// merged as well.
SmallVector<Value> Planner::choicesBehind(Value value,
                                          ArrayRef<Value> open) const {
  SmallVector<Value> result;
  auto form = graph.expand(value, [&](Value inner) {
    return isOpen(inner) || llvm::is_contained(open, inner);
  });
  if (form)
    for (const AffineForm::Summand &summand : form->summands)
      if (llvm::is_contained(choices, summand.source))
        result.push_back(summand.source);
  return result;
}

std::optional<MergePlan> Planner::plan() {
  std::optional<MergePlan> best = evaluate();
  SmallVector<KeptValue> kept;
  for (bool changed = true; best && changed;) {
    changed = false;
    kept.clear();
    for (Value choice : llvm::reverse(choices)) {
      if (merged.contains(choice))
        continue;
      std::optional<int64_t> cost;
      bool better = improve(best, choice, cost);
      // A sum may gain only with what it adds: a mask with what it masks.
      SmallVector<Value> together{choice};
      while (!better && together.size() < kMaxTogether) {
        SmallVector<Value> behind = choicesBehind(choice, together);
        if (behind.empty())
          break;
        for (Value one : behind) {
          together.push_back(one);
          if ((better = improve(best, together, cost)))
            break;
        }
      }
      changed |= better;
      if (!better && cost)
        kept.push_back({choice, best->cost, *cost});
    }
  }
  if (best)
    best->kept = std::move(kept);
  return best;
}

std::optional<MergePlan>
slin::planMerges(const AffineGraph &graph, WeightNumbers &numbers,
                 llvm::function_ref<bool(FloatType)> mayMergeIdentity) {
  return Planner(graph, numbers, mayMergeIdentity).plan();
}
