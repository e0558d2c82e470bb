/** Image sets: folders of entities with several images each. */
@NullMarked
package dev.engram.data;

import org.jspecify.annotations.NullMarked;
