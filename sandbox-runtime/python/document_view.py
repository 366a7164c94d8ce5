"""Shows the text of a PDF, an Excel workbook or a PowerPoint file.

Takes one argument, a JSON object {path, kind, page_range, sheet_name, row_range, slide_range}, and prints one JSON object:
{text, metadata}, or {error, type}. The file is somebody's: memory, time and output have limits.
"""

import json
import os
import resource
import sys

MAX_CHARACTERS = 100_000
MAX_CELL_CHARACTERS = 2_000
MAX_COLUMNS = 256
MEMORY_BYTES = 2 * 1024**3
CPU_SECONDS = 55


class Refused(Exception):
    """What the caller should hear."""

    def __init__(self, type, message):
        super().__init__(message)
        self.type = type


class Text:
    """Collects parts until there is enough."""

    def __init__(self):
        self.parts = []
        self.room = MAX_CHARACTERS

    def add(self, part):
        """Returns whether there is room for more."""
        self.parts.append(part[: max(self.room, 0)])
        self.room -= len(part)
        return self.room > 0

    def result(self, hint):
        cut = f"\n(Cut here; go on with {hint}.)\n" if self.room <= 0 else ""
        return "".join(self.parts) + cut


def span(name, wanted, total):
    """First and last of a range that is asked for, from 1."""
    first, last = wanted or (1, -1)
    if first > max(total, 1):
        raise Refused(name, f"[{first}, {last}]. There are only {total}.")
    return first, total if last == -1 else min(last, total)


def view_pdf(request):
    import pdfplumber

    text = Text()
    with pdfplumber.open(request["path"]) as pdf:
        total = len(pdf.pages)
        first, last = span("page_range", request.get("page_range"), total)
        shown = first - 1
        for number in range(first, last + 1):
            page = pdf.pages[number - 1]
            shown = number
            if not text.add(f"--- Page {number} of {total} ---\n{page.extract_text() or ''}\n"):
                break
            page.close()
        about = {str(key): str(value)[:1000] for key, value in (pdf.metadata or {}).items()}
    metadata = {"type": "pdf", "total_pages": total, "first_page": first, "last_page": shown, "document_info": about}
    return text.result(f"page_range [{shown + 1}, -1]"), metadata


def shown_cell(value, formula):
    # A workbook that no spreadsheet program has saved yet holds formulas without their values.
    value = formula if value is None else value
    return "" if value is None else str(value)[:MAX_CELL_CHARACTERS].replace("\n", "\\n").replace("\t", "\\t")


def add_rows(text, values, formulas, rows):
    """Returns the number of the last row shown, or None when there was no room for all."""
    first, last = rows
    options = {"min_row": first, "max_row": last, "max_col": MAX_COLUMNS, "values_only": True}
    number = first - 1
    for number, (row, raw) in enumerate(zip(values.iter_rows(**options), formulas.iter_rows(**options)), first):
        cells = [shown_cell(value, formula) for value, formula in zip(row, raw)]
        while cells and cells[-1] == "":
            cells.pop()
        if cells and not text.add(f"{number:6}\t" + "\t".join(cells) + "\n"):
            return None
    return number


def view_xlsx(request):
    import openpyxl

    def load(data_only):
        return openpyxl.load_workbook(request["path"], read_only=True, data_only=data_only)

    values, formulas = load(True), load(False)
    names = [sheet.title for sheet in values.worksheets]
    wanted = request.get("sheet_name")
    if wanted and wanted not in names:
        raise Refused("unknown_sheet", f"The sheets are: {', '.join(names)}.")
    first, last = request.get("row_range") or (1, -1)
    text, sheets = Text(), []
    for name in names:
        sheet = values[name]
        sheets.append({"name": name, "rows": sheet.max_row, "columns": sheet.max_column})
        if (wanted and name != wanted) or text.room <= 0:
            continue
        text.add(f"--- Sheet: {name} ---\n")
        add_rows(text, sheet, formulas[name], (first, None if last == -1 else last))
    metadata = {"type": "xlsx", "total_sheets": len(names), "sheets": sheets}
    return text.result("sheet_name and row_range"), metadata


def shape_text(shape):
    if getattr(shape, "has_table", False):
        return "\n".join("\t".join(cell.text for cell in row.cells) for row in shape.table.rows)
    if hasattr(shape, "shapes"):
        return "\n".join(filter(None, map(shape_text, shape.shapes)))
    return shape.text_frame.text if shape.has_text_frame else ""


def view_pptx(request):
    import pptx

    slides = list(pptx.Presentation(request["path"]).slides)
    first, last = span("slide_range", request.get("slide_range"), len(slides))
    text, shown = Text(), first - 1
    for number in range(first, last + 1):
        slide, shown = slides[number - 1], number
        body = "\n".join(filter(None, map(shape_text, slide.shapes)))
        notes = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
        noted = f"\nNotes:\n{notes.text}" if notes is not None and notes.text else ""
        if not text.add(f"--- Slide {number} of {len(slides)} ---\n{body}{noted}\n"):
            break
    metadata = {"type": "pptx", "total_slides": len(slides), "first_slide": first, "last_slide": shown}
    return text.result(f"slide_range [{shown + 1}, -1]"), metadata


VIEWS = {"pdf": view_pdf, "xlsx": view_xlsx, "pptx": view_pptx}


def limit():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # It only reads: nothing that a document makes a parser do fills the disk.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def main():
    limit()
    request = json.loads(sys.argv[1])
    try:
        text, metadata = VIEWS[request["kind"]](request)
        return {"text": text, "metadata": {**metadata, "size": os.path.getsize(request["path"])}}
    except Refused as error:
        return {"type": error.type, "error": str(error)}
    except ImportError as error:
        return {"type": "missing_dependency", "error": f"the Python package {error.name} is not installed"}
    except MemoryError:
        return {"type": "too_large", "error": "reading it needs too much memory"}
    except OSError as error:
        return {"type": "io_error", "error": error.strerror or type(error).__name__}
    except Exception as error:  # Parsers fail on broken files in as many ways as there are broken files.
        why = str(error)[:500]
        name = type(error).__name__
        return {"type": "invalid_target", "error": f"it is no readable {request['kind']} file ({name}{': ' if why else ''}{why})"}


if __name__ == "__main__":
    json.dump(main(), sys.stdout)
