//===- FormChoice.h - Which form of an operator is fastest ------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The forms that an operator has, how long each takes at the token counts asked
// for, and from which count on another one is the fastest.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_DIALECT_SLIN_TRANSFORMS_FORMCHOICE_H
#define SLIN_LIB_DIALECT_SLIN_TRANSFORMS_FORMCHOICE_H

#include "FormWeights.h"

#include "slin/Cost/Time.h"

namespace slin {

/// One way to compute an operator.
struct TimedForm {
  /// `stored`, `regrouped` or `dense`.
  llvm::StringLiteral name;
  term::Form form;
  int64_t parameters = 0;
  /// Seconds at each token count asked for.
  llvm::SmallVector<double> seconds;
};

/// The forms of one operator and the choice among them.
struct FormChoice {
  llvm::SmallVector<TimedForm> forms;
  /// Token counts asked for, increasing.
  llvm::SmallVector<int64_t> tokens;
  /// The fastest form of each range of token counts, and the counts at which
  /// the second and each further range begin.
  llvm::SmallVector<unsigned> chosen;
  llvm::SmallVector<int64_t> bounds;

  const TimedForm &formAt(unsigned range) const { return forms[chosen[range]]; }
  /// The form that serves `count` tokens.
  const TimedForm &formFor(int64_t count) const;
  /// Parameters of all chosen forms; a weight that two of them read counts
  /// once.
  int64_t parametersKept() const;
};

/// Chooses for the operator that `maker` holds. Of equally fast forms the first
/// one is taken; the stored one comes first.
FormChoice chooseForms(const FormMaker &maker, llvm::ArrayRef<int64_t> tokens,
                       cost::Conditions conditions, const cost::Target &target);

/// Says in the linears' decisions and in remarks what was chosen, and why.
void noteChoice(llvm::ArrayRef<ApplyOp> uses, const FormChoice &choice,
                const cost::Target &target);

/// The same of linears that stay as they are for `reason`.
void noteNotChosen(llvm::ArrayRef<ApplyOp> uses, llvm::StringRef reason);

} // namespace slin

#endif // SLIN_LIB_DIALECT_SLIN_TRANSFORMS_FORMCHOICE_H
