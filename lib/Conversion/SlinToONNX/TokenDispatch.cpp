//===- TokenDispatch.cpp - Forms chosen while a model runs ----------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `T < bound` is asked of all elements, `T · in < bound · in`, so that the
// shape needs no slicing and any number of leading axes serves:
//
//   Shape -> ReduceProd -> Less -> If
//
//===----------------------------------------------------------------------===//

#include "ONNXEmitter.h"
#include "TokenDispatch.h"

#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace slin;

FailureOr<TermsByTokens> slin::termsByTokens(Value linop, std::string &reason) {
  TermsByTokens result;
  llvm::SetVector<Value> work;
  work.insert(linop);
  for (size_t i = 0; i < work.size(); ++i) {
    Operation *op = work[i].getDefiningOp();
    if (auto choice = dyn_cast_or_null<ByTokensOp>(op))
      llvm::append_range(result.bounds, choice.getBounds());
    if (isa_and_nonnull<LinearOperatorInterface>(op))
      for (Value operand : op->getOperands())
        if (isa<LinopType>(operand.getType()))
          work.insert(operand);
  }
  llvm::sort(result.bounds);
  result.bounds.erase(llvm::unique(result.bounds), result.bounds.end());
  int64_t first = 1;
  for (size_t range = 0; range <= result.bounds.size(); ++range) {
    auto term = buildTerm(linop, first, &reason);
    if (failed(term))
      return failure();
    result.terms.push_back(std::move(*term));
    first = range < result.bounds.size() ? result.bounds[range] : first;
  }
  return result;
}

std::optional<int64_t> slin::staticTokens(Value x) {
  auto type = dyn_cast<RankedTensorType>(x.getType());
  if (!type || type.getRank() == 0)
    return std::nullopt;
  int64_t tokens = 1;
  for (int64_t size : type.getShape().drop_back()) {
    if (ShapedType::isDynamic(size) ||
        __builtin_mul_overflow(tokens, size, &tokens))
      return std::nullopt;
  }
  return std::max<int64_t>(tokens, 1);
}

LogicalResult ONNXEmitter::emitBranch(Operation *yield,
                                      ArrayRef<TermWithLeaves> terms,
                                      ArrayRef<int64_t> bounds, Value x,
                                      Value count, std::string &reason) {
  ONNXEmitter branch(yield, path, elementType, /*place=*/nullptr,
                     terms.front().leaves, names, constants);
  FailureOr<Value> result =
      bounds.empty()
          ? branch.emitLinear(
                terms.front().term, x, {}, names.unique(path + "/slin_form"),
                onnx::UnknownType::get(builder.getContext()), reason)
          : branch.emitRanges(terms, bounds, x, count, reason);
  if (failed(result))
    return mlir::failure();
  yield->setOperands(*result);
  return success();
}

FailureOr<Value> ONNXEmitter::emitRanges(ArrayRef<TermWithLeaves> terms,
                                         ArrayRef<int64_t> bounds, Value x,
                                         Value count, std::string &reason) {
  int64_t features = terms.front().term.columns(), limit;
  if (__builtin_mul_overflow(bounds.front(), features, &limit))
    limit = std::numeric_limits<int64_t>::max();
  auto scalar = RankedTensorType::get({}, builder.getI64Type());
  Value bound =
      constant(path + "/slin_bound", DenseElementsAttr::get(scalar, limit));
  Value isFewer = node<onnx::LessOp>("fewer", {count, bound})->getResult(0);

  OperationState state(location, onnx::NodeOp::getOperationName());
  state.addOperands(isFewer);
  state.addAttribute("op_type", builder.getStringAttr("If"));
  state.addAttribute("node_name",
                     builder.getStringAttr(names.unique(path + "/slin_if")));
  if (place)
    state.addAttribute(onnx::names::kIndex, place);
  for (int branch = 0; branch < 2; ++branch) {
    OpBuilder inner(builder.getContext());
    inner.setInsertionPointToEnd(&state.addRegion()->emplaceBlock());
    onnx::YieldOp::create(inner, location, ValueRange());
  }
  state.addTypes(onnx::UnknownType::get(builder.getContext()));
  Operation *choice = builder.create(state);
  auto yieldOf = [&](unsigned region) {
    return choice->getRegion(region).front().getTerminator();
  };
  if (failed(
          emitBranch(yieldOf(0), terms.take_front(1), {}, x, count, reason)) ||
      failed(emitBranch(yieldOf(1), terms.drop_front(), bounds.drop_front(), x,
                        count, reason)))
    return mlir::failure();
  SmallVector<Attribute> graphs;
  for (auto [index, branch] :
       llvm::enumerate(ArrayRef<StringRef>{"then_branch", "else_branch"})) {
    Attribute output = builder.getDictionaryAttr(builder.getNamedAttr(
        onnx::names::kName,
        builder.getStringAttr(onnx::nameOf(yieldOf(index)->getOperand(0)))));
    graphs.push_back(builder.getDictionaryAttr(
        {builder.getNamedAttr("attribute", builder.getStringAttr(branch)),
         builder.getNamedAttr(
             "name", builder.getStringAttr(path + "/slin_" + branch.str())),
         builder.getNamedAttr("inputs", builder.getArrayAttr({})),
         builder.getNamedAttr("outputs", builder.getArrayAttr(output))}));
  }
  choice->setAttr("graphs", builder.getArrayAttr(graphs));
  return choice->getResult(0);
}

FailureOr<Value> ONNXEmitter::emitChoice(ArrayRef<TermWithLeaves> terms,
                                         ArrayRef<int64_t> bounds, Value x,
                                         Value bias, StringRef outputName,
                                         Type type, std::string &reason) {
  Value shape = node<onnx::ShapeOp>("shape", x)->getResult(0);
  Value count =
      node<onnx::ReduceProdOp>(
          "elements", shape,
          builder.getNamedAttr("keepdims", builder.getI64IntegerAttr(0)))
          ->getResult(0);
  FailureOr<Value> result = emitRanges(terms, bounds, x, count, reason);
  if (failed(result))
    return mlir::failure();
  return finish(*result, x, bias, outputName, type, reason);
}
