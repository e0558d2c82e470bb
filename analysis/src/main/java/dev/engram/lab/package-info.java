/**
 * The one door to the library: {@link dev.engram.lab.Lab}, the requests that it takes and the
 * results that it gives.
 */
@NullMarked
package dev.engram.lab;

import org.jspecify.annotations.NullMarked;
