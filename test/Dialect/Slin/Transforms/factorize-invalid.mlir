// RUN: not slin-opt %s --slin-factorize='structure=lowrank rank=1 weight-only' 2>&1 | FileCheck %s --check-prefix=STRUCTURE
// RUN: not slin-opt %s --slin-factorize='weight-only' 2>&1 | FileCheck %s --check-prefix=NO-SIZE
// RUN: not slin-opt %s --slin-factorize='rank=1 ratio=0.5 weight-only' 2>&1 | FileCheck %s --check-prefix=TWO-SIZES
// RUN: not slin-opt %s --slin-factorize='structure=block_dense blocks=2 weight-only' 2>&1 | FileCheck %s --check-prefix=DENSE-NO-SIZE
// RUN: not slin-opt %s --slin-factorize='rank=1 blocks=2 weight-only' 2>&1 | FileCheck %s --check-prefix=LOW-RANK-BLOCKS
// RUN: not slin-opt %s --slin-factorize='structure=block_shuffle rank=4 weight-only' 2>&1 | FileCheck %s --check-prefix=SHUFFLE-RANK
// RUN: not slin-opt %s --slin-factorize='structure=block_diagonal rank=4 blocks=2 weight-only' 2>&1 | FileCheck %s --check-prefix=DIAGONAL-RANK
// RUN: not slin-opt %s --slin-factorize='structure=monarch weight-only' 2>&1 | FileCheck %s --check-prefix=SHUFFLE-NO-SIZE
// RUN: not slin-opt %s --slin-factorize='ratio=1 weight-only' 2>&1 | FileCheck %s --check-prefix=RATIO-ONE
// RUN: not slin-opt %s --slin-factorize='ratio=-0.5 weight-only' 2>&1 | FileCheck %s --check-prefix=RATIO-NEGATIVE
// RUN: not slin-opt %s --slin-factorize='ratio=nan weight-only' 2>&1 | FileCheck %s --check-prefix=RATIO-NAN
// RUN: not slin-opt %s --slin-factorize='rank=-8 weight-only' 2>&1 | FileCheck %s --check-prefix=RANK-NEGATIVE
// RUN: not slin-opt %s --slin-factorize='rank=8 blocks=-2 weight-only' 2>&1 | FileCheck %s --check-prefix=BLOCKS-NEGATIVE
// RUN: not slin-opt %s --slin-factorize='rank=8' 2>&1 | FileCheck %s --check-prefix=UNCALIBRATED
// RUN: not slin-opt %s --slin-factorize='rank=8 weight-only statistics=%t' 2>&1 | FileCheck %s --check-prefix=BOTH
// RUN: not slin-opt %s --slin-factorize='rank=8 weight-only add-bias' 2>&1 | FileCheck %s --check-prefix=ADD-BIAS

// STRUCTURE: error: slin-factorize: expected a structure of low_rank, block_diagonal, block_dense, block_shuffle, found 'lowrank'
// NO-SIZE: error: slin-factorize: expected exactly one of ratio and rank with low_rank, found neither
// TWO-SIZES: error: slin-factorize: expected exactly one of ratio and rank with low_rank, found both
// DENSE-NO-SIZE: error: slin-factorize: expected exactly one of ratio and rank with block_dense, found neither
// LOW-RANK-BLOCKS: error: slin-factorize: expected no blocks with low_rank, found 2
// SHUFFLE-RANK: error: slin-factorize: expected no rank with block_shuffle, found 4
// DIAGONAL-RANK: error: slin-factorize: expected no rank with block_diagonal, found 4
// SHUFFLE-NO-SIZE: error: slin-factorize: expected ratio or blocks with block_shuffle, found neither
// RATIO-ONE: error: slin-factorize: expected a ratio above 0 and below 1, found 1.00
// RATIO-NEGATIVE: error: slin-factorize: expected a ratio above 0 and below 1, found -0.50
// RATIO-NAN: error: slin-factorize: expected a ratio above 0 and below 1, found nan
// RANK-NEGATIVE: error: slin-factorize: expected a positive rank, found -8
// BLOCKS-NEGATIVE: error: slin-factorize: expected a positive number of blocks, found -2
// UNCALIBRATED: error: slin-factorize: expected statistics or weight-only, found neither
// BOTH: error: slin-factorize: expected statistics or weight-only, found both
// ADD-BIAS: error: slin-factorize: expected statistics with add-bias, found weight-only
module {
}
