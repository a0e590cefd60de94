//! The verbs that belong to no queue: of the clock, of a backoff, of a dethrottler.

use fairlane::clock::{Clock, Millis, duration, millis};
use fairlane::{Backoff, BackoffPolicy, Result, convert};
use fairlane::{backoff::MAX_BACKOFF, job::MAX_DELAY};

use super::line::Line;
use super::run::Run;
use super::show::{Answer, moment};

impl Run<'_> {
    pub(super) fn call_pure(&mut self, line: &mut Line<'_>) -> Result<Answer> {
        match line.verb {
            "set" | "advance" => {
                self.turn(line)?;
                Ok(Answer::of(moment(self.bench.clock.now())))
            }
            "backoff" => {
                let made = backoff(line)?;
                self.backoffs.insert(line.raw("as").expect("a name").to_owned(), made);
                Ok(Answer::ok())
            }
            "stop" => {
                let name = line.raw("of").expect("of");
                self.dethrottlers.get_mut(name).expect("a dethrottler").stop();
                Ok(Answer::ok())
            }
            _ => Ok(self.use_backoff(line)),
        }
    }

    fn turn(&self, line: &mut Line<'_>) -> Result<()> {
        let clock = &self.bench.clock;
        if line.verb == "set" {
            clock.set(line.moment("now")?.expect("now"));
        } else {
            let by = line.number("by").expect("by");
            clock.advance(convert::span_within("advance", seconds(by), -MAX_DELAY..=MAX_DELAY)?);
        }
        Ok(())
    }

    fn use_backoff(&mut self, line: &mut Line<'_>) -> Answer {
        let name = line.raw("of").unwrap_or_else(|| panic!("unknown verb {:?}", line.verb));
        let backoff = self.backoffs.get_mut(name).expect("a backoff");
        match line.verb {
            "duration" => Answer::maybe(backoff.duration().map(|it| millis(it).to_string())),
            "for_attempt" => {
                let attempt = line.number("attempt").expect("attempt");
                let attempt = attempt.try_into().expect("a number of attempts");
                Answer::of(millis(backoff.for_attempt(attempt)))
            }
            "attempt" => Answer::of(backoff.attempt()),
            "reset" => {
                backoff.reset();
                Answer::ok()
            }
            "copy" => {
                let copy = backoff.copy();
                self.backoffs.insert(line.raw("as").expect("a name").to_owned(), copy);
                Answer::ok()
            }
            verb => panic!("unknown verb {verb:?}"),
        }
    }
}

fn backoff(line: &mut Line<'_>) -> Result<Backoff> {
    let plain = Backoff::default().policy();
    let delay = |time: Option<i64>, what, default: Millis| {
        let time = time.map(|time| convert::span_within(what, seconds(time), 0..=MAX_BACKOFF));
        Ok::<_, fairlane::Error>(time.transpose()?.unwrap_or(default))
    };
    let policy = BackoffPolicy {
        min: delay(line.number("min"), "backoff min", plain.min)?,
        max: delay(line.number("max"), "backoff max", plain.max)?,
        factor: line.raw("factor").map_or(plain.factor, |factor| line.parsed(factor)),
        jitter: false,
    };
    let limit = line.number("limit").map(|limit| limit.try_into().expect("a number of delays"));
    let expiration = line.span("expiration")?.map(duration);
    Backoff::new(policy, limit, expiration)
}

fn seconds(millis: Millis) -> f64 {
    millis as f64 / 1e3
}
