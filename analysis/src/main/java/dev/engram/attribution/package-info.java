/**
 * Alignment improvement of every neuron (Sec. 3.2, A.1; Eq. 4, 5, 11, 12) and the baselines of
 * Table 1.
 */
@NullMarked
package dev.engram.attribution;

import org.jspecify.annotations.NullMarked;
