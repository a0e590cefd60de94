//! Jobs to push.

use fairlane::backoff::BackoffPolicy;
use fairlane::{Headers, NewJob, Result, given};

use super::line::Line;
use super::names::Names;
use super::text::decode;

/// Makes a job of the arguments of a line.
pub fn new_job(line: &mut Line<'_>, names: &Names) -> Result<NewJob> {
    let plain = NewJob::new(line.raw("payload").map(decode).unwrap_or_default());
    let due = given::due(line.span("delay")?, line.moment("at")?)?;
    let ttl = line.span("key_ttl")?.unwrap_or(0);
    let after = line.raw("after").map(|id| names.resolve(id).parse()).transpose()?;
    let backoff = line.raw("backoff").map(|policy| backoff(policy, line)).transpose()?;
    Ok(NewJob {
        lane: line.text("lane").unwrap_or(plain.lane),
        priority: line.number("priority").unwrap_or(plain.priority),
        rate: line.rate()?,
        due,
        cost: line.number("cost").unwrap_or(plain.cost),
        key: given::key(line.text("key"), ttl)?,
        max_tries: line.number("max_tries").unwrap_or(plain.max_tries),
        backoff,
        after,
        headers: headers(line),
        payload: plain.payload,
    })
}

fn headers(line: &mut Line<'_>) -> Headers {
    let text = |text| String::from_utf8(decode(text)).expect("UTF-8");
    let pairs = line.list("headers").unwrap_or_default().into_iter();
    pairs
        .map(|pair| pair.split_once(':').expect("NAME:VALUE"))
        .map(|(name, value)| (text(name), text(value)))
        .collect()
}

fn backoff(text: &str, line: &Line<'_>) -> Result<BackoffPolicy> {
    let parts: Vec<&str> = text.split('/').collect();
    let [min, max, factor] = parts[..] else { panic!("{text:?} is not MIN/MAX/FACTOR") };
    let policy = BackoffPolicy {
        min: line.parsed(min),
        max: line.parsed(max),
        factor: line.parsed(factor),
        jitter: false,
    };
    // Where the policy is a value of its own, it is checked when it is made.
    policy.validate().map(|()| policy)
}
