/**
 * Engram in a JShell kernel: the only package that knows the kernel's API. {@code EngramExtension}
 * registers magics, renderers and imports with any JJava; {@code EngramKernel} starts one whose
 * protocol gaps are closed.
 */
@NullMarked
package dev.engram.kernel;

import org.jspecify.annotations.NullMarked;
