"""Workbooks (XLSX, ODS): a sheet of one as CSV, in UTF-8, with commas and CR LF (RFC 4180).

calamine reads a whole sheet into memory, so the sizes of the parts that it reads are checked before; who calls this
bounds the memory of its process. A row without any value is a blank line, so that lines follow rows.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from csvapi.csvio.data_warnings import shown
from csvapi.errors import InvalidInput, NotCsv, TooLarge
from csvapi.unpacking.archive import damage_told, listing, read
from csvapi.unpacking.area import Area
from csvapi.unpacking.limits import MIB
from csvapi.unpacking.number_formats import of_ods, of_xlsx
from csvapi.unpacking.rows import Rows
from csvapi.unpacking.sheet_xml import oddities, part_of
from csvapi.unpacking.workbook_warnings import cell_warnings, other_sheets

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from zipfile import ZipFile, ZipInfo

    from csvapi.unpacking.limits import Limits
    from csvapi.unpacking.output import Output
    from csvapi.unpacking.selection import Selection

_KINDS = (
    ("xl/workbook.bin", "a binary Excel workbook (XLSB): save it as XLSX"),
    ("word/", "a Word document"),
    ("ppt/", "a PowerPoint presentation"),
)
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
_READ = (".xml", ".rels")
_OFFICE = "[Content_Types].xml"


def kind(archive: ZipFile) -> str:
    """`xlsx` or `ods`; "" for an archive that is no office document. Raises NotCsv for another document."""
    names = archive.NameToInfo
    if "mimetype" in names and names["mimetype"].file_size < 1000:
        with damage_told():
            media_type = archive.read("mimetype")
        if media_type.startswith(_ODS):
            _check_protection(archive)
            return "ods"
        if media_type.startswith(b"application/vnd.oasis.opendocument."):
            raise NotCsv("The file is an OpenDocument file without sheets.", pointer="/file")
    if _OFFICE not in names:
        return ""
    for beginning, words in _KINDS:
        if any(name.startswith(beginning) for name in names):
            raise NotCsv(f"The file is {words}.", pointer="/file")
    return "xlsx" if any(name.startswith("xl/") for name in names) else ""


def _check_protection(archive: ZipFile) -> None:
    manifest = archive.NameToInfo.get("META-INF/manifest.xml")
    if manifest and manifest.file_size < MIB:
        with damage_told():
            if b"encryption-data" in archive.read(manifest):
                raise protected()


def write(
    path: Path, archive: ZipFile, form: str, selection: Selection, output: Output, limits: Limits
) -> tuple[dict[str, Any], list[Any]]:
    """Write the chosen cells; returns what was read (`sheet`, `range`, `sheets`) and the warnings.

    One pass over the sheet, in memory. Raises InvalidInput for a sheet or range that is not there, NotCsv for what is
    damaged or protected by a password, TooLarge beyond the limits.
    """
    packed = path.stat().st_size
    _check_parts(archive, packed, limits)
    with _damage_told():
        from python_calamine import CalamineWorkbook

        book = CalamineWorkbook.from_path(str(path))
        found = _chosen(book.sheets_metadata, selection.sheet)
        part = part_of(archive, found.name) if form == "xlsx" else ""
        if part:
            _check_sizes(archive, [archive.getinfo(part)], packed, limits)
        sheet = book.get_sheet_by_name(found.name)
        area = Area.of(sheet, selection.range, limits.columns)
        odd = oddities(archive, part) if part else None
        rows = Rows(output, area, odd.errors if odd else {})
        rows.write(sheet.iter_rows())
        changed = None
        if rows.numbers:
            changed = of_ods(archive, found.name, area) if form == "ods" else of_xlsx(archive, part, area)
        merged = sheet.merged_cell_ranges or []
    warnings = [*other_sheets(found.name, book.sheets_metadata), *cell_warnings(rows, odd, merged, changed)]
    names = [each.name for each in book.sheets_metadata]
    return {
        "sheet": found.name,
        "range": rows.range,
        "others": [name for name in names if name != found.name],
    }, warnings


def _check_parts(archive: ZipFile, packed: int, limits: Limits) -> None:
    """The parts that are read whatever the sheet is; those of single sheets come later."""
    parts = [
        each
        for each in archive.infolist()
        if each.filename.lower().endswith(_READ) and not each.filename.startswith("xl/worksheets/")
    ]
    _check_sizes(archive, parts, packed, limits)


def _check_sizes(archive: ZipFile, parts: Sequence[ZipInfo], packed: int, limits: Limits) -> None:
    size = sum(each.file_size for each in parts)
    limits.check_ratio(size, packed)
    if size > limits.parts:
        detail = (
            f"A sheet of {size} bytes takes more memory than the limit of {limits.parts} bytes "
            "(CSVAPI_UNPACK_MEMORY); save the sheet as CSV and send that"
        )
        raise TooLarge(limits.parts_words or detail, limit=limits.parts)
    for each in parts if limits.measured else ():
        for _ in read(archive, each):  # one that is larger than it says has another checksum
            pass


def _chosen(sheets: Sequence[Any], wanted: str | int | None) -> Any:
    """The sheet of that name, or at that position from 1; by default the first visible one."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    tables = [each for each in sheets if each.typ == SheetTypeEnum.WorkSheet]
    if wanted is None:
        visible = [each for each in tables if each.visible == SheetVisibleEnum.Visible]
        found = (visible or tables)[:1]
    else:
        found = [each for each in sheets if each.name == wanted] or _at(sheets, str(wanted))
        if found and found[0] not in tables:
            raise InvalidInput(f"The sheet {shown(found[0].name)!r} has no cells: it is no table.", pointer="/sheet")
    if not found:
        what = f"no sheet {shown(str(wanted))!r}" if wanted is not None else "no sheet with cells"
        names = listing([each.name for each in sheets])
        raise InvalidInput(f"The workbook has {what}; it has {names or 'none at all'}.", pointer="/sheet")
    return found[0]


def _at(sheets: Sequence[Any], position: str) -> list[Any]:
    number = int(position) if position.isdecimal() and len(position) < 10 else 0
    return list(sheets[number - 1 : number]) if number else []


@contextmanager
def _damage_told() -> Iterator[None]:
    """Turn what calamine raises into NotCsv; a panic of its code is no `Exception`."""
    from python_calamine import CalamineError, PasswordError

    try:
        yield
    except PasswordError as error:
        raise protected() from error
    except (CalamineError, UnicodeError) as error:
        raise _damaged(error) from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise _damaged(error) from error
        raise


def protected() -> NotCsv:
    """The error for a workbook that cannot be opened without a password."""
    return NotCsv(
        "The workbook is protected by a password; save it without one, or save the sheet as CSV.", pointer="/file"
    )


def _damaged(error: BaseException) -> NotCsv:
    why = "it cannot be opened" if "detect file format" in str(error) else shown(str(error), 200)
    return NotCsv(f"The workbook is damaged: {why}.", pointer="/file")
