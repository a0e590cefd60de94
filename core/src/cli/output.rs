//! Printing: a line for people, or a JSON object a line for programs.

use std::io::{self, BufWriter, Write};

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

use crate::cli::failure::Failure;

/// Where answers go, and in which form.
#[derive(Debug, Clone, Copy)]
pub(super) struct Output {
    json: bool,
}

impl Output {
    pub(super) fn new(json: bool) -> Self {
        Self { json }
    }

    pub(super) fn is_json(self) -> bool {
        self.json
    }

    /// Prints `value` for programs, or the text for people.
    pub(super) fn answer(
        self,
        value: &impl Serialize,
        text: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        if self.json { self.json_lines([value]) } else { self.text(&text()) }
    }

    /// Prints a JSON object a line.
    pub(super) fn json_lines<T: Serialize>(
        self,
        values: impl IntoIterator<Item = T>,
    ) -> Result<(), Failure> {
        let mut out = BufWriter::new(io::stdout().lock());
        for value in values {
            serde_json::to_writer(&mut out, &value).map_err(io::Error::from)?;
            out.write_all(b"\n")?;
        }
        Ok(out.flush()?)
    }

    /// Prints a text and ends its last line.
    pub(super) fn text(self, text: &str) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.write_all(b"\n")?;
        Ok(out.flush()?)
    }

    /// Prints bytes as they are.
    pub(super) fn raw(self, bytes: &[u8]) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        out.write_all(bytes)?;
        Ok(out.flush()?)
    }

    /// Says something to the people who watch, apart from the answer.
    pub(super) fn note(self, text: &str) {
        // A note that cannot be written is not worth failing for.
        let _ = writeln!(io::stderr(), "fairlane: {text}");
    }
}

/// Makes a table of those columns; those that `is_number` names are set to the right.
pub(super) fn table(headers: &[&str], is_number: impl Fn(usize) -> bool) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(headers);
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if is_number(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// Shows a name on one line, whatever bytes it holds: control characters are spelt out.
pub(super) fn shown(name: &str) -> String {
    name.chars().fold(String::with_capacity(name.len()), |mut shown, character| {
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
        shown
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_command_the_terminal() {
        assert_eq!(shown("tenant-7 ü"), "tenant-7 ü");
        assert_eq!(shown("a\u{1b}[2Jb\n"), "a\\u{1b}[2Jb\\n");
    }
}
