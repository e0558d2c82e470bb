/**
 * What Engram is in any JShell kernel: magics become Java, views become bundles, types are imported
 * and shown. An adapter for each kernel lies below, and only it knows its kernel's API.
 */
@NullMarked
package dev.engram.kernel;

import org.jspecify.annotations.NullMarked;
