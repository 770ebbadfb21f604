"""A workbook looked at before it is read: how much it unpacks to, where its cells lie, which have no value.

The reader of workbooks keeps a whole sheet in memory, from the first cell to the last; so one cell in the last
corner would take all of it. Parts are looked through by blocks, whatever their size.
"""

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree
from xml.parsers import expat

from tsur_nlp.errors import TableError

MAX_UNPACKED = 2 * 2**30
"""Bytes a workbook may unpack to: an honest one of 10⁶ rows stays below, a zip bomb does not."""
MAX_AREA = 32_000_000
"""Cells between the first and the last of a sheet: 10⁶ rows of 32 columns, about a gigabyte of memory."""
MAX_STRINGS = 12_000_000
"""Shared strings; 10⁶ rows with a dozen different texts each."""
MAX_LISTED = 1 << 24
"""Bytes of the parts that list sheets."""
BLOCK, LONGEST = 1 << 20, 1 << 23
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

PLACE = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]{0,12})([0-9]{1,20})[\"']")
FORMULA = re.compile(
    rb"<c\s(?P<attributes>[^<>]{0,300})>\s*<f(?:\s[^<>]{0,9000})?(?:/>|>[^<]{0,9000}</f>)\s*(?P<value><v\s*/>|<v>\s*</v>)?\s*</c>"
)
MISTAKE = re.compile(rb"<c\s(?P<attributes>[^<>]{0,300}\bt=\"e\"[^<>]{0,300})>")
LONGEST_FORMAT = 255
STYLED = re.compile(rb"<c\s([^<>]{0,300})>")
STYLE = re.compile(rb"\bs=\"([0-9]{1,6})\"")
BUILT_IN = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 14: "dd.mm.yyyy",
    15: "d-mmm-yy",
    16: "d-mmm", 17: "mmm-yy", 20: "h:mm", 21: "h:mm:ss", 22: "dd.mm.yyyy hh:mm", 45: "mm:ss", 46: "[h]:mm:ss",
    47: "mm:ss.0",
}  # fmt: skip
"""Formats that a workbook names by number alone (ECMA-376, part 1, 18.8.30), days first."""
REF = re.compile(rb"\br=\"([A-Z]{1,3})([0-9]{1,7})\"")


@dataclass(frozen=True, slots=True)
class Valueless:
    """Cells, by row and column from 0, whose value the file does not hold: formulas never computed, mistakes."""

    formulas: frozenset[tuple[int, int]] = field(default_factory=frozenset)
    mistakes: frozenset[tuple[int, int]] = field(default_factory=frozenset)


