package dev.engram.trace;

/** Which tokens a trace keeps or an intervention changes. */
public enum Tokens {
  /** Every token: the class token and all patches. */
  ALL,
  /** Token 0 alone, from which the image's embedding is read. */
  CLASS
}
