//===- CalibrationInputs.h - What calibration must see ----------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The tensors whose second moments factorisation under calibration needs.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_REPORT_CALIBRATIONINPUTS_H
#define SLIN_REPORT_CALIBRATIONINPUTS_H

#include "llvm/Support/raw_ostream.h"

#include <string>
#include <vector>

namespace slin::onnx {
class FFNAnalysis;
} // namespace slin::onnx

namespace slin::report {

class Report;

/// A tensor that rewritable linears read.
struct CalibrationInput {
  /// The name of the tensor and of the graph or function it stands in.
  std::string tensor, graph;
  /// Elements of its last axis.
  int64_t width = 0;
  /// The linears that read it.
  std::vector<std::string> uses;
};

/// Each tensor once, in the order in which the model reads them. With
/// `mlpLike`, those of cones that only resemble FFNs too.
std::vector<CalibrationInput>
calibrationInputs(const onnx::FFNAnalysis &analysis, bool mlpLike);

/// Leaves out the uses that `report` does not count as matched, and the tensors
/// that nothing else reads.
void keepMatched(std::vector<CalibrationInput> &inputs, const Report &report);

/// As a JSON list of `{"tensor", "graph", "width", "uses"}`.
void printCalibrationInputs(const std::vector<CalibrationInput> &inputs,
                            llvm::raw_ostream &os);

} // namespace slin::report

#endif // SLIN_REPORT_CALIBRATIONINPUTS_H
