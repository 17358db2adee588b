//===- SlinOperators.td - Linear operators -----------------*- tablegen -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Constructors make operators from weights, combinators from operators. Shapes
// are stored shapes; `[out, in]` is the matrix an operator stands for.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_SLIN_IR_SLINOPERATORS_TD
#define SLIN_DIALECT_SLIN_IR_SLINOPERATORS_TD

include "slin/Dialect/Slin/IR/SlinDialect.td"
include "slin/Dialect/Slin/IR/SlinInterfaces.td"
include "slin/Dialect/Slin/IR/SlinTypes.td"

include "mlir/IR/OpAsmInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Slin_Op<string mnemonic, list<Trait> traits = []>
    : Op<Slin_Dialect, mnemonic, traits>;

/// Every operator op: one operator as result, no effect, a term.
class Slin_OperatorOp<string mnemonic, list<Trait> traits = []>
    : Slin_Op<mnemonic,
        !listconcat([Pure, DeclareOpInterfaceMethods<Slin_LinearOperatorInterface>,
                     DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>], traits)> {
  let results = (outs Slin_LinopType:$result);
  let hasVerifier = 1;
  // Dumps name an operator after its kind.
  let extraClassDefinition = [{
    void $cppClass::getAsmResultNames(::mlir::OpAsmSetValueNameFn setName) {
      setName(getResult(), getOperation()->getName().stripDialect());
    }
  }];
}

/// A weight: floating point, every dimension known.
def Slin_Weight : StaticShapeTensorOf<[AnyFloat]>;

//===----------------------------------------------------------------------===//
// Constructors
//===----------------------------------------------------------------------===//

def Slin_DenseOp : Slin_OperatorOp<"dense"> {
  let summary = "a dense matrix";
  let description = [{
    The matrix `weight`, stored as `[out, in]`, or as `[in, out]` with
    `transposed`. Parameters and MACs per token: out·in.

    Constraints:
    - (C1) `weight` has rank 2.
    - (C2) `weight` is `[out, in]`, or `[in, out]` with `transposed`.
    - (C3) The element type of `weight` is not wider than the operator's,
      or f64: numbers that a pass has computed and not rounded yet.

    Example:

    ```mlir
    %0 = slin.dense %w : tensor<3072x768xf32> -> !slin.linop<768 -> 3072, f32>
    %1 = slin.dense %v transposed : tensor<768x3072xf16> -> !slin.linop<768 -> 3072, f32>
    ```
  }];
  let arguments = (ins Slin_Weight:$weight, UnitAttr:$transposed);
  let assemblyFormat = [{
    $weight (`transposed` $transposed^)? attr-dict `:` type($weight) `->` qualified(type($result))
  }];
}

def Slin_LowRankOp : Slin_OperatorOp<"low_rank"> {
  let summary = "a product of two thin matrices";
  let description = [{
    `U V` with `U [out, r]` and `V [r, in]`, each stored the other way round where
    `transposed` follows it. Parameters and MACs per token: r(out + in).

    Constraints:
    - (C1) `u` and `v` have rank 2.
    - (C2) `u` is `[out, r]` and `v` is `[r, in]` for one r; `[r, out]` and
      `[in, r]` with `transposed`.
    - (C3) The element types of `u` and `v` are not wider than the operator's,
      or f64: numbers that a pass has computed and not rounded yet.

    Example:

    ```mlir
    %0 = slin.low_rank %u, %v : tensor<3072x192xf32>, tensor<192x768xf32> -> !slin.linop<768 -> 3072, f32>
    %1 = slin.low_rank %a transposed, %b transposed
      : tensor<192x3072xf32>, tensor<768x192xf32> -> !slin.linop<768 -> 3072, f32>
    ```
  }];
  let arguments = (ins Slin_Weight:$u, Slin_Weight:$v, UnitAttr:$u_transposed, UnitAttr:$v_transposed);
  let assemblyFormat = [{
    $u (`transposed` $u_transposed^)? `,` $v (`transposed` $v_transposed^)? attr-dict
    `:` type($u) `,` type($v) `->` qualified(type($result))
  }];
}

