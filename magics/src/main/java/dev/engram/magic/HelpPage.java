package dev.engram.magic;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * What the help of a magic has besides its options. A test runs every example of every magic on the
 * embedded model and images.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@interface HelpPage {
  /** Under which heading {@code %lsmagic} lists it. */
  Theme theme();

  /** Whole lines, as they are typed in a cell; each runs as it stands. */
  String[] examples();
}