class Parts:
    """The parts of a workbook. Raises TableError for one that can't be read within limits, BadZipFile for no zip."""

    def __init__(self, file: Path):
        self._file = file
        with file.open("rb") as stream:
            if stream.read(8) == OLE:
                # An encrypted workbook is not a zip but an OLE container; so is the old .xls.
                raise TableError(
                    f"{file.name}: книга закрыта паролем или в старом формате xls; "
                    "снимите пароль в Excel и сохраните как xlsx"
                )
        with zipfile.ZipFile(file) as archive:
            self._sizes = {part.filename: part.file_size for part in archive.infolist()}
            if sum(part.file_size for part in archive.infolist()) > MAX_UNPACKED:
                raise TableError(
                    f"{file.name}: книга распаковывается больше чем в {MAX_UNPACKED // 2**30} ГБ; разделите её"
                )
        ends = 0
        for block in self._blocks("xl/sharedStrings.xml", b"<"):
            # «<si>» and «</si>», or «<si/>», whatever stands before the name.
            ends += block.count(b"si>") + 2 * block.count(b"si/>")
            if ends > 2 * MAX_STRINGS:
                raise TableError(f"{file.name}: в книге больше {MAX_STRINGS} строк текста; разделите её")

    def sheets(self) -> dict[str, str]:
        """Names of sheets and their parts."""
        relations = {
            one.get("Id"): one.get("Target", "") for one in self._listed("xl/_rels/workbook.xml.rels") if one.get("Id")
        }
        found = {}
        for one in self._listed("xl/workbook.xml"):
            place = next((value for name, value in one.items() if name.endswith("}id")), None)
            if one.tag.endswith("}sheet") and place in relations:
                target = relations[place]
                found[one.get("name", "")] = target[1:] if target[:1] == "/" else posixpath.normpath(f"xl/{target}")
        return found

    def look_through(self, sheet: str, part: str) -> Valueless:
        """Check that a sheet can be read in memory, and find its cells without values. Raises TableError."""
        row = column = 0
        formulas: set[tuple[int, int]] = set()
        mistakes: set[tuple[int, int]] = set()
        for block in self._blocks(part, b"<c "):
            columns, rows = set(), set()
            for letters, digits in PLACE.findall(block):
                columns.add(letters)
                rows.add(digits)
            row = max(row, *map(int, rows), 0)
            column = max(column, *map(_column, columns), 0)
            if b"<f" in block:
                formulas.update(
                    _placed(found["attributes"])
                    for found in FORMULA.finditer(block)
                    if found["value"] is None or b't="str"' not in found["attributes"]
                )
            if b't="e"' in block:
                mistakes.update(_placed(found["attributes"]) for found in MISTAKE.finditer(block))
        if row * column > MAX_AREA:
            self._refuse_scattered(sheet, part)
        return Valueless(frozenset(formulas) - {(-1, -1)}, frozenset(mistakes) - {(-1, -1)})

    def formats(self, part: str, head: int, left: int, width: int) -> list[str]:
        """Number formats of columns, by the first cell under the head that has one of its own.

        `head`: the last row of the head, from 1; `left`: the first column of the table, from 0.
        """
        found = [""] * width
        codes = self._codes()
        for attributes in STYLED.findall(next(self._blocks(part, b"<c "), b"")):
            row, column = _placed(attributes)
            at, style = column - left, STYLE.search(attributes)
            if row >= head and 0 <= at < width and not found[at] and style:
                found[at] = codes.get(int(style[1]), "")
        return found

    def _codes(self) -> dict[int, str]:
        """Number formats by the number of a style."""
        codes = dict(BUILT_IN)
        styles: dict[int, str] = {}
        within = False
        for one in self._listed("xl/styles.xml"):
            name = one.tag.rpartition("}")[2]
            if name == "numFmt":
                codes[_number(one.get("numFmtId", ""))] = one.get("formatCode", "")[:LONGEST_FORMAT]
            elif name in ("cellXfs", "cellStyles"):
                within = name == "cellXfs"
            elif name == "xf" and within:
                styles[len(styles)] = codes.get(_number(one.get("numFmtId", "")), "")
        return {style: code for style, code in styles.items() if code not in ("General", "@")}

    def _refuse_scattered(self, sheet: str, part: str) -> None:
        """Raise TableError if the cells that hold something reach too far; formats alone take no memory."""
        filled = _Filled()
        try:
            for block in self._blocks(part):
                filled.parser.Parse(block, False)
        except expat.ExpatError:
            raise TableError(f"{self._file.name}: лист «{sheet}» повреждён; откройте и сохраните книгу снова") from None
        if filled.row * filled.column > MAX_AREA:
            raise TableError(
                f"{self._file.name}: на листе «{sheet}» ячейки разбросаны до строки {filled.row} и столбца "
                f"{filled.column}; удалите пустые строки и столбцы вокруг таблицы и сохраните книгу"
            )

    def _blocks(self, part: str, begins: bytes = b"") -> Iterator[bytes]:
        """A part by blocks; each but the last ends before something that begins so."""
        if part not in self._sizes:
            return
        rest = b""
        with zipfile.ZipFile(self._file) as archive, archive.open(part) as stream:
            while block := stream.read(BLOCK):
                block = rest + block
                cut = block.rfind(begins) if begins else len(block)
                if cut <= 0:
                    cut = 0 if len(block) < LONGEST else len(block)
                yield block[:cut]
                rest = block[cut:]
        yield rest

    def _listed(self, part: str) -> Iterator[ElementTree.Element]:
        if self._sizes.get(part, MAX_LISTED) >= MAX_LISTED:
            return
        with zipfile.ZipFile(self._file) as archive:
            try:
                yield from ElementTree.fromstring(archive.read(part)).iter()
            except (ElementTree.ParseError, LookupError, ValueError):
                return


class _Filled:
    """The last row and column among cells that hold something; a parser that is fed a sheet."""

    def __init__(self) -> None:
        self.row = self.column = 0
        self._row = self._column = 0
        self._cell: tuple[int, int] | None = None
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        kind = name.rpartition(":")[2]
        if kind == "row":
            self._row, self._column = _number(attributes.get("r", "")) or self._row + 1, 0
        elif kind == "c":
            self._column += 1
            if found := re.fullmatch(r"([A-Za-z]{1,12})([0-9]{1,20})", attributes.get("r", "")):
                self._row, self._column = int(found[2]), _column(found[1].encode())
            self._cell = self._row, self._column
        elif self._cell is not None:
            self.row, self.column = max(self.row, self._cell[0]), max(self.column, self._cell[1])

    def _end(self, name: str) -> None:
        if name.rpartition(":")[2] == "c":
            self._cell = None


def _number(digits: str) -> int:
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 21 else 0


def _column(letters: bytes) -> int:
    """«A» is 1, «XFD» is 16 384."""
    column = 0
    for letter in letters.upper():
        column = column * 26 + letter - 64
    return column


def _placed(attributes: bytes) -> tuple[int, int]:
    found = REF.search(attributes)
    return (int(found[2]) - 1, _column(found[1]) - 1) if found else (-1, -1)
