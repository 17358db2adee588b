//===- CalibrationInputs.cpp - What calibration must see ------------------===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Gate and up projections read one tensor: it is listed once.
//
//===----------------------------------------------------------------------===//

#include "slin/Report/CalibrationInputs.h"

#include "slin/Dialect/ONNX/Analysis/FFNAnalysis.h"
#include "slin/Dialect/ONNX/IR/ONNXDialect.h"
#include "slin/Report/Report.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/JSON.h"

using namespace slin;
using namespace slin::report;

std::vector<CalibrationInput>
slin::report::calibrationInputs(const onnx::FFNAnalysis &analysis,
                                bool mlpLike) {
  llvm::MapVector<mlir::Value, CalibrationInput> inputs;
  for (const onnx::FFN &ffn : analysis.getFFNs()) {
    if (!ffn.rewritable && !(mlpLike && ffn.kind == onnx::FFN::Kind::MLPLike))
      continue;
    for (const onnx::Linear &linear : ffn.linears) {
      CalibrationInput &input = inputs[linear.input];
      input.tensor = onnx::nameOf(linear.input);
      input.graph = ffn.graph;
      input.width = linear.in;
      input.uses.push_back(linear.path);
    }
  }
  std::vector<CalibrationInput> result;
  for (auto &entry : inputs)
    result.push_back(std::move(entry.second));
  return result;
}

void slin::report::keepMatched(std::vector<CalibrationInput> &inputs,
                               const Report &report) {
  llvm::StringSet<> matched;
  for (const FFNReport &ffn : report.ffns)
    for (const LinearReport &linear : ffn.linears)
      if (linear.matched)
        matched.insert(linear.node);
  for (CalibrationInput &input : inputs)
    llvm::erase_if(input.uses, [&](const std::string &use) {
      return !matched.contains(use);
    });
  llvm::erase_if(
      inputs, [](const CalibrationInput &input) { return input.uses.empty(); });
}

void slin::report::printCalibrationInputs(
    const std::vector<CalibrationInput> &inputs, llvm::raw_ostream &os) {
  llvm::json::OStream json(os, /*IndentSize=*/2);
  json.array([&] {
    for (const CalibrationInput &input : inputs)
      json.object([&] {
        json.attribute("tensor", llvm::json::fixUTF8(input.tensor));
        json.attribute("graph", llvm::json::fixUTF8(input.graph));
        json.attribute("width", input.width);
        json.attributeArray("uses", [&] {
          for (const std::string &use : input.uses)
            json.value(llvm::json::fixUTF8(use));
        });
      });
  });
}