def Slin_BlockDiagonalOp : Slin_OperatorOp<"block_diagonal"> {
  let summary = "equal blocks on the diagonal";
  let description = [{
    `blkdiag(D_0, …, D_{b-1})` with `blocks` stored as `[b, out/b, in/b]`, or as
    `[b, in/b, out/b]` with `transposed`. Parameters and MACs per token: out·in/b.

    Constraints:
    - (C1) `blocks` has rank 3.
    - (C2) `blocks` is `[b, out/b, in/b]`, or `[b, in/b, out/b]` with
      `transposed`; b divides out and in.
    - (C3) The element type of `blocks` is not wider than the operator's,
      or f64: numbers that a pass has computed and not rounded yet.

    Example:

    ```mlir
    %0 = slin.block_diagonal %d : tensor<4x768x192xf32> -> !slin.linop<768 -> 3072, f32>
    ```
  }];
  let arguments = (ins Slin_Weight:$blocks, UnitAttr:$transposed);
  let assemblyFormat = [{
    $blocks (`transposed` $transposed^)? attr-dict `:` type($blocks) `->` qualified(type($result))
  }];
}

def Slin_BlockDenseOp : Slin_OperatorOp<"block_dense"> {
  let summary = "a thin matrix after a block diagonal (BlockDense)";
  let description = [{
    `L blkdiag(D)` with `left` = L stored as `[out, r]` and `blocks` = D as
    `[b, r/b, in/b]` (StructuredFFN, 2406.16450), each matrix stored the other way
    round where `transposed` follows it. Parameters and MACs per token:
    r(out + in/b). With b = 1 it is a low-rank operator.

    Constraints:
    - (C1) `left` has rank 2 and `blocks` has rank 3.
    - (C2) `left` is `[out, r]` and `blocks` is `[b, r/b, in/b]`, `[r, out]` and
      `[b, in/b, r/b]` with `transposed`; b divides r and in.
    - (C3) The element types of `left` and `blocks` are not wider than the operator's,
      or f64: numbers that a pass has computed and not rounded yet.

    Example:

    ```mlir
    %0 = slin.block_dense %l, %d : tensor<3072x256xf32>, tensor<2x128x384xf32> -> !slin.linop<768 -> 3072, f32>
    ```
  }];
  let arguments = (ins Slin_Weight:$left, Slin_Weight:$blocks,
                       UnitAttr:$left_transposed, UnitAttr:$blocks_transposed);
  let assemblyFormat = [{
    $left (`transposed` $left_transposed^)? `,` $blocks (`transposed` $blocks_transposed^)? attr-dict
    `:` type($left) `,` type($blocks) `->` qualified(type($result))
  }];
}

def Slin_BlockShuffleOp : Slin_OperatorOp<"block_shuffle"> {
  let summary = "two block diagonals with shuffles between (BlockShuffle, Monarch)";
  let description = [{
    `P_outᵀ blkdiag(D2) P_mid blkdiag(D1)` with `first` = D1 stored as `[k, q, p]`
    and `second` = D2 as `[l, s, r]` (StructuredFFN, 2406.16450), or as
    `[k, p, q]` and `[l, r, s]` where `transposed` follows:

        u[a·q + b] = Σ_c D1[a, b, c] x[a·p + c]        contiguous input blocks
        v[m, t]    = u[t·l + m]                        shuffle
        y[i·l + m] = Σ_t D2[m, i, t] v[m, t]           output with stride l

    Parameters and MACs per token: kqp + lsr.

    Constraints:
    - (C1) `first` and `second` have rank 3.
    - (C2) kp = in, kq = lr, ls = out.
    - (C3) The element types of `first` and `second` are not wider than the operator's,
      or f64: numbers that a pass has computed and not rounded yet.

    Example:

    ```mlir
    %0 = slin.block_shuffle %a, %b : tensor<4x192x192xf32>, tensor<4x768x192xf32> -> !slin.linop<768 -> 3072, f32>
    ```
  }];
  let arguments = (ins Slin_Weight:$first, Slin_Weight:$second,
                       UnitAttr:$first_transposed, UnitAttr:$second_transposed);
  let assemblyFormat = [{
    $first (`transposed` $first_transposed^)? `,` $second (`transposed` $second_transposed^)? attr-dict
    `:` type($first) `,` type($second) `->` qualified(type($result))
  }];
}

