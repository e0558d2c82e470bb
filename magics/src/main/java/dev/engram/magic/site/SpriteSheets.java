package dev.engram.magic.site;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.atlas.AtlasImage;
import dev.engram.atlas.AtlasImage.FoundFile;
import dev.engram.atlas.AtlasImage.State;
import dev.engram.magic.view.Gallery;
import dev.engram.magic.view.PictureData;
import dev.engram.model.ImageReader;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Small pictures of the images that some neuron is shown with, 64 in a file, so that a page of a
 * neuron asks for few files. The more there are, the smaller they are.
 */
final class SpriteSheets {
  /** Pictures of a row, and rows of a sheet. */
  static final int PER_ROW = 8;

  private static final int OF_SHEET = PER_ROW * PER_ROW;
  private static final int LARGEST = 96;
  private static final int SMALLEST = 32;

  /** Bytes that all may take together. */
  private static final double BUDGET = 30e6;

  /** Of a JPEG of a photograph, bytes for each pixel. */
  private static final double DENSITY = 0.5;

  /** Read at once: an interrupt is heard between. */
  private static final int AT_ONCE = 8;

  private final List<AtlasImage> images;
  private final int[] tiles;
  private final State[] states;
  private final int side;
  private int sheets;

  /**
   * @param shown whether any page shows an image, by its number
   */
  SpriteSheets(List<AtlasImage> images, boolean[] shown) {
    this.images = images;
    tiles = new int[images.size()];
    states = new State[images.size()];
    int count = 0;
    for (int i = 0; i < tiles.length; i++) {
      tiles[i] = shown[i] ? count++ : -1;
    }
    side = side(count);
  }

  /** The side of each picture, in pixels. */
  static int side(int count) {
    int fits = (int) Math.sqrt(BUDGET / DENSITY / Math.max(1, count));
    return Math.max(SMALLEST, Math.min(LARGEST, fits / 16 * 16));
  }

  int side() {
    return side;
  }

  /** The place of each image in the sheets; −1 for one that no page shows, or that is missing. */
  int[] tiles() {
    return IntStream.range(0, tiles.length)
        .map(i -> states[i] == State.UNCHANGED ? tiles[i] : -1)
        .toArray();
  }

  /** What has become of an image; null for one that no page shows. */
  @Nullable State state(int image) {
    return states[image];
  }

  void write(Path folder, Progress progress) throws IOException {
    int[] shown = IntStream.range(0, tiles.length).filter(i -> tiles[i] >= 0).toArray();
    for (int from = 0; from < shown.length; from += OF_SHEET) {
      BufferedImage sheet =
          new BufferedImage(PER_ROW * side, PER_ROW * side, BufferedImage.TYPE_INT_RGB);
      Graphics2D g = sheet.createGraphics();
      g.setColor(Color.WHITE);
      g.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
      int to = Math.min(shown.length, from + OF_SHEET);
      for (int next = from; next < to; next += AT_ONCE) {
        progress.step("packing images", next, shown.length);
        List<Picture> read =
            IntStream.range(next, Math.min(to, next + AT_ONCE))
                .parallel()
                .mapToObj(k -> picture(shown[k]))
                .toList();
        for (Picture p : read) {
          states[p.image] = p.state;
          if (p.small != null) {
            int place = tiles[p.image] - from;
            int x = place % PER_ROW * side + (side - p.small.getWidth()) / 2;
            int y = place / PER_ROW * side + (side - p.small.getHeight()) / 2;
            g.drawImage(p.small, x, y, null);
          }
        }
      }
      g.dispose();
      Files.write(folder.resolve("sheet-" + sheets++ + ".jpg"), PictureData.jpeg(sheet));
    }
    progress.step("packing images", shown.length, shown.length);
  }

  private record Picture(int image, State state, @Nullable BufferedImage small) {}

  private Picture picture(int i) {
    AtlasImage image = images.get(i);
    FoundFile found = image.find();
    if (found.state() != State.UNCHANGED) {
      return new Picture(i, found.state(), null);
    }
    try {
      return new Picture(
          i, State.UNCHANGED, Gallery.shrunk(ImageReader.read(found.bytes(), image.name()), side));
    } catch (EngramException e) { // another version of Engram read it
      return new Picture(i, State.UNREADABLE, null);
    }
  }
}
