package dev.engram.data;

import dev.engram.EngramException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import us.hebi.matlab.mat.format.Mat5;
import us.hebi.matlab.mat.types.MatFile;
import us.hebi.matlab.mat.types.Matrix;
import us.hebi.matlab.mat.types.Sources;
import us.hebi.matlab.mat.types.Struct;

/** A MATLAB file (version 5 to 7) of a data set. */
final class MatlabFile {
  /** That of ImageNet's development kit has 80,000. */
  private static final long MOST_BYTES = 16_000_000;

  private final Path file;
  private final MatFile content;

  private MatlabFile(Path file, MatFile content) {
    this.file = file;
    this.content = content;
  }

  static MatlabFile read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new EngramException("The data set is not complete: there is no " + file + ".");
    }
    try {
      if (Files.size(file) > MOST_BYTES) {
        throw new EngramException(
            "%s has %d bytes; the MATLAB files of the data sets have at most %d."
                .formatted(file, Files.size(file), MOST_BYTES));
      }
      byte[] bytes = Files.readAllBytes(file);
      checkSizes(file, bytes);
      return new MatlabFile(
          file, Mat5.newReader(Sources.wrap(bytes)).disableSubsystemProcessing().readMat());
    } catch (EngramException e) {
      throw e;
    } catch (IOException | RuntimeException e) { // the library answers damage with any of them
      throw new EngramException(
          file + " is no MATLAB file of version 5 to 7, or is damaged; download it again.", e);
    }
  }

  private static void checkSizes(Path file, byte[] bytes) {
    try {
      MatlabSizes.check(bytes);
    } catch (IOException e) {
      throw new EngramException(
          "%s is no MATLAB file of version 5 to 7, or is damaged: %s; download it again."
              .formatted(file, e.getMessage()),
          e);
    }
  }

  /** The whole numbers of a variable. */
  int[] numbers(String variable) {
    try {
      Matrix matrix = content.getMatrix(variable);
      int[] out = new int[matrix.getNumElements()];
      for (int i = 0; i < out.length; i++) {
        out[i] = matrix.getInt(i);
      }
      return out;
    } catch (RuntimeException e) {
      throw new EngramException("%s has no variable '%s' of numbers.".formatted(file, variable), e);
    }
  }

  /** A field of numbers and a field of texts of a struct array, as a map. */
  Map<Integer, String> texts(String variable, String numberField, String textField) {
    try {
      Struct struct = content.getStruct(variable);
      Map<Integer, String> out = new LinkedHashMap<>();
      for (int i = 0; i < struct.getNumElements(); i++) {
        out.put(
            struct.getMatrix(numberField, i).getInt(0), struct.getChar(textField, i).getString());
      }
      return out;
    } catch (RuntimeException e) {
      throw new EngramException(
          "%s has no struct '%s' with the fields %s and %s."
              .formatted(file, variable, numberField, textField),
          e);
    }
  }
}
