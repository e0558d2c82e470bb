/**
 * Engram in JJava. {@code EngramExtension} registers magics, renderers and imports with any JJava;
 * {@code EngramKernel} starts one whose protocol gaps are closed. Knows no other kernel's API.
 */
@NullMarked
package dev.engram.kernel.jjava;

import org.jspecify.annotations.NullMarked;
