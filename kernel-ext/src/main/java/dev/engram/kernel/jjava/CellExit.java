package dev.engram.kernel.jjava;

import dev.engram.EngramException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;

/**
 * What stands in the place of {@code System.exit} in a cell: it would end the kernel, and with it
 * the model, its edits and all variables. Java has no other way left to refuse it, since the
 * security manager is gone, so the call in the cell's class file is led here.
 */
public final class CellExit {
  private static final byte UTF8 = 1;
  private static final byte CLASS = 7;
  private static final byte METHOD = 10;
  private static final byte NAME_AND_TYPE = 12;

  private CellExit() {}

  /**
   * @param status of System.exit
   * @throws EngramException always
   */
  public static void exit(int status) {
    throw new EngramException(
        "System.exit("
            + status
            + ") was not run, because it would end the kernel and lose model, edits and variables;"
            + " end a cell with throw or return, and the kernel in Jupyter's menu Kernel.");
  }

  /**
   * @param classFile of a cell
   * @return the same, where a call of System.exit calls this class: a method in the pool of
   *     constants that is System's exit(int) becomes one of this class, which is added to the pool
   */
  static byte[] inPlaceOfExit(byte[] classFile) {
    try {
      return new Pool(classFile).replaced();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // of bytes in memory
    }
  }

  /** The pool of constants of a class file (Java Virtual Machine Specification, 4.4). */
  private static final class Pool {
    private final byte[] file;
    private final int count;
    private final int[] at; // where the constant of a number begins, 0 if there is none
    private final int end;

    Pool(byte[] file) throws IOException {
      this.file = file;
      DataInputStream in = new DataInputStream(new ByteArrayInputStream(file, 8, file.length - 8));
      count = in.readUnsignedShort();
      at = new int[count];
      int position = 10;
      for (int number = 1; number < count; number++) {
        at[number] = position;
        int tag = file[position];
        position += 1 + sizeOf(tag, position);
        if (tag == 5 || tag == 6) { // long and double take two numbers
          number++;
        }
      }
      end = position;
    }

    private int sizeOf(int tag, int position) {
      return switch (tag) {
        case UTF8 -> 2 + unsigned(position + 1);
        case 7, 8, 16, 19, 20 -> 2;
        case 15 -> 3;
        case 5, 6 -> 8;
        default -> 4;
      };
    }

    private int unsigned(int position) {
      return (file[position] & 0xFF) << 8 | file[position + 1] & 0xFF;
    }

    private boolean isText(int number, String text) throws IOException {
      ByteArrayOutputStream wanted = new ByteArrayOutputStream();
      new DataOutputStream(wanted).writeUTF(text);
      int from = at[number] + 1;
      byte[] bytes = wanted.toByteArray();
      return from + bytes.length <= file.length
          && Arrays.equals(file, from, from + bytes.length, bytes, 0, bytes.length);
    }

    private boolean isExit(int number) throws IOException {
      if (at[number] == 0 || file[at[number]] != METHOD) {
        return false;
      }
      int owner = at[unsigned(at[number] + 1)];
      int method = at[unsigned(at[number] + 3)];
      return file[owner] == CLASS
          && file[method] == NAME_AND_TYPE
          && isText(unsigned(owner + 1), "java/lang/System")
          && isText(unsigned(method + 1), "exit")
          && isText(unsigned(method + 3), "(I)V");
    }

    byte[] replaced() throws IOException {
      byte[] head = Arrays.copyOf(file, end);
      boolean found = false;
      for (int number = 1; number < count && count < 0xFFFD; number++) {
        if (isExit(number)) {
          found = true;
          head[at[number] + 1] = (byte) (count >> 8);
          head[at[number] + 2] = (byte) count;
        }
      }
      if (!found) {
        return file;
      }
      head[8] = (byte) (count + 2 >> 8);
      head[9] = (byte) (count + 2);
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      DataOutputStream out = new DataOutputStream(bytes);
      out.write(head);
      out.writeByte(CLASS);
      out.writeShort(count + 1);
      out.writeByte(UTF8);
      out.writeUTF(CellExit.class.getName().replace('.', '/'));
      out.write(file, end, file.length - end);
      return bytes.toByteArray();
    }
  }
}
