/**
 * Edits of what a model knows (Sec. 4.4, A.6 to A.8): suppression and complete removal of neurons.
 */
@NullMarked
package dev.engram.edit;

import org.jspecify.annotations.NullMarked;
