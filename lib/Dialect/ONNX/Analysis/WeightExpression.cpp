//===- WeightExpression.cpp - Weights that a graph computes ---------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A matrix and its transpose are read by the same functions, so that constants
// stay in front of products.
//
//===----------------------------------------------------------------------===//

#include "StoredWeight.h"
#include "WeightExpression.h"

#include "slin/Dialect/ONNX/Analysis/ConstantTensor.h"
#include "slin/Dialect/ONNX/Analysis/Constants.h"
#include "slin/Dialect/ONNX/Analysis/ValueShape.h"
#include "slin/Dialect/ONNX/IR/ONNXOps.h"

#include <map>

using namespace mlir;
using namespace slin;
using namespace slin::onnx;
using term::Leaf;
using term::Term;
using term::TermOrReason;

namespace {
class ExpressionReader {
public:
  std::optional<Term> read(Value value, bool transposed);

  SmallVector<Value> weights;
  SmallVector<Operation *> nodes;
  Break stop;

private:
  std::optional<Term> compute(Value value, Operation *op, bool transposed);
  std::optional<Term> readProduct(Operation *op, bool transposed);
  std::optional<Term> readGemm(Operation *op, bool transposed);
  std::optional<Term> readSum(Operation *op, double second, bool transposed);
  std::optional<Term> readMultiple(Operation *op, bool transposed);
  std::optional<Term> readStack(Operation *op, bool transposed);
  std::optional<Term> readSlice(SliceOp op, bool transposed);
  std::optional<Term> readLeaf(Value value, bool transposed);
  std::optional<Term> readVector(Value value, int64_t size);
  unsigned number(Value weight);
  static std::optional<Term> take(const TermOrReason &term);

  std::map<std::pair<void *, bool>, std::optional<Term>> known;
};
} // namespace

static std::optional<SmallVector<int64_t>> staticShapeOf(Value value) {
  auto shape = shapeOf(value);
  bool isStatic = shape && !ShapedType::isDynamicShape(*shape);
  return isStatic ? shape : std::nullopt;
}

/// The number that every element is multiplied by; nothing for a tensor.
static std::optional<double> factorOf(Value value) {
  auto shape = staticShapeOf(value);
  if (!shape || shape->size() > 2 || weights::countOf(*shape) != 1u)
    return std::nullopt;
  std::optional<ScalarConstant> scalar = scalarConstant(value);
  return scalar ? std::optional<double>(scalar->value) : std::nullopt;
}

std::optional<Term> ExpressionReader::take(const TermOrReason &term) {
  return term ? std::optional<Term>(*term) : std::nullopt;
}

/// `factor` times the term, together with the constant that it begins with.
static std::optional<Term> scaled(const std::optional<Term> &term,
                                  double factor) {
  if (!term || factor == 1.0)
    return term;
  ArrayRef<Term> rest(*term);
  if (term->kind() == term::NodeKind::Compose)
    rest = term->operands();
  if (auto inner = rest.front().factor(); inner && rest.size() > 1) {
    factor *= *inner;
    rest = rest.drop_front();
  }
  std::vector<Term> factors{Term::splat(term->rows(), factor)};
  factors.insert(factors.end(), rest.begin(), rest.end());
  auto result = Term::compose(factors);
  return result ? std::optional<Term>(*result) : std::nullopt;
}

unsigned ExpressionReader::number(Value weight) {
  auto *it = llvm::find(weights, weight);
  unsigned id = it - weights.begin();
  if (it == weights.end())
    weights.push_back(weight);
  return id;
}

//===----------------------------------------------------------------------===//
// One function per kind of node
//===----------------------------------------------------------------------===//

/// A stored weight or, of a few other operators, their result.
std::optional<Term> ExpressionReader::readLeaf(Value value, bool transposed) {
  auto shape = staticShapeOf(value);
  bool stored = value.getDefiningOp<weights::WeightOpInterface>() != nullptr;
  if (!shape || shape->size() != 2 || !(stored || isEvaluable(value)))
    return std::nullopt;
  return take(Term::dense(Leaf::whole(number(value), *shape, transposed)));
}

std::optional<Term> ExpressionReader::readProduct(Operation *op,
                                                  bool transposed) {
  auto a = read(op->getOperand(0), transposed),
       b = read(op->getOperand(1), transposed);
  if (!a || !b)
    return std::nullopt;
  return take(transposed ? Term::compose({*b, *a}) : Term::compose({*a, *b}));
}

