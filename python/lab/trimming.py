"""Leaves out of a large jar the classes that nothing in a kernel refers to."""

import struct
import zipfile

# Tags of the constant pool of a class file (JVMS 4.4) and the bytes that follow each.
SIZES = {3: 4, 4: 4, 5: 8, 6: 8, 7: 2, 8: 2, 9: 4, 10: 4, 11: 4, 12: 4, 15: 3, 16: 2, 17: 4, 18: 4, 19: 2, 20: 2}
UTF8, LONG, DOUBLE, CLASS = 1, 5, 6, 7


def references(code):
    """The names in a class file: of classes, and all text that could be a descriptor or be used with reflection."""
    count = struct.unpack_from(">H", code, 8)[0]
    place, index, texts = 10, 1, []
    while index < count:
        tag = code[place]
        if tag == UTF8:
            length = struct.unpack_from(">H", code, place + 1)[0]
            texts.append(code[place + 3 : place + 3 + length].decode("utf-8", "replace"))
            place += 3 + length
        else:
            place += 1 + SIZES[tag]
        index += 2 if tag in (LONG, DOUBLE) else 1
    for text in texts:
        yield text
        yield text.replace(".", "/")
        for part in text.split(";"):  # of a descriptor such as (ILa/B;[La/C;)V
            start = part.find("L")
            while start >= 0:
                yield part[start + 1 :].split("<")[0]
                start = part.find("L", start + 1)


def kept(trimmed, others):
    """For each jar in `trimmed` the classes that the jars in `others` reach, directly or through these jars."""
    home = {}
    for jar in trimmed:
        with zipfile.ZipFile(jar) as archive:
            for name in archive.namelist():
                if name.endswith(".class"):
                    home.setdefault(name[: -len(".class")], jar)
    wanted, found = set(), set()
    for jar in others:
        with zipfile.ZipFile(jar) as archive:
            for name in archive.namelist():
                if name.endswith(".class"):
                    wanted.update(home.keys() & set(references(archive.read(name))))
    archives = {jar: zipfile.ZipFile(jar) for jar in trimmed}
    while wanted:
        name = wanted.pop()
        found.add(name)
        code = archives[home[name]].read(f"{name}.class")
        wanted.update((home.keys() & set(references(code))) - found)
    for archive in archives.values():
        archive.close()
    return {jar: {f"{name}.class" for name in found if home[name] == jar} for jar in trimmed}
