//===- ONNXEmitter.cpp - Terms as ONNX nodes ------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Weights are stored as MatMul wants its right operand, so that no runtime has
// to transpose them. Block products go through one batched MatMul; ONNX Runtime
// and every other runtime has it, unlike Einsum or grouped convolutions of
// rank 1. Their rows are stored in the order in which the next transpose reads
// them: ONNX Runtime moves runs of features at the speed of memory, and single
// ones ten times slower (docs/Benchmarks.md).
//
//===----------------------------------------------------------------------===//

#include "ONNXEmitter.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace slin;

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

ONNXNames::ONNXNames(ModuleOp module) {
  module.walk([&](Operation *op) {
    if (auto node = dyn_cast<onnx::NodeOpInterface>(op)) {
      taken.insert(node.getNodeName());
      for (unsigned i = 0, e = op->getNumResults(); i < e; ++i)
        taken.insert(node.getOutputName(i));
    } else if (auto initializer = dyn_cast<onnx::InitializerOp>(op)) {
      taken.insert(initializer.getName());
    }
    for (Region &region : op->getRegions())
      for (Block &block : region)
        for (Value argument : block.getArguments())
          taken.insert(onnx::nameOf(argument));
  });
}

std::string ONNXNames::unique(StringRef wanted) {
  std::string name = wanted.str();
  for (unsigned count = 1; !taken.insert(name).second; ++count)
    name = (wanted + "_" + Twine(count)).str();
  return name;
}