def Slin_DiagonalOp : Slin_OperatorOp<"diagonal"> {
  let summary = "a diagonal matrix";
  let description = [{
    `diag(weight)`. Parameters and MACs per token: in.

    Constraints:
    - (C1) `weight` has rank 1.
    - (C2) `weight` has in = out elements.
    - (C3) The element type of `weight` is not wider than the operator's,
      or f64: numbers that a pass has computed and not rounded yet.

    Example:

    ```mlir
    %0 = slin.diagonal %d : tensor<768xf32> -> !slin.linop<768 -> 768, f32>
    ```
  }];
  let arguments = (ins Slin_Weight:$weight);
  let assemblyFormat = [{
    $weight attr-dict `:` type($weight) `->` qualified(type($result))
  }];
}

def Slin_PermutationOp : Slin_OperatorOp<"permutation"> {
  let summary = "a permutation given by a list";
  let description = [{
    `y[i] = x[indices[i]]`. No parameters, no MACs.

    Constraints:
    - (C1) There are in = out indices.
    - (C2) `indices` holds each of 0 to in exclusive once.

    Example:

    ```mlir
    %0 = slin.permutation [2, 0, 1] : !slin.linop<3 -> 3, f32>
    ```
  }];
  let arguments = (ins DenseI64ArrayAttr:$indices);
  let assemblyFormat = "$indices attr-dict `:` qualified(type($result))";
}

def Slin_ShuffleOp : Slin_OperatorOp<"shuffle"> {
  let summary = "a permutation of mixed-radix digits";
  let description = [{
    Writes the feature index in digits of `radices` (most significant first); the
    j-th digit of the output index is digit `order[j]` of the input index. It is
    a reshape to `radices`, a transpose by `order` and a reshape back. No
    parameters, no MACs.

    Constraints:
    - (C1) `radices` and `order` are equally long, radices are positive, and
      `order` names each digit once.
    - (C2) The product of `radices` is in = out.

    Example:

    ```mlir
    %0 = slin.shuffle [192, 4] order [1, 0] : !slin.linop<768 -> 768, f32>
    ```
  }];
  let arguments = (ins DenseI64ArrayAttr:$radices, DenseI64ArrayAttr:$order);
  let assemblyFormat = "$radices `order` $order attr-dict `:` qualified(type($result))";
}

def Slin_IdentityOp : Slin_OperatorOp<"identity"> {
  let summary = "the identity";
  let description = [{
    `y = x`. No parameters, no MACs.

    Constraints:
    - (C1) in = out.

    Example:

    ```mlir
    %0 = slin.identity : !slin.linop<768 -> 768, f32>
    ```
  }];
  let assemblyFormat = "attr-dict `:` qualified(type($result))";
}

//===----------------------------------------------------------------------===//
// Combinators
//===----------------------------------------------------------------------===//

def Slin_ComposeOp : Slin_OperatorOp<"compose"> {
  let summary = "a product of operators";
  let description = [{
    `a · b · …`: the last operator acts first. Parameters and MACs per token are
    the factors' sums; whether to multiply factors beforehand is decided by
    passes, never by folding.

    Constraints:
    - (C1) There is at least one factor.
    - (C2) Each factor's `in` is the next factor's `out`.
    - (C3) The product's `out` is the first factor's and its `in` the last one's.
    - (C4) All element types are equal.

    Example:

    ```mlir
    %0 = slin.compose %u, %v : !slin.linop<192 -> 3072, f32>, !slin.linop<768 -> 192, f32> -> !slin.linop<768 -> 3072, f32>
    ```
  }];
  let arguments = (ins Variadic<Slin_LinopType>:$factors);
  let assemblyFormat = [{
    $factors attr-dict `:` qualified(type($factors)) `->` qualified(type($result))
  }];
}

def Slin_SumOp : Slin_OperatorOp<"sum"> {
  let summary = "a sum of operators";
  let description = [{
    `a + b + …`.

    Constraints:
    - (C1) There is at least one summand.
    - (C2) Every summand has the type of the sum.

    Example:

    ```mlir
    %0 = slin.sum %a, %b : !slin.linop<768 -> 768, f32>
    ```
  }];
  let arguments = (ins Variadic<Slin_LinopType>:$summands);
  let assemblyFormat = [{
    $summands attr-dict `:` custom<OneType>(type($summands), type($result), ref($summands))
  }];
}

