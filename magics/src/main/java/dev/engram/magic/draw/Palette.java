package dev.engram.magic.draw;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A picture with few colours, which is a third of the file. The most frequent ones (the paper, the
 * marks, the words) stay exactly what they are; the others, those of photographs, are divided by
 * median cut.
 */
final class Palette {
  /** As many as a pixel of one byte can name. */
  static final int MOST = 256;

  private Palette() {}

  /** Colours between two ends of each channel, with how often each comes. */
  private record Box(List<Map.Entry<Integer, Integer>> colours) {
    int channel() {
      int widest = 0;
      for (int c = 1; c < 3; c++) {
        widest = range(c) > range(widest) ? c : widest;
      }
      return widest;
    }

    int range(int channel) {
      int least = 255;
      int most = 0;
      for (Map.Entry<Integer, Integer> e : colours) {
        least = Math.min(least, part(e.getKey(), channel));
        most = Math.max(most, part(e.getKey(), channel));
      }
      return most - least;
    }

    long pixels() {
      return colours.stream().mapToLong(Map.Entry::getValue).sum();
    }

    /** What is gained by a cut: many pixels that lie far apart. */
    double gain() {
      return colours.size() < 2 ? 0 : Math.sqrt(pixels()) * range(channel());
    }

    List<Box> halves() {
      int c = channel();
      List<Map.Entry<Integer, Integer>> sorted = new ArrayList<>(colours);
      sorted.sort(
          Comparator.comparingInt((Map.Entry<Integer, Integer> e) -> part(e.getKey(), c))
              .thenComparingInt(Map.Entry::getKey));
      long half = pixels() / 2;
      int cut = 0;
      for (long before = 0; cut < sorted.size() - 1 && before <= half; cut++) {
        before += sorted.get(cut).getValue();
      }
      cut = Math.max(1, cut);
      return List.of(new Box(sorted.subList(0, cut)), new Box(sorted.subList(cut, sorted.size())));
    }

    int mean() {
      int rgb = 0;
      for (int c = 0; c < 3; c++) {
        double sum = 0;
        for (Map.Entry<Integer, Integer> e : colours) {
          sum += (double) part(e.getKey(), c) * e.getValue();
        }
        rgb = rgb << 8 | (int) Math.round(sum / pixels());
      }
      return rgb;
    }
  }

  private static int part(int rgb, int channel) {
    return rgb >> (16 - 8 * channel) & 0xff;
  }

  /**
   * @param picture without transparency
   * @param most how many colours, at most {@value #MOST}
   * @return one that has no more keeps every pixel
   */
  static BufferedImage of(BufferedImage picture, int most) {
    int w = picture.getWidth();
    int h = picture.getHeight();
    int[] pixels = picture.getRGB(0, 0, w, h, null, 0, w);
    Map<Integer, Integer> counts = new HashMap<>();
    for (int i = 0, run = 1; i < pixels.length; i++, run++) {
      pixels[i] &= 0xffffff;
      if (i == pixels.length - 1 || pixels[i] != (pixels[i + 1] & 0xffffff)) {
        counts.merge(pixels[i], run, Integer::sum);
        run = 0;
      }
    }
    List<Map.Entry<Integer, Integer>> all = new ArrayList<>(counts.entrySet());
    all.sort(
        Map.Entry.<Integer, Integer>comparingByValue()
            .reversed()
            .thenComparing(Map.Entry.comparingByKey()));
    int exact = all.size() <= most ? all.size() : most / 4;
    List<Box> boxes = new ArrayList<>();
    for (int i = 0; i < exact; i++) {
      boxes.add(new Box(List.of(all.get(i))));
    }
    if (exact < all.size()) {
      boxes.addAll(cut(new Box(List.copyOf(all.subList(exact, all.size()))), most - exact));
    }
    Map<Integer, Byte> places = new HashMap<>();
    byte[][] parts = new byte[3][boxes.size()];
    for (int b = 0; b < boxes.size(); b++) {
      int mean = boxes.get(b).mean();
      for (int c = 0; c < 3; c++) {
        parts[c][b] = (byte) part(mean, c);
      }
      for (Map.Entry<Integer, Integer> e : boxes.get(b).colours()) {
        places.put(e.getKey(), (byte) b);
      }
    }
    byte[] indices = new byte[pixels.length];
    for (int i = 0; i < pixels.length; i++) {
      boolean again = i > 0 && pixels[i] == pixels[i - 1];
      indices[i] = again ? indices[i - 1] : places.getOrDefault(pixels[i], (byte) 0);
    }
    IndexColorModel colours = new IndexColorModel(8, boxes.size(), parts[0], parts[1], parts[2]);
    BufferedImage out = new BufferedImage(w, h, BufferedImage.TYPE_BYTE_INDEXED, colours);
    out.getRaster().setDataElements(0, 0, w, h, indices);
    return out;
  }

  private static List<Box> cut(Box whole, int most) {
    List<Box> boxes = new ArrayList<>(List.of(whole));
    while (boxes.size() < most) {
      Box next = boxes.stream().max(Comparator.comparingDouble(Box::gain)).orElse(whole);
      if (next.gain() == 0) {
        break;
      }
      boxes.remove(next);
      boxes.addAll(next.halves());
    }
    return boxes;
  }
}
