/**
 * The atlas: what a whole data set tells of every neuron, computed once in mergeable parts and kept
 * as Parquet files that DuckDB, pandas and Spark read ({@code docs/atlas.md}).
 */
@NullMarked
package dev.engram.atlas;

import org.jspecify.annotations.NullMarked;
