//! The Rust agent of the interop tests: see `tests/interop/README.md`.

use std::io::{Write, stdin, stdout};
use std::time::Duration;

use fairlane::{FailedFilter, LimitsChange, NewJob, Queue, Result};

fn bytes(word: &str) -> Vec<u8> {
    let digits = &word[1..];
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("two digits");
    (0..digits.len()).step_by(2).map(byte).collect()
}

fn text(word: &str) -> String {
    String::from_utf8(bytes(word)).expect("UTF-8")
}

fn hexed(value: impl AsRef<[u8]>) -> String {
    let digits = value.as_ref().iter().map(|byte| format!("{byte:02x}"));
    format!("x{}", digits.collect::<String>())
}

fn maybe(value: Option<String>) -> String {
    value.map_or("-".to_owned(), hexed)
}

/// Carries out an order; gives what is told, if anything.
fn carry_out(queue: &Queue, order: &[&str]) -> Result<String> {
    let nothing = |()| String::new();
    match order {
        ["push", payload, lane, key] => {
            let mut job = NewJob::new(bytes(payload)).lane(text(lane));
            if *key != "-" {
                job = job.key(text(key), Duration::ZERO);
            }
            Ok(queue.push(job)?.to_string())
        }
        ["pop", wait] => {
            let wait = Duration::from_millis(wait.parse().expect("milliseconds"));
            let Some(job) = queue.pop(wait, Duration::from_secs(60))? else {
                return Ok("-".to_owned());
            };
            let told = [hexed(job.lane), hexed(job.payload), maybe(job.key)].join(" ");
            Ok(format!("{} {} {told} {}", job.id, job.token, job.tries))
        }
        ["complete", token] => queue.mark_complete(&token.parse()?).map(nothing),
        ["release", token] => queue.release(&token.parse()?, Duration::ZERO).map(nothing),
        ["fail", token, error] => queue.fail(&token.parse()?, &text(error)).map(nothing),
        ["get", id] => {
            let Some(job) = queue.get(id.parse()?)? else {
                return Ok("-".to_owned());
            };
            let told = [hexed(job.lane), hexed(job.payload), maybe(job.key), maybe(job.error)];
            Ok(format!("{} {}", job.state.name(), told.join(" ")))
        }
        ["limit", lane, most] => {
            let max_in_flight = Some(most.parse().expect("a number"));
            let change = LimitsChange { max_in_flight, ..LimitsChange::default() };
            queue.set_limits(Some(&text(lane)), change).map(nothing)
        }
        ["restore"] => Ok(queue.restore_failed(FailedFilter::All)?.to_string()),
        ["sweep"] => queue.dethrottle().map(|_| String::new()),
        ["stats"] => {
            let stats = queue.stats()?;
            let counts = stats.counts;
            let told = [counts.ready, counts.in_flight, stats.dead, stats.completed];
            Ok(told.map(|count| count.to_string()).join(" "))
        }
        _ => panic!("unknown order {order:?}"),
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let queue = Queue::open(&arguments[1], &arguments[2]).expect("a queue");
    let mut out = stdout();
    writeln!(out, "ready").expect("write");
    for line in stdin().lines() {
        let line = line.expect("a line");
        let order: Vec<&str> = line.split(' ').collect();
        let answer = match carry_out(&queue, &order) {
            Ok(told) => format!("ok {told}"),
            Err(error) => format!("error {}", error.code()),
        };
        writeln!(out, "{}", answer.trim_end()).and_then(|()| out.flush()).expect("write");
    }
}
