//===- ExpertEntry.cpp - Entries of experts as one ------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Products that read the entry's input gather its tokens; all others read rows
// that the products before gave.
//
//===----------------------------------------------------------------------===//

#include "ExpertEntry.h"

#include "mlir/IR/IRMapping.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace slin;
using slingpu::BlockGemmOp;
using slingpu::CombineOp;
using slingpu::EntryOp;
using slingpu::RouteOp;
using slingpu::WeightOp;

namespace {
class ExpertJoiner {
public:
  ExpertJoiner(ArrayRef<EntryOp> experts, StringRef path, int64_t choices)
      : experts(experts), path(path), choices(choices), first(experts.front()),
        builder(first.getContext()) {}
  FailureOr<EntryOp> join(std::string &reason);

private:
  LogicalResult collect(std::string &reason);
  LogicalResult compare(std::string &reason);
  EntryOp createEntry();
  FailureOr<Value> joinWeights(size_t product, unsigned operand,
                               const Twine &name, std::string &reason);
  LogicalResult writeProduct(size_t product, std::string &reason);
  void eraseExperts();

  RankedTensorType rowsLike(Type type) {
    auto tensor = cast<RankedTensorType>(type);
    return tensor.clone({tensor.getDimSize(0), choices, tensor.getDimSize(1)});
  }

  ArrayRef<EntryOp> experts;
  StringRef path;
  int64_t choices;
  EntryOp first;
  OpBuilder builder;
  OpBuilder::InsertPoint weightPlace;
  /// The products of each expert, in order.
  std::vector<SmallVector<BlockGemmOp>> products;
  SmallVector<Operation *> made;
  RouteOp route;
  /// From the first expert's values to those of the entry.
  IRMapping values;
};
} // namespace

/// Where a value of an expert comes from: the input (-1) or a product.
static int64_t placeOf(Value value) {
  auto product = value.getDefiningOp<BlockGemmOp>();
  if (!product)
    return -1;
  return std::distance(product->getBlock()->begin(), product->getIterator());
}

LogicalResult ExpertJoiner::collect(std::string &reason) {
  for (EntryOp expert : experts) {
    if (expert.getPlans().size() != 1) {
      reason = llvm::formatv("expected operators that are the same for all "
                             "numbers of tokens, found {0} forms of '{1}'",
                             expert.getPlans().size(), expert.getPath());
      return failure();
    }
    auto &own = products.emplace_back();
    Block &plan = expert.getPlans()[0].front();
    for (Operation &op : plan.without_terminator())
      own.push_back(cast<BlockGemmOp>(op));
    // These are rows by experts, which the input is none of.
    SmallVector<Value> rows = {plan.getTerminator()->getOperand(0)};
    for (BlockGemmOp product : own)
      if (product.getGate())
        rows.push_back(product.getGate());
    if (llvm::all_of(rows, [](Value value) { return placeOf(value) >= 0; }))
      continue;
    reason = llvm::formatv("expected gates and a result that products give, "
                           "found the input of '{0}'",
                           expert.getPath());
    return failure();
  }
  return success();
}

/// What a product is, for reasons.
static std::string describe(BlockGemmOp product) {
  return product.getKernelName() + (product.getBias() ? " with a bias" : "");
}

static bool areSame(BlockGemmOp a, BlockGemmOp b) {
  auto sameValue = [](Value one, Value other) {
    return bool(one) == bool(other) &&
           (!one || (one.getType() == other.getType() &&
                     placeOf(one) == placeOf(other)));
  };
  auto sameType = [](Value one, Value other) {
    return bool(one) == bool(other) &&
           (!one || one.getType() == other.getType());
  };
  return a->getAttrDictionary() == b->getAttrDictionary() &&
         a.getType() == b.getType() && sameValue(a.getInput(), b.getInput()) &&
         sameValue(a.getGate(), b.getGate()) &&
         sameType(a.getWeight(), b.getWeight()) &&
         sameType(a.getBias(), b.getBias());
}

LogicalResult ExpertJoiner::compare(std::string &reason) {
  for (auto [expert, own] : llvm::zip_equal(experts, products)) {
    EntryOp entry = expert;
    if (own.size() != products.front().size()) {
      reason =
          llvm::formatv("expected {0} products in each expert, found {1} "
                        "in '{2}'",
                        products.front().size(), own.size(), entry.getPath());
      return failure();
    }
    for (auto [product, model] : llvm::zip_equal(own, products.front()))
      if (!areSame(product, model)) {
        reason = llvm::formatv(
            "expected the same products in each expert, found {0} of '{1}' and "
            "{2} of '{3}'",
            describe(model), first.getPath(), describe(product),
            entry.getPath());
        return failure();
      }
  }
  return success();
}