std::optional<Term> ExpressionReader::readGemm(Operation *op, bool transposed) {
  auto a = read(op->getOperand(0),
                transposed != (numberAttribute(op, "transA", 0) != 0)),
       b = read(op->getOperand(1),
                transposed != (numberAttribute(op, "transB", 0) != 0));
  if (!a || !b)
    return std::nullopt;
  auto product = scaled(
      take(transposed ? Term::compose({*b, *a}) : Term::compose({*a, *b})),
      numberAttribute(op, "alpha", 1.0));
  double beta = numberAttribute(op, "beta", 1.0);
  Value added = presentInput(op, 2);
  if (!product || !added || beta == 0.0)
    return product;
  auto c = scaled(read(added, transposed), beta);
  return c ? take(Term::sum({*product, *c})) : std::nullopt;
}

std::optional<Term> ExpressionReader::readSum(Operation *op, double second,
                                              bool transposed) {
  auto a = read(op->getOperand(0), transposed);
  auto b = scaled(read(op->getOperand(1), transposed), second);
  return a && b ? take(Term::sum({*a, *b})) : std::nullopt;
}

/// A vector as the diagonal that multiplies rows or columns.
std::optional<Term> ExpressionReader::readVector(Value value, int64_t size) {
  bool stored = value.getDefiningOp<weights::WeightOpInterface>() != nullptr;
  if (!(stored || isEvaluable(value)))
    return std::nullopt;
  return take(Term::diagonal(Leaf::whole(number(value), {size})));
}

/// A matrix times a number, or times a vector along its rows or columns.
std::optional<Term> ExpressionReader::readMultiple(Operation *op,
                                                   bool transposed) {
  for (unsigned i : {0u, 1u}) {
    Value other = op->getOperand(1 - i);
    auto matrix = staticShapeOf(op->getOperand(i)),
         shape = staticShapeOf(other);
    if (!matrix || matrix->size() != 2 || !shape || shape->size() > 2)
      continue;
    if (std::optional<double> factor = factorOf(other))
      return scaled(read(op->getOperand(i), transposed), *factor);
    int64_t rows = (*matrix)[0], columns = (*matrix)[1];
    bool alongColumns = *shape == SmallVector<int64_t>{columns} ||
                        *shape == SmallVector<int64_t>{1, columns};
    bool alongRows = *shape == SmallVector<int64_t>{rows, 1};
    if (!alongColumns && !alongRows)
      continue;
    auto inner = read(op->getOperand(i), transposed);
    auto diagonal = readVector(other, alongColumns ? columns : rows);
    if (!inner || !diagonal)
      return std::nullopt;
    return take(alongColumns != transposed
                    ? Term::compose({*inner, *diagonal})
                    : Term::compose({*diagonal, *inner}));
  }
  return std::nullopt;
}

std::optional<Term> ExpressionReader::readStack(Operation *op,
                                                bool transposed) {
  int64_t axis = numberAttribute(op, "axis", 0);
  std::vector<Term> parts;
  for (Value operand : op->getOperands()) {
    auto part = read(operand, transposed);
    if (!part)
      return std::nullopt;
    parts.push_back(*part);
  }
  bool ofRows = (axis == 0 || axis == -2) != transposed;
  return take(ofRows ? Term::stackRows(parts) : Term::stackColumns(parts));
}

std::optional<Term> ExpressionReader::readSlice(SliceOp op, bool transposed) {
  auto starts = integersOf(op, "starts", 1), ends = integersOf(op, "ends", 2),
       axes = integersOf(op, "axes", 3), steps = integersOf(op, "steps", 4);
  auto term = read(op->getOperand(0), transposed);
  if (!term || !starts || !ends || !axes || starts->size() != axes->size() ||
      ends->size() != axes->size() ||
      (presentInput(op, 4) && (!steps || llvm::any_of(*steps, [](int64_t step) {
         return step != 1;
       }))))
    return std::nullopt;
  for (auto [start, end, axis] : llvm::zip(*starts, *ends, *axes)) {
    if (axis < -2 || axis > 1)
      return std::nullopt;
    bool ofRows = (axis == 0 || axis == -2) != transposed;
    int64_t size = ofRows ? term->rows() : term->columns();
    auto place = [&](int64_t index) {
      return std::clamp<int64_t>(index < 0 ? index + size : index, 0, size);
    };
    int64_t first = place(start), count = place(end) - first;
    term = take(ofRows ? term->sliceRows(first, count)
                       : term->sliceColumns(first, count));
    if (!term)
      return std::nullopt;
  }
  return term;
}

