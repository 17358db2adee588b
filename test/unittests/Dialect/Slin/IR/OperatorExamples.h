//===- OperatorExamples.h - One example of each operator op -----*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For every operator op: IR that makes one, and what it stands for, written
// with loops over the stored numbers. The coverage test fails for an op that
// has no example here.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_TEST_UNITTESTS_DIALECT_SLIN_IR_OPERATOREXAMPLES_H
#define SLIN_TEST_UNITTESTS_DIALECT_SLIN_IR_OPERATOREXAMPLES_H

#include <string>
#include <vector>

namespace slin {

/// The stored numbers of the function's arguments, in order, row-major.
using StoredNumbers = std::vector<std::vector<double>>;

struct OperatorExample {
  /// The op's mnemonic, e.g. "dense".
  std::string name;
  /// Argument types of the function, in order.
  std::vector<std::string> arguments;
  /// The body; the op in question defines `%r`, its arguments are `%0`, `%1`,
  /// ….
  std::string body;
  /// Entry (row, column) of the matrix.
  double (*entry)(const StoredNumbers &numbers, int64_t row, int64_t column);
  /// Parameters by the table of structures.
  int64_t parameters;
};

/// All examples.
const std::vector<OperatorExample> &operatorExamples();

} // namespace slin

#endif // SLIN_TEST_UNITTESTS_DIALECT_SLIN_IR_OPERATOREXAMPLES_H
