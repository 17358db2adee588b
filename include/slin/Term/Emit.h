//===- Emit.h - Terms as operations of some backend -------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The visitor that writes a term applied to activations. A backend (ONNX nodes,
// linalg, kernels) implements the primitives of `Emitter`; how the eight nodes
// become primitives is decided here, once.
//
// Activations come in two layouts:
//
//   flat     [tokens…, features]            most primitives
//   grouped  [groups, tokens, features / groups]   groupedProduct
//
// A block product works on the grouped layout. What lies between two block
// products (leave one grouping, permute, enter the next) is one `rearrange`: a
// reshape, one transpose, a reshape. So a BlockShuffle is
//
//   rearrange, groupedProduct, rearrange, groupedProduct, rearrange
//
// whatever spelling it came from. A backend that writes weights anew may take
// part of a rearrangement into the product before it: the rows of each block
// are put in the order in which they leave, and what remains moves runs of
// features rather than single ones (`reordersRows`).
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_TERM_EMIT_H
#define SLIN_TERM_EMIT_H

#include "slin/Term/Term.h"

#include "llvm/Support/ErrorHandling.h"

namespace slin::term {

/// A change of layout and a permutation of features in one step.
///
/// With `groupsBefore` = 1 the value is flat, otherwise grouped; the same
/// after. The feature index, groups first, is written in digits of `radices`;
/// the first `groupDigitsBefore` of them are the groups. Output digit j is
/// input digit `order[j]`; the first `groupDigitsAfter` output digits are the
/// new groups. As arrays: reshape to [group digits…, tokens, other digits…],
/// transpose, reshape.
struct Rearrangement {
  int64_t groupsBefore = 1;
  int64_t groupsAfter = 1;
  std::vector<int64_t> radices;
  std::vector<int64_t> order;
  unsigned groupDigitsBefore = 0;
  unsigned groupDigitsAfter = 0;

  int64_t features() const;
  /// Whether nothing is to be done.
  bool isIdentity() const;

  /// The shape of the first reshape with `tokens` in its place, e.g. [K, T, P].
  std::vector<int64_t> expandedShape(int64_t tokens) const;
  /// The transpose: result axis a is expanded axis `transposition()[a]`.
  std::vector<int64_t> transposition() const;
  /// The shape of the last reshape: [T, features] or [groups, T, features /
  /// groups].
  std::vector<int64_t> resultShape(int64_t tokens) const;
};

/// `permutation` between two layouts. Nothing if its digits do not fit the
/// groups, or it has none: then it takes three steps.
std::optional<Rearrangement> rearrangement(const Permutation &permutation,
                                           int64_t groupsBefore,
                                           int64_t groupsAfter);

/// A rearrangement of what a block product gives, split in two: `rows` acts
/// within each block, where weights can take it, `rest` moves what it leaves in
/// the order in which it goes.
struct RowsAndRest {
  Permutation rows;
  Rearrangement rest;
};
RowsAndRest takeRows(const Rearrangement &rearrangement);

/// Whether emitting `term` leaves the layout [tokens…, features] somewhere, so
/// that a backend had better make the leading axes one before and restore them
/// after.
bool needsFlatTokens(const Term &term);

/// The primitives of a backend. Values are flat unless said otherwise.
template <typename Value>
class Emitter {
public:
  virtual ~Emitter() = default;

  /// x [tokens…, columns] times the transposed matrix: [tokens…, rows].
  virtual Value product(Value x, const Leaf &matrix) = 0;
  /// Grouped x [b, tokens, columns] times each block transposed, grouped result
  /// [b, tokens, rows].
  virtual Value groupedProduct(Value x, const Leaf &blocks) = 0;
  /// Whether block products go through `reorderedProduct` where that saves
  /// work.
  virtual bool reordersRows() const { return false; }
  /// A groupedProduct of which the features of each block are permuted by
  /// `rows`: row i is row `rows.source(i)` of the stored block.
  virtual Value reorderedProduct(Value x, const Leaf &blocks,
                                 const Permutation &rows) {
    llvm_unreachable("reordersRows() without reorderedProduct()");
  }
  virtual Value rearrange(Value x, const Rearrangement &rearrangement) = 0;
  /// Output feature i is input feature `indices[i]`.
  virtual Value gather(Value x, llvm::ArrayRef<int64_t> indices) = 0;
  /// Feature i times entry i of the vector.
  virtual Value multiply(Value x, const Leaf &vector) = 0;
  /// Every element, in either layout, times a constant.
  virtual Value scale(Value x, double factor) = 0;
  virtual Value add(Value a, Value b) = 0;
  /// Along the feature axis.
  virtual Value concat(llvm::ArrayRef<Value> parts) = 0;
  /// Features `[offset, offset + size)`.
  virtual Value slice(Value x, int64_t offset, int64_t size) = 0;
  /// `size` features of zeros for the tokens of x.
  virtual Value zeros(Value x, int64_t size) = 0;
  /// Consecutive parts of the feature axis; backends with a split override it.
  virtual std::vector<Value> split(Value x, llvm::ArrayRef<int64_t> sizes) {
    std::vector<Value> parts;
    int64_t offset = 0;
    for (int64_t size : sizes) {
      parts.push_back(slice(x, offset, size));
      offset += size;
    }
    return parts;
  }
};

namespace detail {

/// The walk. `Pending` is what has been recorded but not written: the layout
/// the value is in and the permutation that still has to act on it.
template <typename Value>
class EmitVisitor {
public:
  explicit EmitVisitor(Emitter<Value> &emitter) : emitter(emitter) {}

