/**
 * Sparse autoencoders that others have trained on a model's activations (SAELens, ViT-Prisma): read
 * from their files, and their features treated as the paper treats neurons.
 */
@NullMarked
package dev.engram.sae;

import org.jspecify.annotations.NullMarked;
