//! `fairlane schedules`.

use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::{shown, table};
use crate::cli::times::{show_moment, show_span};
use crate::cli::view::PayloadView;
use crate::clock::Millis;
use crate::schedule::{ScheduleInfo, Timing};

/// A schedule, for `--json`.
#[derive(Debug, Serialize)]
pub(super) struct ScheduleView<'a> {
    schedule: &'a str,
    lane: &'a str,
    #[serde(flatten)]
    payload: PayloadView<'a>,
    cron: Option<&'a str>,
    timezone: Option<&'a str>,
    every_ms: Option<Millis>,
    catch_up: &'static str,
    next_at_ms: Millis,
    last_at_ms: Option<Millis>,
}

impl<'a> ScheduleView<'a> {
    pub(super) fn new(info: &'a ScheduleInfo) -> Self {
        let schedule = &info.schedule;
        let (cron, timezone) = schedule.timing.cron().unzip();
        Self {
            schedule: &schedule.name,
            lane: &schedule.job.lane,
            payload: PayloadView::new(&schedule.job.payload),
            cron,
            timezone,
            every_ms: match schedule.timing {
                Timing::Every(interval) => Some(interval),
                Timing::Cron { .. } => None,
            },
            catch_up: schedule.catch_up.name(),
            next_at_ms: info.next_at,
            last_at_ms: info.last_at,
        }
    }
}

pub(super) fn run(context: &Context) -> Result<(), Failure> {
    let schedules = context.open_existing()?.schedules()?;
    if context.output.is_json() {
        return context.output.json_lines(schedules.iter().map(ScheduleView::new));
    }
    let mut table = table(&["schedule", "ticks", "lane", "next", "last"], |_| false);
    for info in &schedules {
        table.add_row([
            shown(&info.schedule.name),
            shown(&show_timing(&info.schedule.timing)),
            shown(&info.schedule.job.lane),
            show_moment(info.next_at),
            info.last_at.map_or_else(|| "-".to_owned(), show_moment),
        ]);
    }
    context.output.text(&table.trim_fmt())
}

/// Says when a schedule ticks.
pub(super) fn show_timing(timing: &Timing) -> String {
    match timing {
        Timing::Cron { expression, timezone } => format!("{expression} ({timezone})"),
        Timing::Every(interval) => format!("every {}", show_span(*interval)),
    }
}
