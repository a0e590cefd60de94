//! What is printed: one line a number that must hold.

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets::ASCII_MARKDOWN};

/// What a number must be.
#[derive(Debug, Clone, Copy)]
pub enum Bound {
    AtLeast(f64),
    AtMost(f64),
    /// For orientation only.
    None,
}

/// How a number is shown.
#[derive(Debug, Clone, Copy)]
pub enum Unit {
    Times,
    Milliseconds,
    Megabytes,
    Percent,
    Bytes,
    PerSecond,
}

impl Unit {
    fn show(self, value: f64) -> String {
        match self {
            Self::Times => format!("{value:.2}x"),
            Self::Milliseconds => format!("{value:.2} ms"),
            Self::Megabytes => format!("{value:.1} MB"),
            Self::Percent => format!("{value:.2} %"),
            Self::Bytes => format!("{value:.0} B"),
            Self::PerSecond => format!("{value:.2}/s"),
        }
    }
}

/// One number.
#[derive(Debug)]
pub struct Line {
    pub what: String,
    /// The absolute number of ours.
    pub ours: String,
    /// The absolute number of what it is held against.
    pub yardstick: String,
    pub value: f64,
    pub unit: Unit,
    pub bound: Bound,
}

impl Line {
    pub fn holds(&self) -> bool {
        match self.bound {
            Bound::AtLeast(bound) => self.value >= bound,
            Bound::AtMost(bound) => self.value <= bound,
            Bound::None => true,
        }
    }

    fn cells(&self) -> [String; 6] {
        let (bound, verdict) = match self.bound {
            Bound::AtLeast(bound) => (format!(">= {}", self.unit.show(bound)), self.verdict()),
            Bound::AtMost(bound) => (format!("<= {}", self.unit.show(bound)), self.verdict()),
            Bound::None => ("-".into(), "-"),
        };
        [
            self.what.clone(),
            self.ours.clone(),
            self.yardstick.clone(),
            self.unit.show(self.value),
            bound,
            verdict.into(),
        ]
    }

    fn verdict(&self) -> &'static str {
        if self.holds() { "pass" } else { "FAIL" }
    }
}

/// Shows a rate in operations a second.
pub fn rate(value: f64) -> String {
    match value {
        value if value >= 99_950.0 => format!("{:.0}k/s", value / 1e3),
        value if value >= 1_000.0 => format!("{:.1}k/s", value / 1e3),
        value => format!("{value:.0}/s"),
    }
}

/// Prints the table, which is Markdown as it stands.
pub fn print(lines: &[Line]) {
    let mut table = Table::new();
    table
        .load_style(ASCII_MARKDOWN)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(["what", "fairlane", "yardstick", "result", "bound", ""]);
    for line in lines {
        table.add_row(line.cells().into_iter().enumerate().map(|(column, text)| {
            let alignment = match column {
                1..=4 => CellAlignment::Right,
                _ => CellAlignment::Left,
            };
            Cell::new(text).set_alignment(alignment)
        }));
    }
    println!("{table}");
}
