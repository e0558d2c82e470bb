/**
 * The CLIP model: reading checkpoints, both towers (Sec. 3.1, Eq. 1 to 3, 8 to 10), tokenizer,
 * image processor.
 */
@NullMarked
package dev.engram.model;

import org.jspecify.annotations.NullMarked;