ONNXEmitter::ONNXEmitter(Operation *before, StringRef path, Type elementType,
                         Attribute place, ArrayRef<Value> leaves,
                         ONNXNames &names, WrittenConstants &constants)
    : builder(before), location(before->getLoc()), path(path.str()),
      elementType(elementType), place(place), leaves(leaves), names(names),
      constants(constants) {
  function = before;
  while (function->getParentOp() && !isa<func::FuncOp>(function))
    function = function->getParentOp();
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

Value ONNXEmitter::constant(StringRef name, ElementsAttr value) {
  // Each graph has constants of its own.
  Attribute key = builder.getArrayAttr({builder.getStringAttr(name), value,
                                        SymbolTable::getSymbolName(function)});
  Value &known = constants[key];
  if (known)
    return known;
  if (function->hasAttr(onnx::names::kFunction)) {
    // Functions have no initializers.
    OperationState state(location, onnx::ConstantOp::getOperationName());
    state.addAttribute("value", value);
    state.addAttribute("node_name", builder.getStringAttr(names.unique(name)));
    if (place)
      state.addAttribute(onnx::names::kIndex, place);
    state.addTypes(onnx::UnknownType::get(builder.getContext()));
    return builder.create(state)->getResult(
        0); // not shared: functions have scopes of their own
  }
  OpBuilder::InsertionGuard guard(builder);
  Block &entry = function->getRegion(0).front();
  Operation *last = nullptr;
  for (Operation &op : entry)
    if (isa<onnx::InitializerOp>(op))
      last = &op;
  last ? builder.setInsertionPointAfter(last)
       : builder.setInsertionPointToStart(&entry);
  known = onnx::InitializerOp::create(builder, location, value.getType(),
                                      builder.getStringAttr(names.unique(name)),
                                      value, UnitAttr());
  return known;
}

/// Erases a constant that was written and is not read after all.
void ONNXEmitter::forget(Value constant) {
  Operation *op = constant.getDefiningOp();
  if (!op || !op->use_empty())
    return;
  SmallVector<Attribute> keys;
  for (auto &[key, value] : constants)
    if (value == constant)
      keys.push_back(key);
  // Only what was written here: the model's own constants stay.
  if (keys.empty())
    return;
  for (Attribute key : keys)
    constants.erase(key);
  op->erase();
}

Value ONNXEmitter::integers(StringRef name, ArrayRef<int64_t> values) {
  auto type =
      RankedTensorType::get({int64_t(values.size())}, builder.getI64Type());
  return constant(path + "/slin_" + name.str(),
                  DenseElementsAttr::get(type, values));
}

Value ONNXEmitter::number(StringRef name, double value) {
  auto type = RankedTensorType::get({}, elementType);
  return constant(
      path + "/slin_" + name.str(),
      weights::makeWeight(
          type, weights::fromDoubles(cast<FloatType>(elementType), {value})));
}

/// `/h.0/mlp/c_fc/MatMul/slin_u` gives `u`; a weight of the model gives `w`.
std::string ONNXEmitter::nameOfLeaf(const term::Leaf &leaf) {
  auto weight = leaves[leaf.id].getDefiningOp<WeightOp>();
  if (!weight)
    return "w";
  StringRef name = weight.getName();
  size_t position = name.rfind("/slin_");
  return position == StringRef::npos ? "w" : name.substr(position + 6).str();
}

/// The box of `leaf`, its last two axes swapped: [blocks, columns, rows]. Row i
/// is row `order[i]`.
static std::vector<char> gatherBytes(const term::Leaf &leaf,
                                     ArrayRef<int64_t> order,
                                     ArrayRef<char> bytes, unsigned width) {
  std::vector<char> result(leaf.elements() * width);
  char *out = result.data();
  int64_t columns = leaf.rank() == 1 ? 1 : leaf.columns();
  for (int64_t block = 0; block < leaf.blocks(); ++block)
    for (int64_t column = 0; column < columns; ++column)
      for (int64_t row : order) {
        std::memcpy(out,
                    bytes.data() + leaf.position(block, row, column) * width,
                    width);
        out += width;
      }
  return result;
}

Value ONNXEmitter::operand(const term::Leaf &leaf,
                           const term::Permutation &order, bool isMatrix) {
  Value stored = leaves[leaf.id];
  auto weight = stored.getDefiningOp<weights::WeightOpInterface>();
  Value result;
  bool asStored = leaf.isWhole() && (leaf.transposed || leaf.rank() == 1) &&
                  order.isIdentity() && !(isMatrix && leaf.rank() == 3);
  if (asStored && stored.getDefiningOp<onnx::InitializerOp>()) {
    result = stored;
  } else {
    std::string reason;
    FailureOr<weights::Elements> elements =
        weight ? weight.getElements(reason) : FailureOr<weights::Elements>();
    if (failed(elements)) {
      failure = weight ? reason : "a factor of '" + path + "' is no constant";
      return stored;
    }
    Type type = elements->type.getElementType();
    // Only passes make numbers wider than the operator; they are rounded here.
    bool isWide = type.isF64() && !elementType.isF64();
    SmallVector<int64_t> shape;
    if (leaf.rank() == 3 && !isMatrix)
      shape.push_back(leaf.blocks());
    if (leaf.rank() > 1)
      shape.push_back(leaf.columns());
    shape.push_back(leaf.rows());
    std::vector<char> bytes =
        gatherBytes(leaf, order.indices(), elements->bytes,
                    weights::bitsPerElement(type) / 8);
    if (isWide) {
      type = elementType;
      bytes = weights::fromDoubles(
          cast<FloatType>(type),
          {reinterpret_cast<const double *>(bytes.data()), bytes.size() / 8});
    }
    std::string name = stored.getDefiningOp<WeightOp>()
                           ? weight.getWeightName().str()
                           : path + "/slin_" + nameOfLeaf(leaf);
    result = constant(
        name + "_weight",
        weights::makeWeight(RankedTensorType::get(shape, type), bytes));
  }
  auto type = dyn_cast<ShapedType>(result.getType());
  if (!type || type.getElementType() == elementType)
    return result;
  // Factors may be narrower than the activations; the model keeps them so.
  int64_t code = 0;
  for (auto [known, number] : {std::pair<bool, int64_t>{elementType.isF32(), 1},
                               {elementType.isF16(), 10},
                               {elementType.isF64(), 11},
                               {elementType.isBF16(), 16}})
    if (known)
      code = number;
  return node<onnx::CastOp>(
             nameOfLeaf(leaf) + "_cast", result,
             builder.getNamedAttr("to", builder.getI64IntegerAttr(code)))
      ->getResult(0);
}

//===----------------------------------------------------------------------===//
// Primitives
//===----------------------------------------------------------------------===//

Value ONNXEmitter::product(Value x, const term::Leaf &matrix) {
  // One block of several has no axis of blocks: it would be one of the result.
  Value weight = operand(matrix, term::Permutation::identity(matrix.rows()),
                         /*isMatrix=*/true);
  return node<onnx::MatMulOp>(nameOfLeaf(matrix), {x, weight})->getResult(0);
}

Value ONNXEmitter::groupedProduct(Value x, const term::Leaf &blocks) {
  return node<onnx::MatMulOp>(nameOfLeaf(blocks), {x, operand(blocks)})
      ->getResult(0);
}

Value ONNXEmitter::reorderedProduct(Value x, const term::Leaf &blocks,
                                    const term::Permutation &rows) {
  return node<onnx::MatMulOp>(nameOfLeaf(blocks), {x, operand(blocks, rows)})
      ->getResult(0);
}

Value ONNXEmitter::reshape(Value x, Value shape, StringRef name) {
  // Of two reshapes in a row the first one is not needed.
  auto before = x.getDefiningOp<onnx::ReshapeOp>();
  bool own =
      before &&
      StringRef(before.getNodeName().value_or("")).starts_with(path + "/slin_");
  if (own && x.use_empty()) {
    x = before->getOperand(0);
    Value unread = before->getOperand(1);
    before.erase();
    forget(unread);
  }
  return node<onnx::ReshapeOp>(name, {x, shape})->getResult(0);
}

Value ONNXEmitter::reshape(Value x, ArrayRef<int64_t> shape, StringRef name) {
  return reshape(x, integers((name + "_shape").str(), shape), name);
}

Value ONNXEmitter::rearrange(Value x, const term::Rearrangement &step) {
  std::vector<int64_t> expanded = step.expandedShape(-1),
                       order = step.transposition(),
                       result = step.resultShape(-1);
  std::vector<int64_t> before =
      term::Rearrangement{
          step.groupsBefore, step.groupsBefore, {step.features()}, {0}, 0, 0}
          .resultShape(-1);
  if (step.groupsBefore == 1 || expanded != before)
    x = reshape(x, expanded, "split");
  bool moves = !llvm::equal(order, llvm::seq<int64_t>(0, order.size()));
  std::vector<int64_t> transposed;
  for (int64_t axis : order)
    transposed.push_back(expanded[axis]);
  if (moves)
    x = node<onnx::TransposeOp>(
            "transpose", x,
            builder.getNamedAttr("perm", builder.getDenseI64ArrayAttr(order)))
            ->getResult(0);
  if (transposed != result)
    x = reshape(x, result, "join");
  return x;
}

Value ONNXEmitter::gather(Value x, ArrayRef<int64_t> indices) {
  return node<onnx::GatherOp>(
             "gather", {x, integers("indices", indices)},
             builder.getNamedAttr("axis", builder.getI64IntegerAttr(-1)))
      ->getResult(0);
}

Value ONNXEmitter::multiply(Value x, const term::Leaf &vector) {
  return node<onnx::MulOp>(nameOfLeaf(vector), {x, operand(vector)})
      ->getResult(0);
}

Value ONNXEmitter::scale(Value x, double factor) {
  return node<onnx::MulOp>("scale", {x, number("factor", factor)})
      ->getResult(0);
}

Value ONNXEmitter::add(Value a, Value b) {
  return node<onnx::AddOp>("add", {a, b})->getResult(0);
}

Value ONNXEmitter::concat(ArrayRef<Value> parts) {
  return node<onnx::ConcatOp>(
             "concat", parts,
             builder.getNamedAttr("axis", builder.getI64IntegerAttr(-1)))
      ->getResult(0);
}

Value ONNXEmitter::slice(Value x, int64_t offset, int64_t size) {
  return sliceAxis("slice", x, offset, offset + size, -1);
}

Value ONNXEmitter::sliceAxis(StringRef name, Value x, int64_t start,
                             int64_t end, int64_t axis) {
  // The lists became inputs with opset 10.
  int64_t opset = onnx::opsetOf(builder.getInsertionBlock()->getParentOp(), "");
  if (opset && opset < 10) {
    auto list = [&](StringRef key, int64_t value) {
      return builder.getNamedAttr(key, builder.getDenseI64ArrayAttr(value));
    };
    return node<onnx::SliceOp>(
               name, x,
               {list("starts", start), list("ends", end), list("axes", axis)})
        ->getResult(0);
  }
  return node<onnx::SliceOp>(name, {x, integers((name + "_start").str(), start),
                                    integers((name + "_end").str(), end),
                                    integers((name + "_axis").str(), axis)})
      ->getResult(0);
}

Value ONNXEmitter::zeros(Value x, int64_t size) {
  auto type = RankedTensorType::get({size}, elementType);
  std::vector<double> values(size);
  Value zero = constant(
      path + "/slin_zeros",
      weights::makeWeight(
          type, weights::fromDoubles(cast<FloatType>(elementType), values)));
  return node<onnx::MulOp>("zero", {slice(x, 0, 1), zero})->getResult(0);
}

//===----------------------------------------------------------------------===//
// Linears
//===----------------------------------------------------------------------===//

bool ONNXEmitter::isMatrix(Value x) {
  auto type = dyn_cast<RankedTensorType>(x.getType());
  return type && type.getRank() == 2;
}

/// A bias that a pass made, in the element type of the activations.
Value ONNXEmitter::writeBias(WeightOp weight) {
  ElementsAttr value = weight.getWeight();
  if (value.getElementType().isF64() && !elementType.isF64()) {
    std::string reason;
    std::vector<double> numbers(value.getNumElements());
    FailureOr<weights::Elements> elements = weight.getElements(reason);
    if (mlir::failed(elements) ||
        mlir::failed(weights::toDoubles(*elements, numbers, reason))) {
      failure = reason;
      return weight;
    }
    value = weights::makeWeight(
        RankedTensorType::get(elements->type.getShape(), elementType),
        weights::fromDoubles(cast<FloatType>(elementType), numbers));
  }
  return constant(weight.getName(), value);
}

FailureOr<Value> ONNXEmitter::emitLinear(const term::Term &term, Value x,
                                         Value bias, StringRef outputName,
                                         Type type, std::string &reason) {
  bool flatten = term::needsFlatTokens(term) && !isMatrix(x);
  Value leading;
  if (flatten) {
    // The leading axes, whatever their number, are one while blocks are apart.
    Value shape = node<onnx::ShapeOp>("shape", x)->getResult(0);
    Value axes = sliceAxis("leading", shape, 0, -1, 0);
    leading = node<onnx::ConcatOp>(
                  "result_shape", {axes, integers("features", term.rows())},
                  builder.getNamedAttr("axis", builder.getI64IntegerAttr(0)))
                  ->getResult(0);
    x = reshape(x, {-1, term.columns()}, "flatten");
  }
  Value result = term::emit(term, x, *this);
  if (flatten)
    result = reshape(result, leading, "restore");
  return finish(result, x, bias, outputName, type, reason);
}

FailureOr<Value> ONNXEmitter::finish(Value result, Value x, Value bias,
                                     StringRef outputName, Type type,
                                     std::string &reason) {
  if (bias) {
    if (auto weight = bias.getDefiningOp<WeightOp>())
      bias = writeBias(weight);
    result = node<onnx::AddOp>("bias", {result, bias})->getResult(0);
  }
  if (!failure.empty()) {
    reason = failure;
    return mlir::failure();
  }
  auto last = result.getDefiningOp<onnx::NodeOpInterface>();
  if (!last || result == x)
    last = cast<onnx::NodeOpInterface>(
        node<onnx::IdentityOp>("identity", result).getOperation());
  last.setOutputName(0, outputName);
  last->getResult(0).setType(type);
  return last->getResult(0);
}

Value ONNXEmitter::emitSum(ValueRange summands, StringRef outputName,
                           Type type) {
  Value sum = summands.front();
  for (Value summand : summands.drop_front())
    sum = add(sum, summand);
  auto last = cast<onnx::NodeOpInterface>(sum.getDefiningOp());
  last.setOutputName(0, outputName);
  sum.setType(type);
  return sum;
}
