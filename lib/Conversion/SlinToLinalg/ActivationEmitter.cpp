//===- ActivationEmitter.cpp - Activations as linalg ops ------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The formulas' arithmetic in the ops of `arith` and `math`. Narrow types are
// widened before and rounded once after.
//
//===----------------------------------------------------------------------===//

#include "ActivationEmitter.h"
#include "TokenTensor.h"

#include "slin/Term/Activation.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace slin;

namespace {
class OpArithmetic final : public term::Arithmetic<Value> {
public:
  OpArithmetic(OpBuilder &builder, Location location, FloatType type)
      : builder(builder), location(location), type(type) {}

  Value constant(double number) override {
    return create<arith::ConstantOp>(builder.getFloatAttr(type, number));
  }
  Value add(Value a, Value b) override { return create<arith::AddFOp>(a, b); }
  Value multiply(Value a, Value b) override {
    return create<arith::MulFOp>(a, b);
  }
  Value divide(Value a, Value b) override {
    return create<arith::DivFOp>(a, b);
  }
  Value maximum(Value a, Value b) override {
    return create<arith::MaximumFOp>(a, b);
  }
  Value minimum(Value a, Value b) override {
    return create<arith::MinimumFOp>(a, b);
  }
  Value absolute(Value x) override { return create<math::AbsFOp>(x); }
  Value exp(Value x) override { return create<math::ExpOp>(x); }
  Value expm1(Value x) override { return create<math::ExpM1Op>(x); }
  Value log1p(Value x) override { return create<math::Log1pOp>(x); }
  Value tanh(Value x) override { return create<math::TanhOp>(x); }
  Value erfc(Value x) override { return create<math::ErfcOp>(x); }
  Value selectNegative(Value x, Value negative, Value other) override {
    Value isNegative =
        create<arith::CmpFOp>(arith::CmpFPredicate::OLT, x, constant(0.0));
    return create<arith::SelectOp>(isNegative, negative, other);
  }

private:
  template <typename OpT, typename... Arguments>
  Value create(Arguments &&...arguments) {
    return OpT::create(builder, location, arguments...);
  }

  OpBuilder &builder;
  Location location;
  FloatType type;
};
} // namespace

/// The reason why `activation` has no lowering, or "".
static std::string checkActivation(ActivationOp activation) {
  std::string reason;
  llvm::raw_string_ostream os(reason);
  auto *known = term::findActivation<Value>(activation.getFunction());
  if (!known)
    os << "expected a function with a name that lowering knows, found '"
       << activation.getFunction() << "'";
  else if (known->hasParameter != activation.getParameterAttr().operator bool())
    os << "expected " << (known->hasParameter ? "a" : "no") << " parameter of '"
       << known->name << "', found " << (known->hasParameter ? "none" : "one");
  else if (activation.getNumResults() != 1)
    os << "expected one result, found " << activation.getNumResults()
       << ": inner values that others read have no name";
  if (!reason.empty())
    return reason;
  Type result = activation.getResultTypes().front();
  for (Type type :
       llvm::concat<Type>(llvm::to_vector(activation.getInputs().getTypes()),
                          llvm::to_vector(activation.getResultTypes()))) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor || !isComputable(tensor.getElementType()) ||
        tensor.getRank() == 0 || tensor.isDynamicDim(tensor.getRank() - 1)) {
      os << "expected tensors of f64, f32, f16 or bf16 with known rank and "
            "features, found '"
         << type << "'";
      return reason;
    }
    if (tensor.getShape() != cast<RankedTensorType>(result).getShape()) {
      os << "expected operands of the result's shape '" << result
         << "', found '" << type << "'";
      return reason;
    }
  }
  return reason;
}

LogicalResult slin::lowerActivation(ActivationOp activation) {
  std::string reason = checkActivation(activation);
  if (!reason.empty())
    return activation.emitError() << "activation '" << activation.getFunction()
                                  << "' cannot be lowered: " << reason;
  auto *known = term::findActivation<Value>(activation.getFunction());
  double parameter = activation.getParameterAttr()
                         ? activation.getParameterAttr().getValueAsDouble()
                         : 0.0;
  OpBuilder builder(activation);
  Location location = activation.getLoc();
  auto type = cast<RankedTensorType>(activation.getResultTypes().front());
  SmallVector<Type> elementTypes{type.getElementType()};
  for (Value input : activation.getInputs())
    elementTypes.push_back(getElementTypeOrSelf(input.getType()));
  FloatType accumulator = accumulatorOf(elementTypes);
  SmallVector<Value> inputs;
  for (Value input : activation.getInputs())
    inputs.push_back(flattenTokens(builder, location, input));
  Value result = tensor::EmptyOp::create(
      builder, location, tensor::getMixedSizes(builder, location, inputs[0]),
      type.getElementType());
  SmallVector<AffineMap> maps(inputs.size() + 1,
                              builder.getMultiDimIdentityMap(2));
  SmallVector<utils::IteratorType> iterators(2, utils::IteratorType::parallel);
  auto body = [&](OpBuilder &inner, Location loc, ValueRange elements) {
    OpArithmetic arithmetic(inner, loc, accumulator);
    Value value;
    for (Value element : elements.drop_back()) {
      Value wide = convertFloat(inner, loc, element, accumulator);
      value = value ? arithmetic.multiply(value, wide)
                    : known->formula(arithmetic, wide, parameter);
    }
    linalg::YieldOp::create(
        inner, loc, convertFloat(inner, loc, value, type.getElementType()));
  };
  Value y = linalg::GenericOp::create(builder, location, result.getType(),
                                      inputs, result, maps, iterators, body)
                .getResult(0);
  y = restoreTokens(builder, location, y, activation.getInputs().front());
  activation->replaceAllUsesWith(ValueRange(y));
  activation->erase();
  return success();
}