  /// `term` on the flat value `x`; the result is flat.
  Value emit(const Term &term, Value x) {
    Pending value{x, 1, Permutation::identity(term.columns())};
    if (term.kind() != NodeKind::Compose)
      step(term, value);
    else
      for (size_t i = term.operands().size(); i-- > 0;)
        step(term.operands()[i], value);
    bring(value, 1);
    return value.value;
  }

private:
  struct Pending {
    Value value;
    int64_t groups;
    Permutation permutation;
    /// Blocks that `value` has still to be multiplied by: what happens to the
    /// result decides the order of their rows.
    std::optional<Leaf> blocks = std::nullopt;
  };

  void multiply(Pending &value) {
    if (value.blocks)
      value.value = emitter.groupedProduct(value.value, *value.blocks);
    value.blocks.reset();
  }

  void rearrange(Pending &value, Rearrangement step) {
    if (value.blocks && emitter.reordersRows()) {
      RowsAndRest parts = takeRows(step);
      if (!parts.rows.isIdentity()) {
        value.value =
            emitter.reorderedProduct(value.value, *value.blocks, parts.rows);
        value.blocks.reset();
        step = parts.rest;
      }
    }
    multiply(value);
    if (!step.isIdentity())
      value.value = emitter.rearrange(value.value, step);
    value.groups = step.groupsAfter;
  }

  /// Writes the pending permutation and changes to `groups` groups: in one step
  /// if it can be, else permuting while leaving or while entering a grouping.
  void bring(Pending &value, int64_t groups) {
    Permutation permutation = value.permutation;
    Permutation identity = Permutation::identity(permutation.size());
    value.permutation = identity;
    if (auto once = rearrangement(permutation, value.groups, groups))
      return rearrange(value, *once);
    if (auto leave = rearrangement(permutation, value.groups, 1)) {
      rearrange(value, *leave);
      return rearrange(value, *rearrangement(identity, 1, groups));
    }
    rearrange(value, *rearrangement(identity, value.groups, 1));
    if (auto enter = rearrangement(permutation, 1, groups))
      return rearrange(value, *enter);
    if (permutation.hasDigits())
      rearrange(value, *rearrangement(permutation, 1, 1));
    else
      value.value = emitter.gather(value.value, permutation.indices());
    rearrange(value, *rearrangement(identity, 1, groups));
  }

  void permute(Pending &value, const Permutation &permutation) {
    if (auto both = permutation.after(value.permutation)) {
      value.permutation = *both;
      return;
    }
    bring(value, 1);
    value.permutation = permutation;
  }

  void step(const Term &term, Pending &value) {
    switch (term.kind()) {
    case NodeKind::Permutation:
      return permute(value, *term.permutation());
    case NodeKind::BlockDiagonal:
      bring(value, term.leaf()->blocks());
      value.blocks = *term.leaf();
      value.permutation = Permutation::identity(term.rows());
      return;
    case NodeKind::Diagonal:
      if (std::optional<double> factor = term.factor()) {
        multiply(value);
        value.value = emitter.scale(value.value, *factor);
        return;
      }
      break;
    default:
      break;
    }
    bring(value, 1);
    value.value = flatStep(term, value.value);
    value.permutation = Permutation::identity(term.rows());
  }

  Value flatStep(const Term &term, Value x) {
    switch (term.kind()) {
    case NodeKind::Dense:
      return emitter.product(x, *term.leaf());
    case NodeKind::Diagonal:
      return emitter.multiply(x, *term.leaf());
    case NodeKind::Sum:
      return emitSum(term, x);
    case NodeKind::StackRows: {
      std::vector<Value> parts;
      for (const Term &part : term.operands())
        parts.push_back(emit(part, x));
      return emitter.concat(parts);
    }
    case NodeKind::StackColumns:
      return emitStackColumns(term, x);
    default:
      return emit(term, x);
    }
  }

  Value emitSum(const Term &term, Value x) {
    if (term.isZero())
      return emitter.zeros(x, term.rows());
    Value total = emit(term.operands().front(), x);
    for (const Term &summand : term.operands().drop_front())
      total = emitter.add(total, emit(summand, x));
    return total;
  }

  /// Parts that are zero are never read: a selection is one slice.
  Value emitStackColumns(const Term &term, Value x) {
    llvm::ArrayRef<Term> parts = term.operands();
    size_t read = 0;
    for (const Term &part : parts)
      read += !part.isZero();
    if (read == 0)
      return emitter.zeros(x, term.rows());
    std::vector<Value> pieces;
    if (read == parts.size()) {
      std::vector<int64_t> sizes;
      for (const Term &part : parts)
        sizes.push_back(part.columns());
      pieces = emitter.split(x, sizes);
    }
    std::optional<Value> total;
    int64_t offset = 0;
    for (size_t i = 0; i < parts.size(); offset += parts[i++].columns()) {
      if (parts[i].isZero())
        continue;
      Value piece = pieces.empty()
                        ? emitter.slice(x, offset, parts[i].columns())
                        : pieces[i];
      Value result = emit(parts[i], piece);
      total = total ? emitter.add(*total, result) : result;
    }
    return *total;
  }

  Emitter<Value> &emitter;
};

} // namespace detail

/// `term` applied to the flat value `x` through `emitter`'s primitives. The
/// result is flat.
template <typename Value>
Value emit(const Term &term, Value x, Emitter<Value> &emitter) {
  return detail::EmitVisitor<Value>(emitter).emit(term, x);
}

} // namespace slin::term

#endif // SLIN_TERM_EMIT_H
