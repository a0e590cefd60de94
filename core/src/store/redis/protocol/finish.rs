//! Ending deliveries, and making leases last.

use crate::clock::Millis;
use crate::error::Result;
use crate::job_result::JobResult;
use crate::store::{Ending, Outcome};
use crate::token::Token;

use super::push::{add_group, read_refusal};
use super::{Protocol, Reply, Request, scripts, unexpected};

/// How plain completions fared.
#[derive(Debug)]
pub enum PlainFares {
    /// Each of them.
    Of(Vec<Result<()>>),
    /// The case is not plain: nothing was changed, and [`Protocol::finish`] is to be sent.
    NotPlain,
    /// An earlier sending may have been carried out: [`Protocol::finish`] is to be sent, as a
    /// repeat.
    Repeated,
}

/// The most completions that the plain script takes: it names them all in one command, and the
/// script language has room for about 8,000 values.
const MOST_PLAIN: usize = 1_000;

impl Protocol {
    /// Completes jobs; `None` if an ending is another, has follow-ups or leaves a result.
    pub fn plain_complete(&self, endings: &[Ending], clock: Option<Millis>) -> Option<Request> {
        let queue = endings.first()?.token.queue;
        if endings.len() > MOST_PLAIN
            || !endings
                .iter()
                .all(|ending| ending.token.queue == queue && ending.outcome.is_plain())
        {
            return None;
        }
        let is_one = endings.len() == 1;
        let script = if is_one { &scripts::PLAIN_COMPLETE } else { &scripts::PLAIN_COMPLETE_MANY };
        let mut request = self.plain(script, clock);
        request.push(queue.to_string());
        for Ending { token, .. } in endings {
            request.push(token.job.to_string());
            request.push(token.delivery.to_string());
        }
        Some(request)
    }

    /// Reads how these completions fared.
    ///
    /// # Errors
    /// `Internal` if the answer is not one that the script gives.
    pub fn read_plain_complete(&self, reply: Reply, endings: &[Ending]) -> Result<PlainFares> {
        let digits = match reply {
            Reply::Nil => return Ok(PlainFares::NotPlain),
            Reply::Int(-1) => return Ok(PlainFares::Repeated),
            Reply::Int(digit) => digit.to_string().into_bytes(),
            digits => digits.bytes()?,
        };
        let fare = |(ending, digit): (&Ending, &u8)| match digit {
            b'1' => Ok(()),
            _ => Err(ending.token.stale()),
        };
        Ok(PlainFares::Of(endings.iter().zip(&digits).map(fare).collect()))
    }

    /// Ends deliveries, each by itself.
    pub fn finish(&self, endings: &[Ending], clock: Option<Millis>) -> Request {
        let mut request = self.request(&scripts::FINISH, clock);
        request.push(endings.len().to_string());
        for Ending { token, outcome } in endings {
            request.push(match outcome {
                Outcome::Complete { result: None, .. } => "c",
                Outcome::Complete { result: Some(_), .. } => "k",
                Outcome::Release { .. } => "b",
                Outcome::Retry { .. } => "r",
                Outcome::Fail { .. } => "f",
            });
            add_token(&mut request, token);
            match outcome {
                Outcome::Complete { then, result } => {
                    if let Some(JobResult { value, ttl }) = result {
                        request.push(ttl.to_string());
                        request.push(&value[..]);
                    }
                    add_group(&mut request, then);
                }
                Outcome::Release { delay } => request.push(delay.to_string()),
                Outcome::Retry { error, delay, random } => {
                    request.push(error.as_bytes());
                    request.push(delay.map_or(String::new(), |delay| delay.to_string()));
                    request.push(format!("{random:?}"));
                }
                Outcome::Fail { error } => request.push(error.as_bytes()),
            }
        }
        request
    }

    /// Reads how these endings fared.
    ///
    /// # Errors
    /// `Internal` if the answer is not one that the script gives.
    pub fn read_finish(&self, reply: Reply, endings: &[Ending]) -> Result<Vec<Result<()>>> {
        let fares = reply.list()?;
        let each = endings.iter().zip(fares).map(|(ending, fare)| match fare {
            refusal @ Reply::List(_) => {
                let then = match &ending.outcome {
                    Outcome::Complete { then, .. } => &then[..],
                    _ => &[],
                };
                Ok(Err(read_refusal(refusal, then)?))
            }
            fare => read_fare(fare, &ending.token),
        });
        each.collect()
    }

    /// Makes leases last `lease` milliseconds from now.
    pub fn extend(&self, tokens: &[Token], lease: Millis, clock: Option<Millis>) -> Request {
        let mut request = self.request(&scripts::EXTEND, clock);
        request.push(lease.to_string());
        request.push(tokens.len().to_string());
        for token in tokens {
            add_token(&mut request, token);
        }
        request
    }

    /// Reads how the leases of these tokens fared.
    ///
    /// # Errors
    /// `Internal` if the answer is not one that the script gives.
    pub fn read_extend(&self, reply: Reply, tokens: &[Token]) -> Result<Vec<Result<()>>> {
        tokens.iter().zip(reply.list()?).map(|(token, fare)| read_fare(fare, token)).collect()
    }
}

fn add_token(request: &mut Request, token: &Token) {
    request.push(token.job.to_string());
    request.push(token.delivery.to_string());
    request.push(token.queue.to_string());
}

fn read_fare(fare: Reply, token: &Token) -> Result<Result<()>> {
    match &fare.bytes()?[..] {
        b"done" => Ok(Ok(())),
        b"stale" => Ok(Err(token.stale())),
        b"foreign" => Ok(Err(token.foreign())),
        _ => Err(unexpected("fare of a delivery")),
    }
}
