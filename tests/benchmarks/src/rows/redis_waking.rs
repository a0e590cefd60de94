//! From a push to the start of the work through Redis; and what an idle worker sends.

use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use fairlane::NewJob;
use fairlane_tests::redis::RedisServer;

use super::Scale;
use crate::child;
use crate::ours;
use crate::report::{Bound, Line, Unit};
use crate::rounds::percentile;

/// The payload carries the moment before the push; the worker, with a handle of its own, compares it
/// with the moment after its pop. It has gone to sleep again before the next push.
pub fn wake(_: &Path, scale: Scale) -> Result<Vec<Line>> {
    let server = RedisServer::start(&[]);
    let (producer, worker) = (ours::open_on(&server)?, ours::open_on(&server)?);
    let (times, taken) = mpsc::channel();
    let mut milliseconds = std::thread::scope(|scope| -> Result<Vec<f64>> {
        scope.spawn(move || -> Result<()> {
            for _ in 0..scale.samples {
                let job = worker.pop(Duration::from_secs(10), ours::LEASE)?;
                let job = job.context("no job came")?;
                let now = child::now()?;
                worker.mark_complete(&job.token)?;
                let pushed_at = job.payload.first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
                times.send(now - pushed_at.context("payload is too short")?)?;
            }
            Ok(())
        });
        let mut waited = Vec::new();
        for number in 0..scale.samples {
            std::thread::sleep(Duration::from_micros(3_000 + (number as u64 * 379) % 3_000));
            let mut payload = child::now()?.to_le_bytes().to_vec();
            payload.resize(ours::PAYLOAD.len(), 0);
            producer.push(NewJob::new(payload))?;
            waited.push(taken.recv()? as f64 / 1e6);
        }
        Ok(waited)
    })?;
    let mut line = |percent: f64, bound: f64| Line {
        what: format!("Redis: push to start on an idle worker, p{percent}"),
        ours: format!("{:.2} ms", percentile(&mut milliseconds, percent)),
        yardstick: "-".into(),
        value: percentile(&mut milliseconds, percent),
        unit: Unit::Milliseconds,
        bound: Bound::AtMost(bound),
    };
    Ok(vec![line(50.0, 1.0), line(99.0, 5.0)])
}

pub fn idle(_: &Path, scale: Scale) -> Result<Vec<Line>> {
    let server = RedisServer::start(&[]);
    let worker = ours::open_on(&server)?;
    let time = Duration::from_secs(scale.seconds * 2);
    // A first wait makes the connections and loads the scripts.
    worker.pop(Duration::from_millis(100), ours::LEASE)?;
    server.command::<()>(&["CONFIG", "RESETSTAT"]);
    let start = Instant::now();
    worker.pop(time, ours::LEASE)?;
    let sent = server.calls_of("evalsha") + server.calls_of("bzpopmin");
    let a_second = sent as f64 / start.elapsed().as_secs_f64();
    Ok(vec![Line {
        what: "Redis: commands of an idle worker".into(),
        ours: format!("{a_second:.2}/s"),
        yardstick: "-".into(),
        value: a_second,
        unit: Unit::PerSecond,
        bound: Bound::AtMost(1.0),
    }])
}
