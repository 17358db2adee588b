//===- NetworkConverter.cpp - A network as an entry -----------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every linear becomes block products by its term, whatever structure it has;
// what stands between linears becomes part of the product before it.
//
//===----------------------------------------------------------------------===//

#include "NetworkConverter.h"

#include "slin/Dialect/ONNX/IR/ONNXOps.h"

#include "mlir/IR/Remarks.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>
#include <set>

using namespace mlir;
using namespace slin;
using slingpu::BlockGemmOp;
using slingpu::EntryOp;

FailureOr<ArrayRef<double>> Numbers::get(Value weight, std::string &reason) {
  auto [it, isNew] = known.try_emplace(weight);
  if (!isNew)
    return ArrayRef<double>(it->second);
  auto constant = weight.getDefiningOp<weights::WeightOpInterface>();
  if (!constant) {
    reason = "expected weights and biases that are constants";
    return failure();
  }
  FailureOr<weights::Elements> elements = constant.getElements(reason);
  if (failed(elements))
    return failure();
  it->second.resize(elements->type.getNumElements());
  if (failed(weights::toDoubles(*elements, it->second, reason)))
    return failure();
  return ArrayRef<double>(it->second);
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

Value NetworkConverter::makeWeight(const Twine &name, RankedTensorType type,
                                   ArrayRef<char> bytes) {
  Value &known = made[name.str()];
  if (known)
    return known;
  OpBuilder::InsertionGuard guard(builder);
  builder.restoreInsertionPoint(weightPlace);
  ElementsAttr elements = weights::makeWeight(type, bytes);
  if (!elements)
    elements = DenseElementsAttr::getFromRawBuffer(type, bytes);
  auto weight = slingpu::WeightOp::create(builder, ffn.getLoc(), type,
                                          builder.getStringAttr(name),
                                          cast<TypedAttr>(elements));
  weights.push_back(weight);
  return known = weight.getResult();
}

/// `values` in `type`. Fails with a reason where one does not fit.
static FailureOr<std::vector<char>>
rounded(FloatType type, ArrayRef<double> values, std::string &reason) {
  double limit =
      APFloat::getLargest(type.getFloatSemantics()).convertToDouble();
  for (double value : values)
    if (!(std::fabs(value) <= limit)) {
      reason = llvm::formatv("expected numbers within the range of {0}, found "
                             "{1:e3}",
                             Type(type), value);
      return failure();
    }
  return weights::fromDoubles(type, values);
}

FailureOr<Value> NetworkConverter::makeWeight(const Twine &name,
                                              const BlockProduct &product,
                                              std::string &reason) {
  // Rows of whole 16 bytes.
  int64_t step = 128 / type.getWidth();
  int64_t columns = llvm::alignTo(product.columns, step);
  std::vector<double> packed(product.blocks * product.rows * columns);
  double *next = packed.data();
  for (const term::Matrix &block : product.weights)
    for (int64_t row = 0; row < product.rows; ++row, next += columns)
      std::copy_n(block.row(row).data(), product.columns, next);
  auto bytes = rounded(type, packed, reason);
  if (failed(bytes))
    return failure();
  return makeWeight(
      name,
      RankedTensorType::get({product.blocks, product.rows, columns}, type),
      *bytes);
}

/// In the order of blocks and rows, in f32.
FailureOr<Value> NetworkConverter::makeBias(ApplyOp apply,
                                            const BlockProduct &product,
                                            std::string &reason) {
  if (!apply.getBias())
    return Value();
  auto stored = numbers.get(apply.getBias(), reason);
  if (failed(stored))
    return failure();
  std::vector<double> ordered;
  for (int64_t block = 0; block < product.blocks; ++block)
    for (int64_t row = 0; row < product.rows; ++row)
      ordered.push_back(
          (*stored)[stored->size() == 1 ? 0 : product.placeOf(block, row)]);
  auto bytes = rounded(builder.getF32Type(), ordered, reason);
  if (failed(bytes))
    return failure();
  return makeWeight(
      apply.getPath().value_or("linear") + "/bias",
      RankedTensorType::get({int64_t(ordered.size())}, builder.getF32Type()),
      *bytes);
}

//===----------------------------------------------------------------------===//
// Linears and activations
//===----------------------------------------------------------------------===//

LogicalResult NetworkConverter::convert(ApplyOp apply, int64_t tokens,
                                        std::string &reason) {
  std::string path = apply.getPath().value_or("linear").str();
  auto expression = buildTerm(apply.getLinop(), tokens, &reason);
  if (failed(expression))
    return failure();
  for (Value leaf : expression->leaves)
    if (failed(numbers.get(leaf, reason)))
      return failure();
  auto leafNumbers = [&](unsigned id) {
    return *numbers.get(expression->leaves[id], reason);
  };
  auto products = findBlockProducts(expression->term, leafNumbers);
  if (!products) {
    remark::missed(apply.getLoc(), remark::RemarkOpts::name("Dense")
                                       .category("slin-to-slingpu")
                                       .function(path))
        << "'" + path +
               "' is computed as one matrix: its permutations do not fit "
               "between products of blocks";
    products = {denseProduct(expression->term, leafNumbers)};
  }
  Value x = values.lookup(apply.getInput());
  if (!x) {
    reason = "expected '" + path +
             "' to read the network's input or another "
             "linear of it";
    return failure();
  }
  // Forms that differ by the number of tokens have weights of their own.
  std::string form = tokens > 1 ? ".from_" + std::to_string(tokens) : "";
  for (auto [index, product] : llvm::enumerate(*products)) {
    bool isLast = index + 1 == products->size();
    auto weight =
        makeWeight(path + "/w" + std::to_string(index) + form, product, reason);
    FailureOr<Value> bias =
        isLast ? makeBias(apply, product, reason) : FailureOr<Value>(Value());
    if (failed(weight) || failed(bias))
      return failure();
    x = BlockGemmOp::create(
        builder, apply.getLoc(), activations(product.blocks * product.rows), x,
        *weight, *bias, /*gate=*/Value(),
        /*residual=*/Value(), /*offsets=*/Value(), /*tokens=*/Value(),
        builder.getI64IntegerAttr(product.run),
        /*activation=*/nullptr, /*parameter=*/nullptr,
        /*schedule=*/nullptr);
  }
  values[apply.getResult()] = x;
  return success();
}

/// `act(a)` and `act(a) b` are part of the product that gives `a`.
LogicalResult NetworkConverter::convert(ActivationOp activation,
                                        std::string &reason) {
  StringRef name = activation.getFunction();
  ValueRange inputs = activation.getInputs();
  // Further results are taps of the model, which are not computed.
  if (name == "pointwise" || inputs.size() > 2) {
    reason = llvm::formatv("expected a named activation of one or two values, "
                           "found '{0}' of {1}",
                           name, inputs.size());
    return failure();
  }
  Value value = values.lookup(inputs[0]);
  auto product = value ? value.getDefiningOp<BlockGemmOp>() : BlockGemmOp();
  if (!product || product.getActivation() || product.getGate() ||
      !inputs[0].hasOneUse()) {
    reason = "expected '" + name.str() +
             "' to act on a linear that nothing else reads";
    return failure();
  }
  if (name != "identity")
    product.setActivation(name);
  product.setParameterAttr(activation.getParameterAttr());
  if (inputs.size() == 2) {
    Value gate = values.lookup(inputs[1]);
    if (!gate || gate.getType() != product.getType()) {
      reason = "expected a gate that a linear of the network gives";
      return failure();
    }
    if (Operation *other = gate.getDefiningOp();
        other && product->isBeforeInBlock(other))
      product->moveAfter(other);
    product.getGateMutable().assign(gate);
  }
  values[activation.getResult(0)] = value;
  return success();
}

LogicalResult NetworkConverter::convertBody(Block &plan, int64_t tokens,
                                            std::string &reason) {
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(&plan);
  values.clear();
  values[ffn.getBody().getArgument(0)] = plan.getArgument(0);
  for (Operation &op : ffn.getBody().front()) {
    if (auto apply = dyn_cast<ApplyOp>(op)) {
      if (failed(convert(apply, tokens, reason)))
        return failure();
    } else if (auto activation = dyn_cast<ActivationOp>(op)) {
      if (failed(convert(activation, reason)))
        return failure();
    } else if (auto yield = dyn_cast<YieldOp>(op)) {
      Value result = values.lookup(yield.getOperand(output));
      auto entry = cast<EntryOp>(plan.getParentOp());
      if (!result ||
          TypeAttr::get(result.getType()) != entry.getOutputTypes()[0]) {
        reason = "expected a network that ends in a linear";
        return failure();
      }
      slingpu::YieldOp::create(builder, yield.getLoc(), result);
    } else if (op.getNumRegions() != 0 || !isMemoryEffectFree(&op) ||
               llvm::any_of(op.getUsers(), [&](Operation *user) {
                 return isa<ActivationOp, YieldOp>(user);
               })) {
      reason = "expected linears and activations, found '" +
               op.getName().getStringRef().str() + "'";
      return failure();
    }
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Networks
//===----------------------------------------------------------------------===//

/// The token counts at which some operator of the network changes its form.
static SmallVector<int64_t> boundsOf(FFNOp ffn) {
  std::set<int64_t> bounds;
  SmallVector<Value> work;
  for (ApplyOp apply : ffn.getLinears())
    work.push_back(apply.getLinop());
  while (!work.empty()) {
    Operation *op = work.pop_back_val().getDefiningOp();
    if (!op || !isa<LinearOperatorInterface>(op))
      continue;
    if (auto choice = dyn_cast<ByTokensOp>(op))
      bounds.insert(choice.getBounds().begin(), choice.getBounds().end());
    llvm::append_range(work, op->getOperands());
  }
  return SmallVector<int64_t>(bounds.begin(), bounds.end());
}

/// What the network computes, for people.
static std::string structureOf(FFNOp ffn) {
  std::string text;
  for (Operation &op : ffn.getBody().front()) {
    std::string part;
    if (auto apply = dyn_cast<ApplyOp>(op))
      part = apply.getLinop().getDefiningOp()->getName().stripDialect();
    else if (auto activation = dyn_cast<ActivationOp>(op))
      part = activation.getFunction();
    else
      continue;
    text += (text.empty() ? "" : ", ") + part;
  }
  return text;
}

/// The results whose numbers somebody reads: exporters ask inner values for
/// their shapes, which the entry's caller knows.
static SmallVector<unsigned> outputsOf(FFNOp ffn) {
  SmallVector<unsigned> outputs;
  for (OpResult result : ffn.getResults())
    if (!result.use_empty() &&
        !llvm::all_of(result.getUsers(), llvm::IsaPred<onnx::ShapeOp>))
      outputs.push_back(result.getResultNumber());
  if (outputs.empty() && ffn.getNumResults() == 1)
    outputs.push_back(0);
  return outputs;
}

FailureOr<EntryOp> NetworkConverter::convert(ModuleOp module,
                                             std::string &reason) {
  SmallVector<ApplyOp> linears = ffn.getLinears();
  SmallVector<unsigned> outputs = outputsOf(ffn);
  if (ffn.getInputs().size() != 1 || outputs.size() != 1 || linears.empty()) {
    reason = llvm::formatv("expected one input and one output, found {0} and "
                           "{1}",
                           ffn.getInputs().size(), outputs.size());
    return failure();
  }
  output = outputs.front();
  builder.setInsertionPointToEnd(module.getBody());
  SmallVector<int64_t> bounds = boundsOf(ffn);
  Type input = activations(linears.front().getLinopType().getIn()),
       output = activations(linears.back().getLinopType().getOut());
  auto entry = EntryOp::create(
      builder, ffn.getLoc(), builder.getStringAttr(name),
      builder.getDenseI64ArrayAttr(bounds),
      builder.getStringAttr(structureOf(ffn)), builder.getTypeArrayAttr(input),
      builder.getTypeArrayAttr(output), /*networks=*/nullptr,
      bounds.size() + 1);
  builder.setInsertionPoint(entry);
  weightPlace = builder.saveInsertionPoint();
  for (unsigned index = 0; index <= bounds.size(); ++index) {
    Block &plan = entry.getPlans()[index].emplaceBlock();
    plan.addArgument(input, ffn.getLoc());
    if (succeeded(convertBody(plan, entry.getRange(index).first, reason)))
      continue;
    entry.erase();
    for (Operation *weight : llvm::reverse(weights))
      weight->erase();
    return failure();
  }
  return entry;
}
