"""
A small encoder of `.evtx` files: events given as XML become records of binary XML.

Layout: a file header of 4096 bytes, then chunks of 64 KiB; each record holds its own template, in
which every name stands where it is used, and the texts that are put into it. Checksums are right,
so that a test can break exactly what it wants to break.
"""

import struct
import xml.etree.ElementTree as ET
import zlib

FILE_HEADER = 4096
CHUNK = 0x10000
CHUNK_HEADER = 512
_FIRST_CHUNKS = 128
#: 2026-03-03 in units of 100 ns since 1601
FILETIME = 134_169_696_090_000_000


class _Writer:
    """Bytes of a chunk, and where in it they stand."""

    def __init__(self, start):
        self.start = start
        self.data = bytearray()
        self.texts = []

    def pack(self, form, *values):
        self.data += struct.pack("<" + form, *values)

    def text(self, text):
        encoded = text.encode("utf-16-le")
        self.pack("H", len(encoded) // 2)
        self.data += encoded

    def name(self, name):
        self.pack("I", self.start + len(self.data) + 4)
        self.pack("IH", 0, 0)
        self.text(name)
        self.pack("H", 0)

    def value(self, text):
        self.pack("BHB", 0x0D, len(self.texts), 0x01)
        self.texts.append(text.encode("utf-16-le"))

    def element(self, element):
        self.pack("BHI", 0x41 if element.attrib else 0x01, 0xFFFF, 0)
        self.name(element.tag)
        if element.attrib:
            self.pack("I", 0)
            for name, value in element.attrib.items():
                self.pack("B", 0x06)
                self.name(name)
                self.value(value)
        self.pack("B", 0x02)
        if element.text:
            self.value(element.text)
        for child in element:
            self.element(child)
        self.pack("B", 0x04)


def _record(number, event, start):
    writer = _Writer(start + 24)
    writer.pack("BBBBBBI", 0x0F, 1, 1, 0, 0x0C, 1, number)
    writer.pack("I", writer.start + len(writer.data) + 4)
    writer.pack("I16s", 0, number.to_bytes(16, "little"))
    definition = _Writer(writer.start + len(writer.data) + 4)
    definition.pack("BBBB", 0x0F, 1, 1, 0)
    definition.element(event)
    definition.pack("B", 0)
    writer.pack("I", len(definition.data))
    writer.data += definition.data
    writer.pack("I", len(definition.texts))
    for text in definition.texts:
        writer.pack("HBB", len(text), 0x01, 0)
    writer.data += b"".join(definition.texts)
    writer.pack("B", 0)
    size = 24 + len(writer.data) + 4
    head = struct.pack("<IIQQ", 0x2A2A, size, number, FILETIME)
    return head + bytes(writer.data) + struct.pack("<I", size)


def _chunk(events, first):
    data, last = bytearray(), CHUNK_HEADER
    for number, event in enumerate(events, start=first):
        last = CHUNK_HEADER + len(data)
        data += _record(number, event, last)
    end = first + len(events) - 1
    head = struct.pack("<8sQQQQ", b"ElfChnk\x00", first, end, first, end)
    head += struct.pack("<IIII", 128, last, CHUNK_HEADER + len(data), zlib.crc32(data))
    head += bytes(64 + 4)
    head += struct.pack("<I", zlib.crc32(head[:120] + bytes(CHUNK_HEADER - 128)))
    return (head.ljust(CHUNK_HEADER, b"\x00") + data).ljust(CHUNK, b"\x00")


def evtx(*chunks):
    """Give a file with one chunk for each list of events, which are XML texts."""
    made, number = [], 1
    for events in chunks:
        made.append(_chunk([_plain(ET.fromstring(event)) for event in events], number))  # noqa: S314
        number += len(events)
    head = struct.pack("<8sQQQ", b"ElfFile\x00", 0, max(len(made) - 1, 0), number)
    head += struct.pack("<IHHHH", _FIRST_CHUNKS, 1, 3, FILE_HEADER, len(made))
    head = head.ljust(120, b"\x00")
    head += struct.pack("<II", 0, zlib.crc32(head))
    return head.ljust(FILE_HEADER, b"\x00") + b"".join(made)


def _plain(element):
    """Take the namespace out of the names."""
    for part in element.iter():
        part.tag = part.tag.rpartition("}")[2]
        if part.text is not None and not part.text.strip():
            part.text = None
    return element