std::optional<Term> ExpressionReader::compute(Value value, Operation *op,
                                              bool transposed) {
  bool isMatrix = rankOf(value) == 2;
  bool binary = op->getNumOperands() == 2;
  if (auto node = dyn_cast<TransposeOp>(op); node && isMatrix)
    return read(op->getOperand(0), !transposed);
  // A Cast that rounds has no float type.
  if (isa<IdentityOp, CastOp>(op) && op->getNumOperands() && floatTypeOf(value))
    return read(op->getOperand(0), transposed);
  if (isa<MatMulOp>(op) && binary)
    return readProduct(op, transposed);
  if (isa<GemmOp>(op))
    return readGemm(op, transposed);
  if (isa<AddOp, SubOp>(op) && binary)
    if (auto sum = readSum(op, isa<AddOp>(op) ? 1.0 : -1.0, transposed))
      return sum;
  if (isa<MulOp>(op) && binary)
    if (auto multiple = readMultiple(op, transposed))
      return multiple;
  if (isa<DivOp>(op) && binary)
    if (auto divisor = factorOf(op->getOperand(1)); divisor && *divisor != 0.0)
      return scaled(read(op->getOperand(0), transposed), 1.0 / *divisor);
  if (isa<ConcatOp>(op) && op->getNumOperands())
    return readStack(op, transposed);
  if (auto slice = dyn_cast<SliceOp>(op))
    return readSlice(slice, transposed);
  return readLeaf(value, transposed);
}

std::optional<Term> ExpressionReader::read(Value value, bool transposed) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return std::nullopt;
  std::pair<void *, bool> key(value.getAsOpaquePointer(), transposed);
  if (auto it = known.find(key); it != known.end())
    return it->second;
  bool stored = isa<weights::WeightOpInterface>(op);
  std::optional<Term> term =
      stored ? readLeaf(value, transposed) : compute(value, op, transposed);
  if (!term && !stop && !stored) {
    std::string name = operatorName(op);
    if (isa<CastOp>(op))
      stop = {op, "its weight is rounded by '" + name + "' once it is computed",
              ""};
    else
      stop = {op,
              "its weight comes through '" + name + "', which is not folded",
              "fold constants first"};
  }
  if (!stored && !llvm::is_contained(nodes, op))
    nodes.push_back(op);
  known.emplace(key, term);
  return term;
}

//===----------------------------------------------------------------------===//
// The whole
//===----------------------------------------------------------------------===//

/// Everything constant above `value`, for nodes that a leaf stands for.
static void appendNodesAbove(Value value, SmallVectorImpl<Operation *> &nodes) {
  SmallVector<Value> work{value};
  llvm::SmallPtrSet<Operation *, 8> seen;
  while (!work.empty()) {
    Operation *op = work.pop_back_val().getDefiningOp();
    if (!op || isa<weights::WeightOpInterface, NoneOp>(op) ||
        !seen.insert(op).second)
      continue;
    if (!llvm::is_contained(nodes, op))
      nodes.push_back(op);
    work.append(op->operand_begin(), op->operand_end());
  }
}

std::optional<WeightExpression>
slin::onnx::findWeightExpression(Value operand, bool transposed, Break &why) {
  ExpressionReader reader;
  std::optional<Term> term = reader.read(operand, transposed);
  FloatType type = floatTypeOf(operand);
  if (!term) {
    why = reader.stop;
    return std::nullopt;
  }
  if (!type || term->leaves().empty()) {
    why = {operand.getDefiningOp(),
           "its weight is computed in several element types, or rounded on the "
           "way",
           ""};
    return std::nullopt;
  }
  WeightExpression result{*term, reader.weights, type, reader.nodes};
  for (Value weight : result.weights)
    appendNodesAbove(weight, result.nodes);
  return result;
}

void slin::onnx::appendOwned(const WeightExpression &expression,
                             Operation *user,
                             SmallVectorImpl<Operation *> &nodes) {
  SmallVector<Operation *> ordered;
  for (Operation *op : expression.nodes)
    if (op->getBlock() == user->getBlock())
      ordered.push_back(op);
  llvm::sort(ordered,
             [](Operation *a, Operation *b) { return b->isBeforeInBlock(a); });
  SmallVector<Operation *> owned{user};
  for (Operation *op : ordered)
    if (llvm::all_of(op->getUsers(), [&](Operation *reader) {
          return llvm::is_contained(owned, reader);
        }))
      owned.push_back(op);
  nodes.append(owned.begin() + 1, owned.end());
}
