/**
 * Edits of what a model knows (Sec. 4.4, A.6 to A.8): suppression and removal of neurons, causal
 * tracing, insertion by ROME and MEMIT, and fine-tuning and LoRA as their baselines. Each way gives
 * an {@link dev.engram.edit.Edit}, a value; an {@link dev.engram.edit.EditHistory} applies and
 * undoes them.
 */
@NullMarked
package dev.engram.edit;

import org.jspecify.annotations.NullMarked;