def Slin_ScaleOp : Slin_OperatorOp<"scale", [AllTypesMatch<["linop", "result"]>]> {
  let summary = "an operator times a constant";
  let description = [{
    `factor · linop`.

    Constraints:
    - (C1) The operand has the type of the result.
    - (C2) `factor` is finite.

    Example:

    ```mlir
    %0 = slin.scale %a by 5.000000e-01 : !slin.linop<768 -> 3072, f32>
    ```
  }];
  let arguments = (ins Slin_LinopType:$linop, F64Attr:$factor);
  let assemblyFormat = "$linop `by` $factor attr-dict `:` qualified(type($result))";
}

def Slin_TransposeOp : Slin_OperatorOp<"transpose"> {
  let summary = "the transpose of an operator";
  let description = [{
    Constraints:
    - (C1) The result's `in` is the operand's `out` and the other way round.
    - (C2) Both element types are equal.

    Example:

    ```mlir
    %0 = slin.transpose %a : !slin.linop<768 -> 3072, f32> -> !slin.linop<3072 -> 768, f32>
    ```
  }];
  let arguments = (ins Slin_LinopType:$linop);
  let assemblyFormat = [{
    $linop attr-dict `:` qualified(type($linop)) `->` qualified(type($result))
  }];
}

def Slin_StackOp : Slin_OperatorOp<"stack"> {
  let summary = "several operators on one input";
  let description = [{
    `[a; b; …]`: the rows of all operands, one after the other.

    Constraints:
    - (C1) There is at least one part.
    - (C2) Every part's `in` is the stack's.
    - (C3) The stack's `out` is the sum of the parts'.
    - (C4) All element types are equal.

    Example:

    ```mlir
    %0 = slin.stack %gate, %up : !slin.linop<64 -> 172, f32>, !slin.linop<64 -> 172, f32> -> !slin.linop<64 -> 344, f32>
    ```
  }];
  let arguments = (ins Variadic<Slin_LinopType>:$parts);
  let assemblyFormat = [{
    $parts attr-dict `:` qualified(type($parts)) `->` qualified(type($result))
  }];
}

def Slin_SliceOp : Slin_OperatorOp<"slice"> {
  let summary = "a range of outputs and inputs of an operator";
  let description = [{
    The submatrix with rows `out_offset, …, out_offset + out - 1` and columns
    `in_offset, …, in_offset + in - 1`, where `out` and `in` are the result's.

    Constraints:
    - (C1) The rows lie within the operand's `out`.
    - (C2) The columns lie within the operand's `in`.
    - (C3) Both element types are equal.

    Example:

    ```mlir
    // The second of four experts, 768 of 3072 inner features each.
    %up = slin.slice %w1 out 768 in 0 : !slin.linop<768 -> 3072, f32> -> !slin.linop<768 -> 768, f32>
    %down = slin.slice %w2 out 0 in 768 : !slin.linop<3072 -> 768, f32> -> !slin.linop<768 -> 768, f32>
    ```
  }];
  let arguments = (ins Slin_LinopType:$linop, I64Attr:$out_offset, I64Attr:$in_offset);
  let assemblyFormat = [{
    $linop `out` $out_offset `in` $in_offset attr-dict
    `:` qualified(type($linop)) `->` qualified(type($result))
  }];
}

def Slin_ByTokensOp : Slin_OperatorOp<"by_tokens"> {
  let summary = "one of several equal operators, by token count";
  let description = [{
    A choice between forms of one operator, equal within rounding: alternative i
    serves `bounds[i - 1] <= tokens < bounds[i]`, the first one from 1 token, the
    last one without end. It has no term of its own; per token count it has the
    term of the alternative that serves it.

    Constraints:
    - (C1) There is one more alternative than there are bounds.
    - (C2) Bounds are at least 2 and increase strictly.
    - (C3) Every alternative has the type of the result.

    Example:

    ```mlir
    // Merged below 16 tokens, factored from 16 on.
    %0 = slin.by_tokens [16] %merged, %factored : !slin.linop<768 -> 3072, f32>
    ```
  }];
  let arguments = (ins Variadic<Slin_LinopType>:$alternatives, DenseI64ArrayAttr:$bounds);
  let assemblyFormat = [{
    $bounds $alternatives attr-dict
    `:` custom<OneType>(type($alternatives), type($result), ref($alternatives))
  }];
  let extraClassDeclaration = [{
    /// The alternative that serves `tokens` (at least 1) tokens.
    ::mlir::Value getAlternativeFor(int64_t tokens);
  }];
}

#endif // SLIN_DIALECT_SLIN_IR_SLINOPERATORS_TD
