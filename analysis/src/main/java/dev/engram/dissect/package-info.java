/** What a neuron says in words and where it looks (Sec. 3.3, A.2; Eq. 6). */
@NullMarked
package dev.engram.dissect;

import org.jspecify.annotations.NullMarked;
