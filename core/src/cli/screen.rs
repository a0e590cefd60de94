//! A text on the terminal that is drawn anew in its own place.

use std::io;

use console::{Term, truncate_str};

/// A part of the terminal, or a plain stream if standard output is none.
#[derive(Debug)]
pub(super) struct Screen {
    terminal: Term,
    drawn: usize,
}

impl Screen {
    pub(super) fn new() -> Self {
        Self { terminal: Term::stdout(), drawn: 0 }
    }

    pub(super) fn is_terminal(&self) -> bool {
        self.terminal.is_term()
    }

    /// Gives the number of lines that one drawing may have.
    pub(super) fn height(&self) -> usize {
        match self.terminal.size_checked() {
            // The last line stays free for the cursor.
            Some((rows, _)) if self.is_terminal() => usize::from(rows).saturating_sub(1).max(1),
            _ => usize::MAX,
        }
    }

    /// Draws over what was drawn before; a stream gets text after text. What does not fit is cut.
    pub(super) fn draw(&mut self, text: &str) -> io::Result<()> {
        if !self.is_terminal() {
            return self.terminal.write_line(text);
        }
        let width = self.terminal.size_checked().map_or(usize::MAX, |(_, columns)| columns.into());
        let lines: Vec<_> =
            text.lines().take(self.height()).map(|line| truncate_str(line, width, "…")).collect();
        self.terminal.clear_last_lines(self.drawn)?;
        self.drawn = lines.len();
        self.terminal.write_line(&lines.join("\n"))
    }
}
