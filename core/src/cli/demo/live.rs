//! What is shown while a pass runs.

use std::io;
use std::time::{Duration, Instant};

use crate::cli::demo::pass::Pass;
use crate::cli::demo::tenants::Tenant;
use crate::cli::output::{Output, table};
use crate::cli::screen::Screen;

/// How often to look at a pass, and to draw the terminal anew.
pub(super) const LOOK: Duration = Duration::from_millis(100);
/// How often a line is written where there is no terminal.
const LINE: Duration = Duration::from_secs(2);

/// A live view: a table on a terminal, a line now and then elsewhere, nothing with `--json`.
#[derive(Debug)]
pub(super) struct Live<'a> {
    output: Output,
    screen: Screen,
    tenants: &'a [Tenant],
    line_at: Instant,
    /// What was done at some moments within the last second, the oldest first.
    history: Vec<(Instant, Vec<usize>)>,
}

impl<'a> Live<'a> {
    pub(super) fn new(output: Output, tenants: &'a [Tenant]) -> Self {
        let line_at = Instant::now() + LINE;
        Self { output, screen: Screen::new(), tenants, line_at, history: Vec::new() }
    }

    /// Shows where the pass stands.
    pub(super) fn look(&mut self, pass: &Pass<'_>) -> io::Result<()> {
        let is_terminal = self.screen.is_terminal();
        if self.output.is_json() || !is_terminal && Instant::now() < self.line_at {
            return Ok(());
        }
        let done = pass.with_starts(|starts| {
            let mut done = vec![0; self.tenants.len()];
            for start in starts {
                done[start.tenant] += 1;
            }
            done
        });
        if !is_terminal {
            self.line_at += LINE;
            let counts = self.tenants.iter().zip(&done);
            let words: Vec<_> =
                counts.map(|(tenant, done)| format!("{} {done}", tenant.name)).collect();
            return self.screen.draw(&format!("  done: {}", words.join(", ")));
        }
        let now = Instant::now();
        self.history.retain(|(moment, _)| now.duration_since(*moment) <= Duration::from_secs(1));
        let mut table = table(&["lane", "waiting", "done", "a second"], |column| column > 0);
        for (place, tenant) in self.tenants.iter().enumerate() {
            let done = done[place];
            let before = self.history.first().map_or(0, |(_, done)| done[place]);
            table.add_row([
                tenant.name,
                &pass.pushed(place).saturating_sub(done).to_string(),
                &done.to_string(),
                &(done - before).to_string(),
            ]);
        }
        self.history.push((now, done));
        self.screen.draw(&table.trim_fmt())
    }
}
