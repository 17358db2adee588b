gpu.module @kernels {
  llvm.func @kernel(%to: !llvm.ptr<1>) attributes {nvvm.kernel} {
    // nvvm.barrier0 is what kernels have.
    gpu.barrier
    llvm.return
  }
}
