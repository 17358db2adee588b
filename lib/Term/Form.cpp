//===- Form.cpp - The cheapest way to compute a term ----------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// From the leaves up. A product is a shortest path over its cuts: each step is
// one factor as it is, or several as one matrix, one block diagonal or one
// diagonal. Candidates share one table of recipes; those that no leaf of the
// chosen term uses are dropped at the end.
//
//===----------------------------------------------------------------------===//

#include "Liveness.h"

#include "slin/Term/Form.h"

#include "llvm/ADT/STLExtras.h"

#include <limits>

using namespace slin::term;
using llvm::BitVector;

static int64_t add(int64_t a, int64_t b) {
  int64_t result;
  return __builtin_add_overflow(a, b, &result)
             ? std::numeric_limits<int64_t>::max()
             : result;
}

static int64_t entries(int64_t rows, int64_t columns) {
  int64_t result;
  return __builtin_mul_overflow(rows, columns, &result)
             ? std::numeric_limits<int64_t>::max()
             : result;
}

namespace {
struct Candidate {
  Term term;
  int64_t cost;
};

/// What several factors become as one weight.
enum class Merged { Dense, Blocks, Vector };

class Planner {
public:
  Planner(ZeroEntries zeros, FormOptions options)
      : zeros(zeros), options(options) {}
  Candidate plan(const Term &term);
  Form finish(const Candidate &chosen) const;

private:
  Candidate stored(const Term &term);
  Candidate merge(const Term &recipe, Merged kind, int64_t blocks = 1);
  Candidate planLeaf(const Term &term);
  Candidate planCompose(const Term &term);
  Candidate planSum(const Term &term);
  Candidate planStack(const Term &term);
  Candidate joinLowRanks(std::vector<Candidate> &summands);
  std::vector<Term> withoutDeadFeatures(llvm::ArrayRef<Term> factors);
  Term recipeOf(const Term &leaf) const;

  ZeroEntries zeros;
  FormOptions options;
  std::vector<Form::Weight> recipes;
};
} // namespace

//===----------------------------------------------------------------------===//
// Leaves
//===----------------------------------------------------------------------===//

/// Whether a stack only keeps or places features: a view, where a reader allows
/// it.
static bool isSelection(const Term &stack) {
  return llvm::all_of(stack.operands(), [](const Term &part) {
    return part.isZero() || part.isIdentity();
  });
}

static Term overLeaf(NodeKind kind, Leaf leaf) {
  return kind == NodeKind::Diagonal ? *Term::diagonal(std::move(leaf))
         : leaf.rank() == 2         ? *Term::dense(std::move(leaf))
                                    : *Term::blockDiagonal(std::move(leaf));
}

/// The leaf as the model stores it.
Candidate Planner::stored(const Term &term) {
  Leaf leaf = *term.leaf();
  int64_t cost = leaf.elements();
  auto same = [&](const Form::Weight &known) {
    const Leaf *other = known.stored();
    return other && other->id == term.leaf()->id &&
           other->shape == term.leaf()->shape;
  };
  auto known = llvm::find_if(recipes, same);
  leaf.id = known - recipes.begin();
  if (known == recipes.end())
    recipes.push_back({term});
  return {overLeaf(term.kind(), std::move(leaf)), cost};
}

Candidate Planner::merge(const Term &recipe, Merged kind, int64_t blocks) {
  unsigned id = recipes.size();
  recipes.push_back({recipe});
  int64_t rows = recipe.rows(), columns = recipe.columns();
  switch (kind) {
  case Merged::Dense:
    return {*Term::dense(Leaf::whole(id, {columns, rows}, true)),
            entries(rows, columns)};
  case Merged::Blocks:
    return {*Term::blockDiagonal(Leaf::whole(
                id, {blocks, columns / blocks, rows / blocks}, true)),
            entries(rows, columns / blocks)};
  case Merged::Vector:
    return {*Term::diagonal(Leaf::whole(id, {rows})), rows};
  }
  return {recipe, 0};
}