EntryOp ExpertJoiner::createEntry() {
  Block &model = first.getPlans()[0].front();
  auto x = cast<RankedTensorType>(model.getArgument(0).getType());
  int64_t count = experts.size();
  Type types[] = {x, x.clone({x.getDimSize(0), count})};
  SmallVector<Attribute> paths;
  for (EntryOp expert : experts)
    paths.push_back(expert.getPathAttr());
  builder.setInsertionPointAfter(experts.back());
  auto entry = EntryOp::create(
      builder, first.getLoc(), builder.getStringAttr(path),
      builder.getDenseI64ArrayAttr({}),
      builder.getStringAttr(llvm::formatv("{0} of {1} experts: {2}", choices,
                                          count, first.getStructure())
                                .str()),
      builder.getTypeArrayAttr(types), first.getOutputTypesAttr(),
      builder.getArrayAttr(paths), 1);
  builder.setInsertionPoint(entry);
  weightPlace = builder.saveInsertionPoint();
  Block &plan = entry.getPlans()[0].emplaceBlock();
  plan.addArguments(types, {first.getLoc(), first.getLoc()});
  values.map(model.getArgument(0), plan.getArgument(0));
  builder.setInsertionPointToEnd(&plan);
  Type i32 = builder.getI32Type();
  auto like = [&](int64_t size) {
    return RankedTensorType::get({x.getDimSize(0), size}, i32);
  };
  route = RouteOp::create(builder, first.getLoc(),
                          RankedTensorType::get({count + 1}, i32),
                          like(choices), like(count), plan.getArgument(1),
                          builder.getI64IntegerAttr(choices),
                          /*schedule=*/nullptr);
  return entry;
}

/// What the experts have as this operand, one after the other.
FailureOr<Value> ExpertJoiner::joinWeights(size_t product, unsigned operand,
                                           const Twine &name,
                                           std::string &reason) {
  std::vector<char> bytes;
  RankedTensorType type;
  for (const SmallVector<BlockGemmOp> &own : products) {
    BlockGemmOp op = own[product];
    Value value = operand == 0 ? op.getWeight() : op.getBias();
    type = cast<RankedTensorType>(value.getType());
    auto elements = value.getDefiningOp<WeightOp>().getElements(reason);
    if (failed(elements))
      return failure();
    bytes.insert(bytes.end(), elements->bytes.begin(), elements->bytes.end());
  }
  SmallVector<int64_t> shape(type.getShape());
  shape.front() *= experts.size();
  type = type.clone(shape);
  ElementsAttr joined = weights::makeWeight(type, bytes);
  if (!joined)
    joined = DenseElementsAttr::getFromRawBuffer(type, bytes);
  OpBuilder::InsertionGuard guard(builder);
  builder.restoreInsertionPoint(weightPlace);
  auto weight =
      WeightOp::create(builder, first.getLoc(), type,
                       builder.getStringAttr(name), cast<TypedAttr>(joined));
  made.push_back(weight);
  return weight.getResult();
}

LogicalResult ExpertJoiner::writeProduct(size_t product, std::string &reason) {
  BlockGemmOp model = products.front()[product];
  std::string name = (path + "/" + Twine(product)).str();
  auto weight = joinWeights(product, 0, name + "/w", reason);
  if (failed(weight))
    return failure();
  Value bias;
  if (model.getBias()) {
    auto joined = joinWeights(product, 1, name + "/bias", reason);
    if (failed(joined))
      return failure();
    bias = *joined;
  }
  bool gathers = placeOf(model.getInput()) < 0;
  auto result = BlockGemmOp::create(
      builder, model.getLoc(), rowsLike(model.getType()),
      values.lookup(model.getInput()), *weight, bias,
      model.getGate() ? values.lookup(model.getGate()) : Value(),
      /*residual=*/Value(), route.getOffsets(),
      gathers ? Value(route.getTokens()) : Value(), model.getRunAttr(),
      model.getActivationAttr(), model.getParameterAttr(),
      /*schedule=*/nullptr);
  values.map(model.getResult(), result.getResult());
  return success();
}

void ExpertJoiner::eraseExperts() {
  llvm::SetVector<Operation *> weights;
  for (const SmallVector<BlockGemmOp> &own : products)
    for (BlockGemmOp product : own)
      for (Value value : {Value(product.getWeight()), Value(product.getBias())})
        if (value)
          weights.insert(value.getDefiningOp());
  for (EntryOp expert : experts)
    expert.erase();
  for (Operation *weight : weights)
    if (weight->use_empty())
      weight->erase();
}

FailureOr<EntryOp> ExpertJoiner::join(std::string &reason) {
  if (failed(collect(reason)) || failed(compare(reason)))
    return failure();
  EntryOp entry = createEntry();
  for (size_t product = 0; product < products.front().size(); ++product)
    if (failed(writeProduct(product, reason))) {
      entry.erase();
      for (Operation *weight : made)
        weight->erase();
      return failure();
    }
  Operation *end = first.getPlans()[0].front().getTerminator();
  Value y = CombineOp::create(
      builder, first.getLoc(), end->getOperand(0).getType(),
      values.lookup(end->getOperand(0)), entry.getPlans()[0].getArgument(1),
      route.getPlaces(), /*schedule=*/nullptr);
  slingpu::YieldOp::create(builder, end->getLoc(), y);
  eraseExperts();
  return entry;
}

FailureOr<EntryOp> slin::joinExperts(ArrayRef<EntryOp> experts, StringRef path,
                                     int64_t choices, std::string &reason) {
  return ExpertJoiner(experts, path, choices).join(reason);
}
