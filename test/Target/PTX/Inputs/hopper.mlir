gpu.module @kernels {
  llvm.func @kernel() attributes {nvvm.kernel} {
    nvvm.wgmma.fence.aligned
    llvm.return
  }
}
