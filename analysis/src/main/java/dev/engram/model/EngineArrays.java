package dev.engram.model;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;

/** An owner of arrays that belong to no model. */
public final class EngineArrays {
  private EngineArrays() {}

  /** An owner of arrays on the CPU, to be closed by the caller. */
  public static NDManager onCpu() {
    EngineCache.engine(); // as for a model: unpacked once, under its lock
    return NDManager.newBaseManager(Device.cpu(), "PyTorch");
  }
}
