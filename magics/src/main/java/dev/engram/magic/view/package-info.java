/**
 * What a cell shows: bundles of MIME data ({@code View}), tables, Plotly figures, heatmaps over
 * images and galleries. Nothing here knows which kernel shows it.
 */
@NullMarked
package dev.engram.magic.view;

import org.jspecify.annotations.NullMarked;
