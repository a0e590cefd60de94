//! Schedules.

use fairlane::schedule::{DEFAULT_TIMEZONE, timing};
use fairlane::{Queue, Result, Schedule};

use super::jobs::new_job;
use super::line::Line;
use super::names::Names;
use super::show::{self, Answer};

/// Calls a verb of schedules, if it is one.
pub fn call(queue: &Queue, line: &mut Line<'_>, names: &Names) -> Result<Option<Answer>> {
    Ok(Some(match line.verb {
        "schedule" => {
            queue.schedule(schedule(line, names)?)?;
            Answer::ok()
        }
        "unschedule" => Answer::of(queue.unschedule(&line.text("name").expect("name"))?),
        "schedules" => Answer::list(&queue.schedules()?, show::schedule),
        _ => return Ok(None),
    }))
}

fn schedule(line: &mut Line<'_>, names: &Names) -> Result<Schedule> {
    let name = line.text("name").expect("name");
    let (every, cron, timezone) = (line.span("every")?, line.text("cron"), line.text("timezone"));
    let timezone = timezone.as_deref().unwrap_or(DEFAULT_TIMEZONE);
    let timing = timing(cron.as_deref(), every, timezone)?;
    let catch_up = line.text("catch_up");
    let schedule = Schedule::new(name, timing, new_job(line, names)?);
    Ok(match catch_up {
        Some(name) => schedule.catch_up(name.parse()?),
        None => schedule,
    })
}
