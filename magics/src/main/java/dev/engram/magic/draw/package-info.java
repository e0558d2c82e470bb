/**
 * Draws a Plotly figure as a still picture, on a canvas that becomes SVG, PNG or PDF. It knows the
 * bars, lines, points and heatmaps of this project's figures; it refuses other kinds by name.
 */
@NullMarked
package dev.engram.magic.draw;

import org.jspecify.annotations.NullMarked;
