//===- ExpertEntry.cpp - Entries of experts as one ------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Products that read the entry's input gather its tokens; all others read rows
// that the products before gave. Experts may differ in the features between
// their products (ranks, hidden features): these are as many as the widest has,
// of which the others have rows of zeros, and columns of zeros behind them.
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
  /// The most rows, and the most stored columns, that an expert has.
  int64_t rowsOf(size_t product);
  int64_t columnsOf(size_t product);
  /// What the experts have, one after the other, each padded with zeros.
  FailureOr<Value> joinMatrices(size_t product, std::string &reason);
  FailureOr<Value> joinBiases(size_t product, std::string &reason);
  Value createWeight(const Twine &name, RankedTensorType type,
                     ArrayRef<char> bytes);
  LogicalResult writeProduct(size_t product, std::string &reason);
  void eraseExperts();

  RankedTensorType rowsLike(Type type, int64_t features) {
    auto tensor = cast<RankedTensorType>(type);
    return tensor.clone({tensor.getDimSize(0), choices, features});
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

/// Whether the products are the same but for their numbers and, of dense ones
/// only, for features between products.
static bool areSame(BlockGemmOp a, BlockGemmOp b) {
  if (a.getBlocks() != b.getBlocks() ||
      a.getActivationAttr() != b.getActivationAttr() ||
      a.getParameterAttr() != b.getParameterAttr() ||
      placeOf(a.getInput()) != placeOf(b.getInput()) ||
      bool(a.getBias()) != bool(b.getBias()) ||
      bool(a.getGate()) != bool(b.getGate()) ||
      (a.getGate() && placeOf(a.getGate()) != placeOf(b.getGate())))
    return false;
  auto isInput = [](BlockGemmOp op) { return placeOf(op.getInput()) < 0; };
  if ((a.getBlocks() > 1 || isInput(a)) &&
      a.getInput().getType() != b.getInput().getType())
    return false;
  return a.getBlocks() == 1 ||
         (a.getType() == b.getType() && a.getRun() == b.getRun());
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
    if (entry.getOutputTypes() == first.getOutputTypes())
      continue;
    reason = llvm::formatv("expected a result of {0} in each expert, found one "
                           "of {1} in '{2}'",
                           first.getOutputTypes()[0], entry.getOutputTypes()[0],
                           entry.getPath());
    return failure();
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

int64_t ExpertJoiner::rowsOf(size_t product) {
  int64_t most = 0;
  for (const SmallVector<BlockGemmOp> &own : products)
    most = std::max(most, BlockGemmOp(own[product]).getRows());
  return most;
}

int64_t ExpertJoiner::columnsOf(size_t product) {
  int64_t most = 0;
  for (const SmallVector<BlockGemmOp> &own : products)
    most = std::max(most, BlockGemmOp(own[product]).getStoredColumns());
  return most;
}

Value ExpertJoiner::createWeight(const Twine &name, RankedTensorType type,
                                 ArrayRef<char> bytes) {
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

FailureOr<Value> ExpertJoiner::joinMatrices(size_t product,
                                            std::string &reason) {
  BlockGemmOp model = products.front()[product];
  int64_t element = model.getElementType().getWidth() / 8;
  int64_t blocks = model.getBlocks(), rows = rowsOf(product),
          columns = columnsOf(product);
  std::vector<char> bytes(experts.size() * blocks * rows * columns * element);
  auto next = bytes.begin();
  for (const SmallVector<BlockGemmOp> &own : products) {
    BlockGemmOp op = own[product];
    auto elements =
        op.getWeight().getDefiningOp<WeightOp>().getElements(reason);
    if (failed(elements))
      return failure();
    // Only single blocks have other rows than there is room for.
    int64_t pitch = op.getStoredColumns() * element;
    for (int64_t row = 0; row < blocks * op.getRows(); ++row)
      std::copy_n(elements->bytes.begin() + row * pitch, pitch,
                  next + row * columns * element);
    next += blocks * rows * columns * element;
  }
  auto type =
      RankedTensorType::get({int64_t(experts.size()) * blocks, rows, columns},
                            model.getElementType());
  return createWeight(path + "/" + Twine(product) + "/w", type, bytes);
}

FailureOr<Value> ExpertJoiner::joinBiases(size_t product, std::string &reason) {
  BlockGemmOp model = products.front()[product];
  if (!model.getBias())
    return Value();
  int64_t size = model.getBlocks() * rowsOf(product);
  std::vector<char> bytes(experts.size() * size * sizeof(float));
  auto next = bytes.begin();
  for (const SmallVector<BlockGemmOp> &own : products) {
    BlockGemmOp op = own[product];
    auto elements = op.getBias().getDefiningOp<WeightOp>().getElements(reason);
    if (failed(elements))
      return failure();
    llvm::copy(elements->bytes, next);
    next += size * sizeof(float);
  }
  auto type = RankedTensorType::get({int64_t(experts.size()) * size},
                                    builder.getF32Type());
  return createWeight(path + "/" + Twine(product) + "/bias", type, bytes);
}

LogicalResult ExpertJoiner::writeProduct(size_t product, std::string &reason) {
  BlockGemmOp model = products.front()[product];
  FailureOr<Value> weight = joinMatrices(product, reason);
  FailureOr<Value> bias = joinBiases(product, reason);
  if (failed(weight) || failed(bias))
    return failure();
  bool gathers = placeOf(model.getInput()) < 0;
  int64_t rows = rowsOf(product);
  auto result = BlockGemmOp::create(
      builder, model.getLoc(),
      rowsLike(model.getType(), model.getBlocks() * rows),
      values.lookup(model.getInput()), *weight, *bias,
      model.getGate() ? values.lookup(model.getGate()) : Value(),
      /*residual=*/Value(), route.getOffsets(),
      gathers ? Value(route.getTokens()) : Value(),
      model.getBlocks() == 1 ? builder.getI64IntegerAttr(rows)
                             : model.getRunAttr(),
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
