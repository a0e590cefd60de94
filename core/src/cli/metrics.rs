//! `fairlane metrics`.

use clap::Args;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::lane::{Counts, LaneInfo, Stats};

/// What to tell.
#[derive(Debug, Args)]
#[command(after_long_help = "\
The text is Prometheus' exposition format. A timer makes it a source for the textfile collector of the \
node exporter:

  fairlane metrics -u redis://localhost -q mail >mail.prom.new && mv mail.prom.new mail.prom

A look costs the queue the same however many jobs it has; --lanes costs some lines for each lane.")]
pub(super) struct Arguments {
    /// Tell each lane's jobs and state as well; for queues whose lanes are few
    #[arg(long)]
    lanes: bool,
}

pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let queue = context.open_existing()?;
    let mut exposition = Exposition::new(queue.name());
    exposition.tell_queue(&queue.stats()?);
    if arguments.lanes {
        exposition.tell_lanes(&queue.lanes()?);
    }
    context.output.raw(exposition.text.as_bytes())
}

/// Labels of a sample, and its value.
type Sample<'a> = (Vec<(&'static str, &'a str)>, i64);

/// A text in Prometheus' exposition format, version 0.0.4.
struct Exposition {
    queue: String,
    text: String,
}

impl Exposition {
    fn new(queue: &str) -> Self {
        Self { queue: escaped(queue), text: String::new() }
    }

    fn tell_queue(&mut self, stats: &Stats) {
        let waiting = waiting(&stats.counts).map(|(state, count)| (vec![("state", state)], count));
        let help = "Jobs that wait for a worker, for their time, or for another job.";
        self.tell("jobs_waiting", "gauge", help, waiting);
        for (name, help, value) in [
            ("jobs_in_flight", "Jobs that are being worked on.", stats.counts.in_flight),
            ("jobs_dead", "Dead jobs in the archive.", stats.dead),
            (
                "jobs_quarantined",
                "Rows set aside because they could not be read.",
                stats.quarantined,
            ),
            ("lanes", "Lanes with jobs, settings or unexpired limits.", stats.lanes),
            ("queue_paused", "Whether the whole queue is paused.", i64::from(stats.paused)),
        ] {
            self.tell(name, "gauge", help, [(vec![], value)]);
        }
        for (name, help, value) in [
            ("jobs_pushed_total", "Jobs pushed, follow-ups included.", stats.pushed),
            ("jobs_completed_total", "Jobs completed.", stats.completed),
            ("jobs_retried_total", "Deliveries that ended in a retry.", stats.retried),
            ("jobs_died_total", "Jobs that died.", stats.died),
            (
                "leases_lapsed_total",
                "Leases that lapsed, those of killed workers included.",
                stats.lapsed,
            ),
        ] {
            self.tell(name, "counter", help, [(vec![], value)]);
        }
    }

    fn tell_lanes(&mut self, lanes: &[LaneInfo]) {
        let all = lanes.iter().flat_map(|lane| {
            let of = |(state, count)| (vec![("lane", &*lane.name), ("state", state)], count);
            waiting(&lane.counts).map(of)
        });
        let help = "Jobs of a lane that wait for a worker, for their time, or for another job.";
        self.tell("lane_jobs_waiting", "gauge", help, all);
        let all = lanes.iter().map(|lane| (vec![("lane", &*lane.name)], lane.counts.in_flight));
        let help = "Jobs of a lane that are being worked on.";
        self.tell("lane_jobs_in_flight", "gauge", help, all);
        let all =
            lanes.iter().map(|lane| (vec![("lane", &*lane.name), ("state", lane.state.name())], 1));
        let help = "1 for the state that a lane is in: ready, empty, throttled, capped or paused.";
        self.tell("lane_state", "gauge", help, all);
    }

    fn tell<'a>(
        &mut self,
        name: &str,
        kind: &str,
        help: &str,
        samples: impl IntoIterator<Item = Sample<'a>>,
    ) {
        self.text += &format!("# HELP fairlane_{name} {help}\n# TYPE fairlane_{name} {kind}\n");
        for (labels, value) in samples {
            self.text += &format!("fairlane_{name}{{queue=\"{}\"", self.queue);
            for (label, text) in labels {
                self.text += &format!(",{label}=\"{}\"", escaped(text));
            }
            self.text += &format!("}} {value}\n");
        }
    }
}

fn waiting(counts: &Counts) -> [(&'static str, i64); 3] {
    [("ready", counts.ready), ("delayed", counts.delayed), ("blocked", counts.blocked)]
}

/// Writes the value of a label as the format wants it.
fn escaped(text: &str) -> String {
    text.replace('\\', r"\\").replace('"', r#"\""#).replace('\n', r"\n")
}