Candidate Planner::planLeaf(const Term &term) {
  if (term.kind() == NodeKind::Permutation || !term.leaf())
    return {term, term.isIdentity() ? 0 : term.rows()};
  if (term.leaf()->isWhole() && term.leaf()->shape.size() != 3)
    return stored(term);
  if (term.leaf()->isWhole() && term.kind() == NodeKind::BlockDiagonal)
    return stored(term);
  switch (term.kind()) {
  case NodeKind::BlockDiagonal:
    return merge(term, Merged::Blocks, term.leaf()->blocks());
  case NodeKind::Diagonal:
    return merge(term, Merged::Vector);
  default:
    return merge(term, Merged::Dense);
  }
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// The factors with a selection and its transpose wherever some of the features
/// between two of them are never given or never read.
std::vector<Term> Planner::withoutDeadFeatures(llvm::ArrayRef<Term> factors) {
  size_t count = factors.size();
  std::vector<BitVector> given(count);
  BitVector features(factors.back().columns(), true);
  for (size_t i = count; i-- > 1;)
    given[i] = features = givenBy(factors[i], features, zeros);
  std::vector<Term> result;
  BitVector needed(factors.front().rows(), true);
  for (size_t i = 0; i < count; ++i) {
    result.push_back(factors[i]);
    if (i + 1 == count)
      break;
    needed = readOf(factors[i], needed, zeros);
    BitVector live = given[i + 1];
    live &= needed;
    if (live.none())
      return {Term::zero(factors.front().rows(), factors.back().columns())};
    if (live.all())
      continue;
    Term select = selection(live);
    result.push_back(select.transpose());
    result.push_back(select);
  }
  return result;
}

/// Drops a selection where it meets its own transpose: what is kept of features
/// that were put there is all of them.
static void dropInversePairs(std::vector<Term> &factors) {
  for (size_t i = 0; i + 1 < factors.size();) {
    bool inverse = factors[i].kind() == NodeKind::StackColumns &&
                   isSelection(factors[i]) &&
                   factors[i].transpose() == factors[i + 1];
    if (!inverse) {
      ++i;
      continue;
    }
    factors.erase(factors.begin() + i, factors.begin() + i + 2);
    i -= i > 0;
  }
}

/// The number of blocks of a product of `factors`, all of which are diagonals
/// or have blocks of the same number; 0 for others.
static int64_t blocksOf(llvm::ArrayRef<Term> factors) {
  int64_t blocks = 1;
  for (const Term &factor : factors) {
    if (factor.kind() == NodeKind::Diagonal)
      continue;
    if (factor.kind() != NodeKind::BlockDiagonal ||
        (blocks != 1 && blocks != factor.leaf()->blocks()))
      return 0;
    blocks = factor.leaf()->blocks();
  }
  return blocks;
}

Candidate Planner::planCompose(const Term &term) {
  std::vector<Term> factors = withoutDeadFeatures(term.operands());
  if (factors.size() == 1)
    return {factors.front(), 0};
  // Selections meet where the permutations between them are gone.
  auto opened = Term::compose(factors);
  if (opened && opened->kind() == NodeKind::Compose)
    factors = opened->operands().vec();
  int64_t width = term.columns();
  dropInversePairs(factors);
  if (factors.empty())
    return {Term::identity(width), 0};
  if (factors.size() == 1)
    return plan(factors.front());
  std::vector<Candidate> single;
  for (const Term &factor : factors)
    single.push_back(plan(factor));
  // The cheapest way from the front to each cut, and the cut before it.
  struct Step {
    int64_t cost = 0;
    size_t from = 0;
    std::optional<Merged> merged;
  };
  size_t count = factors.size();
  std::vector<Step> steps(count + 1);
  for (size_t end = 1; end <= count; ++end) {
    Step &step = steps[end];
    step = {add(steps[end - 1].cost, single[end - 1].cost), end - 1, {}};
    for (size_t begin = end - 1; begin-- > 0;) {
      llvm::ArrayRef<Term> group(&factors[begin], end - begin);
      int64_t blocks = blocksOf(group);
      bool isVector = llvm::all_of(group, [](const Term &factor) {
        return factor.kind() == NodeKind::Diagonal;
      });
      int64_t rows = group.front().rows(), columns = group.back().columns();
      Merged kind = isVector     ? Merged::Vector
                    : blocks > 1 ? Merged::Blocks
                                 : Merged::Dense;
      int64_t cost =
          add(steps[begin].cost,
              isVector ? rows
                       : entries(rows, columns / std::max<int64_t>(blocks, 1)));
      if (cost < step.cost)
        step = {cost, begin, kind};
    }
  }
  std::vector<Term> chosen;
  for (size_t end = count; end > 0; end = steps[end].from) {
    const Step &step = steps[end];
    llvm::ArrayRef<Term> group(&factors[step.from], end - step.from);
    if (!step.merged)
      chosen.insert(chosen.begin(), single[end - 1].term);
    else
      chosen.insert(
          chosen.begin(),
          merge(*Term::compose(group), *step.merged, blocksOf(group)).term);
  }
  return {*Term::compose(chosen), steps[count].cost};
}

//===----------------------------------------------------------------------===//
// Sums and stacks
//===----------------------------------------------------------------------===//

static bool isDense(const Candidate &candidate) {
  return candidate.term.kind() == NodeKind::Dense;
}

static bool isLowRank(const Candidate &candidate) {
  return candidate.term.kind() == NodeKind::Compose &&
         candidate.term.operands().size() == 2 &&
         llvm::all_of(candidate.term.operands(), [](const Term &factor) {
           return factor.kind() == NodeKind::Dense;
         });
}

/// The old term behind a new matrix. A stored one may be read both ways.
Term Planner::recipeOf(const Term &leaf) const {
  const Form::Weight &weight = recipes[leaf.leaf()->id];
  const Leaf *stored = weight.stored();
  return stored && stored->transposed != leaf.leaf()->transposed
             ? weight.recipe.transpose()
             : weight.recipe;
}

/// Products of two matrices each, as one: the ranks add up.
Candidate Planner::joinLowRanks(std::vector<Candidate> &summands) {
  std::vector<Term> left, right;
  int64_t cost = 0;
  for (const Candidate &summand : summands) {
    left.push_back(recipeOf(summand.term.operands()[0]));
    right.push_back(recipeOf(summand.term.operands()[1]));
    cost = add(cost, summand.cost);
  }
  Candidate u = merge(*Term::stackColumns(left), Merged::Dense),
            v = merge(*Term::stackRows(right), Merged::Dense);
  return {*Term::compose({u.term, v.term}), cost};
}

Candidate Planner::planSum(const Term &term) {
  std::vector<Term> merging, identities;
  for (const Term &summand : term.operands())
    (summand.isIdentity() && !options.mergeIdentities ? identities : merging)
        .push_back(summand);
  std::vector<Candidate> apart, lowRanks, all;
  int64_t cost = 0;
  bool anyDense = false, allDiagonal = !merging.empty();
  for (const Term &summand : merging) {
    Candidate candidate = plan(summand);
    if (candidate.term.isZero())
      continue;
    anyDense |= isDense(candidate);
    allDiagonal &=
        summand.isIdentity() || candidate.term.kind() == NodeKind::Diagonal;
    cost = add(cost, candidate.cost);
    (isLowRank(candidate) ? lowRanks : apart).push_back(candidate);
  }
  int64_t dense = entries(term.rows(), term.columns());
  if (apart.empty() && lowRanks.empty())
    merging.clear();
  if (merging.size() > 1 && allDiagonal) {
    apart = {merge(*Term::sum(merging), Merged::Vector)};
  } else if (merging.size() > 1 && (anyDense ? dense <= cost : dense < cost)) {
    apart = {merge(*Term::sum(merging), Merged::Dense)};
  } else if (lowRanks.size() > 1) {
    apart.push_back(joinLowRanks(lowRanks));
  } else {
    llvm::append_range(apart, lowRanks);
  }
  for (const Term &identity : identities)
    apart.push_back({identity, 0});
  if (apart.empty())
    return {Term::zero(term.rows(), term.columns()), 0};
  std::vector<Term> summands;
  int64_t total = entries(apart.size() - 1, term.rows());
  for (const Candidate &candidate : apart) {
    summands.push_back(candidate.term);
    total = add(total, candidate.cost);
  }
  return {*Term::sum(summands), total};
}

Candidate Planner::planStack(const Term &term) {
  bool rowwise = term.kind() == NodeKind::StackRows;
  std::vector<Term> parts;
  int64_t cost = 0;
  bool allDense = true;
  for (const Term &part : term.operands()) {
    Candidate candidate = plan(part);
    allDense &= isDense(candidate);
    cost = add(cost, candidate.cost);
    parts.push_back(candidate.term);
  }
  int64_t dense = entries(term.rows(), term.columns());
  if (allDense || dense < cost)
    return merge(term, Merged::Dense);
  return {rowwise ? *Term::stackRows(parts) : *Term::stackColumns(parts),
          isSelection(term) ? 0 : add(cost, term.rows())};
}

//===----------------------------------------------------------------------===//
// The whole
//===----------------------------------------------------------------------===//

Candidate Planner::plan(const Term &term) {
  switch (term.kind()) {
  case NodeKind::Compose:
    return planCompose(term);
  case NodeKind::Sum:
    return planSum(term);
  case NodeKind::StackRows:
  case NodeKind::StackColumns:
    return planStack(term);
  default:
    return planLeaf(term);
  }
}

/// `term` with leaf `i` called `numbers[i]`.
static Term renumber(const Term &term, llvm::ArrayRef<unsigned> numbers) {
  if (const Leaf *leaf = term.leaf()) {
    Leaf renamed = *leaf;
    renamed.id = numbers[leaf->id];
    return overLeaf(term.kind(), std::move(renamed));
  }
  if (term.operands().empty())
    return term;
  std::vector<Term> operands;
  for (const Term &operand : term.operands())
    operands.push_back(renumber(operand, numbers));
  switch (term.kind()) {
  case NodeKind::Compose:
    return *Term::compose(operands);
  case NodeKind::Sum:
    return *Term::sum(operands);
  case NodeKind::StackRows:
    return *Term::stackRows(operands);
  default:
    return *Term::stackColumns(operands);
  }
}

Form Planner::finish(const Candidate &chosen) const {
  std::vector<unsigned> numbers(recipes.size());
  std::vector<bool> used(recipes.size());
  Form form{chosen.term, {}, chosen.cost};
  for (const Leaf &leaf : chosen.term.leaves()) {
    if (used[leaf.id])
      continue;
    used[leaf.id] = true;
    numbers[leaf.id] = form.weights.size();
    form.weights.push_back(recipes[leaf.id]);
  }
  form.term = renumber(chosen.term, numbers);
  return form;
}

const Leaf *Form::Weight::stored() const {
  const Leaf *leaf = recipe.leaf();
  return leaf && leaf->isWhole() ? leaf : nullptr;
}

bool Form::isStored() const {
  return llvm::all_of(weights,
                      [](const Weight &weight) { return weight.stored(); });
}

Form slin::term::cheapestForm(const Term &term, ZeroEntries zeros,
                              FormOptions options) {
  Planner planner(zeros, options);
  return planner.finish(planner.plan(term));
}

std::vector<double> slin::term::evaluateWeight(const Form &form, unsigned index,
                                               LeafNumbers numbers) {
  const Term &recipe = form.weights[index].recipe;
  const Leaf *target = nullptr;
  std::vector<Leaf> leaves = form.term.leaves();
  for (const Leaf &leaf : leaves)
    if (leaf.id == index)
      target = &leaf;
  std::vector<double> result(target->elements());
  Matrix matrix = densify(recipe, numbers);
  int64_t rows = target->rows(), columns = target->columns();
  for (int64_t block = 0; block < target->blocks(); ++block)
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t column = 0; column < columns; ++column)
        result[target->position(block, row, column)] =
            target->rank() == 1
                ? matrix(row, row)
                : matrix(block * rows + row, block * columns + column);
  return result;
}

int64_t slin::term::costAsItStands(const Term &term) {
  int64_t total = 0, parts = 0;
  for (const Term &operand : term.operands()) {
    total = add(total, costAsItStands(operand));
    parts += !operand.isZero();
  }
  switch (term.kind()) {
  case NodeKind::Dense:
  case NodeKind::BlockDiagonal:
    return term.leaf()->elements();
  case NodeKind::Diagonal:
  case NodeKind::Permutation:
    return term.isIdentity() ? 0 : term.rows();
  case NodeKind::Sum:
    return add(total, entries(std::max<int64_t>(parts - 1, 0), term.rows()));
  case NodeKind::StackRows:
  case NodeKind::StackColumns:
    return isSelection(term) ? 0 : add(total, term.rows());
  case NodeKind::Compose:
    return total;
  }
  return total;
}
