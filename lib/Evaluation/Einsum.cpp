//===- Einsum.cpp - Sums over letters -------------------------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Operands are multiplied from left to right: letters that nothing behind needs
// are summed as soon as possible. A product of two is one batched product of
// matrices.
//
//===----------------------------------------------------------------------===//

#include "NodeCall.h"
#include "Places.h"
#include "Products.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace slin;
using namespace slin::evaluation;

namespace {
/// A tensor with a letter for each axis.
struct Lettered {
  std::string letters;
  Tensor tensor;
};
} // namespace

/// Takes the diagonal of letters that stand twice.
static LogicalResult takeDiagonals(NodeCall &call, Lettered &operand) {
  std::string letters;
  Shape shape, strides, own = stridesOf(operand.tensor.getShape());
  for (auto [axis, letter] : llvm::enumerate(operand.letters)) {
    int64_t size = operand.tensor.getShape()[axis];
    size_t place = letters.find(letter);
    if (place == std::string::npos) {
      letters += letter;
      shape.push_back(size);
      strides.push_back(own[axis]);
    } else if (shape[place] != size) {
      return call.fail("expected one size for each letter");
    } else {
      strides[place] += own[axis];
    }
  }
  if (letters.size() == operand.letters.size())
    return success();
  operand = {letters, operand.tensor.taken(placesOf(shape, strides), shape)};
  return success();
}

/// The tensor with its axes as `letters` names them, which it has.
static Tensor arranged(const Lettered &operand, StringRef letters) {
  Shape order;
  for (char letter : letters)
    order.push_back(operand.letters.find(letter));
  return transposed(operand.tensor, order);
}

/// Sums over the letters that `kept` lacks.
static Lettered reduced(Lettered operand, StringRef kept) {
  std::string stay, go;
  for (char letter : operand.letters)
    (kept.contains(letter) ? stay : go) += letter;
  if (go.empty())
    return operand;
  Tensor moved = arranged(operand, stay + go);
  Shape shape(moved.getShape().take_front(stay.size()));
  int64_t each = countOf(moved.getShape().drop_front(stay.size()));
  Reals sums(countOf(shape), 0.0);
  for (size_t i = 0; i < sums.size(); ++i)
    for (int64_t j = 0; j < each; ++j)
      sums[i] += moved.realAt(i * each + j);
  return {stay, makeTensor(moved.getElementType(), shape, std::move(sums))};
}

/// The product of two operands, summed over letters of both that `kept` lacks.
static FailureOr<Lettered> contracted(NodeCall &call, const Lettered &a,
                                      const Lettered &b, StringRef kept) {
  std::string batch, left, right, sum;
  Shape shape;
  auto sizeOf = [](const Lettered &operand, char letter) {
    return operand.tensor.getShape()[operand.letters.find(letter)];
  };
  for (char letter : a.letters) {
    bool inBoth = b.letters.find(letter) != std::string::npos;
    if (inBoth && sizeOf(a, letter) != sizeOf(b, letter))
      return call.fail("expected one size for each letter");
    (!inBoth ? left : kept.contains(letter) ? batch : sum) += letter;
  }
  for (char letter : b.letters)
    if (a.letters.find(letter) == std::string::npos)
      right += letter;
  int64_t sizes[4] = {1, 1, 1, 1};
  const std::string *groups[4] = {&batch, &left, &sum, &right};
  for (int i = 0; i < 4; ++i)
    for (char letter : *groups[i])
      sizes[i] *= sizeOf(i == 3 ? b : a, letter);
  for (const std::string *group : {&batch, &left})
    for (char letter : *group)
      shape.push_back(sizeOf(a, letter));
  for (char letter : right)
    shape.push_back(sizeOf(b, letter));
  if (call.count(shape) < 0)
    return failure();
  Reals product = multiply(arranged(a, batch + left + sum).toReals(),
                           arranged(b, batch + sum + right).toReals(), sizes[0],
                           sizes[1], sizes[2], sizes[3]);
  return Lettered{batch + left + right, makeTensor(a.tensor.getElementType(),
                                                   shape, std::move(product))};
}

/// Names the axes of `...` by control characters, from the right, which no
/// equation has.
static FailureOr<std::string> spellOut(NodeCall &call, StringRef text,
                                       int64_t rank) {
  if (llvm::any_of(text, [](char letter) {
        return letter != '.' && !llvm::isAlpha(letter);
      }))
    return call.fail("expected letters, found '" + text + "'");
  size_t dots = text.find("...");
  int64_t named = text.count('.') ? text.size() - 3 : text.size();
  if ((dots == StringRef::npos) != (text.count('.') == 0) ||
      (text.count('.') != 0 && text.count('.') != 3) || named > rank ||
      (dots == StringRef::npos && named != rank))
    return call.fail("expected letters for " + Twine(rank) + " axes, found '" +
                     text + "'");
  std::string result = text.str();
  if (dots == StringRef::npos)
    return result;
  std::string open;
  for (int64_t i = rank - named; i-- > 0;)
    open += char(1 + i);
  return result.replace(dots, 3, open);
}

/// The result's letters where the equation names none: those that stand once,
/// in order, behind those of `...`.
static std::string impliedResult(ArrayRef<Lettered> operands) {
  std::string all, result;
  for (const Lettered &operand : operands)
    all += operand.letters;
  llvm::sort(all);
  for (char letter : all)
    if (letter < 32 ? result.find(letter) == std::string::npos
                    : llvm::count(all, letter) == 1)
      result += letter;
  size_t open = llvm::count_if(result, [](char c) { return c < 32; });
  std::reverse(result.begin(), result.begin() + open);
  return result;
}

static LogicalResult einsum(NodeCall &call) {
  std::string equation;
  for (char letter : call.text("equation"))
    if (letter != ' ')
      equation += letter;
  auto [left, right] = StringRef(equation).split("->");
  bool isExplicit = StringRef(equation).contains("->");
  SmallVector<StringRef> texts;
  left.split(texts, ',');
  if (texts.size() != call.getNumInputs())
    return call.fail("expected letters for " + Twine(call.getNumInputs()) +
                     " operands, found " + Twine(texts.size()));
  SmallVector<Lettered> operands;
  size_t open = 0;
  for (unsigned i = 0; i < texts.size(); ++i) {
    const Tensor *input = call.find(i);
    if (!input)
      return call.fail("expected every operand");
    auto letters = spellOut(call, texts[i], input->getRank());
    if (failed(letters))
      return failure();
    open = std::max<size_t>(
        open, llvm::count_if(*letters, [](char c) { return c < 32; }));
    operands.push_back({*letters, *input});
    if (failed(takeDiagonals(call, operands.back())))
      return failure();
  }
  std::string result = impliedResult(operands);
  if (isExplicit) {
    auto letters = spellOut(call, right,
                            right.contains("...") ? right.size() - 3 + open
                                                  : right.size());
    if (failed(letters))
      return failure();
    result = *letters;
  }
  Lettered product = operands[0];
  for (size_t i = 0; i < operands.size(); ++i) {
    std::string kept = result;
    for (size_t j = i + 1; j < operands.size(); ++j)
      kept += operands[j].letters;
    if (i) {
      Lettered own = reduced(operands[i], kept + product.letters);
      auto both = contracted(call, product, own, kept);
      if (failed(both))
        return failure();
      product = *both;
    }
    product = reduced(product, kept);
  }
  for (char letter : result)
    if (product.letters.find(letter) == std::string::npos)
      return call.fail("expected letters of the operands in the result");
  return call.give(arranged(product, result));
}

void evaluation::addEinsum(NodeTable &table) { table.add("Einsum", 1, einsum); }
