"""A whole table with the personal data of its texts masked."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tsur_nlp.privacy.masking import How, Names, find, mask
from tsur_nlp.privacy.vault import Vault
from tsur_nlp.tables.atomic import remove_leftovers
from tsur_nlp.tables.cells import Cell, as_text
from tsur_nlp.tables.column_mapping import find_column, find_columns
from tsur_nlp.tables.paths import keep_apart
from tsur_nlp.tables.readers import open_table
from tsur_nlp.tables.table import BY_ITSELF, Reading
from tsur_nlp.tables.writers import quarantine, write_table

TOLD_EVERY = 1024


@dataclass
class Masked:
    """How it went: rows written and put aside, how often each kind was found, the columns that were masked."""

    columns: tuple[str, ...]
    rows: int = 0
    rejected: int = 0
    cut: int = 0
    kinds: Counter[str] = field(default_factory=Counter)


def mask_table(
    source: Path,
    target: Path,
    columns: Sequence[str] = (),
    how: How = "label",
    vault_file: Path | None = None,
    names: Names = "table",
    reading: Reading = BY_ITSELF,
    progress: Callable[[int, int | None], None] = lambda done, total: None,
) -> Masked:
    """Mask columns of a table, or its column of texts if none is named; the others come out as they were.

    Rows that can't be read go to `<target>.rejected.csv`, masked too. `vault_file` is read, added to and written
    when the table is whole; «token» and «hash» need it. Raises TableError, PrivacyError, and ValueError as `mask` does.
    """
    rejected = target.with_name(target.name + ".rejected.csv")
    keep_apart((source,), (target, rejected, vault_file))
    vault = Vault.load(vault_file) if vault_file is not None else None
    with open_table(source, reading) as table, ExitStack() as stack:
        at = [find_column(table.columns, "text", name) for name in columns]
        positions = {i for i in at if i is not None} or {find_columns(table.columns, table.sample).text}
        done = Masked(tuple(table.columns[i] for i in sorted(positions)))
        writer = stack.enter_context(write_table(target, table.columns, table.delimiter))
        put_aside = stack.enter_context(quarantine(rejected))
        for row in table.rows:
            if row.problem:
                put_aside(row._replace(raw=mask(row.raw, how, vault, names)), row.problem)
                done.rejected += 1
                continue
            cells: list[Cell] = list(row.cells)
            for i in positions:
                text = as_text(cells[i])
                done.kinds.update(span.kind for span in find(text, names))
                cells[i] = mask(text, how, vault, names)
            writer.write(cells)
            done.rows += 1
            if done.rows % TOLD_EVERY == 0:
                progress(done.rows, table.count)
        done.cut = writer.cut
        if vault is not None and vault_file is not None:
            # Before the table takes its name: masks without their vault could never be turned back.
            vault.save(vault_file)
        if not done.rejected:
            rejected.unlink(missing_ok=True)
            remove_leftovers(rejected)
    return done
