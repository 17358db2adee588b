//===- Liveness.h - Features that are read and given ------------*- C++ -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// How features pass through a term; private to the choice of forms.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_LIB_TERM_LIVENESS_H
#define SLIN_LIB_TERM_LIVENESS_H

#include "slin/Term/Form.h"

namespace slin::term {

/// The inputs that the outputs `needed` depend on.
llvm::BitVector readOf(const Term &term, const llvm::BitVector &needed,
                       ZeroEntries zeros);

/// The outputs that may differ from zero where only `inputs` do.
llvm::BitVector givenBy(const Term &term, const llvm::BitVector &inputs,
                        ZeroEntries zeros);

} // namespace slin::term

#endif // SLIN_LIB_TERM_LIVENESS_H
