gpu.module @kernels {
  llvm.func @double(%from: !llvm.ptr<1>, %to: !llvm.ptr<1>) attributes {nvvm.kernel, nvvm.reqntid = array<i32: 32>} {
    %0 = nvvm.read.ptx.sreg.tid.x : i32
    %1 = llvm.getelementptr %from[%0] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
    %2 = llvm.load %1 : !llvm.ptr<1> -> f32
    %3 = arith.addf %2, %2 : f32
    %4 = llvm.getelementptr %to[%0] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
    llvm.store %3, %4 : f32, !llvm.ptr<1>
    llvm.return
  }
}
