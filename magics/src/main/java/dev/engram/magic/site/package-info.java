/**
 * The static site of an atlas: a folder that a browser opens without a server or a network. Data is
 * in scripts, since a page that is opened as a file may load nothing else.
 */
@NullMarked
package dev.engram.magic.site;

import org.jspecify.annotations.NullMarked;
